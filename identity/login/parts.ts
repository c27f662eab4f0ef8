// What the ways to log in are given by whoever composes them, and what they give back.
import type { BlindIndex } from '../../crypto/blind-index.ts';
import type { Clock, RandomBytes } from '../../crypto/clock.ts';
import type { FieldCipher } from '../../crypto/field-cipher.ts';
import type { AuditLog } from '../../storage/audit-log.ts';
import type { Database } from '../../storage/database.ts';
import type { Authentication, Rung, UsedAuthenticator } from '../levels.ts';

/** Port: what a login must know of an account, and nothing more. */
export interface LoginAccounts {
  /** Whether somebody may log in under it now. An account that does not exist is not active. */
  isActive(account: string): Promise<boolean>;
  /** The rung of its proofing now, 0 where nothing was proofed. */
  rungOf(account: string): Promise<Rung | 0>;
  /**
   * The account of the person with this document, or null.
   * @param documentType - as the CA's enrolments name it: `resident-id`, `passport` …
   */
  ofDocument(documentType: string, documentNumber: string): Promise<string | null>;
}

/** Port: takes a short text to a telephone. Absence of the service is an error, never silence. */
export interface MessageSender {
  /** @param telephone - digits only. @throws Error where it could not be handed over. */
  send(telephone: string, text: string): Promise<void>;
}

export interface LoginParts {
  readonly database: Database;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly index: BlindIndex;
  readonly cipher: FieldCipher;
  readonly accounts: LoginAccounts;
  /** Null where telephones cannot be reached. */
  readonly messages: MessageSender | null;
}

/** Where an attempt comes from. */
export interface AttemptSource {
  /** The part of the network address that one subscriber holds. */
  readonly address: string;
  /** The cookie of a browser in which somebody logged in before, or null. Not believed before it is looked up. */
  readonly device: string | null;
}

/** One factor that was shown and held. */
export interface Factor {
  readonly account: string;
  /** `aut_…`; null for one that is not enrolled here (a demonstration account). */
  readonly authenticator: string | null;
  readonly used: UsedAuthenticator;
  readonly certificate: Authentication['certificate'];
}
