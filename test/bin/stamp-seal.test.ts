// `yinxin stamp` with the seal of an SM2 key: SES_Signature where the seal lists the key, its picture under PAdES elsewhere, SM2 in CMS.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TimestampAuthority } from '../../ca/timestamp-authority.ts';
import { makePkcs12 } from '../../crypto/pkcs12.ts';
import { parseSignedData } from '../../formats/cms/signed-data.ts';
import { parseTstInfo } from '../../formats/cms/timestamp.ts';
import { parseSealSignature } from '../../formats/eseal/signature.ts';
import { openPdf } from '../../formats/pdf/document.ts';
import { readSignatures } from '../../formats/pdf/signatures.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { verify } from '../../verification/verify.ts';
import { openDistrict, type District } from '../ca/district.ts';
import { samplePdf } from '../signing/seal-office.ts';
import { makeParty, makeRsaKey, type Party } from '../verification/pki.ts';
import { makeSeal, makeSealWorld, sealDeps, type SealWorld } from '../verification/seal-world.ts';
import { yinxin } from './stamp-setting.ts';

const svg =
  '<svg xmlns="http://www.w3.org/2000/svg" width="40mm" height="40mm" viewBox="0 0 40 40"><circle cx="20" cy="20" r="18" fill="none" stroke="#d7000f" stroke-width="2"/></svg>';

describe('yinxin stamp with a seal', function () {
  this.timeout(60_000);
  let folder: string;
  let world: SealWorld;
  let rsa: Party;
  let serial = 0;
  const path = (name: string): string => join(folder, name);

  const keep = async (name: string, party: Party): Promise<void> => {
    const p12 = await makePkcs12({
      privateKey: new Uint8Array(party.key.privateKey.export({ format: 'der', type: 'pkcs8' })),
      chain: [party.certificate, world.sealCa.certificate],
      friendlyName: name,
      password: 'a passphrase',
      random: (length) => new Uint8Array(randomBytes(length)),
      iterations: 1000,
    });
    writeFileSync(path(`${name}.p12`), p12);
  };

  let district: District;
  let server: Server;
  let tsa: string;

  before(async () => {
    district = await openDistrict({ realClock: true });
    const authority = new TimestampAuthority(district.parts, district.hierarchy);
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        void authority
          .respond(new Uint8Array(Buffer.concat(chunks)))
          .then((answer) => response.setHeader('Content-Type', 'application/timestamp-reply').end(answer));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    tsa = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tsa`;
    folder = mkdtempSync(join(tmpdir(), 'yinxin-seal-'));
    world = makeSealWorld();
    rsa = makeParty({ commonName: '演示签名人', issuer: world.sealCa, key: makeRsaKey() });
    await keep('sm2', world.signer);
    await keep('rsa', rsa);
    writeFileSync(path('pass'), 'a passphrase\n', { mode: 0o600 });
    writeFileSync(path('a.pdf'), samplePdf());
    const picture = { type: 'svg', data: new TextEncoder().encode(svg), width: 40, height: 40 };
    writeFileSync(path('a.esl'), makeSeal(world, 4, { information: { picture } }));
    const signers = { kind: 'certificates', certificates: [world.maker.certificate] } as const;
    writeFileSync(path('other.esl'), makeSeal(world, 4, { information: { picture }, property: { signers } }));
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    server.closeAllConnections();
    server.close();
    await district.remove();
  });

  const stamp = async (
    key: string,
    more: readonly string[],
  ): Promise<{
    readonly code: number;
    readonly line: Record<string, unknown>;
    readonly pdf: () => Uint8Array;
  }> => {
    const out = path(`out-${(serial += 1)}`);
    const named = ['--p12', path(`${key}.p12`), '--passphrase-file', path('pass')];
    const { code, out: lines } = await yinxin([
      'stamp',
      path('a.pdf'),
      '--out-dir',
      out,
      ...named,
      '--json',
      ...more,
    ]);
    const line = JSON.parse(lines[0] ?? '{}') as Record<string, unknown>;
    return { code, line, pdf: () => new Uint8Array(readFileSync(join(out, 'a.pdf'))) };
  };

  const place = ['--visible', '1,100,100,40,40'];

  it('uses the seal of an SM2 key that the seal lists', async () => {
    const { code, line, pdf } = await stamp('sm2', ['--seal', path('a.esl'), ...place]);
    assert.equal(code, 0, JSON.stringify(line));
    assert.equal(line['level'], 'SES');
    const bytes = pdf();
    const [signature] = await readSignatures(await openPdf(bytesSource(bytes)));
    assert.equal(signature?.coverage.kind, 'whole-file');
    const use = parseSealSignature(signature.contents?.value ?? new Uint8Array());
    assert.equal(use.seal.information.id, '12010500000001');
    const report = await verify(bytesSource(bytes), sealDeps(world, { time: new Date(Date.now() + 60_000) }));
    assert.notEqual(report.conclusion, 'TOTAL-FAILED', JSON.stringify(report.summary));
    const changed = bytes.slice();
    changed[30] = (changed[30] ?? 0) ^ 1;
    assert.equal(
      (await verify(bytesSource(changed), sealDeps(world, { time: new Date(Date.now() + 60_000) })))
        .conclusion,
      'TOTAL-FAILED',
    );
  });

  it('has its time-stamp inside, and tells what it lacks where a service is down', async () => {
    const using = ['--seal', path('a.esl'), ...place];
    const timed = await stamp('sm2', [...using, '--tsa', tsa]);
    assert.deepEqual([timed.code, timed.line['level'], timed.line['shortfall']], [0, 'SES-T', null]);
    const [signature] = await readSignatures(await openPdf(bytesSource(timed.pdf())));
    const use = parseSealSignature(signature?.contents?.value ?? new Uint8Array());
    assert.ok(use.timestamp !== null, 'GB/T 38540 clause 7.2: timeStamp');
    const { messageImprint } = parseTstInfo(parseSignedData(use.timestamp).eContent ?? new Uint8Array());
    assert.deepEqual(
      Buffer.from(messageImprint.hashedMessage),
      createHash('sm3').update(use.signature).digest(),
      'over the signature value, in SM3',
    );
    // Nobody answers where these certificates say that their status is.
    const unknown = await stamp('sm2', [...using, '--tsa', tsa, '--level', 'B-LTA']);
    assert.deepEqual([unknown.code, unknown.line['code']], [1, 'status-unavailable']);
    assert.throws(() => unknown.pdf(), /ENOENT/);
    const lower = await stamp('sm2', [...using, '--tsa', tsa, '--level', 'B-LTA', '--lower']);
    assert.deepEqual([lower.code, lower.line['level']], [0, 'SES-T']);
    assert.match(String(lower.line['shortfall']), /^status-unavailable: /);
    const nowhere = 'http://127.0.0.1:9/tsa';
    const down = await stamp('sm2', [...using, '--tsa', nowhere]);
    assert.deepEqual([down.code, down.line['code']], [1, 'timestamp-unavailable']);
    const without = await stamp('sm2', [...using, '--tsa', nowhere, '--level', 'B-LT', '--lower']);
    assert.deepEqual([without.code, without.line['level'], without.line['time']], [0, 'SES', null]);
    assert.match(String(without.line['shortfall']), /^timestamp-unavailable: /);
  });

  it('refuses a seal that does not list the key', async () => {
    const { code, line } = await stamp('sm2', ['--seal', path('other.esl'), ...place]);
    assert.deepEqual([code, line['code']], [1, 'seal-object-missing']);
  });

  it('shows the picture of the seal under a PAdES signature of another key', async () => {
    const { code, line, pdf } = await stamp('rsa', ['--seal', path('a.esl'), ...place]);
    assert.equal(code, 0, JSON.stringify(line));
    assert.equal(line['level'], 'B-B');
    const [signature] = await readSignatures(await openPdf(bytesSource(pdf())));
    assert.equal(signature?.subFilter, 'ETSI.CAdES.detached');
    assert.ok(signature.field.widgets[0]?.dictionary.entries.has('AP'));
    const report = await verify(bytesSource(pdf()), sealDeps(world, { time: new Date(Date.now() + 60_000) }));
    assert.equal(report.conclusion, 'TOTAL-PASSED');
  });

  it('signs CMS with SM2 where no seal is given', async () => {
    const { code, pdf } = await stamp('sm2', []);
    assert.equal(code, 0);
    const report = await verify(bytesSource(pdf()), sealDeps(world, { time: new Date(Date.now() + 60_000) }));
    assert.equal(report.conclusion, 'TOTAL-PASSED');
    assert.equal(report.signatures[0]?.level, 'B-B');
  });
});
