// CMS with every signature algorithm: openssl verifies ours as far as it can, we read and verify openssl's.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signingAlgorithm } from '../../../crypto/algorithms.ts';
import type { SignatureAlgorithm } from '../../../crypto/signing-key.ts';
import { verifySignature } from '../../../crypto/verify-signature.ts';
import {
  encodeSignedAttributes,
  messageDigestOf,
  signingCertificateOf,
} from '../../../formats/cms/attributes.ts';
import { encodeSignedData, parseSignedData, type SignerInfo } from '../../../formats/cms/signed-data.ts';
import { digestOf, signerSignatureNameOf } from '../../../formats/x509/algorithm.ts';
import { parseCertificate } from '../../../formats/x509/certificate.ts';
import { OID } from '../../../formats/x509/oid.ts';
import { pem } from '../../ca/district.ts';
import { ALGORITHMS, certified, type Certified } from '../../crypto/certified.ts';
import { requireProgram, run } from '../../programs.ts';

const CONTENT = new TextEncoder().encode('准予行政许可决定书（演示）');

let folder = '';
let root: Certified;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yinxin-cms-'));
  root = await certified('ES384', '印信测试根', { ca: true });
});
after(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function signed(by: Certified, attached: boolean): Promise<Uint8Array> {
  const { digest } = signingAlgorithm(by.algorithm);
  const digestIn = (bytes: Uint8Array): Uint8Array => new Uint8Array(hash(digest, bytes, 'buffer'));
  const signedAttributes = encodeSignedAttributes({
    contentType: OID.data,
    messageDigest: digestIn(CONTENT),
    signingCertificate: { digestAlgorithm: digest, certificateDigest: digestIn(by.certificate) },
  });
  return encodeSignedData({
    digestAlgorithm: digest,
    signedAttributes,
    signatureAlgorithm: by.algorithm,
    signature: await by.sign(signedAttributes),
    signerCertificate: by.certificate,
    certificates: by.chain,
    ...(attached ? { eContent: { type: OID.data, content: CONTENT } } : {}),
  });
}

/** Whether a SignerInfo's signature and digest hold. */
function holds(signer: SignerInfo, certificate: Uint8Array, content: Uint8Array): boolean {
  const algorithm = signerSignatureNameOf(signer.signatureAlgorithm, signer.digestAlgorithm);
  const digest = digestOf(signer.digestAlgorithm)?.name;
  assert.ok(algorithm !== null && digest !== undefined, 'the algorithms have names');
  const { signedAttributes, signedAttributesDer } = signer;
  const messageDigest = signedAttributes === null ? null : messageDigestOf(signedAttributes);
  if (messageDigest !== null && !Buffer.from(messageDigest).equals(hash(digest, content, 'buffer')))
    return false;
  return verifySignature({
    algorithm,
    pairing: 'x509',
    publicKey: parseCertificate(certificate).subjectPublicKeyInfo.der,
    message: signedAttributesDer ?? content,
    signature: signer.signature,
  });
}

describe('CMS signatures', () => {
  for (const algorithm of ALGORITHMS) {
    it(`of ours with ${algorithm} hold`, async function () {
      const openssl = requireProgram(this, 'openssl');
      const by = await certified(algorithm, '签名人', { issuer: root });
      for (const attached of [false, true]) {
        const der = await signed(by, attached);
        const parsed = parseSignedData(der);
        const [signer] = parsed.signerInfos;
        assert.ok(signer);
        assert.equal(signerSignatureNameOf(signer.signatureAlgorithm, signer.digestAlgorithm), algorithm);
        assert.ok(holds(signer, by.certificate, CONTENT));
        assert.ok(!holds(signer, by.certificate, CONTENT.subarray(1)));
        assert.ok(!holds(signer, (await certified(algorithm, '他人')).certificate, CONTENT));
        const [path, data] = [await file('ours.der', der), await file('content', CONTENT)];
        if (algorithm === 'SM2SM3') {
          // openssl cms has no way to set the identifier: the signed attributes are verified apart.
          const key = await file('key.pem', pem('PUBLIC KEY', by.publicKey));
          const message = await file('attributes', signer.signedAttributesDer!);
          const signature = await file('signature', signer.signature);
          const args = ['dgst', '-sm3', '-sigopt', 'distid:1234567812345678', '-verify', key];
          assert.match(run(openssl, [...args, '-signature', signature, message]), /Verified OK/);
          assert.match(run(openssl, ['asn1parse', '-inform', 'DER', '-in', path]), /:SM2-with-SM3/);
          continue;
        }
        const anchor = await file('root.pem', pem('CERTIFICATE', root.certificate));
        if (algorithm === 'Ed25519') {
          // openssl 3.0 hands EdDSA a digest that it then refuses: GnuTLS is the judge.
          const certtool = requireProgram(this, 'certtool');
          const args = ['--p7-verify', '--inder', '--infile', path, '--load-ca-certificate', anchor];
          const result = spawnSync(certtool, [...args, ...(attached ? [] : ['--load-data', data])], {
            encoding: 'utf8',
          });
          assert.match(result.stderr + result.stdout, /Signature status: ok/);
          assert.equal(result.status, 0, result.stderr);
          continue;
        }
        const args = [
          'cms',
          '-verify',
          '-binary',
          '-inform',
          'DER',
          '-in',
          path,
          '-CAfile',
          anchor,
          '-cades',
        ];
        const content = attached ? [] : ['-content', data];
        const result = spawnSync(
          openssl,
          [...args, ...content, '-purpose', 'any', '-out', join(folder, 'out')],
          {
            encoding: 'utf8',
          },
        );
        assert.equal(result.status, 0, result.stderr);
        assert.deepEqual(new Uint8Array(await readFile(join(folder, 'out'))), CONTENT);
      }
    });
  }

  const foreign: readonly (readonly [SignatureAlgorithm, string, readonly string[]])[] = [
    ['ES256', 'ES256', []],
    ['ES256', 'ES512', ['-md', 'sha512']],
    ['ES384', 'ES384', ['-md', 'sha384']],
    ['RS256', 'RS256', []],
    ['RS256', 'RS384', ['-md', 'sha384', '-noattr']],
    ['PS256', 'PS256', ['-keyopt', 'rsa_padding_mode:pss', '-keyopt', 'rsa_pss_saltlen:digest']],
    [
      'PS256',
      'PS512',
      ['-md', 'sha512', '-keyopt', 'rsa_padding_mode:pss', '-keyopt', 'rsa_pss_saltlen:digest'],
    ],
  ];
  for (const [algorithm, name, extra] of foreign) {
    it(`of openssl with ${name} (${extra.join(' ') || 'as it likes'}) are read and hold`, async function () {
      const openssl = requireProgram(this, 'openssl');
      const by = await certified(algorithm, '签名人', { issuer: root });
      const [key, certificate] = [
        await file('f.key', pem('PRIVATE KEY', by.pkcs8)),
        await file('f.pem', pem('CERTIFICATE', by.certificate)),
      ];
      const [data, out] = [await file('content', CONTENT), join(folder, 'theirs.der')];
      const cades = extra.includes('-noattr') ? [] : ['-cades'];
      const args = ['cms', '-sign', '-binary', ...cades, '-in', data, '-outform', 'DER', '-out', out];
      // A key option belongs to the signer named before it.
      const result = spawnSync(openssl, [...args, '-signer', certificate, '-inkey', key, ...extra], {
        encoding: 'utf8',
      });
      assert.equal(result.status, 0, result.stderr);
      const { signerInfos } = parseSignedData(new Uint8Array(await readFile(out)));
      const [signer] = signerInfos;
      assert.ok(signer);
      assert.equal(signerSignatureNameOf(signer.signatureAlgorithm, signer.digestAlgorithm), name);
      assert.ok(holds(signer, by.certificate, CONTENT));
      assert.ok(!holds(signer, by.certificate, CONTENT.subarray(1)));
      if (signer.signedAttributes !== null) {
        const named = signingCertificateOf(signer.signedAttributes);
        assert.equal(named?.version, 2);
      }
    });
  }

  it('of GnuTLS with Ed25519 are read and hold', async function () {
    const certtool = requireProgram(this, 'certtool');
    const by = await certified('Ed25519', '签名人', { issuer: root });
    const key = await file('f.key', pem('PRIVATE KEY', by.pkcs8));
    const certificate = await file('f.pem', pem('CERTIFICATE', by.certificate));
    const [data, out] = [await file('content', CONTENT), join(folder, 'theirs.der')];
    const args = [
      '--p7-detached-sign',
      '--p7-time',
      '--load-privkey',
      key,
      '--load-certificate',
      certificate,
    ];
    const result = spawnSync(certtool, [...args, '--infile', data, '--outder', '--outfile', out], {
      encoding: 'utf8',
    });
    assert.equal(result.status, 0, result.stderr);
    const [signer] = parseSignedData(new Uint8Array(await readFile(out))).signerInfos;
    assert.ok(signer);
    assert.equal(signerSignatureNameOf(signer.signatureAlgorithm, signer.digestAlgorithm), 'Ed25519');
    assert.ok(holds(signer, by.certificate, CONTENT));
  });
});
