// The trust list: which authorities, keys and services are recognised, for what, since when. TS 119 602 names inside a JWS.
import { VerificationError } from './errors.ts';
import { readJws, signJws } from './jws.ts';
import type { JwsSigner } from './jws.ts';
import type { Qualification, Words } from './report.ts';
import type { SignatureVerifier } from './signature-verifier.ts';
import { trustListFromJson, trustListToJson } from './trust-list-json.ts';

/** What a listed service does. */
export type ServiceType = 'seal-ca' | 'ca' | 'timestamp' | 'license-code' | 'status-list' | 'receipt';

export type ServiceStatus = 'granted' | 'withdrawn';

/** One state of a service and the instant from which it held. */
export interface ServiceState {
  readonly status: ServiceStatus;
  readonly since: Date;
}

/** A recognised key or CA and what it is recognised for. */
export interface TrustedService {
  readonly name: Words;
  readonly type: ServiceType;
  /** DER. For `seal-ca`, `ca` and `timestamp` they are trust anchors; for the others the signer's own certificates. */
  readonly certificates: readonly Uint8Array[];
  readonly state: ServiceState;
  /** Earlier states, newest first. */
  readonly history: readonly ServiceState[];
  /** Type codes of licenses it may speak for; null = all. */
  readonly licenseTypes: readonly string[] | null;
  /** Division codes (GB/T 2260 prefixes) it may speak for; null = all. */
  readonly regions: readonly string[] | null;
}

export interface TrustedEntity {
  readonly name: Words;
  /** Unified social credit code. */
  readonly identifier: string;
  /** Whether it is a licensed electronic certification service (电子签名法 art. 16) or the deployment's own hierarchy. */
  readonly qualification: Extract<Qualification, 'licensed' | 'internal'>;
  readonly services: readonly TrustedService[];
}

/** One field of a license type's face map in the printed code. */
export interface FaceField {
  /** Integer key in the code's face map. */
  readonly key: number;
  /** Name in the record, e.g. `holderName`. */
  readonly name: string;
  readonly label: Words;
}

/** How to read the face of one license type. */
export interface FaceDictionary {
  readonly typeCode: string;
  readonly name: Words;
  readonly fields: readonly FaceField[];
  /** What the page prints and the code does not carry: named to people as not covered. */
  readonly printedOnly: readonly Words[];
  /** False where no public status exists; then only a signed-in office learns it. */
  readonly publicStatus: boolean;
}

export interface TrustList {
  /** Rises with every edition. */
  readonly sequence: number;
  readonly issued: Date;
  readonly nextUpdate: Date;
  readonly operator: Words;
  /** Division code of the scheme, e.g. `120105`. */
  readonly territory: string;
  readonly entities: readonly TrustedEntity[];
  readonly licenseTypes: readonly FaceDictionary[];
  /** Hosts that may stand in printed codes, e.g. `verify.example.gov.cn`. */
  readonly verifyHosts: readonly string[];
}

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

/** A service with the entity it belongs to. */
export interface ListedService {
  readonly entity: TrustedEntity;
  readonly service: TrustedService;
}

/** Every service of the given types. */
export function servicesOfType(list: TrustList, types: readonly ServiceType[]): readonly ListedService[] {
  return list.entities.flatMap((entity) =>
    entity.services.filter((service) => types.includes(service.type)).map((service) => ({ entity, service })),
  );
}
