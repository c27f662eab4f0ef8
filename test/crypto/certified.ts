// Keys of every algorithm with certificates of a small hierarchy, made with our own encoders for tests below the CA.
import { createHash, randomBytes } from 'node:crypto';
import { generateKey, importPrivateKey, signatureEngine } from '../../crypto/key-engine.ts';
import type { SignatureAlgorithm } from '../../crypto/signing-key.ts';
import { encodeSignatureAlgorithm, parseSubjectPublicKeyInfo } from '../../formats/x509/algorithm.ts';
import { encodeCertificate, encodeTbsCertificate } from '../../formats/x509/certificate.ts';
import { octetString, sequence, implicitPrimitive } from '../../formats/x509/der-writer.ts';
import {
  encodeBasicConstraints,
  encodeKeyUsage,
  encodeOidList,
  extension,
  type Extension,
} from '../../formats/x509/extensions.ts';
import { encodeName } from '../../formats/x509/name.ts';
import { OID } from '../../formats/x509/oid.ts';

export const ALGORITHMS: readonly SignatureAlgorithm[] = [
  'ES256',
  'ES384',
  'RS256',
  'PS256',
  'Ed25519',
  'SM2SM3',
];

/** A key with its certificate. */
export interface Certified {
  readonly algorithm: SignatureAlgorithm;
  readonly certificate: Uint8Array;
  /** Own certificate first, the root last. */
  readonly chain: readonly Uint8Array[];
  readonly name: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly pkcs8: Uint8Array;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

export interface CertifiedOptions {
  readonly issuer?: Certified;
  readonly ca?: boolean;
  /** Critical when it is time-stamping. */
  readonly usage?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly serialNumber?: Uint8Array;
}

const DAY = 86_400_000;

function keyIdentifier(spki: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha1').update(parseSubjectPublicKeyInfo(spki).publicKey).digest());
}

function extensionsOf(spki: Uint8Array, issuer: Uint8Array, options: CertifiedOptions): Extension[] {
  const ca = options.ca === true;
  return [
    ...(ca ? [extension(OID.basicConstraints, true, encodeBasicConstraints({ ca, pathLength: null }))] : []),
    extension(OID.keyUsage, true, encodeKeyUsage(ca ? ['keyCertSign', 'cRLSign'] : ['digitalSignature'])),
    ...(options.usage === undefined
      ? []
      : [
          extension(OID.extendedKeyUsage, options.usage === OID.timeStamping, encodeOidList([options.usage])),
        ]),
    extension(OID.subjectKeyIdentifier, false, octetString(keyIdentifier(spki))),
    extension(OID.authorityKeyIdentifier, false, sequence(implicitPrimitive(0, keyIdentifier(issuer)))),
  ];
}

/** A key and a certificate for it, valid now, self-signed where no issuer is named. */
export async function certified(
  algorithm: SignatureAlgorithm,
  commonName: string,
  options: CertifiedOptions = {},
): Promise<Certified> {
  const { publicKey, pkcs8 } = await generateKey(algorithm);
  const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
  const engine = signatureEngine({ algorithm, privateKey: importPrivateKey(pkcs8), publicKey, random });
  const name = encodeName([
    { type: OID.countryName, value: 'CN' },
    { type: OID.organizationName, value: '天津市河北区民政局（演示）' },
    { type: OID.commonName, value: commonName },
  ]);
  const { issuer } = options;
  const signatureAlgorithm = encodeSignatureAlgorithm(issuer?.algorithm ?? algorithm);
  const tbs = encodeTbsCertificate({
    serialNumber: options.serialNumber ?? Uint8Array.of(1, ...random(15)),
    signatureAlgorithm,
    issuer: issuer?.name ?? name,
    notBefore: options.notBefore ?? new Date(Date.now() - DAY),
    notAfter: options.notAfter ?? new Date(Date.now() + 365 * DAY),
    subject: name,
    subjectPublicKeyInfo: publicKey,
    extensions: extensionsOf(publicKey, issuer?.publicKey ?? publicKey, options),
  });
  const signature = await (issuer ?? engine).sign(tbs);
  const certificate = encodeCertificate(tbs, signatureAlgorithm, signature);
  return {
    algorithm,
    certificate,
    chain: [certificate, ...(issuer?.chain ?? [])],
    name,
    publicKey,
    pkcs8,
    sign: (message) => engine.sign(message),
  };
}
