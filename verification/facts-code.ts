// Gathering about a license code: what it says, which listed key signed it, and what its status list says. Never judges.
import { sameBytes, toHex } from '../formats/bytes.ts';
import { decodeClaims } from '../formats/cose/cwt.ts';
import type { LicenseClaims, StatusReference } from '../formats/cose/cwt.ts';
import { decodeSign1, keyIdOf, sign1Input } from '../formats/cose/sign1.ts';
import type { Sign1 } from '../formats/cose/sign1.ts';
import { FormatError } from '../formats/errors.ts';
import { decodeLicenseCode } from '../formats/qr/license-code.ts';
import { FACE } from '../formats/qr/labels.ts';
import { decodeStatusListClaims, STATUS_LIST_TYPE, statusAt } from '../formats/qr/status-list.ts';
import type { Inflate } from '../formats/qr/status-list.ts';
import { rawToDer } from '../formats/x509/ecdsa-signature.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import { readJws } from './jws.ts';
import type { DigestAlgorithm, SignatureVerifier } from './signature-verifier.ts';
import { sameOperator } from './recognised-lists.ts';
import { servicesOfType } from './trust-list.ts';
import type { FaceDictionary, ListedService, ServiceType, TrustedEntity, TrustList } from './trust-list.ts';

/** What is known about the license's status; everything but `read` is unknown. */
export type StatusFacts =
  | { readonly kind: 'not-published' }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'other-list' }
  | {
      readonly kind: 'read';
      readonly value: number;
      readonly issuedAt: Date;
      readonly expires: Date | null;
      readonly signer: ListedService;
    };

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
export interface CodeSources {
  readonly verifier: SignatureVerifier;
  readonly inflate: Inflate;
  readonly trustList: TrustList | null;
  readonly trustListProblem: string | null;
  /** @returns the list's JWT, null where it could not be had. */
  readonly statusList: (list: number, supplyPoint: string | null) => Promise<string | null>;
}

const statusListLimit = 1024 * 1024;

export interface ListedKey {
  readonly listed: ListedService;
  readonly publicKey: Uint8Array;
}

export function keysOfType(list: TrustList | null, type: ServiceType): readonly ListedKey[] {
  if (list === null) return [];
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

/**
 * What the status list of the operators behind a license says of an entry. A list of another operator, however genuine,
 * counts licenses of its own; and where there is no operator, nobody is asked.
 */
export async function gatherStatus(
  reference: StatusReference | null,
  operators: readonly TrustedEntity[],
  sources: Pick<CodeSources, 'verifier' | 'inflate' | 'trustList' | 'statusList'>,
): Promise<StatusFacts> {
  if (reference === null) return { kind: 'not-published' };
  const { list, index } = reference;
  const keys = keysOfType(sources.trustList, 'status-list').filter(({ listed }) =>
    operators.some((operator) => sameOperator(operator, listed.entity)),
  );
  const [first] = keys;
  if (first === undefined) return { kind: 'unavailable' };
  const { entity, service } = first.listed;
  const supplyPoint = entity.recognisedFrom === undefined ? null : (service.supplyPoint ?? '');
  const token = supplyPoint === '' ? null : await sources.statusList(list, supplyPoint);
  if (token === null) return { kind: 'unavailable' };
  const jws = await readJws(
    token,
    STATUS_LIST_TYPE,
    keys.map((key) => key.publicKey),
    sources.verifier,
    statusListLimit,
  );
  if (jws.outcome !== 'verified') return { kind: jws.outcome };
  const signer = keys[jws.key];
  if (signer === undefined) return { kind: 'unsigned' };
  try {
    const content = await decodeStatusListClaims(jws.payload, sources.inflate);
    // The list names itself by its address; another list's genuine token must not answer for this one.
    if (/\/([0-9]{1,9})$/.exec(content.subject)?.[1] !== String(list)) return { kind: 'other-list' };
    const value = statusAt(content.list, index);
    return {
      kind: 'read',
      value,
      issuedAt: content.issuedAt,
      expires: content.expires,
      signer: signer.listed,
    };
  } catch (error) {
    if (error instanceof FormatError) return { kind: 'malformed' };
    throw error;
  }
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
  for (const { listed, publicKey } of keysOfType(sources.trustList, 'license-code')) {
    const keyId = keyIdOf(await sources.verifier.digest(digestOfCode(message), publicKey));
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

/** Reads digits → envelope → claims, tries every listed key with the code's key id, and asks for the status. Never throws for the text. */
export async function gatherCode(text: string, sources: CodeSources): Promise<CodeFacts> {
  const nothing: CodeFacts = {
    problem: null,
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
  let read;
  try {
    const code = decodeLicenseCode(text);
    const message = decodeSign1(code.envelope);
    read = { code, message, claims: decodeClaims(message.payload) };
  } catch (error) {
    if (error instanceof FormatError) return { ...nothing, problem: error.message };
    throw error;
  }
  const { code, message, claims } = read;
  const algorithm = digestOfCode(message);
  const typeCode = claims.face.get(FACE.typeCode);
  const signed = await gatherSigners(message, sources);
  const { signers } = signed;
  return {
    ...nothing,
    prefix: code.prefix,
    envelope: code.envelope,
    envelopeDigest: `${algorithm}:${toHex(await sources.verifier.digest(algorithm, code.envelope))}`,
    message,
    claims,
    ...signed,
    issuer: issuerOf(claims, signers, sources.trustList),
    typeCode: typeof typeCode === 'string' ? typeCode : null,
    dictionary: sources.trustList?.licenseTypes.find((type) => type.typeCode === typeCode) ?? null,
    status: await gatherStatus(
      claims.status,
      signers.map(({ entity }) => entity),
      sources,
    ),
  };
}
