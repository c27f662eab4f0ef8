// Rows of drafts to values and back. What happened to a draft is only ever added to.
import { digest, type DigestName } from '../crypto/algorithms.ts';
import { toHex } from '../formats/bytes.ts';
import type { Reader, Writer } from '../storage/database.ts';
import type { LicenseTypeDraftTable } from '../storage/schema/license-types.ts';
import { typeOfStored } from './type-document.ts';
import type { LicenseType } from './type.ts';

export type DraftState = LicenseTypeDraftTable['state'];

/** What officers do with a draft. */
export type DraftEventKind =
  'started' | 'edited' | 'submitted' | 'approved' | 'rejected' | 'published' | 'discarded';

/** The next edition of a type, while officers work on it. */
export interface TypeDraft {
  readonly id: string;
  readonly typeCode: string;
  readonly edition: number;
  readonly department: string;
  readonly type: LicenseType;
  readonly revision: number;
  readonly state: DraftState;
  readonly createdAt: Date;
  readonly editedBy: string;
  readonly editedAt: Date;
  readonly submittedBy: string | null;
  readonly approvedBy: string | null;
}

/** One thing that happened to a draft. */
export interface DraftEvent {
  readonly sequence: number;
  readonly kind: DraftEventKind;
  readonly actor: string;
  readonly at: Date;
  readonly revision: number;
  /** Digest of the definition as it was then. */
  readonly definition: string;
  readonly note: string | null;
}

function draftOf(row: LicenseTypeDraftTable): TypeDraft {
  return {
    id: row.id,
    typeCode: row.type_code,
    edition: row.edition,
    department: row.department,
    type: typeOfStored(row.definition),
    revision: row.revision,
    state: row.state,
    createdAt: new Date(row.created_at),
    editedBy: row.edited_by,
    editedAt: new Date(row.edited_at),
    submittedBy: row.submitted_by,
    approvedBy: row.approved_by,
  };
}

/** @returns false where the type has an open draft already: nothing was written then. */
export async function insertDraft(tx: Writer, row: LicenseTypeDraftTable): Promise<boolean> {
  const result = await tx
    .insertInto('license_type_draft')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Changes a draft that is still as it was seen. @returns whether it was */
export async function changeDraft(
  tx: Writer,
  seen: Pick<TypeDraft, 'id' | 'revision' | 'state'>,
  change: Partial<
    Pick<
      LicenseTypeDraftTable,
      'definition' | 'revision' | 'state' | 'edited_by' | 'edited_at' | 'submitted_by' | 'approved_by'
    >
  >,
): Promise<boolean> {
  const result = await tx
    .updateTable('license_type_draft')
    .set(change)
    .where('id', '=', seen.id)
    .where('revision', '=', seen.revision)
    .where('state', '=', seen.state)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Adds to what happened. */
export async function addDraftEvent(
  tx: Writer,
  event: {
    readonly draft: string;
    readonly kind: DraftEventKind;
    readonly actor: string;
    readonly at: Date;
    readonly revision: number;
    readonly definition: string;
    readonly note: string | null;
  },
  algorithm: DigestName,
): Promise<void> {
  const last = await tx
    .selectFrom('license_type_draft_event')
    .select((e) => e.fn.max<number | null>('sequence').as('last'))
    .where('draft', '=', event.draft)
    .executeTakeFirst();
  const bytes = new TextEncoder().encode(event.definition);
  await tx
    .insertInto('license_type_draft_event')
    .values({
      draft: event.draft,
      sequence: (last?.last ?? 0) + 1,
      kind: event.kind,
      actor: event.actor,
      at: event.at.toISOString(),
      revision: event.revision,
      definition_digest: `${algorithm}:${toHex(new Uint8Array(digest(algorithm, bytes)))}`,
      note: event.note,
    })
    .execute();
}

/** @returns null where there is no such draft */
export async function draftById(db: Reader | Writer, id: string): Promise<TypeDraft | null> {
  const row = await db.selectFrom('license_type_draft').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : draftOf(row);
}

/** Drafts of a department, the last one edited first. */
export async function draftsOf(db: Reader, department: string, limit: number): Promise<readonly TypeDraft[]> {
  const rows = await db
    .selectFrom('license_type_draft')
    .selectAll()
    .where('department', '=', department)
    .orderBy('edited_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(draftOf);
}

/** What happened to a draft, in order. */
export async function draftEvents(db: Reader | Writer, draft: string): Promise<readonly DraftEvent[]> {
  const rows = await db
    .selectFrom('license_type_draft_event')
    .selectAll()
    .where('draft', '=', draft)
    .orderBy('sequence')
    .execute();
  return rows.map((row) => ({
    sequence: row.sequence,
    kind: row.kind as DraftEventKind,
    actor: row.actor,
    at: new Date(row.at),
    revision: row.revision,
    definition: row.definition_digest,
    note: row.note,
  }));
}
