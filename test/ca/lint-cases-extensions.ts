// What breaks each lint on keys, extensions and status, and nothing else.
import { generateKeyPairSync } from 'node:crypto';
import { joinBytes } from '../../formats/bytes.ts';
import { TAG } from '../../formats/x509/der.ts';
import {
  boolean,
  bitString,
  explicit,
  implicitConstructed,
  implicitPrimitive,
  integer,
  nullValue,
  octetString,
  oid,
  printableString,
  sequence,
  tagged,
  unsignedInteger,
  utf8String,
} from '../../formats/x509/der-writer.ts';
import {
  encodeBasicConstraints,
  encodeDistributionPoints,
  encodeDnsNames,
  encodeKeyUsage,
  encodeOidList,
  encodePermittedDirectories,
} from '../../formats/x509/extensions.ts';
import { encodeUri } from '../../formats/x509/general-name.ts';
import { encodeName } from '../../formats/x509/name.ts';
import { OID } from '../../formats/x509/oid.ts';
import { parseSubjectPublicKeyInfo } from '../../formats/x509/algorithm.ts';
import { CREDIT_CODE, looseKey, SETTINGS } from './district.ts';
import {
  type Good,
  renamed,
  attribute,
  replaced,
  flipped,
  added,
  rekeyed,
  CRL,
  sloppyBits,
  keyUse,
  access,
  rsaKey,
  type Case,
} from './lint-changes.ts';

export const extensionCases: readonly Case[] = [
  [
    'key-type-as-profiled',
    'seal',
    (good) =>
      rekeyed(
        good,
        generateKeyPairSync('ec', {
          namedCurve: 'P-521',
          publicKeyEncoding: { type: 'spki', format: 'der' },
          privateKeyEncoding: { type: 'pkcs8', format: 'der' },
        }).publicKey,
      ),
  ],
  ['key-type-as-profiled', 'sm2-seal', (good) => rekeyed(good, looseKey().spki)],
  [
    'public-key-uncompressed',
    'seal',
    (good) => {
      const { spki } = looseKey();
      const point = spki.subarray(27, 59);
      const compressed = bitString(joinBytes([Uint8Array.of(2), point]));
      return rekeyed(good, sequence(parseSubjectPublicKeyInfo(spki).algorithm.der, compressed));
    },
  ],
  [
    'public-key-sound',
    'seal',
    (good) => {
      const spki = Uint8Array.from(looseKey().spki);
      spki[spki.length - 1] = (spki[spki.length - 1] ?? 0) ^ 1;
      return rekeyed(good, spki);
    },
  ],
  ['public-key-sound', 'seal', (good) => rekeyed(good, rsaKey(1024))],
  [
    'public-key-sound',
    'rsa',
    (good) => {
      const { publicKey } = good.certificate.subjectPublicKeyInfo;
      const modulus = publicKey.subarray(9, 9 + 256);
      const weak = sequence(unsignedInteger(modulus), integer(3));
      return rekeyed(good, sequence(sequence(oid(OID.rsaEncryption), nullValue()), bitString(weak)));
    },
  ],
  [
    'public-key-parameters',
    'rsa',
    (good) => {
      const { publicKey } = good.certificate.subjectPublicKeyInfo;
      return rekeyed(good, sequence(sequence(oid(OID.rsaEncryption)), bitString(publicKey)));
    },
  ],
  [
    'public-key-parameters',
    'ed25519',
    (good) => {
      const { publicKey } = good.certificate.subjectPublicKeyInfo;
      return rekeyed(good, sequence(sequence(oid(OID.ed25519), nullValue()), bitString(publicKey)));
    },
  ],
  ['signature-fits-issuer-key', 'seal', () => ({ signatureAlgorithm: sequence(oid(OID.ecdsaWithSha384)) })],
  [
    'signature-fits-issuer-key',
    'seal',
    () => ({ signatureAlgorithm: sequence(oid(OID.sha1WithRsa), nullValue()) }),
  ],
  [
    'signature-algorithm-form',
    'sm2-seal',
    () => ({ signatureAlgorithm: sequence(oid(OID.sm2WithSm3), nullValue()) }),
  ],
  ['key-is-not-the-issuers', 'seal', (good) => rekeyed(good, good.subject.issuer.subjectPublicKeyInfo.der)],

  ['only-known-extensions', 'seal', added('1.2.3', nullValue())],
  ['key-usage-as-profiled', 'seal', replaced(OID.keyUsage, null)],
  ['key-usage-as-profiled', 'seal', replaced(OID.keyUsage, { value: encodeKeyUsage(['digitalSignature']) })],
  ['key-usage-as-profiled', 'ca', replaced(OID.keyUsage, { value: encodeKeyUsage(['keyCertSign']) })],
  ['key-usage-critical', 'seal', flipped(OID.keyUsage)],
  ['key-usage-der', 'seal', replaced(OID.keyUsage, { value: sloppyBits })],
  ['extended-key-usage-as-profiled', 'unit', replaced(OID.extendedKeyUsage, null)],
  [
    'extended-key-usage-as-profiled',
    'unit',
    replaced(OID.extendedKeyUsage, { value: encodeOidList([OID.timeStamping, OID.clientAuth]) }),
  ],
  [
    'extended-key-usage-as-profiled',
    'seal',
    added(OID.extendedKeyUsage, encodeOidList([OID.documentSigning])),
  ],
  ['extended-key-usage-criticality', 'unit', flipped(OID.extendedKeyUsage)],
  ['extended-key-usage-criticality', 'responder', flipped(OID.extendedKeyUsage)],
  [
    'basic-constraints-as-profiled',
    'ca',
    replaced(OID.basicConstraints, { value: encodeBasicConstraints({ ca: true, pathLength: 1 }) }),
  ],
  ['basic-constraints-as-profiled', 'ca', replaced(OID.basicConstraints, null)],
  [
    'basic-constraints-as-profiled',
    'seal',
    added(OID.basicConstraints, encodeBasicConstraints({ ca: false, pathLength: null }), true),
  ],
  ['basic-constraints-critical', 'ca', flipped(OID.basicConstraints)],
  ['name-constraints-as-profiled', 'ca', replaced(OID.nameConstraints, null)],
  [
    'name-constraints-as-profiled',
    'ca',
    replaced(OID.nameConstraints, {
      value: encodePermittedDirectories([encodeName([{ type: OID.countryName, value: 'SG' }])]),
    }),
  ],
  ['name-constraints-critical', 'ca', flipped(OID.nameConstraints)],

  ['host-names-as-profiled', 'seal', added(OID.subjectAltName, encodeDnsNames(['a.example.cn']))],
  [
    'host-names-as-profiled',
    'server',
    replaced(OID.subjectAltName, { value: sequence(encodeUri('http://a.cn')) }),
  ],
  [
    'host-names-well-formed',
    'server',
    replaced(OID.subjectAltName, { value: encodeDnsNames(['A.example.cn']) }),
  ],
  [
    'host-names-well-formed',
    'server',
    replaced(OID.subjectAltName, { value: encodeDnsNames(['a.*.example.cn']) }),
  ],
  [
    'host-names-well-formed',
    'server',
    replaced(OID.subjectAltName, { value: encodeDnsNames(['a\u0000.example.cn']) }),
  ],
  [
    'host-names-differ',
    'server',
    replaced(OID.subjectAltName, { value: encodeDnsNames(['a.example.cn', 'a.example.cn']) }),
  ],
  ['host-names-not-critical', 'server', flipped(OID.subjectAltName)],
  [
    'common-name-is-a-host',
    'server',
    (good) => renamed(good, {}, [attribute(OID.commonName, utf8String('b.example.cn'))]),
  ],
  ['subject-key-identifier-stands', 'seal', replaced(OID.subjectKeyIdentifier, null)],
  [
    'subject-key-identifier-of-key',
    'seal',
    replaced(OID.subjectKeyIdentifier, { value: octetString(new Uint8Array(20)) }),
  ],
  ['subject-key-identifier-not-critical', 'seal', flipped(OID.subjectKeyIdentifier)],
  [
    'authority-key-identifier-is-issuers',
    'seal',
    replaced(OID.authorityKeyIdentifier, { value: sequence(implicitPrimitive(0, new Uint8Array(20))) }),
  ],
  ['authority-key-identifier-is-issuers', 'seal', replaced(OID.authorityKeyIdentifier, null)],
  [
    'authority-key-identifier-alone',
    'seal',
    (good) => {
      const value = sequence(
        implicitPrimitive(0, good.subject.issuer.subjectKeyIdentifier ?? new Uint8Array()),
        implicitConstructed(1, explicit(4, good.subject.issuer.issuer.der)),
        implicitPrimitive(2, good.subject.issuer.serialNumber),
      );
      return replaced(OID.authorityKeyIdentifier, { value })(good);
    },
  ],
  ['authority-key-identifier-not-critical', 'seal', flipped(OID.authorityKeyIdentifier)],
  [
    'root-names-no-authority',
    'root',
    added(OID.authorityKeyIdentifier, sequence(implicitPrimitive(0, new Uint8Array(20)))),
  ],
  ['organization-code-as-profiled', 'sm2-seal', replaced(OID.organizationCode, null)],
  ['organization-code-as-profiled', 'seal', added(OID.organizationCode, printableString(CREDIT_CODE))],
  ['organization-code-form', 'sm2-seal', replaced(OID.organizationCode, { value: utf8String(CREDIT_CODE) })],
  ['organization-code-not-critical', 'sm2-seal', flipped(OID.organizationCode)],
  ['qc-statements-as-profiled', 'seal', replaced(OID.qcStatements, null)],
  [
    'qc-statements-as-profiled',
    'person',
    // QcCompliance: a claim that nobody here may make.
    added(OID.qcStatements, sequence(sequence(oid('0.4.0.1862.1.1')))),
  ],
  ['qc-statements-not-critical', 'seal', flipped(OID.qcStatements)],

  ['policies-as-profiled', 'seal', replaced(OID.certificatePolicies, null)],
  [
    'policies-as-profiled',
    'seal',
    replaced(OID.certificatePolicies, { value: sequence(sequence(oid('0.4.0.194112.1.1'))) }),
  ],
  ['policies-not-critical', 'seal', flipped(OID.certificatePolicies)],
  [
    'policies-without-qualifiers',
    'seal',
    ({ parts, certificate }) => {
      const qualifier = sequence(
        oid('1.3.6.1.5.5.7.2.1'),
        tagged(TAG.ia5String, new TextEncoder().encode('http://a')),
      );
      const value = sequence(
        ...(certificate.certificatePolicies ?? []).map((each) =>
          sequence(oid(each.oid), sequence(qualifier)),
        ),
      );
      return {
        extensions: parts.extensions.map((each) =>
          each.oid === OID.certificatePolicies ? { ...each, value } : each,
        ),
      };
    },
  ],
  ['ocsp-address-as-profiled', 'seal', access({ ocsp: `${SETTINGS.publicUrl}/ocsp/services` })],
  ['ocsp-address-as-profiled', 'seal', access({ ocsp: null })],
  [
    'ocsp-address-as-profiled',
    'responder',
    ({ subject, parts }) =>
      access({
        ocsp: `${SETTINGS.publicUrl}/ocsp/${subject.authority.name}`,
        caIssuers: `${SETTINGS.publicUrl}/ca/${subject.authority.name}.cer`,
      })({ parts } as Good),
  ],
  ['issuer-address', 'seal', access({ caIssuers: null })],
  ['issuer-address', 'seal', access({ caIssuers: `${SETTINGS.publicUrl}/ca/root.cer` })],
  [
    'access-nothing-else',
    'seal',
    ({ parts }) => ({
      extensions: parts.extensions.map((each) =>
        each.oid === OID.authorityInfoAccess
          ? {
              ...each,
              value: sequence(
                each.value.subarray(2),
                sequence(oid('1.3.6.1.5.5.7.48.5'), encodeUri('http://a')),
              ),
            }
          : each,
      ),
    }),
  ],
  ['access-not-critical', 'seal', flipped(OID.authorityInfoAccess)],
  ['list-address-as-profiled', 'seal', replaced(OID.crlDistributionPoints, null)],
  [
    'list-address-as-profiled',
    'seal',
    replaced(OID.crlDistributionPoints, {
      value: encodeDistributionPoints([`${CRL}/0.crl`, `${CRL}/1.crl`]),
    }),
  ],
  [
    'list-address-of-shard',
    'seal',
    ({ certificate, ...rest }) => {
      const other = ((certificate.serialNumber[1] ?? 0) + 1) % 4;
      return replaced(OID.crlDistributionPoints, {
        value: encodeDistributionPoints([`${CRL}/${other}.crl`]),
      })({ certificate, ...rest });
    },
  ],
  [
    'list-address-nothing-else',
    'seal',
    ({ certificate, ...rest }) => {
      const uri = encodeUri(`${CRL}/${(certificate.serialNumber[1] ?? 0) % 4}.crl`);
      const point = sequence(
        explicit(0, implicitConstructed(0, uri)),
        implicitPrimitive(1, Uint8Array.of(6, 0x40)),
      );
      return replaced(OID.crlDistributionPoints, { value: sequence(point) })({ certificate, ...rest });
    },
  ],
  ['list-address-not-critical', 'seal', flipped(OID.crlDistributionPoints)],
  ['no-check-as-profiled', 'responder', replaced(OID.ocspNoCheck, null)],
  ['no-check-as-profiled', 'seal', added(OID.ocspNoCheck, nullValue())],
  ['no-check-not-critical', 'responder', flipped(OID.ocspNoCheck)],
  ['no-check-is-null', 'responder', replaced(OID.ocspNoCheck, { value: boolean(true) })],
  ['key-use-as-profiled', 'unit', replaced(OID.privateKeyUsagePeriod, null)],
  ['key-use-as-profiled', 'seal', added(OID.privateKeyUsagePeriod, keyUse(new Date(0), new Date(1000)))],
  [
    'key-use-period',
    'unit',
    ({ certificate, ...rest }) =>
      replaced(OID.privateKeyUsagePeriod, { value: keyUse(certificate.notBefore, certificate.notAfter) })({
        certificate,
        ...rest,
      }),
  ],
  ['key-use-not-critical', 'unit', flipped(OID.privateKeyUsagePeriod)],
];
