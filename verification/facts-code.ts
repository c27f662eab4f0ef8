// Gathering about a license code: what it says, which listed key signed it, and what its status list says. Never judges.
import { sameBytes, toHex } from '../formats/bytes.ts';
import { decodeClaims } from '../formats/cose/cwt.ts';
import type { LicenseClaims } from '../formats/cose/cwt.ts';
import { decodeSign1, sign1Input } from '../formats/cose/sign1.ts';
import type { Sign1 } from '../formats/cose/sign1.ts';
import { FormatError } from '../formats/errors.ts';
import { decodeLicenseCode } from '../formats/qr/license-code.ts';
import { FACE } from '../formats/qr/labels.ts';
import { rawToDer } from '../formats/x509/ecdsa-signature.ts';
import type { DigestAlgorithm } from './signature-verifier.ts';
import { gatherStatus, type StatusFacts, type StatusSources } from './facts-status.ts';
import { keyIdOfListed, keysOfType } from './listed-keys.ts';
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
  readonly trustListProblem: string | null;
}

/** The digest that goes with the algorithm of a code: it names keys, and records by what a code claims of them. */
export function digestOfCode(message: Pick<Sign1, 'algorithm'>): Extract<DigestAlgorithm, 'sha256' | 'sm3'> {
  return message.algorithm === 'SM2SM3' ? 'sm3' : 'sha256';
}

async function gatherSigners(
  message: Sign1,
  sources: CodeSources,
): Promise<{ readonly candidates: readonly ListedService[]; readonly signers: readonly ListedService[] }> {
  const candidates: ListedService[] = [];
  const signers: ListedService[] = [];
  const signed = sign1Input(message.protectedHeader, message.payload);
  const signature = rawToDer(message.signature);
  for (const key of keysOfType(sources.trustList, 'license-code')) {
    const { listed, publicKey } = key;
    const known = keyIdOfListed(key, digestOfCode(message), sources.verifier);
    const keyId = known instanceof Uint8Array ? known : await known;
    if (!sameBytes(keyId, message.keyId)) continue;
    candidates.push(listed);
    if (await sources.verifier.verify(message.algorithm, publicKey, signed, signature)) signers.push(listed);
  }
  return { candidates, signers };
}

/** The authority by the name that the signer's own operator lists: nobody's key speaks for another operator's departments. */
function issuerOf(
  claims: LicenseClaims,
  signers: readonly ListedService[],
  list: TrustList | null,
): TrustedEntity | null {
  const named = list?.entities.filter((entity) => entity.identifier === claims.issuer) ?? [];
  const own = named.find((each) => signers.some(({ entity }) => sameOperator(entity, each)));
  return own ?? (signers.length === 0 ? (named[0] ?? null) : null);
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
    trustList: sources.trustList,
    trustListProblem: sources.trustListProblem,
  };
}

/** Reads digits → envelope → claims, tries every listed key with the code's key id, and asks for the status. Never throws for the text. */
export async function gatherCode(text: string, sources: CodeSources): Promise<CodeFacts> {
  let read;
  try {
    const code = decodeLicenseCode(text);
    const message = decodeSign1(code.envelope);
    read = { code, message, claims: decodeClaims(message.payload) };
  } catch (error) {
    if (error instanceof FormatError) return unreadable(error.message, sources);
    throw error;
  }
  const { code, message, claims } = read;
  const algorithm = digestOfCode(message);
  const typeCode = claims.face.get(FACE.typeCode);
  const signed = await gatherSigners(message, sources);
  const { signers } = signed;
  return {
    problem: null,
    prefix: code.prefix,
    envelope: code.envelope,
    envelopeDigest: `${algorithm}:${toHex(await sources.verifier.digest(algorithm, code.envelope))}`,
    message,
    claims,
    candidates: signed.candidates,
    signers,
    issuer: issuerOf(claims, signers, sources.trustList),
    typeCode: typeof typeCode === 'string' ? typeCode : null,
    dictionary: sources.trustList?.licenseTypes.find((type) => type.typeCode === typeCode) ?? null,
    status: await gatherStatus(
      claims.status,
      signers.map(({ entity }) => entity),
      sources,
    ),
    trustList: sources.trustList,
    trustListProblem: sources.trustListProblem,
  };
}
