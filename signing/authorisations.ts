// 用印授权书 looked at and ended. They are granted by two persons (seal-application-kinds.ts).
import type { Clock } from '../crypto/clock.ts';
import type { Actor } from '../storage/actor.ts';
import type { AuditLog } from '../storage/audit-log.ts';
import type { Database, Reader } from '../storage/database.ts';
import { readAuthorisation, type Authorisation } from './authorisation.ts';
import { authorisationsOf, revokeAuthorisationRow } from './authorisation-store.ts';
import { SigningError } from './errors.ts';
import { requirePurpose } from './seal-applications.ts';
import { requiredSeal } from './seal-register.ts';
import { departmentOf, requireScope } from './seal-use.ts';

/** An authorisation with what became of it. */
export interface AuthorisationState {
  readonly id: string;
  readonly sealId: string;
  /** What its document says; null where the seal's present certificate did not make it (a renewed seal). */
  readonly terms: Authorisation | null;
  /** Compact JWS, for whoever wants to verify it. */
  readonly document: string;
  readonly used: number;
  readonly state: 'in-force' | 'not-yet' | 'expired' | 'revoked' | 'used-up' | 'ended-by-renewal';
  readonly revokedAt: Date | null;
  readonly revokedReason: string | null;
}

/** Authorisations of the actor's department's seals, newest first. @throws SigningError `scope-missing`, `department-missing` */
export async function authorisationStates(
  parts: { readonly database: Pick<Database, 'reader'>; readonly clock: Clock },
  actor: Actor,
  limit: number,
): Promise<readonly AuthorisationState[]> {
  requireScope(actor, 'seals:read', 'seals:apply', 'seals:approve', 'stamps:write');
  const { reader } = parts.database;
  const rows = await authorisationsOf(reader, departmentOf(actor), Math.min(limit, 200));
  return Promise.all(
    rows.map(async (row): Promise<AuthorisationState> => {
      const terms = await termsOf(reader, row.seal_id, row.document);
      return {
        id: row.id,
        sealId: row.seal_id,
        terms,
        document: row.document,
        used: row.used,
        state: stateOf(terms, row, parts.clock()),
        revokedAt: row.revoked_at === null ? null : new Date(row.revoked_at),
        revokedReason: row.revoked_reason,
      };
    }),
  );
}

async function termsOf(db: Reader, sealId: string, document: string): Promise<Authorisation | null> {
  return readAuthorisation(document, await requiredSeal(db, sealId));
}

function stateOf(
  terms: Authorisation | null,
  row: { readonly revoked_at: string | null; readonly used: number },
  now: Date,
): AuthorisationState['state'] {
  if (row.revoked_at !== null) return 'revoked';
  if (terms === null) return 'ended-by-renewal';
  if (now >= terms.validUntil) return 'expired';
  if (row.used >= terms.total) return 'used-up';
  return now < terms.validFrom ? 'not-yet' : 'in-force';
}

/**
 * Ends an authorisation at once: stopping needs one person.
 * @throws SigningError `scope-missing`, `department-missing`, `purpose-missing`, `authorisation-not-found` (absent, ended
 *   already, or another department's)
 */
export async function revokeAuthorisation(
  parts: { readonly database: Database; readonly audit: AuditLog; readonly clock: Clock },
  actor: Actor,
  id: string,
  why: string,
): Promise<void> {
  requireScope(actor, 'seals:apply', 'seals:approve');
  const reason = requirePurpose(why);
  await parts.database.write(async (tx) => {
    const at = parts.clock();
    if (!(await revokeAuthorisationRow(tx, id, departmentOf(actor), { by: actor.id, reason, at })))
      throw new SigningError('authorisation-not-found', 'There is no such authorisation in force.');
    await parts.audit.append(tx, {
      at,
      actor,
      action: 'seal-authorisation.revoked',
      subject: id,
      details: { reason },
    });
  });
}
