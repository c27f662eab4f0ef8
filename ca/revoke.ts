// Revokes, holds and releases certificates: one row, one audit row; lists and OCSP answers follow from the row.
import type { RevocationReason } from '../formats/x509/crl.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import type { Actor } from '../storage/actor.ts';
import type { AuditAction } from '../storage/audit-log.ts';
import type { Writer } from '../storage/database.ts';
import { CaError } from './errors.ts';
import type { CaParts } from './parts.ts';
import {
  findRevocation,
  markAuthorityRevoked,
  nextChange,
  writeRevocation,
  type Revocation,
  type RevocationState,
} from './revocation-store.ts';
import { tellOfChange } from './status-news.ts';
import { findCertificate } from './store.ts';

/** What a change of status needs at hand. */
export type RevocationParts = Pick<CaParts, 'database' | 'audit' | 'clock'>;

export interface StatusRequest {
  /** Lower-case hex as in `IssuedCertificate.serial`. */
  readonly serial: string;
  readonly actor: Pick<Actor, 'id' | 'department'>;
  /** Written in the same transaction. */
  readonly alongside?: (tx: Writer) => Promise<void>;
}

export interface RevokeRequest extends StatusRequest {
  /** A hold and its end are changes of their own, so `certificateHold` and `removeFromCRL` are refused. */
  readonly reason: RevocationReason;
  /** When the key is known or suspected to have been compromised: within the certificate's life, and past. */
  readonly invalidityDate?: Date | null;
}

type Change = 'revoke' | 'suspend' | 'release';

/** Which change leads where; what is not here is refused. Revocation is final. */
const TRANSITIONS: Readonly<
  Record<'good' | RevocationState, Readonly<Partial<Record<Change, RevocationState>>>>
> = {
  good: { revoke: 'revoked', suspend: 'held' },
  held: { revoke: 'revoked', release: 'released' },
  released: { revoke: 'revoked', suspend: 'held' },
  revoked: {},
};

const AUDITED: Readonly<Record<Change, AuditAction>> = {
  revoke: 'certificate.revoked',
  suspend: 'certificate.held',
  release: 'certificate.released',
};

function nextState(change: Change, current: Revocation | null): RevocationState {
  const next = TRANSITIONS[current?.state ?? 'good'][change];
  if (next !== undefined) return next;
  if (current?.state === 'revoked') {
    throw new CaError('certificate-already-revoked', 'The certificate is revoked already; that is final.');
  }
  throw new CaError(
    'transition-not-allowed',
    change === 'suspend' ? 'The certificate is on hold already.' : 'The certificate is not on hold.',
  );
}

interface Wanted {
  readonly change: Change;
  readonly reason: RevocationReason;
  readonly invalidityDate: Date | null;
  /** Also in the same write, after the row. */
  readonly then?: (tx: Writer) => Promise<void>;
}

function checkInvalidity(date: Date | null, notBefore: Date, now: Date): void {
  if (date === null) return;
  if (!(date.getTime() <= now.getTime()) || date.getTime() < notBefore.getTime()) {
    throw new CaError(
      'revocation-refused',
      'The invalidity date must lie in the life of the certificate and not in the future.',
    );
  }
}

async function change(
  parts: RevocationParts,
  request: StatusRequest,
  wanted: Wanted,
  profileAllowed: (profile: string) => boolean,
): Promise<void> {
  const { serial } = request;
  const found = await findCertificate(parts.database.reader, serial);
  if (found === null)
    throw new CaError('certificate-not-found', 'No certificate was issued under this serial.');
  if (found.profile === 'root') {
    throw new CaError('revocation-refused', 'A root cannot revoke itself: take it off the trust list.');
  }
  if (!profileAllowed(found.profile)) {
    throw new CaError(
      'revocation-refused',
      `A certificate of profile ${found.profile} is not revoked this way.`,
    );
  }
  checkInvalidity(wanted.invalidityDate, parseCertificate(found.der).notBefore, parts.clock());
  await parts.database.write(async (tx) => {
    // Before anything is read: whoever changes a status of this authority after us sees what we wrote.
    const number = await nextChange(tx, found.authority);
    const current = await findRevocation(tx, serial);
    const state = nextState(wanted.change, current);
    const at = parts.clock();
    // A hold that becomes a revocation counts from the hold: what was signed in between was never good.
    const revokedAt = current?.state === 'held' ? current.revokedAt : at;
    const { reason, invalidityDate } = wanted;
    await writeRevocation(tx, serial, { state, reason, revokedAt, invalidityDate }, number);
    await wanted.then?.(tx);
    await request.alongside?.(tx);
    await parts.audit.append(tx, {
      at,
      actor: request.actor,
      action: AUDITED[wanted.change],
      subject: serial,
      details: {
        authority: found.authority,
        profile: found.profile,
        ...(wanted.change === 'release' ? {} : { reason }),
        ...(invalidityDate === null ? {} : { invalidityDate: invalidityDate.toISOString() }),
      },
    });
  });
  tellOfChange(parts.database);
}

function revocationOf({ reason, invalidityDate = null }: RevokeRequest): Wanted {
  if (reason === 'certificateHold' || reason === 'removeFromCRL') {
    throw new CaError('revocation-refused', 'A hold is begun and ended by itself; it is no revocation.');
  }
  return { change: 'revoke', reason, invalidityDate };
}

const ofHolders = (profile: string): boolean => profile !== 'issuing-ca';

/**
 * Durable when it resolves: from then on OCSP says revoked and the next list fetched names it. Revocation is final; a
 * certificate on hold is revoked from the time of the hold.
 * @throws CaError `certificate-not-found`, `certificate-already-revoked`, `revocation-refused` (a root, an issuing
 *   authority, a reason that is a hold, an invalidity date that cannot be).
 */
export async function revokeCertificate(parts: RevocationParts, request: RevokeRequest): Promise<void> {
  await change(parts, request, revocationOf(request), ofHolders);
}

/**
 * Puts a certificate on hold: revoked with certificateHold until released or revoked for good.
 * @throws CaError `certificate-not-found`, `certificate-already-revoked`, `transition-not-allowed` (on hold already),
 *   `revocation-refused` (an authority).
 */
export async function suspendCertificate(parts: RevocationParts, request: StatusRequest): Promise<void> {
  const wanted: Wanted = { change: 'suspend', reason: 'certificateHold', invalidityDate: null };
  await change(parts, request, wanted, ofHolders);
}

/**
 * Ends a hold: the certificate is good again, and delta lists say so.
 * @throws CaError `certificate-not-found`, `certificate-already-revoked`, `transition-not-allowed` (not on hold),
 *   `revocation-refused` (an authority).
 */
export async function releaseCertificate(parts: RevocationParts, request: StatusRequest): Promise<void> {
  const wanted: Wanted = { change: 'release', reason: 'certificateHold', invalidityDate: null };
  await change(parts, request, wanted, ofHolders);
}

/**
 * Revokes the certificate of an issuing authority, which issues nothing from then on. Only for what two officers have
 * approved; the root's list tells of it after `CrlPublisher.publishRootCrl`.
 * @throws CaError `certificate-not-found`, `certificate-already-revoked`, `revocation-refused` (no issuing authority).
 */
export async function revokeAuthority(parts: RevocationParts, request: RevokeRequest): Promise<void> {
  const wanted: Wanted = {
    ...revocationOf(request),
    then: (tx) => markAuthorityRevoked(tx, request.serial),
  };
  await change(parts, request, wanted, (profile) => profile === 'issuing-ca');
}
