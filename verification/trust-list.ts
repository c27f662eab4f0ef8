// The trust list: which authorities, keys and services are recognised, for what, since when. TS 119 602 names inside a JWS.
import { FormatError } from '../formats/errors.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import { VerificationError } from './errors.ts';
import { readJws, signJws } from './jws.ts';
import type { JwsSigner } from './jws.ts';
import type { SignatureVerifier } from './signature-verifier.ts';
import type {
  ListedService,
  ServiceState,
  ServiceType,
  TrustedService,
  TrustList,
} from './trust-list-model.ts';
import { trustListFromJson, trustListToJson } from './trust-list-json.ts';

export type {
  FaceDictionary,
  ListedService,
  NextEditions,
  ServiceState,
  ServiceType,
  TrustedEntity,
  TrustedService,
  TrustList,
} from './trust-list-model.ts';

const mediaType = 'trust-list+jwt';
/** Characters. */
const limit = 8 * 1024 * 1024;
const maxEditions = 100;

/**
 * Signs an edition.
 * @param signer the operator's key; `sign` answers a DER ECDSA signature, `certificate` (DER) travels as `x5c`.
 * @returns a compact JWS.
 */
export async function buildTrustList(list: TrustList, signer: JwsSigner): Promise<string> {
  return signJws(mediaType, trustListToJson(list), signer);
}

/** What a reader of a trust list already holds. */
export interface TrustListReader {
  readonly verifier: SignatureVerifier;
  /** SubjectPublicKeyInfo DER of every operator key pinned beforehand; the list is never its own witness. */
  readonly operatorKeys: readonly Uint8Array[];
  readonly time: Date;
  /** The greatest sequence seen so far. */
  readonly lowestSequence?: number;
  /** Seconds by which clocks may differ (default 300). */
  readonly clockSkewSeconds?: number;
}

/** An edition that was accepted, and what to hold for the next one. */
export interface FollowedTrustList {
  readonly list: TrustList;
  /** SubjectPublicKeyInfo DER of the keys that may sign what follows: to be pinned from now on, in place of the earlier. */
  readonly operatorKeys: readonly Uint8Array[];
}

async function readEdition(
  text: string,
  keys: readonly Uint8Array[],
  verifier: SignatureVerifier,
): Promise<TrustList | null> {
  const jws = await readJws(text, mediaType, keys, verifier, limit);
  if (jws.outcome === 'malformed') {
    throw new VerificationError(
      'trust-list-malformed',
      'The trust list is not a compact JWS of type trust-list+jwt.',
    );
  }
  return jws.outcome === 'verified' ? trustListFromJson(jws.payload) : null;
}

function keysAfter(list: TrustList, keys: readonly Uint8Array[]): readonly Uint8Array[] {
  if (list.next === null) return keys;
  try {
    return list.next.certificates.map((der) => parseCertificate(der).subjectPublicKeyInfo.der);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new VerificationError(
      'trust-list-malformed',
      'The trust list names successors that are no certificates.',
      { cause },
    );
  }
}

/** @throws VerificationError `trust-list-rollback`, `trust-list-stale`, `trust-list-not-yet-valid`. */
function requireCurrent(list: TrustList, reader: TrustListReader): void {
  const skew = (reader.clockSkewSeconds ?? 300) * 1000;
  if (list.sequence < (reader.lowestSequence ?? 0)) {
    throw new VerificationError(
      'trust-list-rollback',
      `The trust list has sequence ${list.sequence}, a later one was seen.`,
    );
  }
  if (list.nextUpdate.getTime() < reader.time.getTime()) {
    throw new VerificationError(
      'trust-list-stale',
      `The trust list was to be renewed by ${list.nextUpdate.toISOString()}.`,
    );
  }
  if (list.issued.getTime() > reader.time.getTime() + skew) {
    throw new VerificationError(
      'trust-list-not-yet-valid',
      `The trust list is dated ${list.issued.toISOString()}, in the future.`,
    );
  }
}

/**
 * Reads editions, a compact JWS a line, oldest first, and follows the operator from the pinned keys to the last of them:
 * an edition that names successors hands over to exactly those. Editions from before the pinned keys are passed over; the
 * last one is the answer, and it alone has to be current.
 * @throws VerificationError `trust-list-malformed`, `trust-list-signature` (also where a hand-over is missing),
 *   `trust-list-rollback` (a lower sequence than seen, or editions out of order), `trust-list-stale` (after its next
 *   update), `trust-list-not-yet-valid`.
 */
export async function followTrustList(text: string, reader: TrustListReader): Promise<FollowedTrustList> {
  const editions = text.trim().split(/\s*\n\s*/);
  if (editions.length > maxEditions) {
    throw new VerificationError('trust-list-malformed', `More than ${maxEditions} editions are not read.`);
  }
  let keys = reader.operatorKeys;
  let list: TrustList | null = null;
  for (const [index, edition] of editions.entries()) {
    const read: TrustList | null = await readEdition(edition, keys, reader.verifier);
    if (read === null) {
      if (list === null && index < editions.length - 1) continue;
      throw new VerificationError(
        'trust-list-signature',
        'The trust list is not signed by a pinned operator key, nor by one that such a key handed over to.',
      );
    }
    if (list !== null && read.sequence <= list.sequence) {
      throw new VerificationError(
        'trust-list-rollback',
        'The editions are not in the order of their sequence.',
      );
    }
    list = read;
    // What an edition said before the greatest one seen is history: it hands nothing over any more.
    if (list.sequence >= (reader.lowestSequence ?? 0)) keys = keysAfter(list, keys);
  }
  if (list === null) throw new VerificationError('trust-list-malformed', 'There is no edition.');
  requireCurrent(list, reader);
  return { list, operatorKeys: keys };
}

/**
 * Reads an edition, or several as `followTrustList` takes them, and checks signature, order and age.
 * @returns the last edition @throws VerificationError as `followTrustList`.
 */
export async function verifyTrustList(text: string, reader: TrustListReader): Promise<TrustList> {
  return (await followTrustList(text, reader)).list;
}

/** The state a service had at an instant; null before its first recorded state. */
export function stateAt(service: TrustedService, time: Date): ServiceState | null {
  let found: ServiceState | null = null;
  for (const state of [service.state, ...service.history]) {
    const begins = state.since.getTime();
    if (begins <= time.getTime() && (found === null || begins > found.since.getTime())) found = state;
  }
  return found;
}

/** Whether a list is before its next update; after that it vouches for nobody. */
export function isCurrent(list: TrustList, time: Date, skewSeconds: number): boolean {
  return list.nextUpdate.getTime() + skewSeconds * 1000 >= time.getTime();
}

/** Every service of the given types. */
export function servicesOfType(list: TrustList, types: readonly ServiceType[]): readonly ListedService[] {
  return list.entities.flatMap((entity) =>
    entity.services.filter((service) => types.includes(service.type)).map((service) => ({ entity, service })),
  );
}
