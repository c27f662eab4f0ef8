// Gathering about one signature value in a seal: whose certificate, which algorithm, and whether the value holds. Never judges.
import { toHex } from '../formats/bytes.ts';
import type { SealVersion } from '../formats/eseal/seal-information.ts';
import { signatureNameOf } from '../formats/x509/algorithm.ts';
import type { KeyType, SignatureName } from '../formats/x509/algorithm.ts';
import { sm2ValueToDer } from '../formats/x509/ecdsa-signature.ts';
import type { CertificateGraph, CertificateNode } from './certificate-graph.ts';
import type { DigestAlgorithm, SignatureVerifier, VerifiableAlgorithm } from './signature-verifier.ts';

/** What a seal's signatures may be made with: SM2 with SM3 always, RSA with SHA-256 in version 1 alone. */
export type SealAlgorithm = Extract<VerifiableAlgorithm, 'SM2SM3' | 'RS256'>;

export interface SealValueFacts {
  /** Null where the certificate cannot be read. */
  readonly certificate: CertificateNode | null;
  /** The identifier as it stands. */
  readonly identifier: string;
  /** Its name where it has one here, also of algorithms that are refused. */
  readonly named: SignatureName | null;
  /** Null where the standard of the seal's version does not have it, or it is no longer accepted. */
  readonly accepted: SealAlgorithm | null;
  /** Whether the key of the certificate is of the algorithm's kind; false where there is no certificate. */
  readonly keyFits: boolean;
  readonly keyType: KeyType | null;
  /** Whether the value has a form that a signature of this algorithm can have. */
  readonly wellFormed: boolean;
  readonly signature: 'valid' | 'invalid' | 'unchecked';
}

/** The certificate in the graph, by its bytes; null where it could not be read. */
async function nodeOf(
  der: Uint8Array,
  graph: CertificateGraph,
  verifier: SignatureVerifier,
): Promise<CertificateNode | null> {
  return graph.nodes.get(toHex(await verifier.digest('sha256', der))) ?? null;
}

function acceptedIn(version: SealVersion, named: SignatureName | null): SealAlgorithm | null {
  if (named === 'SM2SM3') return named;
  return named === 'RS256' && version === 1 ? named : null;
}

/** As the identifier in a seal names it; null for what the version does not have, and for what is refused. */
export function acceptedIdentifier(version: SealVersion, identifier: string): SealAlgorithm | null {
  return acceptedIn(version, namedBy(identifier));
}

/** Seals name the algorithm by a bare identifier, without parameters. */
function namedBy(identifier: string): SignatureName | null {
  return signatureNameOf({ oid: identifier, parameters: null, der: new Uint8Array(0) });
}

/** The digest that goes with an algorithm: what `dataHash` is made with. */
export function digestBeside(algorithm: SealAlgorithm): DigestAlgorithm {
  return algorithm === 'SM2SM3' ? 'sm3' : 'sha256';
}

export interface SealValue {
  readonly version: SealVersion;
  /** DER. */
  readonly certificate: Uint8Array;
  readonly identifier: string;
  /** What the value is over, as it stands. */
  readonly signed: Uint8Array;
  readonly value: Uint8Array;
}

/** Checks the value over the bytes as they stand. */
export async function gatherSealValue(
  input: SealValue,
  graph: CertificateGraph,
  verifier: SignatureVerifier,
): Promise<SealValueFacts> {
  const certificate = await nodeOf(input.certificate, graph, verifier);
  const named = namedBy(input.identifier);
  const accepted = acceptedIn(input.version, named);
  const key = certificate?.certificate.subjectPublicKeyInfo ?? null;
  const keyType = key?.keyType ?? null;
  const keyFits = accepted !== null && keyType === (accepted === 'SM2SM3' ? 'sm2' : 'rsa');
  const value = accepted === 'RS256' ? input.value : sm2ValueToDer(input.value);
  const checked = key !== null && accepted !== null && keyFits && value !== null;
  return {
    certificate,
    identifier: input.identifier,
    named,
    accepted,
    keyFits,
    keyType,
    wellFormed: value !== null,
    signature: !checked
      ? 'unchecked'
      : (await verifier.verify(accepted, key.der, input.signed, value))
        ? 'valid'
        : 'invalid',
  };
}
