// The signature value as a CMS: exactly the attributes the standards demand, told apart where they are not.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { encodeDigestAlgorithm } from '../../formats/x509/algorithm.ts';
import { issuerAndSerialOf, parseCertificate } from '../../formats/x509/certificate.ts';
import { encodeTime } from '../../formats/x509/time.ts';
import { explicit, oid, sequence } from '../../formats/x509/der-writer.ts';
import { OID } from '../../formats/x509/oid.ts';
import type { Conclusion } from '../../verification/report.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { rowsOf } from './expect.ts';
import { makeParty, makePki, now } from './pki.ts';
import { attribute, contentType, essV1, essV2, md5, messageDigest, rawCms } from './raw-cms.ts';
import type { RawSigner } from './raw-cms.ts';
import { latin1, signPdf } from './signed-pdf.ts';

const pki = makePki();
const { signer, sealCa } = pki;
const carried = [signer.certificate, sealCa.certificate];
const other = makeParty({ commonName: 'Other', issuer: sealCa });
const ca = parseCertificate(sealCa.certificate);
const serialNumber = issuerAndSerialOf(signer.certificate);

/** IssuerSerial (RFC 5035): GeneralNames with the directory name, and the serial number. */
function issuerSerial(): Uint8Array {
  const certificate = parseCertificate(signer.certificate);
  const serial = serialNumber.subarray(serialNumber.length - certificate.serialNumber.length - 2);
  return sequence(sequence(explicit(4, ca.subject.der)), serial);
}

/** What a PAdES signature must have. */
function right(digest: Uint8Array): readonly Uint8Array[] {
  return [contentType(), messageDigest(digest), essV2(signer.certificate)];
}

type Make = (digest: Uint8Array) => Uint8Array;
const of =
  (attributes: (digest: Uint8Array) => readonly Uint8Array[] | null, more: Partial<RawSigner> = {}): Make =>
  (digest) =>
    rawCms([{ party: signer, attributes: attributes(digest), ...more }], carried);

function pdfWith(make: Make, subFilter = 'ETSI.CAdES.detached'): Uint8Array {
  let digest = new Uint8Array();
  // The value is made by hand from the digest that the builder computes.
  return signPdf(pki, undefined, {
    subFilter,
    messageDigest: (found) => (digest = new Uint8Array(found)),
    cms: () => make(digest),
  });
}

const shaOne = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha1').update(bytes).digest());
const adbe = 'adbe.pkcs7.detached';
const F: Conclusion = 'TOTAL-FAILED';
const I: Conclusion = 'INDETERMINATE';

describe('the CMS of a PDF signature', () => {
  const cases: readonly (readonly [string, Make, Conclusion, row: string, subFilter?: string])[] = [
    ['without signed attributes', of(() => null), F, 'signature.attributes'],
    ['without signed attributes, not PAdES', of(() => null), I, 'signature.attributes', adbe],
    [
      'without ESS signing-certificate',
      of((digest) => right(digest).slice(0, 2)),
      I,
      'signature.signing-certificate',
    ],
    [
      "with another certificate's ESS",
      of((digest) => [...right(digest).slice(0, 2), essV2(other.certificate)]),
      I,
      'signature.signing-certificate',
    ],
    [
      'with two ESS attributes',
      of((digest) => [...right(digest), essV2(other.certificate)]),
      F,
      'signature.cms',
    ],
    [
      'with an ESS attribute of two values',
      of((digest) => [
        ...right(digest).slice(0, 2),
        attribute(
          OID.signingCertificateV2,
          essV2(signer.certificate).subarray(-42),
          essV2(other.certificate).subarray(-42),
        ),
      ]),
      I,
      'signature.signing-certificate',
    ],
    [
      'with an empty ESS',
      of((digest) => [...right(digest).slice(0, 2), essV2()]),
      I,
      'signature.signing-certificate',
    ],
    [
      "with an ESS that names the signer's second",
      of((digest) => [...right(digest).slice(0, 2), essV2(other.certificate, signer.certificate)]),
      I,
      'signature.signing-certificate',
    ],
    ['without message-digest', of(() => [contentType(), essV2(signer.certificate)]), F, 'signature.content'],
    [
      'with a wrong message-digest',
      of((digest) => right(digest.map((byte) => byte ^ 1))),
      F,
      'signature.content',
    ],
    [
      'with two message-digests',
      of((digest) => [...right(digest), messageDigest(digest)]),
      F,
      'signature.cms',
    ],
    [
      'with a message-digest of two values',
      of((digest) => [
        contentType(),
        attribute(
          OID.messageDigest,
          messageDigest(digest).subarray(-34),
          messageDigest(digest).subarray(-34),
        ),
        essV2(signer.certificate),
      ]),
      F,
      'signature.content',
    ],
    ['without content-type', of((digest) => right(digest).slice(1)), F, 'signature.content-type'],
    [
      'with another content-type',
      of((digest) => [contentType(OID.tstInfo), ...right(digest).slice(1)]),
      F,
      'signature.content-type',
    ],
    [
      'of another content type inside',
      (digest) =>
        rawCms([{ party: signer, attributes: right(digest) }], carried, { contentType: OID.tstInfo }),
      F,
      'signature.content-type',
    ],
    [
      'by two signers',
      (digest) =>
        rawCms(
          [
            { party: signer, attributes: right(digest) },
            { party: other, attributes: [contentType(), messageDigest(digest), essV2(other.certificate)] },
          ],
          [...carried, other.certificate],
        ),
      F,
      'signature.signers',
    ],
    ['by nobody', () => rawCms([], carried), F, 'signature.signers'],
    [
      'with content of its own',
      (digest) =>
        rawCms([{ party: signer, attributes: right(digest) }], carried, { content: latin1('other') }),
      F,
      'signature.detached',
    ],
    [
      'with content of its own, not PAdES',
      (digest) => rawCms([{ party: signer, attributes: right(digest) }], carried, { content: digest }),
      F,
      'signature.detached',
      adbe,
    ],
    [
      'without certificates',
      (digest) => rawCms([{ party: signer, attributes: right(digest) }], []),
      I,
      'signature.certificate',
    ],
    [
      'that names another certificate',
      (digest) =>
        rawCms([{ party: signer, attributes: right(digest), named: other }], [...carried, other.certificate]),
      F,
      'signature.value',
    ],
    [
      'that names a key nobody has',
      of(right, { keyIdentifier: new Uint8Array(20).fill(7) }),
      I,
      'signature.certificate',
    ],
    [
      'by SHA-1',
      of((digest) => [contentType(), messageDigest(shaOne(digest)), essV2(signer.certificate)], {
        digestAlgorithm: encodeDigestAlgorithm('sha1'),
        hash: 'sha1',
      }),
      I,
      'signature.algorithms',
    ],
    ['by MD5', of(right, { digestAlgorithm: md5, hash: 'md5' }), I, 'signature.algorithms'],
    ['by SHA-256 with a SHA-1 signature', of(right, { hash: 'sha1' }), I, 'signature.algorithms'],
    [
      'that says SHA-256 of a SHA-1 signature',
      of(right, { hash: 'sha1', signatureAlgorithm: sequence(oid(OID.ecdsaWithSha256)) }),
      F,
      'signature.value',
    ],
    ['signed over something else', of(right, { over: latin1('something else') }), F, 'signature.value'],
  ];
  for (const [name, make, conclusion, row, subFilter] of cases)
    it(`${name}: ${conclusion}`, async () => {
      const report = await verifyBytes(pdfWith(make, subFilter), depsFor(pki));
      assert.equal(report.conclusion, conclusion, report.summary.en);
      assert.ok(rowsOf(report).includes(row), `${row} is not among ${rowsOf(report).join(', ')}`);
      assert.equal(report.signatures[0]?.level, 'none');
    });

  const good: readonly (readonly [string, Make])[] = [
    ['exactly as demanded', of(right)],
    [
      'that names its signer by key',
      of(right, {
        keyIdentifier: parseCertificate(signer.certificate).subjectKeyIdentifier ?? new Uint8Array(),
      }),
    ],
    [
      'with the first ESS attribute and issuerSerial',
      of((digest) => [contentType(), messageDigest(digest), essV1(signer.certificate, issuerSerial())]),
    ],
    [
      'with the first ESS attribute alone',
      of((digest) => [contentType(), messageDigest(digest), essV1(signer.certificate, null)]),
    ],
    [
      'that names more certificates after the signer',
      of((digest) => [...right(digest).slice(0, 2), essV2(signer.certificate, sealCa.certificate)]),
    ],
  ];
  for (const [name, make] of good)
    it(`${name} is accepted`, async () => {
      const report = await verifyBytes(pdfWith(make), depsFor(pki));
      assert.equal(report.conclusion, 'TOTAL-PASSED', report.summary.en);
      assert.equal(report.signatures[0]?.level, 'B-B');
    });

  it('with a signing-time attribute is flagged', async () => {
    const make = of((digest) => [...right(digest), attribute(OID.signingTime, encodeTime(now))]);
    const report = await verifyBytes(pdfWith(make), depsFor(pki));
    assert.equal(report.conclusion, 'TOTAL-PASSED');
    const row = report.signatures[0]?.rows.find(({ id }) => id === 'signature.signing-time');
    assert.equal(row?.outcome, 'warned');
  });

  it('without ESS is warned of where it is not PAdES', async () => {
    const make = of((digest) => right(digest).slice(0, 2));
    const report = await verifyBytes(pdfWith(make, adbe), depsFor(pki));
    assert.equal(report.conclusion, 'TOTAL-PASSED');
    const row = report.signatures[0]?.rows.find(({ id }) => id === 'signature.signing-certificate');
    assert.equal(row?.outcome, 'warned');
  });
});
