// kill -9 at every step of issuing, on both databases: nothing is signed twice, no serial comes back, nothing is half there.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { issueCertificate } from '../../ca/issue.ts';
import { OcspResponder } from '../../ca/ocsp-responder.ts';
import { settleIssuance } from '../../ca/settle.ts';
import { verifySignature } from '../../crypto/verify-signature.ts';
import { fromHex } from '../../formats/bytes.ts';
import { encodeDigestAlgorithm } from '../../formats/x509/algorithm.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { encodeCertId, encodeOcspRequest, parseOcspResponse } from '../../formats/x509/ocsp.ts';
import { verifyAuditChain } from '../../storage/audit-verify.ts';
import { scale } from '../scale.ts';
import { engines } from '../storage/engines.ts';
import { CREDIT_CODE, looseKey, openDistrict, SYSTEM, type District } from './district.ts';

/** Where the child dies, and what is left: nothing, an intention that is abandoned, or a complete certificate. */
const steps = [
  ['before-intention', 'nothing', 0],
  ['inside-intention', 'nothing', 0],
  ['after-intention', 'abandoned', 0],
  ['before-key', 'abandoned', 1],
  ['after-key', 'abandoned', 1],
  ['before-completion', 'abandoned', 1],
  ['inside-completion', 'abandoned', 1],
  ['after-completion', 'issued', 1],
] as const;

interface Killed {
  readonly lines: readonly string[];
  readonly uses: readonly string[];
}

/** Runs the child until it dies at `step`, or for `milliseconds` under load. */
async function kill(
  district: District,
  step: string,
  publicKey: Uint8Array,
  milliseconds?: number,
): Promise<Killed> {
  const uses = join(district.folder, 'uses');
  rmSync(uses, { force: true });
  const child = spawn(
    process.execPath,
    [
      '--import=tsx',
      join(import.meta.dirname, 'issue-crash-child.ts'),
      JSON.stringify(district.location),
      district.folder,
      step,
      Buffer.from(publicKey).toString('hex'),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  if (milliseconds !== undefined) {
    while (!output.startsWith('ready\n') && child.exitCode === null) await pause(5);
    await pause(milliseconds);
    child.kill('SIGKILL');
  }
  const [, signal] = await ended;
  assert.equal(signal, 'SIGKILL', step);
  return {
    lines: output.split('\n').slice(1, -1),
    uses: existsSync(uses) ? readFileSync(uses, 'utf8').trim().split('\n') : [],
  };
}

async function rowsOf(district: District) {
  return district.database.reader
    .selectFrom('ca_certificate')
    .selectAll()
    .where('profile', '=', 'seal')
    .execute();
}

async function auditedSerials(district: District): Promise<readonly string[]> {
  const rows = await district.database.reader
    .selectFrom('audit_log')
    .select('subject')
    .where('action', '=', 'certificate.issued')
    .execute();
  return rows.map(({ subject }) => subject);
}

async function statusOf(district: District, serial: string) {
  const issuer = district.hierarchy.authority('department-seals').certificate;
  const hash = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
  const id = encodeCertId({
    hashAlgorithm: encodeDigestAlgorithm('sha256'),
    issuerNameHash: hash(issuer.subject.der),
    issuerKeyHash: hash(issuer.subjectPublicKeyInfo.publicKey),
    serialNumber: fromHex(serial),
  });
  const responder = new OcspResponder(district.parts, district.hierarchy);
  const answer = parseOcspResponse(
    await responder.respond('department-seals', encodeOcspRequest([id], null)),
  );
  return answer.basic?.responses[0]?.status;
}

for (const engine of engines) {
  describe(`kill -9 while issuing on ${engine.name}`, function () {
    this.timeout(180_000);
    let district: District;
    let opened = false;

    before(async function () {
      engine.require(this);
      district = await openDistrict({ engine, realClock: true });
      opened = true;
    });
    after(async () => {
      if (opened) await district.remove();
    });

    async function settle(): Promise<number> {
      // With several nodes an intention is given ten minutes.
      const later = { ...district.parts, clock: () => new Date(Date.now() + 11 * 60_000) };
      return settleIssuance(later);
    }

    for (const [step, left, keyUses] of steps) {
      it(`leaves ${left} after a death ${step}`, async () => {
        const before = new Set((await rowsOf(district)).map(({ serial }) => serial));
        const { spki } = looseKey();
        const { uses } = await kill(district, step, spki);
        assert.equal(uses.length, keyUses);
        assert.equal(await settle(), left === 'abandoned' ? 1 : 0);
        assert.equal(await settle(), 0);

        const fresh = (await rowsOf(district)).filter(({ serial }) => !before.has(serial));
        assert.deepEqual(
          fresh.map(({ state }) => state),
          left === 'nothing' ? [] : [left],
        );
        const fact = await district.database.reader
          .selectFrom('install_fact')
          .select('value')
          .where('name', '=', `step ${step}`)
          .executeTakeFirst();
        const audited = await auditedSerials(district);
        for (const { serial, state, der } of fresh) {
          const complete = state === 'issued';
          assert.equal(der !== null, complete);
          assert.equal(audited.filter((each) => each === serial).length, complete ? 1 : 0);
          assert.equal(fact?.value, complete ? serial : undefined);
          const status = await statusOf(district, serial);
          if (complete) assert.equal(status?.kind, 'good');
          // RFC 6960 section 2.2: as a serial that was never issued.
          else assert.deepEqual(status, { kind: 'revoked', at: new Date(0), reason: 'certificateHold' });
        }
        if (left === 'nothing') assert.equal(fact, undefined);
        assert.equal((await verifyAuditChain(district.database.reader)).intact, true);

        // Asked again, it is another certificate under another serial, and the lost one stays lost.
        const again = await issueCertificate(district.parts, {
          profile: 'seal',
          authority: district.hierarchy.authority('department-seals'),
          subject: {
            organization: '天津市河北区民政局',
            creditCode: CREDIT_CODE,
            commonName: '12010500000001',
          },
          publicKey: spki,
          actor: SYSTEM,
        });
        assert.ok(!fresh.some(({ serial }) => serial === again.serial));
      });
    }

    it('loses nothing it has acknowledged, and signs nothing twice, at any moment of many issuances', async () => {
      const acknowledged: string[] = [];
      const used: string[] = [];
      const rounds = scale(engine.name === 'sqlite' ? 6 : 3);
      for (let round = 0; round < rounds; round += 1) {
        const { lines, uses } = await kill(district, 'load', new Uint8Array(1), Math.random() * 400);
        acknowledged.push(...lines);
        used.push(...uses);
        await settle();
      }
      assert.ok(acknowledged.length > 0);
      assert.equal(new Set(used).size, used.length, 'the same bytes were signed twice');
      const rows = new Map((await rowsOf(district)).map((row) => [row.serial, row]));
      const audited = await auditedSerials(district);
      assert.equal(new Set(audited).size, audited.length);
      for (const serial of acknowledged) assert.equal(rows.get(serial)?.state, 'issued');
      const issuer = district.hierarchy.authority('department-seals').certificate;
      for (const { serial, state, der } of rows.values()) {
        assert.ok(state === 'issued' || state === 'abandoned', state);
        assert.equal(audited.includes(serial), state === 'issued');
        if (state !== 'issued') continue;
        const certificate = parseCertificate(Buffer.from(der ?? '', 'base64'));
        assert.equal(certificate.serialHex, serial);
        const verified = verifySignature({
          algorithm: 'ES256',
          publicKey: issuer.subjectPublicKeyInfo.der,
          message: certificate.tbs,
          signature: certificate.signature,
        });
        assert.ok(verified);
      }
      assert.equal((await verifyAuditChain(district.database.reader)).intact, true);
    });
  });
}
