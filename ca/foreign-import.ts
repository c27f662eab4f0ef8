// A credential that a licensed authority handed over as a PKCS #12 file: its key and its chain taken in together.
import { CryptoError } from '../crypto/errors.ts';
import { openLegacyPkcs12 } from '../crypto/pkcs12-legacy.ts';
import { openPkcs12 } from '../crypto/pkcs12.ts';
import type { Pkcs12Content } from '../crypto/pkcs12-content.ts';
import type { SignatureAlgorithm } from '../crypto/signing-key.ts';
import { parseSubjectPublicKeyInfo, type KeyType } from '../formats/x509/algorithm.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import { nameAttribute } from '../formats/x509/name.ts';
import { OID } from '../formats/x509/oid.ts';
import type { Actor } from '../storage/actor.ts';
import { CaError } from './errors.ts';
import { checkedChain } from './foreign-chain.ts';
import { bringChain, requestForeign, type ForeignParts } from './foreign-credential.ts';
import type { ForeignCredential } from './foreign-store.ts';

/** What an imported key signs with. */
const ALGORITHMS: Readonly<Partial<Record<KeyType, SignatureAlgorithm>>> = {
  p256: 'ES256',
  p384: 'ES384',
  rsa: 'RS256',
  ed25519: 'Ed25519',
  sm2: 'SM2SM3',
};

export interface ForeignImport {
  readonly actor: Actor;
  readonly idempotencyKey: string;
  /** Unified social credit code of the department whose certificate it is. */
  readonly department: string;
  /** The licensed authority (电子认证服务机构) that issued it, in words. */
  readonly authorityName: string;
  readonly pkcs12: Uint8Array;
  /** Opens the file; kept nowhere. */
  readonly password: string;
  /** Certificates above that the file does not hold, DER; the authority's root last. */
  readonly above: readonly Uint8Array[];
}

/** Modern files first; RC2 and Triple DES only where the file says so. */
async function opened(bytes: Uint8Array, password: string): Promise<Pkcs12Content> {
  try {
    return await openPkcs12(bytes, password);
  } catch (error) {
    if (error instanceof CryptoError && error.code === 'pkcs12-legacy')
      return openLegacyPkcs12(bytes, password);
    throw error;
  }
}

/**
 * Takes in a key and its certificates. Everything is checked before the key is kept.
 * @throws CryptoError `pkcs12-…`, `key-purpose`; CaError `foreign-chain-refused`, `foreign-credential-invalid` and others of
 *   `requestForeign`; FormatError.
 */
export async function importForeign(parts: ForeignParts, request: ForeignImport): Promise<ForeignCredential> {
  const { actor, idempotencyKey, department, authorityName } = request;
  const { privateKey, publicKey, chain } = await opened(request.pkcs12, request.password);
  const { keyType } = parseSubjectPublicKeyInfo(publicKey);
  const algorithm = keyType === null ? undefined : ALGORITHMS[keyType];
  if (algorithm === undefined)
    throw new CryptoError('pkcs12-unsupported', 'The key is of no kind that signs here.');
  const ders = [...chain, ...request.above];
  const [own] = checkedChain(ders, publicKey, parts.clock());
  const { subject } = parseCertificate(own.der);
  const credential = await requestForeign(parts, {
    actor,
    idempotencyKey,
    department,
    authorityName,
    organization: attributeOf(subject, OID.organizationName),
    commonName: attributeOf(subject, OID.commonName),
    key: { place: 'imported', algorithm, privateKey },
  });
  return credential.state === 'requested' ? bringChain(parts, actor, credential.id, ders) : credential;
}

function attributeOf(name: Parameters<typeof nameAttribute>[0], type: string): string {
  const value = nameAttribute(name, type);
  if (value === null) {
    throw new CaError(
      'foreign-credential-invalid',
      'The certificate names no organisation or no common name.',
    );
  }
  return value;
}
