// A test PKI: good by default, one deviation per case, made with our own encoders and signed by node:crypto.
import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { startSm2 } from '../../crypto/sm2.ts';
import { encodeSignatureAlgorithm } from '../../formats/x509/algorithm.ts';
import {
  encodeCertificate,
  encodeSigned,
  encodeTbsCertificate,
  parseCertificate,
} from '../../formats/x509/certificate.ts';
import { encodeTbsCrl } from '../../formats/x509/crl.ts';
import type { RevocationReason } from '../../formats/x509/crl.ts';
import {
  encodeAuthorityKeyIdentifier,
  encodeBasicConstraints,
  encodeDistributionPoints,
  encodeKeyUsage,
  encodeOidList,
  extension,
} from '../../formats/x509/extensions.ts';
import type { Extension, KeyUsage } from '../../formats/x509/extensions.ts';
import { encodeName } from '../../formats/x509/name.ts';
import { octetString } from '../../formats/x509/der-writer.ts';
import { OID } from '../../formats/x509/oid.ts';

export const now = new Date('2026-11-22T05:00:00Z');
export const day = 86_400_000;

export function daysFromNow(days: number): Date {
  return new Date(now.getTime() + days * day);
}

export interface TestKey {
  /** ES256 where left out. */
  readonly algorithm?: 'SM2SM3' | 'RS256';
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo DER. */
  readonly spki: Uint8Array;
}

export function makeKey(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, spki: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })) };
}

/** Through DER: a generated SM2 key object is none to node:crypto until it was imported. */
export function makeSm2Key(): TestKey {
  const made = generateKeyPairSync('ec', {
    namedCurve: 'SM2',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  const privateKey = createPrivateKey({ key: made.privateKey, format: 'der', type: 'pkcs8' });
  return { algorithm: 'SM2SM3', privateKey, spki: new Uint8Array(made.publicKey) };
}

export function makeRsaKey(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
  return { algorithm: 'RS256', privateKey, spki };
}

/** DER ECDSA or RSA with SHA-256, or SM2 with SM3, as the key is. */
export function signWith(key: TestKey, message: Uint8Array): Uint8Array {
  if (key.algorithm === 'SM2SM3') {
    const running = startSm2({ privateKey: key.privateKey, publicKey: key.spki, random: randomBytes });
    running.update(message);
    return running.finish();
  }
  return new Uint8Array(sign('sha256', message, key.privateKey));
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

export interface Party {
  readonly key: TestKey;
  readonly certificate: Uint8Array;
  readonly name: Uint8Array;
}

export function nameOf(commonName: string): Uint8Array {
  return encodeName([
    { type: OID.countryName, value: 'CN' },
    { type: OID.organizationName, value: '演示 Test' },
    { type: OID.commonName, value: commonName },
  ]);
}

export interface CertificateOptions {
  readonly commonName: string;
  /** Null = self-signed. */
  readonly issuer: Party | null;
  readonly key?: TestKey;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly ca?: boolean;
  readonly pathLength?: number | null;
  readonly keyUsage?: readonly KeyUsage[] | null;
  readonly extendedKeyUsage?: readonly string[];
  readonly extendedKeyUsageCritical?: boolean;
  readonly crlUrl?: string;
  readonly extra?: readonly Extension[];
  readonly serial?: Uint8Array;
}

export function makeParty(options: CertificateOptions): Party {
  const key = options.key ?? makeKey();
  const name = nameOf(options.commonName);
  const ca = options.ca ?? false;
  const usage =
    options.keyUsage === undefined
      ? ca
        ? (['keyCertSign', 'cRLSign'] as const)
        : (['nonRepudiation'] as const)
      : options.keyUsage;
  const issuerKey = options.issuer?.key ?? key;
  const extensions: Extension[] = [
    ...(ca
      ? [
          extension(
            OID.basicConstraints,
            true,
            encodeBasicConstraints({ ca: true, pathLength: options.pathLength ?? null }),
          ),
        ]
      : []),
    ...(usage === null ? [] : [extension(OID.keyUsage, true, encodeKeyUsage(usage))]),
    ...(options.extendedKeyUsage === undefined
      ? []
      : [
          extension(
            OID.extendedKeyUsage,
            options.extendedKeyUsageCritical ?? false,
            encodeOidList(options.extendedKeyUsage),
          ),
        ]),
    extension(OID.subjectKeyIdentifier, false, octetString(sha256(key.spki).subarray(0, 20))),
    extension(
      OID.authorityKeyIdentifier,
      false,
      encodeAuthorityKeyIdentifier(sha256(issuerKey.spki).subarray(0, 20)),
    ),
    ...(options.crlUrl === undefined
      ? []
      : [extension(OID.crlDistributionPoints, false, encodeDistributionPoints([options.crlUrl]))]),
    ...(options.extra ?? []),
  ];
  const algorithm = encodeSignatureAlgorithm(issuerKey.algorithm ?? 'ES256');
  const tbs = encodeTbsCertificate({
    serialNumber: options.serial ?? Uint8Array.of(0x40, ...randomBytes(15)),
    signatureAlgorithm: algorithm,
    issuer: options.issuer?.name ?? name,
    notBefore: options.notBefore ?? daysFromNow(-30),
    notAfter: options.notAfter ?? daysFromNow(700),
    subject: name,
    subjectPublicKeyInfo: key.spki,
    extensions,
  });
  return { key, name, certificate: encodeCertificate(tbs, algorithm, signWith(issuerKey, tbs)) };
}

export interface CrlOptions {
  readonly revoked?: readonly {
    readonly certificate: Uint8Array;
    readonly at: Date;
    readonly reason: RevocationReason;
  }[];
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date;
  readonly key?: TestKey;
}

export function makeCrl(issuer: Party, options: CrlOptions = {}): Uint8Array {
  const key = options.key ?? issuer.key;
  const algorithm = encodeSignatureAlgorithm(key.algorithm ?? 'ES256');
  const tbs = encodeTbsCrl({
    signatureAlgorithm: algorithm,
    issuer: issuer.name,
    thisUpdate: options.thisUpdate ?? daysFromNow(-1),
    nextUpdate: options.nextUpdate ?? daysFromNow(6),
    revoked: (options.revoked ?? []).map(({ certificate, at, reason }) => ({
      serialNumber: parseCertificate(certificate).serialNumber,
      revocationDate: at,
      reason,
    })),
    authorityKeyIdentifier: sha256(issuer.key.spki).subarray(0, 20),
    crlNumber: 1,
  });
  return encodeSigned(tbs, algorithm, signWith(key, tbs));
}

export const urls = {
  root: 'http://crl.test/root.crl',
  seals: 'http://crl.test/seals.crl',
  tsa: 'http://crl.test/tsa.crl',
};

/** A root, a CA for seals with a signer, a CA for time-stamps with an authority, and their lists. */
export interface TestPki {
  readonly root: Party;
  readonly sealCa: Party;
  readonly signer: Party;
  readonly tsaCa: Party;
  readonly tsa: Party;
  readonly crls: readonly Uint8Array[];
}

export interface PkiOptions {
  readonly signer?: Partial<CertificateOptions>;
  readonly tsa?: Partial<CertificateOptions>;
  readonly sealCa?: Partial<CertificateOptions>;
  readonly root?: Partial<CertificateOptions>;
}

export function makePki(options: PkiOptions = {}): TestPki {
  const root = makeParty({ commonName: '演示根 Root', issuer: null, ca: true, ...options.root });
  const ca = { issuer: root, ca: true, pathLength: 0, crlUrl: urls.root };
  const sealCa = makeParty({ commonName: '演示印章CA', ...ca, ...options.sealCa });
  const tsaCa = makeParty({ commonName: '演示时间戳CA', ...ca });
  const signer = makeParty({
    commonName: '演示部门印章',
    issuer: sealCa,
    crlUrl: urls.seals,
    ...options.signer,
  });
  const tsa = makeParty({
    commonName: '演示时间戳',
    issuer: tsaCa,
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: [OID.timeStamping],
    extendedKeyUsageCritical: true,
    crlUrl: urls.tsa,
    ...options.tsa,
  });
  return { root, sealCa, signer, tsaCa, tsa, crls: listsOf({ root, sealCa, tsaCa }) };
}

/** Lists of all three CAs with nothing revoked. */
export function listsOf(pki: Pick<TestPki, 'root' | 'sealCa' | 'tsaCa'>): readonly Uint8Array[] {
  return [makeCrl(pki.root), makeCrl(pki.sealCa), makeCrl(pki.tsaCa)];
}
