// The trust list: which authorities, keys and services are recognised, for what, since when. TS 119 602 names inside a JWS.
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
  ServiceState,
  ServiceType,
  TrustedEntity,
  TrustedService,
  TrustList,
} from './trust-list-model.ts';

const mediaType = 'trust-list+jwt';
/** Characters. */
const limit = 8 * 1024 * 1024;

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

/**
 * Reads a compact JWS, verifies it against pinned keys and checks order and age.
 * @throws VerificationError `trust-list-malformed`, `trust-list-signature`, `trust-list-rollback` (a lower sequence than seen),
 *   `trust-list-stale` (after its next update), `trust-list-not-yet-valid`.
 */
export async function verifyTrustList(text: string, reader: TrustListReader): Promise<TrustList> {
  const jws = await readJws(text.trim(), mediaType, reader.operatorKeys, reader.verifier, limit);
  if (jws.outcome === 'malformed') {
    throw new VerificationError(
      'trust-list-malformed',
      'The trust list is not a compact JWS of type trust-list+jwt.',
    );
  }
  if (jws.outcome !== 'verified') {
    throw new VerificationError(
      'trust-list-signature',
      'The trust list is not signed by a pinned operator key.',
    );
  }
  const list = trustListFromJson(jws.payload);
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
  return list;
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

/** Every service of the given types. */
export function servicesOfType(list: TrustList, types: readonly ServiceType[]): readonly ListedService[] {
  return list.entities.flatMap((entity) =>
    entity.services.filter((service) => types.includes(service.type)).map((service) => ({ entity, service })),
  );
}
