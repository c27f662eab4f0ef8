// The values that a stamp's steps hand to each other.
import type { Clock, RandomBytes } from '../crypto/clock.ts';
import type { KeyStore, SignatureAlgorithm } from '../crypto/signing-key.ts';
import type { Suite } from '../crypto/suite.ts';
import type { Actor } from '../storage/actor.ts';
import type { AuditLog } from '../storage/audit-log.ts';
import type { Database } from '../storage/database.ts';
import type { DocumentStore, StoredDocument } from '../storage/documents.ts';
import type { FieldLock, ModificationLevel } from '../formats/pdf/transforms.ts';
import type { HiddenFinding } from './hidden-content.ts';
import type { LongTermParts } from './long-term.ts';
import type { SignatureOptions } from './prepare.ts';
import { plainPlacing, type Placing } from './placement-order.ts';
import type { PreparedSignature } from './prepared-update.ts';
import { requestDigest, type Plain } from './request-digest.ts';
import type { PlannedSm2 } from './eseal-stamp.ts';
import type { SealKeyParts } from './seal-key.ts';
import { showingsOf, type Showing } from './seal-placing.ts';
import type { Seal } from './seal.ts';
import { digestOfSource, type StampSource } from './stamp-source.ts';
import type { StampLevel } from './stamp-level.ts';
import type { ByteRange, IntendedStamp, StampOutcome } from './stamp-store.ts';
import type { Timestamp, TimestampClient } from './timestamp-client.ts';
import type { UseRight } from './use-rights.ts';
import { useTermsOf, type Sm2Form, type UseTerms } from './use-terms.ts';

/** What stamping needs. */
export interface StampParts extends SealKeyParts {
  readonly database: Database;
  readonly documents: DocumentStore;
  readonly keys: KeyStore;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly suite: Suite;
  readonly timestamps: TimestampClient;
  /** Milliseconds a time-stamp may take before the stamp is given up. */
  readonly timestampBudget: number;
  /** What levels above B-T need; absent where nobody is there to ask. */
  readonly longTerm?: LongTermParts;
  /** How SM2 stands in a stamp whose request does not say; the suite chooses where nothing is said here either. */
  readonly sm2?: Sm2Form;
}

/** What kind of signature is asked for; each by itself. */
export interface SignatureTerms {
  /** Default `B-T`. */
  readonly level?: StampLevel;
  /**
   * What happens where a service that the level needs is down. `refuse` (the default) gives the stamp up; `lower` gives out
   * the highest level that is true, and says which; `queue` does so too and has the rest added later.
   */
  readonly whenDown?: 'refuse' | 'lower' | 'queue';
  /** Certifies the document: what may still be changed after this, its first, signature. */
  readonly docMdp?: ModificationLevel;
  /** Fields that may not be changed after this signature. */
  readonly fieldLock?: FieldLock;
  /** Opens an encrypted document; never stored, never logged. */
  readonly password?: string;
  /** Where the key can do several: RS256 or PS256 with an RSA key. By default what the key was made for. */
  readonly algorithm?: SignatureAlgorithm;
}

/** One stamp on one document. */
export interface StampOrder extends SignatureTerms, UseTerms, Placing {
  readonly actor: Actor;
  readonly sealId: string;
  readonly source: StampSource;
  /** 事项 and 办件, where the stamp belongs to one. */
  readonly matter: string | null;
  readonly caseNumber: string | null;
  /** Shown by readers as the signature's reason; null for none. */
  readonly reason: string | null;
  /**
   * Share of its real size at which the seal stands, 0.3 to 1, on a page that was drawn here and is no original. Never set from
   * a request.
   */
  readonly shrunk?: number;
}

export interface StampRequest extends StampOrder {
  /** Names this request once and for all: 1 to 200 visible ASCII characters, unique per client. */
  readonly idempotencyKey: string;
}

export interface StampResult {
  /** `stp_…` */
  readonly stampId: string;
  /** `rcp_…` */
  readonly receiptId: string;
  /** The sealed PDF; the original's bytes are its prefix. */
  readonly document: StoredDocument;
  readonly originalDigest: string;
  readonly sealId: string;
  readonly sealCode: string;
  readonly certificateSerial: string;
  /** Time of the RFC 3161 token; at level B-B, which has none, the time that was claimed. */
  readonly time: Date;
  /** What the document has now. */
  readonly level: StampLevel;
  /** Whether the rest of what was asked for is still to be added: ask again for the document. */
  readonly upgrade: 'none' | 'queued';
  readonly byteRange: ByteRange;
  readonly matter: string | null;
  readonly caseNumber: string | null;
  /** What stands in the revision before the PAdES signature. */
  readonly sm2: Sm2Form;
  /** Where the seal came to stand, its widget first; empty for stamps of before this was kept. */
  readonly showings: readonly Showing[];
  /** Hidden or changeable content of the document as it came. */
  readonly findings: readonly HiddenFinding[];
}

/** What may be signed, before anything is written about it. */
export interface StampPlan {
  readonly record: IntendedStamp;
  readonly actor: Pick<Actor, 'id' | 'department'>;
  readonly seal: Seal;
  readonly source: StampSource;
  readonly prepared: PreparedSignature;
  /** With what it was prepared, in case its value needs more room. */
  readonly options: SignatureOptions;
  readonly terms: SignatureTerms;
  /** Who lets the seal be used, as it will be recorded. */
  readonly right: UseRight;
  /** The revision that goes before; null where there is none. */
  readonly sm2: PlannedSm2 | null;
}

/** A plan whose right has been entered: what making needs of it. */
export type EnteredPlan = Omit<StampPlan, 'right'>;

/** A stamp made and stored, not yet entered as complete. */
export interface MadeStamp {
  readonly plan: EnteredPlan;
  readonly document: StoredDocument;
  /** Where it was signed: as planned, unless the value needed more room. */
  readonly prepared: PreparedSignature;
  /** Null at level B-B. */
  readonly timestamp: Timestamp | null;
  readonly level: StampLevel;
  /** Refusal code of what kept it from the level asked for; null where nothing did. */
  readonly shortfall: string | null;
}

/** Labelled digest of all that an order asks for: what an idempotency key is held to. */
export function digestOfOrder(order: StampOrder, suite: Suite): string {
  return requestDigest(
    {
      department: order.actor.department,
      seal: order.sealId,
      document: digestOfSource(order.source, suite.digest),
      ...plainPlacing(order),
      matter: order.matter,
      caseNumber: order.caseNumber,
      reason: order.reason,
      ...termsOf(order),
      ...useTermsOf(order),
    },
    suite,
  );
}

/** What is asked for beyond the plain stamp; nothing for a plain one, whose digest stays what it was. */
function termsOf(order: SignatureTerms): Readonly<Record<string, Plain>> {
  const { level, whenDown, docMdp, fieldLock, algorithm } = order;
  const given = {
    level,
    whenDown,
    docMdp,
    algorithm,
    fieldLock: fieldLock && { action: fieldLock.action, fields: fieldLock.fields },
  };
  return Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

/** What the caller is told of a completed stamp. */
export function resultOf(
  record: IntendedStamp & StampOutcome & Pick<StampResult, 'upgrade' | 'sm2'>,
): StampResult {
  return {
    stampId: record.id,
    receiptId: record.receiptId,
    document: { digest: record.resultDigest, size: record.resultSize },
    originalDigest: record.originalDigest,
    sealId: record.sealId,
    sealCode: record.sealCode,
    certificateSerial: record.certificateSerial,
    time: record.stampedAt,
    level: record.level,
    upgrade: record.upgrade,
    byteRange: record.byteRange,
    matter: record.matter,
    caseNumber: record.caseNumber,
    sm2: record.sm2,
    showings: showingsOf(record.placement),
    findings: record.findings,
  };
}
