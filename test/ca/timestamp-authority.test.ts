// The time-stamp authority: openssl ts asks and verifies; bad requests get the right failInfo; time never goes back.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { TimestampAuthority } from '../../ca/timestamp-authority.ts';
import { verifySignature } from '../../crypto/verify-signature.ts';
import { messageDigestOf, signingCertificateOf } from '../../formats/cms/attributes.ts';
import { parseSignedData } from '../../formats/cms/signed-data.ts';
import {
  encodeTimestampRequest,
  parseTimestampRequest,
  parseTimestampResponse,
  parseTstInfo,
  type TstInfo,
} from '../../formats/cms/timestamp.ts';
import { toHex } from '../../formats/bytes.ts';
import { integer, sequence } from '../../formats/x509/der-writer.ts';
import { PRIVATE_OID } from '../../formats/x509/private-oid.ts';
import { requireProgram } from '../programs.ts';
import { scale } from '../scale.ts';
import { openDistrict, pem, type District } from './district.ts';

const DIGEST = new Uint8Array(createHash('sha256').update('decision').digest());
const plain = { digestAlgorithm: 'sha256', digest: DIGEST, certificateRequested: true } as const;

function tokenInfo(response: Uint8Array): TstInfo {
  const { token } = parseTimestampResponse(response);
  assert.ok(token);
  const { eContent } = parseSignedData(token);
  assert.ok(eContent);
  return parseTstInfo(eContent);
}

describe('time-stamp authority', () => {
  let district: District;
  let authority: TimestampAuthority;

  before(async () => {
    district = await openDistrict({ realClock: true });
    authority = new TimestampAuthority(district.parts, district.hierarchy);
  });
  after(() => district.remove());

  it('is asked and verified by openssl ts', async function () {
    const openssl = requireProgram(this, 'openssl');
    const ask = (args: readonly string[]): string => {
      const { status, stdout, stderr } = spawnSync(openssl, ['ts', ...args], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      return stdout;
    };
    const data = await district.file('decision.txt', 'decision');
    const request = join(district.folder, 'ts.req');
    const root = await district.file('root.pem', pem('CERTIFICATE', district.hierarchy.root.der));
    const chain = district.hierarchy.serviceKey('timestamp').chain;
    const untrusted = await district.file('chain.pem', chain.map((der) => pem('CERTIFICATE', der)).join(''));
    for (const extra of [['-cert'], []]) {
      for (const digest of ['-sha256', '-sha384', '-sha512']) {
        ask(['-query', '-data', data, digest, ...extra, '-out', request]);
        const answer = await authority.respond(new Uint8Array(await readFile(request)));
        const response = await district.file('ts.resp', answer);
        const verify = ['-verify', '-in', response, '-CAfile', root, '-untrusted', untrusted];
        assert.match(ask([...verify, '-queryfile', request]), /Verification: OK/);
        assert.match(ask([...verify, '-data', data]), /Verification: OK/);
      }
    }
  });

  it('binds digest, nonce, policy, accuracy and certificate, and attaches certificates only when asked', async () => {
    const nonce = Uint8Array.of(0, ...randomBytes(15));
    const request = encodeTimestampRequest({ ...plain, nonce, policy: PRIVATE_OID.timestampPolicy });
    const { token } = parseTimestampResponse(await authority.respond(request));
    assert.ok(token);
    const signed = parseSignedData(token);
    const key = district.hierarchy.serviceKey('timestamp');
    assert.equal(signed.certificates.length, 2);
    const [signer] = signed.signerInfos;
    assert.ok(signer?.signedAttributes && signer.signedAttributesDer && signed.eContent);
    const info = parseTstInfo(signed.eContent);
    assert.equal(info.policy, PRIVATE_OID.timestampPolicy);
    assert.equal(info.accuracy, 1000);
    assert.deepEqual(info.nonce, parseTimestampRequest(request).nonce);
    assert.deepEqual(info.messageImprint.hashedMessage, DIGEST);
    const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
    assert.equal(toHex(messageDigestOf(signer.signedAttributes) ?? DIGEST), sha256(signed.eContent));
    const named = signingCertificateOf(signer.signedAttributes);
    assert.equal(named?.version, 2);
    assert.equal(toHex(named.certificateDigest), sha256(key.chain[0]!));
    const check = { algorithm: 'ES256', publicKey: key.publicKey, signature: signer.signature };
    assert.ok(verifySignature({ ...check, message: signer.signedAttributesDer }));
    const bare = parseTimestampResponse(
      await authority.respond(encodeTimestampRequest({ ...plain, certificateRequested: false })),
    );
    assert.equal(parseSignedData(bare.token!).certificates.length, 0);
  });

  it('gives every token a serial of its own and a time never before the last', async () => {
    const answers = await Promise.all(
      Array.from({ length: scale(60) }, () => authority.respond(encodeTimestampRequest(plain))),
    );
    const infos = answers.map(tokenInfo);
    assert.equal(new Set(infos.map(({ serialNumber }) => toHex(serialNumber))).size, infos.length);
    assert.ok(infos.every(({ serialNumber }) => serialNumber.length <= 20));
  });

  it('refuses with the right failInfo', async () => {
    const cases: readonly (readonly [string, Uint8Array])[] = [
      [
        'badAlg',
        encodeTimestampRequest({ ...plain, digestAlgorithm: 'sha1', digest: DIGEST.subarray(0, 20) }),
      ],
      [
        'badAlg',
        encodeTimestampRequest({ ...plain, digestAlgorithm: 'sha224', digest: DIGEST.subarray(0, 28) }),
      ],
      [
        'badDataFormat',
        encodeTimestampRequest({ ...plain, digestAlgorithm: 'sm3', digest: DIGEST.subarray(1) }),
      ],
      ['badDataFormat', encodeTimestampRequest({ ...plain, digest: DIGEST.subarray(1) })],
      ['badDataFormat', encodeTimestampRequest({ ...plain, digestAlgorithm: 'sha512' })],
      ['unacceptedPolicy', encodeTimestampRequest({ ...plain, policy: '1.2.3.4' })],
      ['badDataFormat', new Uint8Array(0)],
      ['badDataFormat', sequence()],
      ['badRequest', encodeTimestampRequest(plain).with(4, 2)],
      ['badRequest', sequence(integer(2), sequence())],
      ['badDataFormat', encodeTimestampRequest(plain).with(4, 0x81)],
      ['badDataFormat', new Uint8Array(100_000)],
      ['badDataFormat', Uint8Array.of(0x30, 0x80, 0, 0)],
    ];
    const withExtension = Uint8Array.from(
      Buffer.from(
        `3044020101303130 0d060960864801650304020105000420${toHex(DIGEST)}a00c300a06032a0304 0403020101`.replaceAll(
          ' ',
          '',
        ),
        'hex',
      ),
    );
    for (const [failure, request] of [...cases, ['unacceptedExtension', withExtension] as const]) {
      const answer = parseTimestampResponse(await authority.respond(request));
      assert.deepEqual([answer.status, answer.failures, answer.token], [2, [failure], null], failure);
    }
  });

  it('answers any mutation of a request without throwing', async () => {
    const request = encodeTimestampRequest({ ...plain, nonce: DIGEST.subarray(0, 8) });
    await fc.assert(
      fc.asyncProperty(fc.nat(request.length - 1), fc.nat(255), async (at, value) => {
        const mutated = Uint8Array.from(request);
        mutated[at] = value;
        const { status, token } = parseTimestampResponse(await authority.respond(mutated));
        assert.equal(status === 0, token !== null);
      }),
      { numRuns: scale(200) },
    );
  });
});
