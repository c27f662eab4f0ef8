// What a status is, and for which instants evidence of it speaks.
import type { RevocationReason } from '../formats/x509/crl.ts';

/** What said so. */
export type RevocationSource = 'crl' | 'ocsp';

/** A revocation as one list or answer tells it. */
export interface Revocation {
  readonly kind: 'revoked';
  readonly at: Date;
  readonly reason: RevocationReason | null;
  readonly invalidityDate: Date | null;
  readonly thisUpdate: Date;
  readonly source?: RevocationSource;
}

/** What is known of one certificate. */
export type RevocationStatus =
  | {
      readonly kind: 'unknown';
      /** True where somebody offered evidence about it and none could be used. */
      readonly offered?: boolean;
    }
  | { readonly kind: 'good'; readonly thisUpdate: Date; readonly source?: RevocationSource }
  | Revocation;

/** For which instant evidence must speak. */
export interface RevocationTime {
  /** The instant the certificate's state matters: proof of existence, or the time of verification. */
  readonly at: Date;
  /** The time of verification: nothing may come from after it. */
  readonly now: Date;
  readonly skewSeconds: number;
  /** For evidence that names no end of its own. */
  readonly freshnessSeconds: number;
}

/** A revocation, once made, lasts; only a hold may have ended since the evidence was made. */
export function revocationHolds(
  thisUpdate: Date,
  reason: RevocationReason | null,
  time: RevocationTime,
): boolean {
  return reason !== 'certificateHold' && thisUpdate.getTime() <= time.now.getTime() + time.skewSeconds * 1000;
}

/** Whether evidence made at `thisUpdate` says something about the instant asked. */
export function speaksFor(thisUpdate: Date, nextUpdate: Date | null, time: RevocationTime): boolean {
  const skew = time.skewSeconds * 1000;
  const ends = nextUpdate?.getTime() ?? thisUpdate.getTime() + time.freshnessSeconds * 1000;
  return (
    thisUpdate.getTime() <= time.now.getTime() + skew &&
    ends >= thisUpdate.getTime() &&
    ends + skew >= time.at.getTime()
  );
}

/** From when on a revocation counts (RFC 5280 section 5.3.2): the key may have been lost before it was told. In milliseconds. */
export function revokedSince({ at, invalidityDate }: Revocation): number {
  return Math.min(at.getTime(), invalidityDate?.getTime() ?? Infinity);
}

/** Reasons that say that somebody else may have had the key, and may have written any time he liked. */
const losses: ReadonlySet<RevocationReason | null> = new Set([
  'keyCompromise',
  'cACompromise',
  'aACompromise',
]);

/** Whether somebody else may have had the key. */
export function isLoss({ reason }: Revocation): boolean {
  return losses.has(reason);
}
