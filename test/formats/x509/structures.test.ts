// Certificates, requests, lists, OCSP and ECDSA values: what openssl makes is read, what is mutated never crashes.
import assert from 'node:assert/strict';
import { createHash, createPublicKey, sign, verify, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { fromHex, toHex } from '../../../formats/bytes.ts';
import { FormatError } from '../../../formats/errors.ts';
import {
  encodeDigestAlgorithm,
  encodeSignatureAlgorithm,
  signatureNameOf,
  signerSignatureNameOf,
} from '../../../formats/x509/algorithm.ts';
import { encodeSigned, parseCertificate } from '../../../formats/x509/certificate.ts';
import { encodeTbsCrl, parseCrl } from '../../../formats/x509/crl.ts';
import { encodeCertificationRequestInfo, parseCertificationRequest } from '../../../formats/x509/csr.ts';
import { derToRaw, rawToDer } from '../../../formats/x509/ecdsa-signature.ts';
import { encodeKeyUsage, extension } from '../../../formats/x509/extensions.ts';
import { encodeName, nameAttribute, nameText } from '../../../formats/x509/name.ts';
import {
  encodeCertId,
  encodeOcspRequest,
  encodeOcspResponse,
  encodeTbsOcspResponse,
  parseOcspRequest,
  parseOcspResponse,
} from '../../../formats/x509/ocsp.ts';
import { OID } from '../../../formats/x509/oid.ts';
import { readDer } from '../../../formats/x509/der.ts';
import { readAlgorithm } from '../../../formats/x509/algorithm.ts';
import { requireProgram } from '../../programs.ts';
import { scale } from '../../scale.ts';
import { looseKey, pem } from '../../ca/district.ts';

const NAME = encodeName([
  { type: OID.countryName, value: 'CN' },
  { type: OID.organizationName, value: '天津市河北区, "民政局"' },
  { type: OID.commonName, value: '#章 ' },
]);

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yinxin-x509-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** A certificate made by openssl with the key type and extensions asked for. */
async function foreign(openssl: string, key: readonly string[], extensions: string): Promise<Uint8Array> {
  const config = join(folder, 'openssl.cnf');
  const out = join(folder, 'out.der');
  await writeFile(
    config,
    `[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\nutf8=yes\nstring_mask=utf8only\n[dn]\nC=CN\nO=外部机构\nCN=test\n[ext]\n${extensions}\n`,
  );
  const args = ['req', '-x509', '-new', '-nodes', '-config', config, '-keyout', join(folder, 'k.pem')];
  const result = spawnSync(openssl, [...args, ...key, '-days', '30', '-outform', 'DER', '-out', out], {
    encoding: 'utf8',
  });
  assert.equal(result.status, 0, result.stderr);
  return new Uint8Array(await readFile(out));
}

const EXTENSIONS = `basicConstraints=critical,CA:TRUE,pathlen:2
keyUsage=critical,keyCertSign,cRLSign,decipherOnly,keyAgreement
extendedKeyUsage=serverAuth,1.2.3.4
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid:always,issuer:always
subjectAltName=DNS:example.cn,email:a@example.cn,IP:192.0.2.1,URI:http://example.cn/,RID:1.2.3,dirName:dn
crlDistributionPoints=URI:http://example.cn/a.crl
authorityInfoAccess=OCSP;URI:http://example.cn/ocsp,caIssuers;URI:http://example.cn/ca.cer
certificatePolicies=1.2.3.4,2.5.29.32.0`;

describe('certificates', () => {
  it('made by openssl are read with all their extensions', async function () {
    const openssl = requireProgram(this, 'openssl');
    const der = await foreign(
      openssl,
      ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-sha256'],
      EXTENSIONS,
    );
    const certificate = parseCertificate(Buffer.from(der));
    assert.deepEqual(certificate.basicConstraints, { ca: true, pathLength: 2 });
    assert.deepEqual(
      [...(certificate.keyUsage ?? [])],
      ['keyAgreement', 'keyCertSign', 'cRLSign', 'decipherOnly'],
    );
    assert.deepEqual(certificate.extendedKeyUsage, [OID.serverAuth, '1.2.3.4']);
    assert.deepEqual(
      certificate.subjectAltName?.map(({ kind }) => kind),
      ['dns', 'email', 'ip', 'uri', 'registered-id', 'directory'],
    );
    assert.deepEqual(
      certificate.certificatePolicies?.map(({ oid }) => oid),
      ['1.2.3.4', OID.anyPolicy],
    );
    assert.equal(certificate.authorityInfoAccess?.length, 2);
    assert.equal(certificate.crlDistributionPoints?.[0]?.fullName?.length, 1);
    assert.equal(certificate.authorityKeyIdentifier?.keyIdentifier?.length, 20);
    assert.equal(nameText(certificate.subject), 'CN=test,O=外部机构,C=CN');
    const publicKey = createPublicKey({
      key: Buffer.from(certificate.subjectPublicKeyInfo.der),
      format: 'der',
      type: 'spki',
    });
    assert.ok(verify('sha256', certificate.tbs, publicKey, certificate.signature));
    assert.equal(
      new X509Certificate(der).serialNumber.toLowerCase(),
      certificate.serialHex.replace(/^00/, ''),
    );
  });

  it('name the signature algorithm of every kind of key, RSASSA-PSS with its parameters', async function () {
    const openssl = requireProgram(this, 'openssl');
    const pss = ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:-1'];
    const oddSalt = ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:20'];
    const cases: readonly (readonly [string | null, readonly string[]])[] = [
      ['ES384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-sha384']],
      ['RS256', ['-newkey', 'rsa:2048', '-sha256']],
      ['RS1', ['-newkey', 'rsa:2048', '-sha1']],
      ['PS256', ['-newkey', 'rsa:2048', '-sha256', ...pss]],
      [null, ['-newkey', 'rsa:2048', '-sha256', ...oddSalt]],
      ['Ed25519', ['-newkey', 'ed25519']],
    ];
    for (const [name, key] of cases) {
      const { signatureAlgorithm } = parseCertificate(await foreign(openssl, key, ''));
      assert.equal(signatureNameOf(signatureAlgorithm), name);
    }
  });

  it('that are mutated, cut or extended are read or refused, never anything else (fuzz)', async function () {
    const openssl = requireProgram(this, 'openssl');
    const der = await foreign(openssl, ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], EXTENSIONS);
    fuzz(der, parseCertificate);
    assert.throws(() => parseCertificate(Uint8Array.from([...der, 0])), { code: 'trailing-bytes' });
  });
});

/** Every single-byte change a run picks, every cut: a value or a FormatError. */
function fuzz(der: Uint8Array, parse: (bytes: Uint8Array) => unknown): void {
  const attempt = (bytes: Uint8Array): void => {
    try {
      parse(bytes);
    } catch (error) {
      assert.ok(error instanceof FormatError, String(error));
    }
  };
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.nat(255), fc.nat(der.length), (at, value, cut) => {
      attempt(der.with(at, value));
      attempt(der.slice(0, cut));
      attempt(der.slice(cut));
    }),
    { numRuns: scale(300) },
  );
}

describe('names', () => {
  it('come back as written, one attribute an RDN, with RFC 4514 text escaped', () => {
    const { spki, key } = looseKey();
    const info = encodeCertificationRequestInfo({
      subject: NAME,
      subjectPublicKeyInfo: spki,
      extensions: [],
    });
    const { subject } = parseCertificationRequest(
      encodeSigned(info, encodeSignatureAlgorithm('ES256'), sign('sha256', info, key)),
    );
    assert.equal(subject.rdns.length, 3);
    assert.equal(nameAttribute(subject, OID.organizationName), '天津市河北区, "民政局"');
    assert.equal(nameText(subject), 'CN=\\#章\\ ,O=天津市河北区\\, \\"民政局\\",C=CN');
    assert.deepEqual(subject.der, NAME);
  });

  it('refuse attributes unknown, empty or over their bound', () => {
    for (const [type, value] of [
      [OID.commonName, ''],
      [OID.commonName, '章'.repeat(65)],
      [OID.countryName, 'CHN'],
      [OID.countryName, '中国'],
      [OID.givenName, '华'.repeat(65)],
      [OID.title, 'x'],
    ] as const) {
      assert.throws(() => encodeName([{ type, value }]), { code: 'value-out-of-range' });
    }
    assert.ok(encodeName([{ type: OID.commonName, value: '𬭸'.repeat(64) }]).length > 256);
  });
});

describe('certification requests', () => {
  it('of ours are verified by openssl, and openssl’s are read', async function () {
    const openssl = requireProgram(this, 'openssl');
    const { spki, key } = looseKey();
    const info = encodeCertificationRequestInfo({
      subject: NAME,
      subjectPublicKeyInfo: spki,
      extensions: [extension(OID.keyUsage, true, encodeKeyUsage(['digitalSignature']))],
    });
    const der = encodeSigned(info, encodeSignatureAlgorithm('ES256'), sign('sha256', info, key));
    const file = join(folder, 'own.pem');
    await writeFile(file, pem('CERTIFICATE REQUEST', der));
    const result = spawnSync(openssl, ['req', '-in', file, '-noout', '-verify'], { encoding: 'utf8' });
    assert.match(result.stdout + result.stderr, /verify OK/);
    assert.deepEqual([...parseCertificationRequest(der).requestedExtensions.keys()], [OID.keyUsage]);
    fuzz(der, parseCertificationRequest);
    const made = spawnSync(openssl, [
      ...[
        'req',
        '-new',
        '-nodes',
        '-newkey',
        'rsa:2048',
        '-subj',
        '/CN=x',
        '-addext',
        'keyUsage=digitalSignature',
      ],
      ...['-keyout', join(folder, 'k.pem'), '-outform', 'DER'],
    ]);
    const foreignRequest = parseCertificationRequest(new Uint8Array(made.stdout));
    assert.equal(foreignRequest.subjectPublicKeyInfo.keyType, 'rsa');
    assert.deepEqual([...foreignRequest.requestedExtensions.keys()], [OID.keyUsage]);
  });
});

describe('revocation lists', () => {
  it('come back as written and survive mutation', () => {
    const { key } = looseKey();
    const [thisUpdate, nextUpdate] = [new Date('2026-11-22T00:00:00Z'), new Date('2051-01-01T00:00:00Z')];
    const algorithm = encodeSignatureAlgorithm('ES256');
    const tbs = encodeTbsCrl({
      signatureAlgorithm: algorithm,
      issuer: NAME,
      thisUpdate,
      nextUpdate,
      revoked: [
        { serialNumber: Uint8Array.of(0x81), revocationDate: thisUpdate, reason: 'unspecified' },
        { serialNumber: Uint8Array.of(2), revocationDate: thisUpdate, reason: 'aACompromise' },
      ],
      authorityKeyIdentifier: new Uint8Array(20).fill(3),
      crlNumber: 300,
    });
    const der = encodeSigned(tbs, algorithm, sign('sha256', tbs, key));
    const list = parseCrl(der);
    assert.deepEqual(list.tbs, tbs);
    assert.deepEqual(
      list.revoked.map(({ serialHex, reason }) => [serialHex, reason]),
      [
        ['0081', null],
        ['02', 'aACompromise'],
      ],
    );
    assert.equal(toHex(list.crlNumber ?? NAME), '012c');
    assert.equal(list.nextUpdate?.getTime(), nextUpdate.getTime());
    assert.deepEqual(list.authorityKeyIdentifier?.keyIdentifier, new Uint8Array(20).fill(3));
    fuzz(der, parseCrl);
  });
});

describe('OCSP structures', () => {
  const certId = encodeCertId({
    hashAlgorithm: encodeDigestAlgorithm('sha256'),
    issuerNameHash: createHash('sha256').update('n').digest(),
    issuerKeyHash: createHash('sha256').update('k').digest(),
    serialNumber: Uint8Array.of(9),
  });

  it('come back as written and survive mutation', () => {
    const nonce = new Uint8Array(32).fill(1);
    const request = encodeOcspRequest([certId, certId], nonce);
    const parsed = parseOcspRequest(request);
    assert.deepEqual(
      parsed.requests.map(({ der }) => der),
      [certId, certId],
    );
    assert.deepEqual(parsed.nonce, nonce);
    fuzz(request, parseOcspRequest);
    const at = new Date('2026-11-22T00:00:00Z');
    const period = { thisUpdate: at, nextUpdate: new Date(at.getTime() + 1000) };
    const tbs = encodeTbsOcspResponse({
      responderKeyHash: new Uint8Array(20),
      producedAt: at,
      responses: [
        { certId, status: { kind: 'good' }, ...period },
        { certId, status: { kind: 'unknown' }, ...period },
        { certId, status: { kind: 'revoked', at, reason: 'superseded' }, ...period },
        { certId, status: { kind: 'revoked', at, reason: null }, ...period },
      ],
      nonce,
      extendedRevoke: true,
    });
    const response = encodeOcspResponse(tbs, encodeSignatureAlgorithm('ES256'), new Uint8Array(70), []);
    const { basic } = parseOcspResponse(response);
    assert.deepEqual(
      basic?.responses.map(({ status }) => status.kind),
      ['good', 'unknown', 'revoked', 'revoked'],
    );
    assert.deepEqual(basic.nonce, nonce);
    assert.deepEqual(basic.tbs, tbs);
    fuzz(response, parseOcspResponse);
  });

  it('refuse a nonce longer than RFC 9654 allows', () => {
    assert.throws(() => parseOcspRequest(encodeOcspRequest([certId], new Uint8Array(129))), {
      code: 'ocsp-malformed',
    });
  });
});

describe('ECDSA signatures', () => {
  it('go to raw and back (property)', () => {
    fc.assert(
      fc.property(fc.constantFrom(32, 48, 66), fc.infiniteStream(fc.nat(255)), (size, stream) => {
        const raw = Uint8Array.from({ length: 2 * size }, () => stream.next().value as number);
        raw[size - 1] = 1;
        raw[2 * size - 1] = 1;
        assert.deepEqual(derToRaw(rawToDer(raw), size as 32), raw);
      }),
      { numRuns: scale(100) },
    );
  });

  it('agree with node:crypto both ways', () => {
    const { key } = looseKey();
    const message = Buffer.from('m');
    const der = sign('sha256', message, key);
    const publicKey = createPublicKey(key);
    assert.ok(verify('sha256', message, { key: publicKey, dsaEncoding: 'ieee-p1363' }, derToRaw(der, 32)));
    const raw = sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' });
    assert.ok(verify('sha256', message, publicKey, rawToDer(raw)));
  });

  it('refuse zero, negative, long and trailing', () => {
    const long = fromHex('30080203010000020101');
    assert.equal(derToRaw(long, 32).length, 64);
    for (const hex of [
      '3006020100020101',
      '3006020101020100',
      '3006020181020101',
      '300602010102010100',
      '3003020101',
      `30260221${'01'.repeat(33)}020101`,
    ]) {
      assert.throws(() => derToRaw(fromHex(hex), 32), FormatError, hex);
    }
    for (const raw of [new Uint8Array(64), new Uint8Array(63).fill(1), new Uint8Array(0)]) {
      assert.throws(() => rawToDer(raw), { code: 'signature-malformed' });
    }
  });
});

describe('algorithms', () => {
  const named = (der: Uint8Array): ReturnType<typeof readAlgorithm> =>
    readDer(der, { maxBytes: 100, maxDepth: 4 }, 'der-malformed', readAlgorithm);

  it('of a SignerInfo must agree with its digest', () => {
    const ecdsa = named(encodeSignatureAlgorithm('ES256'));
    assert.equal(signerSignatureNameOf(ecdsa, named(encodeDigestAlgorithm('sha256'))), 'ES256');
    assert.equal(signerSignatureNameOf(ecdsa, named(encodeDigestAlgorithm('sha512'))), null);
    assert.equal(signerSignatureNameOf(ecdsa, named(encodeDigestAlgorithm('sm3'))), null);
    const sm2 = named(encodeSignatureAlgorithm('SM2SM3'));
    assert.equal(signerSignatureNameOf(sm2, named(encodeDigestAlgorithm('sm3'))), 'SM2SM3');
    const rsa = named(Uint8Array.from(Buffer.from('300d06092a864886f70d0101010500', 'hex')));
    assert.equal(signerSignatureNameOf(rsa, named(encodeDigestAlgorithm('sha384'))), 'RS384');
  });
});
