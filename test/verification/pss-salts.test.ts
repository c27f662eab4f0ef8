// RSASSA-PSS with salts of every length: others sign with the longest there is, and what is named must be what was used.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { constants, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { foreignSignatureNameOf, readAlgorithm, signatureNameOf } from '../../formats/x509/algorithm.ts';
import type { ForeignSignatureName } from '../../formats/x509/algorithm.ts';
import { readDer } from '../../formats/x509/der.ts';
import { explicit, integer, nullValue, oid, sequence } from '../../formats/x509/der-writer.ts';
import { OID } from '../../formats/x509/oid.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { nodeSignatureVerifier } from '../../verification/signature-verifier-node.ts';
import { webSignatureVerifier } from '../../verification/signature-verifier-web.ts';
import type { VerifiableAlgorithm } from '../../verification/signature-verifier.ts';
import { requireProgram } from '../programs.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { makeParty, makePki, makeRsaKey } from './pki.ts';
import { latin1 } from './signed-pdf.ts';

const message = latin1('signed with some salt');
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
const longest = 256 - 32 - 2;

function signedWith(saltLength: number): Uint8Array {
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return new Uint8Array(sign('sha256', message, { key: privateKey, padding, saltLength }));
}

/** AlgorithmIdentifier of RSASSA-PSS; `salt` null = left out, which means 20. */
function named(
  salt: number | null,
  mask: string = OID.sha256,
  trailer?: number,
): ForeignSignatureName | null {
  const digest = sequence(oid(OID.sha256), nullValue());
  const der = sequence(
    oid(OID.rsassaPss),
    sequence(
      explicit(0, digest),
      explicit(1, sequence(oid(OID.mgf1), sequence(oid(mask), nullValue()))),
      ...(salt === null ? [] : [explicit(2, integer(salt))]),
      ...(trailer === undefined ? [] : [explicit(3, integer(trailer))]),
    ),
  );
  const algorithm = readDer(der, { maxBytes: 512, maxDepth: 8 }, 'der-malformed', readAlgorithm);
  assert.equal(
    signatureNameOf(algorithm),
    salt === 32 && mask === OID.sha256 && trailer !== 2 ? 'PS256' : null,
  );
  return foreignSignatureNameOf(algorithm);
}

describe('the salt of RSASSA-PSS', () => {
  it('stands in the name where it is not as long as the digest', () => {
    assert.equal(named(32), 'PS256');
    assert.equal(named(20), 'PS256:20');
    assert.equal(named(null), 'PS256:20');
    assert.equal(named(0), 'PS256:0');
    assert.equal(named(longest), `PS256:${longest}`);
    assert.equal(named(4096), null);
    assert.equal(named(20, OID.sha1), null);
    assert.equal(named(20, OID.sha512), null);
    assert.equal(named(20, OID.sha256, 1), 'PS256:20');
    assert.equal(named(20, OID.sha256, 2), null);
  });

  for (const [kind, verifier] of [
    ['node:crypto', nodeSignatureVerifier],
    ['WebCrypto', webSignatureVerifier],
  ] as const)
    it(`must be the one that is named, by ${kind}`, async () => {
      const nameOf = (salt: number): VerifiableAlgorithm => (salt === 32 ? 'PS256' : `PS256:${salt}`);
      for (const salt of [0, 20, 32, 64, longest])
        for (const said of [0, 20, 32, 64, longest, 2048])
          assert.equal(
            await verifier.verify(nameOf(said), spki, message, signedWith(salt)),
            said === salt,
            `${salt} said to be ${said}`,
          );
    });
});

describe("openssl's RSASSA-PSS", () => {
  const content = latin1('The decision.');
  const pki = makePki();
  const signer = makeParty({ commonName: 'PSS签名者', issuer: pki.sealCa, key: makeRsaKey() });
  const folder = mkdtempSync(join(tmpdir(), 'yinxin-pss-'));
  const path = (name: string): string => join(folder, name);
  const pem = (der: Uint8Array): string =>
    `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`;
  before(() => {
    writeFileSync(path('content'), content);
    writeFileSync(path('key'), signer.key.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    writeFileSync(path('certificate'), pem(signer.certificate));
    writeFileSync(path('ca'), pem(pki.sealCa.certificate));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const salt of ['digest', 'max', '20', '0'])
    it(`with a salt of ${salt} holds, and not over something else`, async function () {
      execFileSync(
        requireProgram(this, 'openssl'),
        ['cms', '-sign', '-binary', '-outform', 'DER', '-md', 'sha256', '-cades']
          .concat(['-in', path('content'), '-out', path('cms'), '-signer', path('certificate')])
          .concat(['-inkey', path('key'), '-certfile', path('ca')])
          .concat(['-keyopt', 'rsa_padding_mode:pss', '-keyopt', `rsa_pss_saltlen:${salt}`]),
      );
      const judge = (text: Uint8Array) =>
        verifyBytes(
          new Uint8Array(readFileSync(path('cms'))),
          depsFor(pki, { content: { kind: 'bytes', source: bytesSource(text) } }),
        );
      const good = await judge(content);
      assert.equal(good.conclusion, 'TOTAL-PASSED', good.summary.en);
      assert.equal((await judge(latin1('Another.'))).conclusion, 'TOTAL-FAILED');
    });
});
