// T19–T27: what our writer writes and our reader takes, with openssl as the judge of bytes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CryptoError } from '../../crypto/errors.ts';
import { verifySignature } from '../../crypto/verify-signature.ts';
import { joinBytes, toHex } from '../../formats/bytes.ts';
import { FormatError } from '../../formats/errors.ts';
import { parseSignedData } from '../../formats/cms/signed-data.ts';
import { parseTimestampRequest, parseTimestampResponse } from '../../formats/cms/timestamp.ts';
import { encodeSignatureAlgorithm, signatureNameOf } from '../../formats/x509/algorithm.ts';
import {
  encodeCertificate,
  encodeSigned,
  encodeTbsCertificate,
  parseCertificate,
} from '../../formats/x509/certificate.ts';
import { encodeTbsCrl, parseCrl } from '../../formats/x509/crl.ts';
import { parseCertificationRequest } from '../../formats/x509/csr.ts';
import { TAG, readDer } from '../../formats/x509/der.ts';
import { oid, sequence, setOf, tagged, utf8String } from '../../formats/x509/der-writer.ts';
import { encodeKeyUsage, extension, type KeyUsage } from '../../formats/x509/extensions.ts';
import { encodeName } from '../../formats/x509/name.ts';
import { parseOcspRequest, parseOcspResponse } from '../../formats/x509/ocsp.ts';
import { OID } from '../../formats/x509/oid.ts';
import { encodeTime, readGeneralizedTime, readTime } from '../../formats/x509/time.ts';
import { pem } from '../ca/district.ts';
import { requireProgram, run } from '../programs.ts';
import { scale } from '../scale.ts';
import { makeKey, makeParty, signWith } from '../verification/pki.ts';

const LIMITS = { maxBytes: 1 << 20, maxDepth: 20 };
let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yinxin-traps-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const key = makeKey();
const NAME = encodeName([
  { type: OID.countryName, value: 'CN' },
  { type: OID.organizationName, value: '天津市河北区民政局' },
  { type: OID.commonName, value: '章' },
]);

function certificate(more: {
  readonly serialNumber?: Uint8Array;
  readonly notAfter?: Date;
  readonly keyUsage?: readonly KeyUsage[];
  readonly name?: Uint8Array;
}): Uint8Array {
  const algorithm = encodeSignatureAlgorithm('ES256');
  const tbs = encodeTbsCertificate({
    serialNumber: more.serialNumber ?? Uint8Array.of(1, 2, 3),
    signatureAlgorithm: algorithm,
    issuer: more.name ?? NAME,
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: more.notAfter ?? new Date('2027-01-01T00:00:00Z'),
    subject: more.name ?? NAME,
    subjectPublicKeyInfo: key.spki,
    extensions: [extension(OID.keyUsage, true, encodeKeyUsage(more.keyUsage ?? ['digitalSignature']))],
  });
  return encodeCertificate(tbs, algorithm, signWith(key, tbs));
}

describe('traps of encoding', () => {
  it('T19: dates that do not exist, fractions and offsets are no dates', () => {
    const time = (tag: number, text: string): Date =>
      readDer(tagged(tag, new TextEncoder().encode(text)), LIMITS, 'certificate-malformed', (reader) =>
        readTime(reader),
      );
    assert.equal(time(TAG.utcTime, '280229120000Z').toISOString(), '2028-02-29T12:00:00.000Z');
    for (const text of [
      '260231120000Z',
      '270229120000Z',
      '261301120000Z',
      '260100120000Z',
      '260101240000Z',
      '260101126000Z',
      '260101120060Z',
      '2601011200Z',
      '260101120000',
      '260101120000+0800',
      '260101120000.5Z',
      '26010112000Z0',
      ' 60101120000Z',
      '２６0101120000Z',
    ]) {
      assert.throws(() => time(TAG.utcTime, text), FormatError, text);
    }
    for (const text of [
      '20260231120000Z',
      '20260101120000.5Z',
      '20260101120000+0800',
      '20260101120000',
      '202601011200Z',
      '20261332120000Z',
    ]) {
      assert.throws(() => time(TAG.generalizedTime, text), FormatError, text);
    }
    // RFC 3161 lets time-stamps have fractions, but no zero at their end.
    const stamped = (text: string): Date =>
      readDer(
        tagged(TAG.generalizedTime, new TextEncoder().encode(text)),
        LIMITS,
        'timestamp-malformed',
        (reader) => readGeneralizedTime(reader, true),
      );
    assert.equal(stamped('20260101120000.5Z').getUTCMilliseconds(), 500);
    for (const text of ['20260101120000.50Z', '20260101120000.Z', '20260101120000,5Z', '20260230120000.5Z']) {
      assert.throws(() => stamped(text), FormatError, text);
    }
  });

  it('T20: every attribute of a name has a SET of its own, and a foreign name is compared as it stands', async function () {
    const openssl = requireProgram(this, 'openssl');
    const path = await file('name.der', NAME);
    const dump = run(openssl, ['asn1parse', '-inform', 'DER', '-in', path]);
    assert.equal(dump.match(/cons: SET/g)?.length, 3);
    const attribute = (type: string, value: string): Uint8Array => sequence(oid(type), utf8String(value));
    const [a, b] = [attribute(OID.organizationName, 'O'), attribute(OID.commonName, 'N')];
    const together = sequence(setOf([a, b]));
    const apart = sequence(setOf([a]), setOf([b]));
    const [first, second] = [together, apart].map((name) => parseCertificate(certificate({ name })).subject);
    assert.ok(first && second);
    assert.deepEqual([first.rdns.length, second.rdns.length], [1, 2]);
    assert.deepEqual(first.der, together);
    assert.notDeepEqual(first.der, second.der);
  });

  it('T21: no signature of ours is over SHA-1, and none over SHA-1 is believed', () => {
    for (const name of ['ES256', 'ES384', 'RS256', 'PS256', 'Ed25519', 'SM2SM3'] as const) {
      const der = encodeSignatureAlgorithm(name);
      const hex = toHex(der);
      assert.ok(!hex.includes(toHex(oid(OID.sha1))) && !hex.includes(toHex(oid(OID.sha1WithRsa))));
    }
    for (const algorithm of ['RS1', 'ES1']) {
      const check = { algorithm, publicKey: key.spki, message: key.spki, signature: key.spki };
      assert.throws(
        () => verifySignature(check),
        (error) => error instanceof CryptoError && error.code === 'algorithm-refused',
      );
    }
    assert.equal(signatureNameOf(parseCertificate(certificate({})).signatureAlgorithm), 'ES256');
  });

  it('T22: serial numbers are positive, with their highest bit set too', async function () {
    const openssl = requireProgram(this, 'openssl');
    for (const serial of ['80', 'ff00', '00ff', 'a1b2c3d4e5f60718293a4b5c6d7e8f9011223344', '7f']) {
      const der = certificate({ serialNumber: Uint8Array.from(Buffer.from(serial, 'hex')) });
      const path = await file('serial.der', der);
      const shown = run(openssl, ['x509', '-inform', 'DER', '-in', path, '-noout', '-serial']);
      assert.equal(shown.trim().toLowerCase(), `serial=${serial.replace(/^00/, '')}`);
      assert.ok((parseCertificate(der).serialNumber[0] ?? 255) < 128);
    }
  });

  it('T23: key usages are a bit list without trailing zeros', async function () {
    const openssl = requireProgram(this, 'openssl');
    const expected: readonly (readonly [readonly KeyUsage[], string, RegExp])[] = [
      [['digitalSignature'], '03020780', /Digital Signature$/m],
      [['nonRepudiation'], '03020640', /Non Repudiation$/m],
      [['keyCertSign', 'cRLSign'], '03020106', /Certificate Sign, CRL Sign$/m],
      [['keyAgreement', 'decipherOnly'], '0303070880', /Key Agreement, Decipher Only$/m],
    ];
    for (const [usages, hex, shown] of expected) {
      assert.equal(toHex(encodeKeyUsage(usages)), hex);
      const path = await file('usage.der', certificate({ keyUsage: usages }));
      const text = run(openssl, ['x509', '-inform', 'DER', '-in', path, '-noout', '-ext', 'keyUsage']);
      assert.match(text, shown);
    }
  });

  it('T24: dates to 2049 and from 2050 on are written in their own types', async function () {
    const openssl = requireProgram(this, 'openssl');
    for (const [date, tag] of [
      ['2049-12-31T23:59:59Z', TAG.utcTime],
      ['2050-01-01T00:00:00Z', TAG.generalizedTime],
      ['2055-06-07T08:09:10Z', TAG.generalizedTime],
      ['9999-12-31T23:59:59Z', TAG.generalizedTime],
    ] as const) {
      const notAfter = new Date(date);
      assert.equal(encodeTime(notAfter)[0], tag);
      const path = await file('date.der', certificate({ notAfter }));
      const shown = run(openssl, [
        'x509',
        '-inform',
        'DER',
        '-in',
        path,
        '-noout',
        '-enddate',
        '-dateopt',
        'iso_8601',
      ]);
      assert.equal(shown.trim(), `notAfter=${date.replace('T', ' ')}`);
      assert.equal(parseCertificate(certificate({ notAfter })).notAfter.getTime(), notAfter.getTime());
    }
  });

  it('T25: what only BER allows is refused wherever foreign bytes come in', () => {
    const lax: Readonly<Record<string, Uint8Array>> = {
      'indefinite length': Uint8Array.of(0x30, 0x80, 0x05, 0x00, 0x00, 0x00),
      'padded length': Uint8Array.of(0x30, 0x81, 0x02, 0x05, 0x00),
      'length of a length': Uint8Array.of(0x30, 0x85, 0, 0, 0, 0, 2, 5, 0),
      'padded integer': Uint8Array.of(0x30, 4, 0x02, 2, 0, 1),
      'padded negative integer': Uint8Array.of(0x30, 4, 0x02, 2, 0xff, 0x80),
      'empty integer': Uint8Array.of(0x30, 2, 0x02, 0),
      'boolean 1': Uint8Array.of(0x30, 3, 0x01, 1, 1),
      'padded arc': Uint8Array.of(0x30, 5, 0x06, 3, 0x55, 0x80, 0x01),
      'unfinished arc': Uint8Array.of(0x30, 4, 0x06, 2, 0x55, 0x84),
      'split string': Uint8Array.of(0x30, 6, 0x24, 4, 0x04, 2, 1, 2),
      'unused bits set': Uint8Array.of(0x30, 4, 0x03, 2, 7, 0xff),
      'trailing bytes': Uint8Array.of(0x30, 2, 5, 0, 0),
      'unsorted set': Uint8Array.of(0x31, 6, 0x02, 1, 2, 0x02, 1, 1),
      'primitive sequence': Uint8Array.of(0x10, 0),
      'null with content': Uint8Array.of(0x30, 3, 5, 1, 0),
    };
    for (const [name, bytes] of Object.entries(lax)) {
      assert.throws(
        () => readDer(bytes, LIMITS, 'der-malformed', (reader) => reader.element()),
        FormatError,
        name,
      );
    }
    // A giant arc is another identifier, whatever 32 bits of it say.
    const arc = Uint8Array.of(0x06, 8, 0x55, 0x1d, 0x90, 0x80, 0x80, 0x80, 0x80, 0x13);
    const read = readDer(arc, LIMITS, 'der-malformed', (reader) => reader.oid());
    assert.notEqual(read, OID.basicConstraints);
    const parsers = {
      parseCertificate,
      parseCertificationRequest,
      parseCrl,
      parseOcspRequest,
      parseOcspResponse,
      parseTimestampRequest,
      parseTimestampResponse,
      parseSignedData,
    };
    const good = certificate({});
    for (const [name, parse] of Object.entries(parsers)) {
      for (const bytes of [...Object.values(lax), joinBytes([good, Uint8Array.of(0)])]) {
        assert.throws(() => void parse(bytes), FormatError, name);
      }
    }
  });

  it('T25: two openings of one certificate are one: openssl and we see the same names and dates', async function () {
    const openssl = requireProgram(this, 'openssl');
    const der = certificate({});
    const path = await file('c.pem', pem('CERTIFICATE', der));
    const shown = run(openssl, [
      'x509',
      '-in',
      path,
      '-noout',
      '-subject',
      '-nameopt',
      'RFC2253,-esc_msb,utf8',
    ]);
    assert.match(shown, /CN=章,O=天津市河北区民政局,C=CN/);
    const padded = joinBytes([Uint8Array.of(0x30, 0x83, 0), der.subarray(2)]);
    const accepted = spawnSync(openssl, ['x509', '-inform', 'DER', '-noout'], { input: padded }).status === 0;
    // Whatever openssl does with it, we refuse.
    assert.throws(() => parseCertificate(padded), FormatError, String(accepted));
  });

  it('T26: a list far beyond what general readers take is read, and one beyond our limit is refused at once', () => {
    const issuer = makeParty({ commonName: 'CA', issuer: null, ca: true });
    const algorithm = encodeSignatureAlgorithm('ES256');
    const count = Math.min(scale(40_000), 200_000);
    const tbs = encodeTbsCrl({
      signatureAlgorithm: algorithm,
      issuer: issuer.name,
      thisUpdate: new Date('2026-11-22T00:00:00Z'),
      nextUpdate: new Date('2026-11-29T00:00:00Z'),
      revoked: Array.from({ length: count }, (_, at) => ({
        serialNumber: Uint8Array.of(1, at >> 16, (at >> 8) & 0xff, at & 0xff),
        revocationDate: new Date('2026-11-21T00:00:00Z'),
        reason: 'superseded' as const,
      })),
      authorityKeyIdentifier: new Uint8Array(20),
      crlNumber: 1,
    });
    const list = parseCrl(encodeSigned(tbs, algorithm, signWith(issuer.key, tbs)));
    assert.equal(list.revoked.length, count);
    const started = performance.now();
    assert.throws(() => parseCertificate(tagged(0x30, new Uint8Array(1 << 24))), { code: 'der-too-large' });
    assert.ok(performance.now() - started < 500);
  });

  it('T27: signatures are checked over the bytes that came, in whatever string types', () => {
    const teletex = sequence(
      setOf([sequence(oid(OID.commonName), tagged(TAG.teletexString, Uint8Array.of(0xe9)))]),
    );
    const bmp = sequence(
      setOf([sequence(oid(OID.commonName), tagged(TAG.bmpString, Uint8Array.of(0x7a, 0xe0)))]),
    );
    for (const name of [teletex, bmp]) {
      const der = certificate({ name });
      const { tbs, signature, subject, issuer } = parseCertificate(der);
      assert.ok(verifySignature({ algorithm: 'ES256', publicKey: key.spki, message: tbs, signature }));
      assert.deepEqual(subject.der, name);
      assert.deepEqual(issuer.der, name);
      assert.equal(tbs.buffer, subject.der.buffer, 'views of one buffer: nothing was written again');
    }
  });
});
