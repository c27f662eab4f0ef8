// Gathering the present status of a license: the list of its own operator, verified and read once for each edition.
import type { StatusReference } from '../formats/cose/cwt.ts';
import { FormatError } from '../formats/errors.ts';
import { decodeStatusListClaims, STATUS_LIST_TYPE, statusAt } from '../formats/qr/status-list.ts';
import type { Inflate, StatusListClaims } from '../formats/qr/status-list.ts';
import { readJws } from './jws.ts';
import { keysOfType } from './listed-keys.ts';
import { sameOperator } from './recognised-lists.ts';
import type { SignatureVerifier } from './signature-verifier.ts';
import type { ListedService, TrustedEntity, TrustList } from './trust-list.ts';

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
      /** When its operator was last heard to say this; null where it was asked just now. */
      readonly confirmedAt: Date | null;
      /** Seconds for which an offline reader may rely on it; null where the list does not say. */
      readonly timeToLive: number | null;
    };

/** Port: signed status lists by number. */
export interface StatusListSource {
  /**
   * @param supplyPoint the address before the list's number, as the trust list of another operator gives it; null for a
   *   list of our own operator
   * @returns the Token Status List JWT, or null where it could not be had (which makes the answer indeterminate).
   */
  statusList(list: number, supplyPoint: string | null): Promise<string | null>;
  /** Of a source that answers from what it kept: when the list was fetched. Absent: every answer is of this moment. */
  confirmedAt?(list: number): Date | null;
}

export interface StatusSources {
  readonly verifier: SignatureVerifier;
  readonly inflate: Inflate;
  readonly trustList?: TrustList | null;
  /** Absent: no list can be had. */
  readonly statusLists?: StatusListSource;
}

/** A token as it is under a trust list, whatever is asked of it. */
type ReadToken =
  | { readonly kind: 'malformed' | 'unsigned' }
  | {
      readonly kind: 'list';
      readonly signer: ListedService;
      readonly content: StatusListClaims;
      /** By which it names itself: the end of its address; null where that is none. */
      readonly number: string | null;
    };

const statusListLimit = 1024 * 1024;
const keptTokens = 64;
const known = new WeakMap<TrustList, Map<string, ReadToken>>();

async function readToken(token: string, trustList: TrustList, sources: StatusSources): Promise<ReadToken> {
  const keys = keysOfType(trustList, 'status-list');
  const publicKeys = keys.map(({ publicKey }) => publicKey);
  const jws = await readJws(token, STATUS_LIST_TYPE, publicKeys, sources.verifier, statusListLimit);
  if (jws.outcome !== 'verified') return { kind: jws.outcome };
  const signer = keys[jws.key]?.listed;
  if (signer === undefined) return { kind: 'unsigned' };
  try {
    const content = await decodeStatusListClaims(jws.payload, sources.inflate);
    return { kind: 'list', signer, content, number: /\/([0-9]{1,9})$/.exec(content.subject)?.[1] ?? null };
  } catch (error) {
    if (error instanceof FormatError) return { kind: 'malformed' };
    throw error;
  }
}

/**
 * Reads a token for whoever keeps it.
 * @returns its number and date, or null where no listed key signed it or it cannot be read
 */
export async function readStatusList(
  token: string,
  trustList: TrustList,
  sources: StatusSources,
): Promise<{ readonly number: number; readonly issuedAt: Date } | null> {
  const read = await readToken(token, trustList, sources);
  if (read.kind !== 'list' || read.number === null) return null;
  return { number: Number(read.number), issuedAt: read.content.issuedAt };
}

/** Thousands of licenses share one edition: only lists that hold are remembered, so nobody fills the memory. */
async function readAndKeep(token: string, trustList: TrustList, sources: StatusSources): Promise<ReadToken> {
  const kept = known.get(trustList) ?? new Map<string, ReadToken>();
  known.set(trustList, kept);
  const read = await readToken(token, trustList, sources);
  if (read.kind !== 'list') return read;
  kept.set(token, read);
  const oldest = kept.keys().next();
  if (kept.size > keptTokens && oldest.done !== true) kept.delete(oldest.value);
  return read;
}

function isOf({ entity }: ListedService, operators: readonly TrustedEntity[]): boolean {
  for (const operator of operators) if (sameOperator(operator, entity)) return true;
  return false;
}

/** The first listed service for status lists of one of the operators. */
function firstOf(list: TrustList, operators: readonly TrustedEntity[]): ListedService | undefined {
  for (const { listed } of keysOfType(list, 'status-list')) if (isOf(listed, operators)) return listed;
  return undefined;
}

/**
 * What the status list of the operators behind a license says of an entry. A list of another operator, however genuine,
 * counts licenses of its own; and where there is no operator, nobody is asked.
 */
export async function gatherStatus(
  reference: StatusReference | null,
  operators: readonly TrustedEntity[],
  sources: StatusSources,
): Promise<StatusFacts> {
  if (reference === null) return { kind: 'not-published' };
  const { list, index } = reference;
  const { trustList = null, statusLists } = sources;
  const asked = trustList === null ? undefined : firstOf(trustList, operators);
  if (trustList === null || asked === undefined || statusLists === undefined) return { kind: 'unavailable' };
  const { entity, service } = asked;
  const supplyPoint = entity.recognisedFrom === undefined ? null : (service.supplyPoint ?? '');
  const token = supplyPoint === '' ? null : await statusLists.statusList(list, supplyPoint);
  if (token === null) return { kind: 'unavailable' };
  const read = known.get(trustList)?.get(token) ?? (await readAndKeep(token, trustList, sources));
  if (read.kind !== 'list') return read;
  const { signer, content, number } = read;
  if (!isOf(signer, operators)) return { kind: 'unsigned' };
  // The list names itself by its address; another list's genuine token must not answer for this one.
  if (number !== String(list)) return { kind: 'other-list' };
  try {
    const value = statusAt(content.list, index);
    const { issuedAt, expires, timeToLive } = content;
    const confirmedAt = statusLists.confirmedAt?.(list) ?? null;
    return { kind: 'read', value, issuedAt, expires, signer, confirmedAt, timeToLive };
  } catch (error) {
    if (error instanceof FormatError) return { kind: 'malformed' };
    throw error;
  }
}
