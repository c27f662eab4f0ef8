// OpenSSL as the judge of what is signed in a seal and in a use of one, in both directions.
import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSeal } from '../../formats/eseal/seal.ts';
import { parseSealSignature } from '../../formats/eseal/signature.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { requireProgram, run } from '../programs.ts';
import { vectors } from './chain-lines.ts';
import { verifyBytes } from './deps.ts';
import { makeSeal, makeSealWorld, sealDeps, useSeal } from './seal-world.ts';

const world = makeSealWorld();
const underDefault = ['-sigopt', 'distid:1234567812345678'];

describe('OpenSSL on seals', () => {
  let folder: string;
  let openssl: string;

  before(function () {
    openssl = requireProgram(this, 'openssl');
  });
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'yinxin-seals-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const file = (name: string): string => join(folder, name);

  /** What openssl says of a signature over bytes by a certificate's key. */
  function verdict(certificate: Uint8Array, signed: Uint8Array, signature: Uint8Array): string {
    const spki = Buffer.from(parseCertificate(certificate).subjectPublicKeyInfo.der);
    const pem = createPublicKey({ key: spki, format: 'der', type: 'spki' }).export({
      format: 'pem',
      type: 'spki',
    });
    writeFileSync(file('key.pem'), pem);
    writeFileSync(file('signed'), signed);
    writeFileSync(file('signature'), signature);
    try {
      return run(openssl, [
        ...['dgst', '-sm3', ...underDefault, '-verify', file('key.pem')],
        ...['-signature', file('signature'), file('signed')],
      ]).trim();
    } catch {
      return 'Verification failure';
    }
  }

  function judges(bytes: Uint8Array, kind: 'seal' | 'use'): void {
    const use = kind === 'use' ? parseSealSignature(bytes) : null;
    const seal = use?.seal ?? parseSeal(bytes);
    assert.equal(verdict(seal.makerCertificate, seal.signed, seal.signature), 'Verified OK');
    assert.notEqual(verdict(seal.makerCertificate, seal.der, seal.signature), 'Verified OK');
    if (use === null) return;
    assert.equal(verdict(use.signerCertificate, use.signed, use.signature), 'Verified OK');
    assert.notEqual(verdict(use.signerCertificate, seal.der, use.signature), 'Verified OK');
  }

  for (const version of [1, 4, 5] as const)
    it(`finds both signatures of version ${version} over the very bytes that we name`, () => {
      judges(makeSeal(world, version), 'seal');
      judges(useSeal(world, version), 'use');
    });

  it('finds the same in foreign ones', function () {
    const vector = vectors('eseal');
    if (vector === null) return this.skip();
    for (const name of ['UserV1.esl', 'UserV4.esl'])
      judges(new Uint8Array(readFileSync(join(vector, name))), 'seal');
    judges(new Uint8Array(readFileSync(join(vector, 'SignedValueV4.dat'))), 'use');
  });

  it('signs a seal and a use that pass', async () => {
    const signing = (key: (typeof world)['maker']['key']) => (signed: Uint8Array) => {
      writeFileSync(file('private.pem'), key.privateKey.export({ format: 'pem', type: 'pkcs8' }));
      writeFileSync(file('message'), signed);
      run(openssl, [
        ...['dgst', '-sm3', ...underDefault, '-sign', file('private.pem')],
        ...['-out', file('made'), file('message')],
      ]);
      return new Uint8Array(readFileSync(file('made')));
    };
    const byMaker = signing(world.maker.key);
    const seal = makeSeal(world, 4);
    const resealed = makeSeal(world, 4, { value: () => byMaker(parseSeal(seal).signed) });
    assert.equal((await verifyBytes(resealed, sealDeps(world))).conclusion, 'TOTAL-PASSED');
    const bySigner = signing(world.signer.key);
    const { signed } = parseSealSignature(useSeal(world, 4, { seal: resealed }));
    const used = useSeal(world, 4, { seal: resealed, value: () => bySigner(signed) });
    const report = await verifyBytes(used, sealDeps(world));
    assert.equal(report.conclusion, 'TOTAL-PASSED', report.summary.en);
  });
});
