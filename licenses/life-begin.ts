// The first hour of a license: others are told, its first inspection gets its day, and one that begins later is held back.
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import { recordDecision } from './change-record.ts';
import type { LicenseEvent } from './event-store.ts';
import { inspectionDeadline } from './inspection-day.ts';
import { lockLicense } from './life.ts';
import { insertHappening } from './outbox.ts';
import type { LicenseParts } from './parts.ts';
import type { LicenseType } from './type.ts';

/**
 * In the write that completes a license.
 * @param begun `follows`: the version before; a next version goes on with its inspections
 */
export async function beginLife(
  tx: Writer,
  begun: {
    readonly id: string;
    readonly type: LicenseType;
    readonly follows: string | null;
    readonly now: Date;
  },
): Promise<void> {
  const { id, type, now } = begun;
  const row = await tx
    .selectFrom('license')
    .select(['root', 'identifier', 'issuer', 'type_code', 'record_hash', 'document', 'issued_at'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const root = row.root ?? id;
  // The row of the first version is what writers of one license wait at.
  if (begun.follows !== null) await lockLicense(tx, begun.follows);
  await insertHappening(
    tx,
    {
      root,
      license: id,
      kind: 'issued',
      facts: {
        typeCode: row.type_code,
        identifier: row.identifier,
        issuer: row.issuer,
        record: row.record_hash,
        ...(row.document === null ? {} : { document: row.document }),
      },
      at: now,
    },
    begun.follows === null,
  );
  if (type.inspection === undefined) return;
  const before =
    begun.follows === null
      ? null
      : ((
          await tx
            .selectFrom('license')
            .select('inspect_by')
            .where('id', '=', begun.follows)
            .executeTakeFirst()
        )?.inspect_by ?? null);
  const deadline = before ?? inspectionDeadline(type.inspection, new Date(row.issued_at)).toISOString();
  await tx.updateTable('license').set({ inspect_by: deadline }).where('id', '=', id).execute();
}

/** A version that begins on a later day is suspended until then, in the public list too, and restored by the calendar. */
export async function holdBackUntil(
  tx: Writer,
  parts: LicenseParts,
  request: { readonly actor: Actor; readonly matter: string; readonly caseNumber: string | null },
  held: {
    readonly id: string;
    readonly key: string;
    readonly event: LicenseEvent;
    readonly now: Date;
  },
): Promise<void> {
  const { event, now } = held;
  const words = {
    actor: request.actor,
    legalBasis: event.legalBasis,
    holdersWish: false,
    requestDigest: '',
    successor: null,
    matter: request.matter,
    caseNumber: request.caseNumber,
    officer: event.officer,
    secondOfficer: event.secondOfficer,
  };
  await recordDecision(
    tx,
    parts,
    await lockLicense(tx, held.id),
    {
      ...words,
      change: 'suspend',
      effectiveAt: now,
      reason: '新版本尚未生效',
      idempotencyKey: `${held.key}:wait`,
    },
    now,
  );
  await recordDecision(
    tx,
    parts,
    await lockLicense(tx, held.id),
    {
      ...words,
      change: 'restore',
      effectiveAt: event.effectiveAt,
      reason: '新版本生效',
      idempotencyKey: `${held.key}:begin`,
    },
    now,
  );
}
