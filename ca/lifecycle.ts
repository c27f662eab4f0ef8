// The life of a certificate: every state, and what leads from one to another, in one table.
import { CaError } from './errors.ts';
import { days } from './profile.ts';

/** `expired` is computed: nothing has to run for a certificate to end, unless it was revoked before. */
export type CertificateState = 'valid' | 'held' | 'revoked' | 'expired';

export type LifecycleAction = 'renew' | 're-key' | 'suspend' | 'release' | 'revoke';

/**
 * Which state an action leaves the certificate in; absent means refused. Renewing and re-keying leave it as it is: the
 * successor is a certificate of its own. Revocation is final (RFC 5280 section 5.3.1: only certificateHold ends).
 */
const TRANSITIONS: Readonly<
  Record<CertificateState, Readonly<Partial<Record<LifecycleAction, CertificateState>>>>
> = {
  valid: { renew: 'valid', 're-key': 'valid', suspend: 'held', revoke: 'revoked' },
  held: { release: 'valid', revoke: 'revoked' },
  revoked: {},
  // Somebody who lost track of time proves who they are again: an enrolment, no renewal.
  expired: {},
};

/** @param status - from the row of its status; null where none was ever recorded. */
export function stateOf(
  status: 'revoked' | 'held' | 'released' | null,
  notAfter: Date,
  now: Date,
): CertificateState {
  if (status === 'revoked') return 'revoked';
  if (notAfter.getTime() < now.getTime()) return 'expired';
  return status === 'held' ? 'held' : 'valid';
}

/** @throws CaError `transition-not-allowed`. */
export function requireTransition(state: CertificateState, action: LifecycleAction): CertificateState {
  const next = TRANSITIONS[state][action];
  if (next === undefined) {
    throw new CaError(
      'transition-not-allowed',
      `A certificate that is ${state} cannot be changed by: ${action}.`,
    );
  }
  return next;
}

/** How long before its end a certificate may be renewed: 90 days, and never more than a third of its life. */
export function renewalWindow(
  notBefore: Date,
  notAfter: Date,
): { readonly opens: Date; readonly closes: Date } {
  const life = notAfter.getTime() - notBefore.getTime();
  return { opens: new Date(notAfter.getTime() - Math.min(days(90), life / 3)), closes: notAfter };
}
