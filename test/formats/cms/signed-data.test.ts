// CMS SignedData and time-stamps: openssl verifies ours, we read openssl's, and BER is refused by name.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { ContentInfo, SignedData as PkijsSignedData } from 'pkijs';
import { fromBER } from 'asn1js';
import { issueCertificate } from '../../../ca/issue.ts';
import { TimestampAuthority } from '../../../ca/timestamp-authority.ts';
import { joinBytes, toHex } from '../../../formats/bytes.ts';
import {
  contentTypeOf,
  encodeSignatureTimeStamp,
  encodeSignedAttributes,
  messageDigestOf,
  signatureTimeStampsOf,
  signingCertificateOf,
  signingTimeOf,
} from '../../../formats/cms/attributes.ts';
import { encodeSignedData, parseSignedData } from '../../../formats/cms/signed-data.ts';
import {
  encodeTimestampRequest,
  encodeTimestampResponse,
  encodeTstInfo,
  parseTimestampRequest,
  parseTimestampResponse,
  parseTstInfo,
} from '../../../formats/cms/timestamp.ts';
import { FormatError } from '../../../formats/errors.ts';
import { signerSignatureNameOf } from '../../../formats/x509/algorithm.ts';
import { OID } from '../../../formats/x509/oid.ts';
import { requireProgram } from '../../programs.ts';
import { scale } from '../../scale.ts';
import { CREDIT_CODE, openDistrict, pem, SYSTEM, type District } from '../../ca/district.ts';

const CONTENT = new TextEncoder().encode('准予行政许可决定书（演示）');
const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());

let district: District;
let cms: Uint8Array;
let chain: readonly Uint8Array[];
let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yinxin-cms-'));
  district = await openDistrict({ realClock: true });
  const { keys } = district.parts;
  const generated = await keys.generate('seal', 'ES256');
  const issued = await issueCertificate(district.parts, {
    profile: 'seal',
    authority: district.hierarchy.authority('department-seals'),
    subject: { organization: '天津市河北区民政局', creditCode: CREDIT_CODE, commonName: '12010500000001' },
    publicKey: generated.publicKey,
    actor: SYSTEM,
  });
  chain = issued.chain;
  const key = await keys.open(generated.id, 'seal', chain);
  const signedAttributes = encodeSignedAttributes({
    contentType: OID.data,
    messageDigest: sha256(CONTENT),
    signingCertificate: { digestAlgorithm: 'sha256', certificateDigest: sha256(issued.der) },
  });
  const signature = await key.sign(signedAttributes);
  const authority = new TimestampAuthority(district.parts, district.hierarchy);
  const request = encodeTimestampRequest({
    digestAlgorithm: 'sha256',
    digest: sha256(signature),
    certificateRequested: true,
  });
  const { token } = parseTimestampResponse(await authority.respond(request));
  cms = encodeSignedData({
    digestAlgorithm: 'sha256',
    signedAttributes,
    signatureAlgorithm: 'ES256',
    signature,
    signerCertificate: issued.der,
    certificates: chain,
    unsignedAttributes: [encodeSignatureTimeStamp(token!)],
  });
});
after(async () => {
  await district.remove();
  await rm(folder, { recursive: true, force: true });
});

async function file(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('SignedData', () => {
  it('of ours, detached, is verified by openssl cms, and refused over other content', async function () {
    const openssl = requireProgram(this, 'openssl');
    const signature = await file('ours.der', cms);
    const root = await file('root.pem', pem('CERTIFICATE', district.hierarchy.root.der));
    const verify = async (content: Uint8Array): Promise<ReturnType<typeof spawnSync>> => {
      const data = await file('content.bin', content);
      const args = [
        'cms',
        '-verify',
        '-binary',
        '-inform',
        'DER',
        '-in',
        signature,
        '-content',
        data,
        '-x509_strict',
      ];
      return spawnSync(openssl, [...args, '-CAfile', root, '-cades', '-out', join(folder, 'out')], {
        encoding: 'utf8',
      });
    };
    const good = await verify(CONTENT);
    assert.equal(good.status, 0, String(good.stderr));
    assert.notEqual((await verify(joinBytes([CONTENT, CONTENT]))).status, 0);
  });

  it('comes back as written', () => {
    const parsed = parseSignedData(Buffer.from(cms));
    assert.equal(parsed.version, 1);
    assert.equal(parsed.eContentType, OID.data);
    assert.equal(parsed.eContent, null);
    assert.equal(parsed.certificates.length, chain.length);
    const [signer] = parsed.signerInfos;
    assert.ok(signer?.signedAttributes);
    assert.equal(contentTypeOf(signer.signedAttributes), OID.data);
    assert.deepEqual(messageDigestOf(signer.signedAttributes), sha256(CONTENT));
    assert.equal(signingTimeOf(signer.signedAttributes), null);
    assert.deepEqual(signingCertificateOf(signer.signedAttributes), {
      version: 2,
      digestAlgorithm: 'sha256',
      certificateDigest: sha256(chain[0]!),
    });
    assert.equal(signerSignatureNameOf(signer.signatureAlgorithm, signer.digestAlgorithm), 'ES256');
    const [token] = signatureTimeStampsOf(signer.unsignedAttributes);
    const stamped = parseTstInfo(parseSignedData(token!).eContent!);
    assert.deepEqual(stamped.messageImprint.hashedMessage, sha256(signer.signature));
  });

  it('is read alike by pkijs', () => {
    const info = new ContentInfo({ schema: fromBER(Uint8Array.from(cms).buffer).result });
    const signed = new PkijsSignedData({ schema: info.content });
    const [theirs] = signed.signerInfos;
    const [ours] = parseSignedData(cms).signerInfos;
    assert.deepEqual(new Uint8Array(theirs!.signature.valueBlock.valueHexView), ours?.signature);
    assert.deepEqual(
      theirs?.signedAttrs?.attributes.map(({ type }) => type),
      ours?.signedAttributes?.map(({ type }) => type),
    );
  });

  it('of openssl is read: RSA and signing time, attached or detached, key identifier, no attributes', async function () {
    const openssl = requireProgram(this, 'openssl');
    const [key, certificate] = [join(folder, 'f.key'), join(folder, 'f.pem')];
    const made = spawnSync(openssl, [
      ...['req', '-x509', '-new', '-nodes', '-newkey', 'rsa:2048', '-subj', '/CN=f'],
      ...['-keyout', key, '-out', certificate],
    ]);
    assert.equal(made.status, 0);
    const data = await file('data.bin', CONTENT);
    const signWith = async (...extra: readonly string[]): Promise<Uint8Array> => {
      const out = join(folder, 'foreign.der');
      const args = [
        'cms',
        '-sign',
        '-binary',
        '-in',
        data,
        '-signer',
        certificate,
        '-inkey',
        key,
        '-outform',
        'DER',
      ];
      const result = spawnSync(openssl, [...args, '-out', out, ...extra], { encoding: 'utf8' });
      assert.equal(result.status, 0, result.stderr);
      return new Uint8Array(await readFile(out));
    };
    const attached = parseSignedData(await signWith('-nodetach', '-cades', '-md', 'sha512'));
    assert.deepEqual(attached.eContent, CONTENT);
    const [signer] = attached.signerInfos;
    assert.ok(signer?.signedAttributes);
    assert.ok(signingTimeOf(signer.signedAttributes));
    assert.equal(signingCertificateOf(signer.signedAttributes)?.digestAlgorithm, 'sha512');
    assert.equal(signerSignatureNameOf(signer.signatureAlgorithm, signer.digestAlgorithm), 'RS512');
    const bare = parseSignedData(await signWith('-noattr', '-keyid')).signerInfos[0];
    assert.equal(bare?.signedAttributes, null);
    assert.equal(bare.signer.kind, 'key-identifier');
    const streamed = await signWith('-nodetach', '-stream');
    assert.throws(() => parseSignedData(streamed), { code: 'ber-indefinite-length' });
  });

  it('refuses unsorted or repeated signed attributes', () => {
    const input = {
      digestAlgorithm: 'sha256',
      signatureAlgorithm: 'ES256',
      signature: new Uint8Array(70),
      signerCertificate: chain[0]!,
      certificates: [],
    } as const;
    const sorted = encodeSignedAttributes({
      contentType: OID.data,
      messageDigest: sha256(CONTENT),
      signingCertificate: { digestAlgorithm: 'sha256', certificateDigest: sha256(CONTENT) },
      signingTime: new Date('2026-11-22T00:00:00Z'),
    });
    parseSignedData(encodeSignedData({ ...input, signedAttributes: sorted }));
    // A header of three octets, then content-type, the shortest attribute, of 26.
    const [first, rest] = [sorted.subarray(3, 3 + 26), sorted.subarray(3 + 26)];
    assert.equal(first[0], 0x30);
    const unsorted = joinBytes([sorted.subarray(0, 3), rest, first]);
    const twice = joinBytes([Uint8Array.of(0x31, 52), first, first]);
    for (const [attributes, code] of [
      [unsorted, 'der-malformed'],
      [twice, 'cms-malformed'],
      [Uint8Array.of(0x31, 0), 'cms-malformed'],
    ] as const) {
      const der = encodeSignedData({ ...input, signedAttributes: attributes });
      assert.throws(() => parseSignedData(der), { code });
    }
    assert.throws(() => encodeSignedData({ ...input, signedAttributes: first }), { code: 'cms-malformed' });
  });

  it('leaves the signed attributes it was given as they were', () => {
    const signedAttributes = Buffer.from(
      encodeSignedAttributes({
        contentType: OID.data,
        messageDigest: sha256(CONTENT),
        signingCertificate: { digestAlgorithm: 'sha384', certificateDigest: new Uint8Array(48) },
      }),
    );
    const signer = { signerCertificate: chain[0]!, certificates: [], signature: new Uint8Array(8) };
    encodeSignedData({ digestAlgorithm: 'sha256', signatureAlgorithm: 'ES256', ...signer, signedAttributes });
    assert.equal(signedAttributes[0], 0x31);
  });

  it('is read or refused when mutated, never anything else (fuzz)', () => {
    fuzz(cms, (bytes) => {
      for (const { signedAttributes, unsignedAttributes } of parseSignedData(bytes).signerInfos) {
        const attributes = signedAttributes ?? [];
        signingCertificateOf(attributes);
        contentTypeOf(attributes);
        messageDigestOf(attributes);
        signatureTimeStampsOf(unsignedAttributes);
      }
    });
  });
});

function fuzz(der: Uint8Array, parse: (bytes: Uint8Array) => unknown): void {
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.nat(255), fc.nat(der.length), (at, value, cut) => {
      for (const bytes of [der.with(at, value), der.slice(0, cut)]) {
        try {
          parse(bytes);
        } catch (error) {
          assert.ok(error instanceof FormatError, String(error));
        }
      }
    }),
    { numRuns: scale(300) },
  );
}

describe('time-stamp structures', () => {
  it('come back as written', () => {
    const nonce = Uint8Array.of(0x80, ...randomBytes(7));
    const request = parseTimestampRequest(
      encodeTimestampRequest({
        digestAlgorithm: 'sha384',
        digest: new Uint8Array(48),
        policy: '1.2.3',
        nonce,
        certificateRequested: true,
      }),
    );
    assert.equal(toHex(request.nonce ?? nonce), `00${toHex(nonce)}`);
    assert.equal(request.policy, '1.2.3');
    assert.equal(request.certificateRequested, true);
    const genTime = new Date('2026-11-22T05:06:07.120Z');
    for (const accuracy of [1, 500, 1000, 1500]) {
      const info = parseTstInfo(
        encodeTstInfo({
          policy: '1.2.3',
          messageImprint: request.messageImprint.der,
          serialNumber: nonce,
          genTime,
          accuracy,
          nonce: request.nonce,
        }),
      );
      assert.equal(info.accuracy, accuracy);
      assert.equal(info.genTime.getTime(), genTime.getTime());
      assert.deepEqual(info.messageImprint.der, request.messageImprint.der);
      assert.deepEqual(info.nonce, request.nonce);
      assert.equal(info.ordering, false);
    }
  });

  it('name a refusal with its reason and text', () => {
    const der = encodeTimestampResponse({ failure: 'systemFailure', text: '系统故障' });
    assert.deepEqual(parseTimestampResponse(der), {
      status: 2,
      statusText: ['系统故障'],
      failures: ['systemFailure'],
      token: null,
    });
    fuzz(der, parseTimestampResponse);
  });

  it('refuse a grant without token', () => {
    assert.throws(() => parseTimestampResponse(Uint8Array.of(0x30, 5, 0x30, 3, 2, 1, 0)), {
      code: 'timestamp-malformed',
    });
  });
});
