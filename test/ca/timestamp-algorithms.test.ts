// Time-stamp tokens of every signature algorithm and both hierarchies: judged by openssl as far as it can, by digest and signature where not.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TimestampAuthority } from '../../ca/timestamp-authority.ts';
import { signingAlgorithm } from '../../crypto/algorithms.ts';
import type { SignatureAlgorithm, SigningKey } from '../../crypto/signing-key.ts';
import {
  encodeSignedAttributes,
  messageDigestOf,
  signingCertificateOf,
} from '../../formats/cms/attributes.ts';
import { encodeSignedData, parseSignedData, type SignerInfo } from '../../formats/cms/signed-data.ts';
import {
  encodeTimestampRequest,
  encodeTstInfo,
  parseTimestampResponse,
  parseTstInfo,
} from '../../formats/cms/timestamp.ts';
import { TimestampTokenWriter } from '../../formats/cms/timestamp-token.ts';
import { integer, sequence } from '../../formats/x509/der-writer.ts';
import { OID } from '../../formats/x509/oid.ts';
import { requireProgram, run } from '../programs.ts';
import { openDistrict, pem, type District } from './district.ts';

interface Token {
  readonly response: Uint8Array;
  readonly der: Uint8Array;
  readonly signer: SignerInfo;
  readonly eContent: Uint8Array;
}

function tokenOf(response: Uint8Array): Token {
  const { token } = parseTimestampResponse(response);
  assert.ok(token);
  const { signerInfos, eContent } = parseSignedData(token);
  assert.ok(signerInfos[0] && eContent);
  return { response, der: token, signer: signerInfos[0], eContent };
}

/** openssl over the signed attributes as they stand in the token. */
async function verifyAttributes(
  openssl: string,
  district: District,
  key: SigningKey,
  { signer }: Token,
): Promise<void> {
  const publicKey = await district.file('key.pem', pem('PUBLIC KEY', key.publicKey));
  const message = await district.file('attributes.der', signer.signedAttributesDer!);
  const signature = await district.file('signature.bin', signer.signature);
  const verify = ['-verify', publicKey, '-signature', signature, message];
  const { algorithm } = key;
  if (algorithm === 'Ed25519') {
    const args = ['pkeyutl', '-verify', '-pubin', '-inkey', publicKey, '-rawin', '-in', message];
    assert.match(run(openssl, [...args, '-sigfile', signature]), /Signature Verified Successfully/);
    return;
  }
  const pss = ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:digest'];
  const sm2 = ['-sigopt', 'distid:1234567812345678'];
  const extra = algorithm === 'PS256' ? pss : algorithm === 'SM2SM3' ? sm2 : [];
  const { digest } = signingAlgorithm(algorithm);
  assert.match(run(openssl, ['dgst', `-${digest}`, ...extra, ...verify]), /Verified OK/);
}

describe('time-stamp tokens', () => {
  const cases: readonly (readonly [SignatureAlgorithm, boolean])[] = [
    ['ES256', true],
    ['ES384', true],
    ['RS256', true],
    // openssl ts knows no PSS and no Ed25519: the signature is judged apart.
    ['PS256', false],
    ['Ed25519', false],
  ];
  for (const [algorithm, opensslTs] of cases) {
    it(`signed with ${algorithm} hold`, async function () {
      const openssl = requireProgram(this, 'openssl');
      const algorithms = { root: 'ES384', issuing: 'ES256', services: algorithm } as const;
      const district = await openDistrict({ realClock: true, algorithms });
      try {
        const authority = new TimestampAuthority(district.parts, district.hierarchy);
        const key = district.hierarchy.serviceKey('timestamp', 'international');
        assert.equal(key.algorithm, algorithm);
        const data = await district.file('decision.txt', 'decision');
        const request = join(district.folder, 'ts.req');
        run(openssl, ['ts', '-query', '-data', data, '-sha256', '-cert', '-out', request]);
        const token = tokenOf(await authority.respond(new Uint8Array(await readFile(request))));
        await verifyAttributes(openssl, district, key, token);
        const { digest } = signingAlgorithm(algorithm);
        assert.deepEqual(
          messageDigestOf(token.signer.signedAttributes!),
          new Uint8Array(hash(digest, token.eContent, 'buffer')),
        );
        const named = signingCertificateOf(token.signer.signedAttributes!);
        assert.equal(named?.digestAlgorithm, digest);
        assert.deepEqual(named.certificateDigest, new Uint8Array(hash(digest, key.chain[0]!, 'buffer')));
        const answer = await district.file('ts.resp', token.response);
        const text = run(openssl, ['ts', '-reply', '-in', answer, '-text']);
        assert.match(text, /Status: Granted/);
        assert.match(text, /Accuracy: 0x01 seconds/);
        assert.match(text, /Ordering: no/);
        if (!opensslTs) return;
        const root = await district.file('root.pem', pem('CERTIFICATE', district.hierarchy.roots()[0]!.der));
        const verified = spawnSync(
          openssl,
          ['ts', '-verify', '-in', answer, '-queryfile', request, '-CAfile', root],
          { encoding: 'utf8' },
        );
        assert.match(verified.stdout, /Verification: OK/, verified.stderr);
      } finally {
        await district.remove();
      }
    });
  }

  it('of SM2 with SM3 hold in either suite, and the suite chooses by default', async function () {
    const openssl = requireProgram(this, 'openssl');
    for (const suite of ['international', 'gm'] as const) {
      const district = await openDistrict({ realClock: true, suite });
      try {
        const authority = new TimestampAuthority(district.parts, district.hierarchy);
        const sm3 = new Uint8Array(createHash('sm3').update('decision').digest());
        const request = encodeTimestampRequest({
          digestAlgorithm: 'sm3',
          digest: sm3,
          certificateRequested: true,
          nonce: Uint8Array.of(0x80, 1),
        });
        const token = tokenOf(await authority.respond(request, { hierarchy: 'sm2' }));
        const key = district.hierarchy.serviceKey('timestamp', 'sm2');
        await verifyAttributes(openssl, district, key, token);
        assert.deepEqual(
          messageDigestOf(token.signer.signedAttributes!),
          new Uint8Array(hash('sm3', token.eContent, 'buffer')),
        );
        assert.deepEqual(parseTstInfo(token.eContent).messageImprint.hashedMessage, sm3);
        assert.deepEqual(parseSignedData(token.der).certificates.length, key.chain.length);
        const structure = run(openssl, [
          'asn1parse',
          '-inform',
          'DER',
          '-in',
          await district.file('t', token.der),
        ]);
        assert.match(structure, /:sm3\b/);
        assert.match(structure, /:SM2-with-SM3/);
        const byDefault = tokenOf(await authority.respond(request));
        const expected = suite === 'gm' ? 'sm2' : 'international';
        await verifyAttributes(
          openssl,
          district,
          district.hierarchy.serviceKey('timestamp', expected),
          byDefault,
        );
        // A digest of either world may be stamped by a unit of the other.
        const sha512 = createHash('sha512').update('decision').digest();
        const mixed = encodeTimestampRequest({
          digestAlgorithm: 'sha512',
          digest: sha512,
          certificateRequested: false,
        });
        const international = tokenOf(await authority.respond(mixed, { hierarchy: 'international' }));
        assert.equal(parseSignedData(international.der).certificates.length, 0);
        await verifyAttributes(
          openssl,
          district,
          district.hierarchy.serviceKey('timestamp', 'international'),
          international,
        );
      } finally {
        await district.remove();
      }
    }
  });

  it('are written as encodeSignedData writes them, byte for byte', async () => {
    const district = await openDistrict();
    try {
      for (const hierarchy of ['international', 'sm2'] as const) {
        const key = district.hierarchy.serviceKey('timestamp', hierarchy);
        const { digest } = signingAlgorithm(key.algorithm);
        const [certificate] = key.chain;
        const digestOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(hash(digest, bytes, 'buffer'));
        const writer = new TimestampTokenWriter({
          policy: '1.2.3.4',
          accuracy: 1000,
          digestAlgorithm: digest,
          signatureAlgorithm: key.algorithm,
          signerCertificate: certificate!,
          certificateDigest: digestOf(certificate!),
          certificates: key.chain,
        });
        // Over more sizes than one, so that every length of header is written.
        for (const extra of [0, 30, 100, 230, 70_000]) {
          const imprint = sequence(new Uint8Array(extra));
          const info = {
            messageImprint: imprint,
            serialNumber: Uint8Array.of(0x80, 2),
            genTime: new Date('2026-11-22T05:06:07.120Z'),
            nonce: extra === 0 ? null : Uint8Array.of(0, 0xff),
          };
          const tstInfo = writer.tstInfo(info);
          assert.deepEqual(tstInfo, encodeTstInfo({ ...info, policy: '1.2.3.4', accuracy: 1000 }));
          const signedAttributes = writer.signedAttributes(digestOf(tstInfo));
          const signature = new Uint8Array(71).fill(7);
          assert.deepEqual(
            signedAttributes,
            encodeSignedAttributes({
              contentType: OID.tstInfo,
              messageDigest: digestOf(tstInfo),
              signingCertificate: { digestAlgorithm: digest, certificateDigest: digestOf(certificate!) },
            }),
          );
          for (const certificates of [true, false]) {
            const token = encodeSignedData({
              digestAlgorithm: digest,
              signedAttributes,
              signatureAlgorithm: key.algorithm,
              signature,
              signerCertificate: certificate!,
              certificates: certificates ? key.chain : [],
              eContent: { type: OID.tstInfo, content: tstInfo },
            });
            assert.deepEqual(
              writer.response(tstInfo, signedAttributes, signature, certificates),
              sequence(sequence(integer(0)), token),
            );
          }
        }
        assert.throws(() => writer.signedAttributes(new Uint8Array(20)), { code: 'cms-malformed' });
      }
    } finally {
      await district.remove();
    }
  });
});
