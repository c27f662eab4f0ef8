// Port: whoever keeps live sessions hears, inside the same write, what must end them.
import type { Writer } from '../storage/database.ts';

/**
 * Called inside the write that makes the change, so the sessions end exactly when the change becomes durable.
 * Promises asked of an implementation: it awaits nothing but queries on `tx`, and may be called again for the same thing.
 */
export interface AccountEvents {
  /** The account is locked, closed, erased or merged away: nobody may go on under it. */
  accountEnded(tx: Writer, account: string, reason: 'locked' | 'closed' | 'merged'): Promise<void>;
  /** What the account's level rests on became less (a proofing was withdrawn): sessions above it must not go on. */
  levelLowered(tx: Writer, account: string): Promise<void>;
  /** A mandate ended: nobody may go on acting under it. `representation` is `rep_…`. */
  mandateEnded(tx: Writer, representation: string): Promise<void>;
  /** Roles of an officer changed: what sessions carry is no longer true. */
  rolesChanged(tx: Writer, account: string): Promise<void>;
}

/** For commands that run beside no session at all. */
export const noSessions: AccountEvents = {
  accountEnded: () => Promise.resolve(),
  levelLowered: () => Promise.resolve(),
  mandateEnded: () => Promise.resolve(),
  rolesChanged: () => Promise.resolve(),
};
