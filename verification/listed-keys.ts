// Keys of listed services, read once for each trust list: a list is a value, so what follows from it stays true.
import { FormatError } from '../formats/errors.ts';
import { keyIdOf } from '../formats/cose/sign1.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import type { DigestAlgorithm, SignatureVerifier } from './signature-verifier.ts';
import { servicesOfType } from './trust-list.ts';
import type { ListedService, ServiceType, TrustList } from './trust-list.ts';

export interface ListedKey {
  readonly listed: ListedService;
  /** SubjectPublicKeyInfo DER. */
  readonly publicKey: Uint8Array;
}

const known = new WeakMap<TrustList, Map<ServiceType, readonly ListedKey[]>>();
const keyIds = new WeakMap<Uint8Array, Map<DigestAlgorithm, Uint8Array>>();

function readKeys(list: TrustList, type: ServiceType): readonly ListedKey[] {
  return servicesOfType(list, [type]).flatMap((listed) =>
    listed.service.certificates.flatMap((der) => {
      try {
        return [{ listed, publicKey: parseCertificate(der).subjectPublicKeyInfo.der }];
      } catch (error) {
        // A listed certificate that cannot be read speaks for nobody.
        if (error instanceof FormatError) return [];
        throw error;
      }
    }),
  );
}

/** The keys of every service of a type; none without a list. */
export function keysOfType(list: TrustList | null, type: ServiceType): readonly ListedKey[] {
  if (list === null) return [];
  const byType = known.get(list) ?? new Map<ServiceType, readonly ListedKey[]>();
  known.set(list, byType);
  const found = byType.get(type) ?? readKeys(list, type);
  byType.set(type, found);
  return found;
}

/** The eight bytes by which a code names the key, where they were asked for before. */
export function knownKeyId({ publicKey }: ListedKey, algorithm: DigestAlgorithm): Uint8Array | undefined {
  return keyIds.get(publicKey)?.get(algorithm);
}

/** The eight bytes by which a code names the key. */
export async function keyIdOfListed(
  { publicKey }: ListedKey,
  algorithm: DigestAlgorithm,
  verifier: Pick<SignatureVerifier, 'digest'>,
): Promise<Uint8Array> {
  const byAlgorithm = keyIds.get(publicKey) ?? new Map<DigestAlgorithm, Uint8Array>();
  keyIds.set(publicKey, byAlgorithm);
  const found = byAlgorithm.get(algorithm) ?? keyIdOf(await verifier.digest(algorithm, publicKey));
  byAlgorithm.set(algorithm, found);
  return found;
}
