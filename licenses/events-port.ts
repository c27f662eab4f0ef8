// Port: who is told of what happens to licenses. Grants, recognition between districts, the public log and the archive are
// such listeners; none of them is here yet.
import type { LicenseState } from './license.ts';

/** What can be told. */
export type LicenseHappening =
  /** Issued, or taken over from paper. */
  | 'issued'
  /** The state is another one from now on. */
  | 'changed'
  /** A change was decided that has its effect later; one of these was taken back, or came to nothing. */
  | 'scheduled'
  | 'countermanded'
  | 'lapsed'
  | 'expired'
  | 'inspected'
  | 'inspection-overdue'
  | 'holder-changed';

/** One thing that happened. No personal data: names, numbers and reasons stay with the record. */
export interface LicenseHappened {
  /** Id of the first version; what happened to one license is told in the order of `sequence`, from 1. */
  readonly root: string;
  readonly sequence: number;
  /** The version. */
  readonly license: string;
  readonly kind: LicenseHappening;
  readonly facts: HappeningFacts;
  readonly recordedAt: Date;
}

/** Plain facts of it, as far as they apply. */
export interface HappeningFacts {
  readonly change?: string;
  readonly from?: LicenseState;
  readonly to?: LicenseState;
  /** ISO 8601. */
  readonly effectiveAt?: string;
  readonly successor?: string;
  readonly typeCode?: string;
  readonly identifier?: string;
  readonly issuer?: string;
  /** Digests of the record and of the sealed page, algorithm named. */
  readonly record?: string;
  readonly document?: string;
  readonly outcome?: string;
}

/**
 * Promises asked of a listener: `accept` may be called again with the same happening (after a crash between its answer and our
 * note of it), so `root` and `sequence` are its key. `taken` once it is durable there; `kept` where it wants none now: it stays
 * in the outbox, and so does everything after it. A listener that throws is asked again.
 */
export interface LicenseEvents {
  accept(happened: LicenseHappened): Promise<'taken' | 'kept'>;
}

/** Until there is a listener everything stays where it is. */
export const keptLicenseEvents: LicenseEvents = { accept: () => Promise.resolve('kept') };
