// kill -9 while an SM2 seal and PAdES are being made: no second signature for one idempotency key, told by who signs.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { bringChain, requestForeign } from '../../ca/foreign-credential.ts';
import { toBase64 } from '../../formats/bytes.ts';
import { approvalOffice } from '../../fixtures/departments.ts';
import { foodBusinessMatter } from '../../fixtures/matters.ts';
import { currentEdition } from '../../signing/seal-edition.ts';
import { drawSeal } from '../../signing/seal-picture/draw-seal.ts';
import { svgPicture } from '../../signing/seal-picture/svg.ts';
import { fileSeal } from '../../signing/seal-register.ts';
import { openDatabase } from '../../storage/open.ts';
import { startService } from '../api/harness.ts';
import { decisionPdf } from '../api/samples.ts';
import { scale } from '../scale.ts';
import { administration, authorise, byTwoPersons } from '../signing/grants.ts';
import { signWith } from '../verification/pki.ts';
import { makeSeal, makeSealWorld } from '../verification/seal-world.ts';
import { demonstrationDocuments } from '../storage/document-keys.ts';
import { serve } from './serving.ts';

const code = '12010500009002';

describe('kill -9 of a stamp with two revisions', function () {
  this.timeout(600_000);
  const world = makeSealWorld();
  let dataFolder: string;
  /** Signatures that the signing server was asked for. */
  let signed = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'GET') {
        response.end(JSON.stringify({ algorithm: 'SM2SM3', publicKey: toBase64(world.signer.key.spki) }));
        return;
      }
      signed += 1;
      const { message } = JSON.parse(Buffer.concat(chunks).toString()) as { message: string };
      const signature = signWith(world.signer.key, new Uint8Array(Buffer.from(message, 'base64')));
      // Long enough that a kill may fall before and after the answer.
      setTimeout(() => response.end(JSON.stringify({ signature: toBase64(signature) })), 5);
    });
  });

  before(async () => {
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    dataFolder = await mkdtemp(join(tmpdir(), 'yinxin-eseal-crash-'));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await writeFile(join(dataFolder, 'signing-servers.json'), JSON.stringify([{ name: 'city', url }]), {
      mode: 0o600,
    });
    const service = await startService({ dataFolder });
    try {
      const { services } = service;
      const foreign = {
        ...services.seals,
        signingServer: services.signingServer,
        statusSource: services.statusSource,
      };
      const officer = { id: 'person:ca', kind: 'person', department: null, scopes: ['ca:operate'] } as const;
      const department = approvalOffice.creditCode;
      const { id: credential } = await requestForeign(foreign, {
        actor: officer,
        idempotencyKey: 'crash',
        department,
        organization: approvalOffice.name,
        commonName: code,
        authorityName: '演示电子认证服务机构',
        key: { place: 'server', server: 'city', name: 'seal' },
      });
      await bringChain(foreign, officer, credential, [
        world.signer.certificate,
        world.sealCa.certificate,
        world.root.certificate,
      ]);
      const picture = svgPicture(
        drawSeal({
          kind: 'official',
          name: '天津市河北区演示局',
          purpose: null,
          centre: null,
          code,
          demonstration: true,
        }),
        '印模',
      );
      const eseal = makeSeal(world, 4, {
        information: {
          id: code,
          picture: { type: 'svg', data: new TextEncoder().encode(picture), width: 42, height: 42 },
        },
      });
      // What is judged here is the crash: the judgement on the seal has its own tests.
      const passed = { conclusion: 'TOTAL-PASSED', summary: { zh: '', en: '' } } as const;
      const parts = Object.assign(Object.create(services.seals) as typeof services.seals, {
        judgeSeal: () => Promise.resolve(passed),
      });
      const taken = await byTwoPersons(parts, department, {
        kind: 'take-in',
        departmentName: approvalOffice.name,
        eseal: toBase64(eseal),
        credential,
        keepers: ['person:keeper'],
        approvalsNeeded: 1,
      });
      const sealId = taken.sealId ?? '';
      assert.equal(taken.state, 'executed', JSON.stringify(taken.outcome));
      await fileSeal(services, {
        actor: { ...administration, scopes: ['seals:file'] },
        sealId,
        number: 'CITY-2',
      });
      await authorise(services.seals, { id: sealId, department });
      assert.ok((await currentEdition(services.database.reader, sealId))?.object !== null);
    } finally {
      await service.stop();
    }
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(dataFolder, { recursive: true, force: true });
  });

  it('spends at most one signature of each kind on a key, whenever the process dies', async () => {
    const { pdf, seal } = await decisionPdf();
    const rounds = scale(8);
    let keys: Readonly<Record<string, string>> | null = null;
    const statuses: number[] = [];
    const stamp = async (url: string, key: string): Promise<number> => {
      const form = new FormData();
      const fields = {
        seal: code,
        matter: foodBusinessMatter.code,
        x: String(seal.centreX),
        y: String(seal.centreY),
      };
      for (const [name, value] of Object.entries({ ...fields, page: String(seal.page), sm2: 'ses' }))
        form.set(name, value);
      form.set('document', new Blob([Uint8Array.from(pdf)], { type: 'application/pdf' }), 'decision.pdf');
      const response = await fetch(`${url}/api/v1/stamps`, {
        method: 'POST',
        body: form,
        headers: { Authorization: `Bearer ${keys?.['approval-office'] ?? ''}`, 'Idempotency-Key': key },
      });
      const text = await response.text();
      assert.ok([201, 409].includes(response.status), `${response.status} ${text}`);
      return response.status;
    };
    for (let round = 0; round < rounds; round += 1) {
      const key = `two-revisions-${round}`;
      const first = await serve(dataFolder, { YINXIN_DATABASE_URL: '' });
      keys ??= first.apiKeys;
      const before = signed;
      const sending = stamp(first.url, key).catch(() => 0);
      // Spread over the whole of a stamp; some die before the first signature, some after the second.
      await pause((round / rounds) * 130);
      await first.kill();
      const answered = await sending;
      const second = await serve(dataFolder, { YINXIN_DATABASE_URL: '' });
      try {
        const spent = signed - before;
        const again = await stamp(second.url, key);
        statuses.push(again);
        const more = signed - before - spent;
        // Either nothing had been intended and the whole is made now, or not one signature more is spent.
        assert.ok(more === 0 || (spent === 0 && more === 2), `${spent} before, ${more} after the crash`);
        assert.ok(signed - before <= 2, `${signed - before} signatures for one key`);
        if (answered === 201) assert.equal(again, 201);
        const once = signed;
        assert.equal(await stamp(second.url, key), again);
        assert.equal(signed, once);
      } finally {
        await second.kill();
      }
    }
    const database = await openDatabase({ file: join(dataFolder, 'yinxin.db') });
    try {
      const rows = await database.reader
        .selectFrom('stamp')
        .innerJoin('seal_use', 'seal_use.stamp_id', 'stamp.id')
        .select(['stamp.state', 'stamp.result_digest', 'stamp.idempotency_key', 'seal_use.sm2_form'])
        .execute();
      assert.equal(new Set(rows.map((row) => row.idempotency_key)).size, rows.length);
      const files = await demonstrationDocuments(dataFolder);
      for (const row of rows) {
        assert.equal(row.sm2_form, 'ses');
        assert.notEqual(row.state, 'intended');
        if (row.state === 'completed') assert.equal(await files.verify(row.result_digest ?? ''), 'intact');
      }
    } finally {
      await database.close();
    }
    // The moments were well spread: some were given up, some done.
    assert.ok(statuses.includes(201), statuses.join());
  });
});
