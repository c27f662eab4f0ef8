// Append-only audit log: one hash-linked row per event, per node; no personal values.
import type { Actor } from './actor.ts';
import type { Writer } from './database.ts';

/** What happened. One row for every issue, stamp, change, disclosure and login. */
export type AuditAction =
  | 'hierarchy.established'
  | 'authority.succeeded'
  | 'certificate.issued'
  | 'certificate.revoked'
  | 'certificate.held'
  | 'certificate.released'
  | 'certificate.delivered'
  | 'certificate.listed'
  | 'certificate.subject-disclosed'
  | 'enrolment.abandoned'
  | 'ca.requested'
  | 'ca.approved'
  | 'ca.rejected'
  | 'ca.executed'
  | 'ca.batch-started'
  | 'ca.batch-completed'
  | 'foreign-credential.requested'
  | 'foreign-credential.activated'
  | 'foreign-credential.status-kept'
  | 'foreign-credential.retired'
  | 'seal.created'
  | 'seal.status-changed'
  | 'stamp.intended'
  | 'stamp.completed'
  | 'stamp.abandoned'
  | 'license.intended'
  | 'license.issued'
  | 'license.abandoned'
  | 'license.status-changed'
  | 'license.disclosed'
  | 'license.searched'
  | 'document.disclosed'
  | 'receipt.given'
  | 'receipt.recognised'
  | 'receipt.refused'
  | 'report.sealed'
  | 'trust-list.recognised'
  | 'trust-list.ended'
  | 'trust-anchor.added'
  | 'trust-anchor.ended'
  | 'department.added'
  | 'api-key.created'
  | 'api-key.revoked'
  | 'account.opened'
  | 'account.proofed'
  | 'account.locked'
  | 'account.unlocked'
  | 'account.closed'
  | 'account.merged'
  | 'login.succeeded'
  | 'login.failed'
  | 'client.registered'
  | 'client.changed'
  | 'client.secret-rotated'
  | 'client.disabled'
  | 'client.enabled'
  | 'session.opened'
  | 'session.acting-changed'
  | 'session.ended'
  | 'consent.granted'
  | 'consent.ended'
  | 'authorization.granted'
  | 'authorization.refused'
  | 'token.issued'
  | 'token.refused'
  | 'token.revoked'
  | 'logout.completed'
  | 'logout.delivered'
  | 'logout.undeliverable'
  | 'provider-key.made'
  | 'provider-key.activated'
  | 'provider-key.retired'
  | 'provider-key.revoked'
  | 'back-channel.requested'
  | 'back-channel.decided'
  | 'provider.fault'
  | 'audit.cross-linked'
  | 'backup.made'
  | 'backup.restored';

export interface AuditEvent {
  readonly at: Date;
  readonly actor: Pick<Actor, 'id' | 'department'>;
  readonly action: AuditAction;
  /** Identifier of the thing acted on (stamp id, license id, certificate serial …). Never a person's name or number. */
  readonly subject: string;
  /** Flat, non-personal facts: digests, case number, matter, reason codes, purposes. */
  readonly details: Readonly<Record<string, string>>;
}

/** Port: appends inside the caller's write, so the event is exactly as durable as the change it tells of. */
export interface AuditLog {
  append(tx: Writer, event: AuditEvent): Promise<void>;
}
