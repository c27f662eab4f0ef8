// The trust list as values.
import type { AcceptanceRule } from './acceptance.ts';
import type { Qualification, Words } from './report.ts';

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
  /** Address under which it answers; of a `status-list` service, what stands before the list's number. */
  readonly supplyPoint?: string;
}

export interface TrustedEntity {
  readonly name: Words;
  /** Unified social credit code. */
  readonly identifier: string;
  /** Whether it is a licensed electronic certification service (电子签名法 art. 16) or the deployment's own hierarchy. */
  readonly qualification: Extract<Qualification, 'licensed' | 'internal'>;
  readonly services: readonly TrustedService[];
  /** Name of the recognised list it was taken from; absent for our own. Never part of a published list. */
  readonly recognisedFrom?: string;
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
  /** What the operator's departments ask of licenses of the type; absent where no more than the default rule. */
  readonly acceptance?: readonly AcceptanceRule[];
}

/** Where the next editions are to be had, and whose keys may sign them. */
export interface NextEditions {
  readonly location: string;
  /** Certificates of the operator, DER: the keys of exactly these sign what follows. */
  readonly certificates: readonly Uint8Array[];
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
  /** Null: whoever could sign this edition signs the next. */
  readonly next: NextEditions | null;
  /** Hosts that may stand in printed codes, e.g. `verify.example.gov.cn`. */
  readonly verifyHosts: readonly string[];
}

/** A service with the entity it belongs to. */
export interface ListedService {
  readonly entity: TrustedEntity;
  readonly service: TrustedService;
}
