// Gathering about a license code: what it says, which listed key signed it, and what its status list says. Never judges.
import { sameBytes, toHex } from '../formats/bytes.ts';
import type { CborValue } from '../formats/cose/cbor.ts';
import { decodeClaims } from '../formats/cose/cwt.ts';
import type { LicenseClaims } from '../formats/cose/cwt.ts';
import { decodeSign1, sign1Input } from '../formats/cose/sign1.ts';
import type { Sign1 } from '../formats/cose/sign1.ts';
import { FormatError } from '../formats/errors.ts';
import { decodeLicenseCode } from '../formats/qr/license-code.ts';
import { FACE } from '../formats/qr/labels.ts';
import { sm2ValueToDer as valueToDer } from '../formats/x509/ecdsa-signature.ts';
import type { DigestAlgorithm } from './signature-verifier.ts';
import { gatherStatus, type StatusFacts, type StatusSources } from './facts-status.ts';
import { keyIdOfListed, keysOfType, knownKeyId } from './listed-keys.ts';
import { sameOperator } from './recognised-lists.ts';
import type { FaceDictionary, ListedService, TrustedEntity, TrustList } from './trust-list.ts';

export interface CodeFacts {
  /** Why the text is no license code; null when it was read to the end. */
  readonly problem: string | null;
  readonly prefix: string;
  readonly envelope: Uint8Array | null;
  /** Of the envelope, `<digest>:<lower-case hex>`, by the digest that goes with its signature algorithm. */
  readonly envelopeDigest: string | null;
  readonly message: Sign1 | null;
  readonly claims: LicenseClaims | null;
  /** Listed code-signing services one of whose keys has the code's key id. */
  readonly candidates: readonly ListedService[];
  /** Those whose key made the signature. */
  readonly signers: readonly ListedService[];
  /** The entity the code names as issuing authority. */
  readonly issuer: TrustedEntity | null;
  readonly typeCode: string | null;
  readonly dictionary: FaceDictionary | null;
  readonly status: StatusFacts;
  readonly trustList: TrustList | null;
  /** Why no trust list could be used, where one was expected. */
  readonly trustListProblem: string | null;
}

/** What gathering needs. */
export interface CodeSources extends StatusSources {
  readonly trustListProblem?: string;
}

/** The digest that goes with the algorithm of a code: it names keys, and records by what a code claims of them. */
export function digestOfCode(message: Pick<Sign1, 'algorithm'>): Extract<DigestAlgorithm, 'sha256' | 'sm3'> {
  return message.algorithm === 'SM2SM3' ? 'sm3' : 'sha256';
}

/** A listed key that has the code's key id. */
interface Candidate {
  readonly listed: ListedService;
  readonly publicKey: Uint8Array;
}

async function candidatesOf(message: Sign1, sources: CodeSources): Promise<readonly Candidate[]> {
  const found: Candidate[] = [];
  for (const key of keysOfType(sources.trustList ?? null, 'license-code')) {
    const keyId = await keyIdOfListed(key, digestOfCode(message), sources.verifier);
    if (sameBytes(keyId, message.keyId)) found.push(key);
  }
  return found;
}

/** The same at once, where every key's id is known already; null where one is not. */
function knownCandidates(message: Sign1, sources: CodeSources): readonly Candidate[] | null {
  const found: Candidate[] = [];
  for (const key of keysOfType(sources.trustList ?? null, 'license-code')) {
    const keyId = knownKeyId(key, digestOfCode(message));
    if (keyId === undefined) return null;
    if (sameBytes(keyId, message.keyId)) found.push(key);
  }
  return found;
}

/** The authority by the name that the signer's own operator lists: nobody's key speaks for another operator's departments. */
function issuerOf(
  claims: LicenseClaims,
  signers: readonly ListedService[],
  list: TrustList | null,
): TrustedEntity | null {
  for (const named of list?.entities ?? []) {
    if (named.identifier !== claims.issuer) continue;
    if (signers.length === 0) return named;
    for (const { entity } of signers) if (sameOperator(entity, named)) return named;
  }
  return null;
}

function unreadable(problem: string, sources: CodeSources): CodeFacts {
  return {
    problem,
    prefix: '',
    envelope: null,
    envelopeDigest: null,
    message: null,
    claims: null,
    candidates: [],
    signers: [],
    issuer: null,
    typeCode: null,
    dictionary: null,
    status: { kind: 'unavailable' },
    trustList: sources.trustList ?? null,
    trustListProblem: sources.trustListProblem ?? null,
  };
}

function dictionaryOf(list: TrustList | null, typeCode: CborValue | undefined): FaceDictionary | null {
  for (const type of list?.licenseTypes ?? []) if (type.typeCode === typeCode) return type;
  return null;
}

function entitiesOf(services: readonly ListedService[]): readonly TrustedEntity[] {
  const entities: TrustedEntity[] = [];
  for (const { entity } of services) entities.push(entity);
  return entities;
}

/** Reads digits → envelope → claims, tries every listed key with the code's key id, and asks for the status. Never throws for the text. */
export async function gatherCode(text: string, sources: CodeSources): Promise<CodeFacts> {
  let code, message, claims;
  try {
    code = decodeLicenseCode(text);
    message = decodeSign1(code.envelope);
    claims = decodeClaims(message.payload);
  } catch (error) {
    if (error instanceof FormatError) return unreadable(error.message, sources);
    throw error;
  }
  const algorithm = digestOfCode(message);
  const typeCode = claims.face.get(FACE.typeCode);
  const trustList = sources.trustList ?? null;
  const { verifier } = sources;
  const candidates = knownCandidates(message, sources) ?? (await candidatesOf(message, sources));
  const signers: ListedService[] = [];
  // With a zero in it no key made it.
  const signature = candidates.length === 0 ? null : valueToDer(message.signature);
  if (signature !== null) {
    const signed = sign1Input(message.protectedHeader, message.payload);
    for (const { listed, publicKey } of candidates) {
      const holds = verifier.verify(message.algorithm, publicKey, signed, signature);
      if (typeof holds === 'boolean' ? holds : await holds) signers.push(listed);
    }
  }
  const hashed = verifier.digest(algorithm, code.envelope);
  const digest = hashed instanceof Uint8Array ? hashed : await hashed;
  return {
    problem: null,
    prefix: code.prefix,
    envelope: code.envelope,
    envelopeDigest: `${algorithm}:${toHex(digest)}`,
    message,
    claims,
    candidates: candidates.map(({ listed }) => listed),
    signers,
    issuer: issuerOf(claims, signers, trustList),
    typeCode: typeof typeCode === 'string' ? typeCode : null,
    dictionary: dictionaryOf(trustList, typeCode),
    status: await gatherStatus(claims.status, entitiesOf(signers), sources),
    trustList,
    trustListProblem: sources.trustListProblem ?? null,
  };
}
