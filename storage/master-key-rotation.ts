// A rotation of the master key as work: begun once, gone on with after a crash, over when a whole pass finds nothing left.
import type { Clock } from '../crypto/clock.ts';
import type { MasterKeyFiles } from '../crypto/master-key-files.ts';
import type { RecordCipher } from '../crypto/record-cipher.ts';
import type { Actor } from './actor.ts';
import type { AuditLog } from './audit-log.ts';
import type { Database, Reader, Writer } from './database.ts';
import { encryptClearDocuments } from './document-encryption.ts';
import { foreignDocuments, resealDocuments } from './document-reseal.ts';
import type { DocumentFiles } from './documents-files.ts';
import { foreignCounts, resealPage, type ResealCursor, type ResealedPage } from './reseal.ts';
import type { MasterKeyRotationTable } from './schema/personal-data.ts';
import { WokenWork } from './woken-work.ts';

export interface RotationParts {
  readonly database: Database;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly cipher: RecordCipher;
  readonly masterKeys: MasterKeyFiles;
  readonly documents: DocumentFiles;
}

/** Stands for the documents among the columns: they come last. */
const DOCUMENTS = 'documents';

const system: Actor = { id: 'system', kind: 'system', department: null, scopes: [] };

/**
 * Writes that a rotation was ordered; the key itself is made by the work.
 * @param id `mkr_…`
 * @returns false where one is under way: nothing was written then
 */
export async function orderRotation(
  tx: Writer,
  parts: Pick<RotationParts, 'audit' | 'clock'>,
  actor: Actor,
  id: string,
): Promise<boolean> {
  const at = parts.clock();
  const row: MasterKeyRotationTable = {
    id,
    to_key: '',
    state: 'running',
    started_by: actor.id,
    started_at: at.toISOString(),
    completed_at: null,
    at_column: null,
    after_row: null,
    resealed: 0,
    unopened: 0,
  };
  const inserted = await tx
    .insertInto('master_key_rotation')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows !== 1n) return false;
  await parts.audit.append(tx, {
    at,
    actor,
    action: 'master-key.rotation-started',
    subject: id,
    details: {},
  });
  return true;
}

async function runningRotation(db: Reader): Promise<MasterKeyRotationTable | null> {
  const row = await db
    .selectFrom('master_key_rotation')
    .selectAll()
    .where('state', '=', 'running')
    .executeTakeFirst();
  return row ?? null;
}

/** The key of a rotation, made on its first round. A crash between leaves a key more, which is then the newest. */
async function makeKey(parts: RotationParts, rotation: MasterKeyRotationTable): Promise<void> {
  if (rotation.to_key !== '') return;
  const key = await parts.masterKeys.add();
  await parts.database.write((tx) =>
    tx
      .updateTable('master_key_rotation')
      .set({ to_key: key.id })
      .where('id', '=', rotation.id)
      .where('to_key', '=', '')
      .execute(),
  );
}

/** Writes what a page did and where it ended. @param first - whether it was the first of its pass */
async function keepPage(tx: Writer, rotation: string, page: ResealedPage, first: boolean): Promise<void> {
  await tx
    .updateTable('master_key_rotation')
    .set((e) => ({
      at_column: page.next?.column ?? null,
      after_row: page.next?.after ?? null,
      resealed: e('resealed', '+', page.resealed),
      // Of the pass under way: what does not open is met again by the next.
      unopened: first ? page.unopened : e('unopened', '+', page.unopened),
    }))
    .where('id', '=', rotation)
    .execute();
}

/** A part of the documents. One that a crash repeats finds its documents done. */
async function documentsPage(
  parts: RotationParts,
  rotation: string,
  key: string,
  after: string | null,
): Promise<ResealedPage> {
  const done = await resealDocuments(parts.documents, (each) => each !== key, after);
  const next = done.after === null ? null : { column: DOCUMENTS, after: done.after };
  const page = { next, resealed: done.resealed, unopened: done.unopened };
  await parts.database.write((tx) => keepPage(tx, rotation, page, false));
  return page;
}

/** A page of the columns, behind which the documents come. */
async function columnsPage(
  parts: RotationParts,
  rotation: string,
  key: string,
  cursor: ResealCursor,
): Promise<ResealedPage> {
  const behind = (page: ResealedPage): ResealedPage => ({
    ...page,
    next: page.next ?? { column: DOCUMENTS, after: null },
  });
  const first = cursor.column === null;
  return behind(
    await resealPage(parts, key, cursor, (tx, page) => keepPage(tx, rotation, behind(page), first)),
  );
}

/** @returns values sealed anew in this pass */
async function pass(
  parts: RotationParts,
  rotation: MasterKeyRotationTable,
  key: string,
  stopped: () => boolean,
): Promise<number> {
  let cursor: ResealCursor = { column: rotation.at_column, after: rotation.after_row };
  let resealed = 0;
  for (;;) {
    const page =
      cursor.column === DOCUMENTS
        ? await documentsPage(parts, rotation.id, key, cursor.after)
        : await columnsPage(parts, rotation.id, key, cursor);
    resealed += page.resealed;
    if (page.next === null || stopped()) return resealed;
    cursor = page.next;
  }
}

/**
 * Works on the rotation that is under way, if there is one, until nothing names an older key any more.
 * @param stopped asked after each page; the rest is done by the next call
 * @returns whether no rotation is under way now
 */
export async function workOnRotation(
  parts: RotationParts,
  stopped: () => boolean = () => false,
): Promise<boolean> {
  const rotation = await runningRotation(parts.database.reader);
  if (rotation === null) return true;
  await makeKey(parts, rotation);
  let from = rotation;
  // Other nodes seal with the former key until they have seen the new one: what they left is found by the next pass.
  while (!stopped()) {
    // The newest, whoever made it: two nodes that began together may have made one each.
    parts.masterKeys.refresh();
    const key = parts.masterKeys.current.id;
    const resumed = from.at_column !== null;
    const resealed = await pass(parts, from, key, stopped);
    if (stopped()) return false;
    if (resealed === 0 && !resumed) {
      await complete(parts, rotation.id, key);
      return true;
    }
    from = { ...from, at_column: null, after_row: null };
  }
  return false;
}

async function complete(parts: RotationParts, id: string, key: string): Promise<void> {
  const at = parts.clock();
  await parts.database.write(async (tx) => {
    const done = await tx
      .updateTable('master_key_rotation')
      .set({ state: 'completed', completed_at: at.toISOString(), to_key: key })
      .where('id', '=', id)
      .where('state', '=', 'running')
      .returning(['resealed', 'unopened'])
      .executeTakeFirst();
    if (done === undefined) return;
    await parts.audit.append(tx, {
      at,
      actor: system,
      action: 'master-key.rotated',
      subject: id,
      details: { key, resealed: String(done.resealed), unopened: String(done.unopened) },
    });
  });
}

/**
 * Rotations of a running server: gone on with at its start, when one is ordered, and from time to time. Documents that earlier
 * versions left in clear are encrypted by the same work.
 */
export class MasterKeyRotation {
  readonly #work: WokenWork;
  /** Whether all documents are known to be encrypted. */
  #encrypted = false;

  constructor(parts: RotationParts, failed: (error: unknown) => void) {
    this.#work = new WokenWork(async () => {
      // What other nodes and commands made meanwhile seals here from now on, too.
      parts.masterKeys.refresh();
      await workOnRotation(parts, () => this.#work.stopped);
      this.#encrypted ||= await encryptClearDocuments(parts, () => this.#work.stopped);
    }, failed);
  }

  wake(): void {
    this.#work.wake();
  }

  idle(): Promise<void> {
    return this.#work.idle();
  }

  stop(): Promise<void> {
    return this.#work.stop();
  }
}

export interface RotationStatus {
  /** Id of the key that seals, and how many keys are kept. */
  readonly currentKey: string;
  readonly keys: number;
  /** The latest rotation; null where there never was one. */
  readonly latest: MasterKeyRotationTable | null;
  /** Values that still name an older key, by column; `documents` that do, and `documents in clear`. */
  readonly left: readonly { readonly column: string; readonly count: number }[];
}

/** The rotation that was ordered last; null where none ever was. */
export async function latestRotation(db: Reader): Promise<MasterKeyRotationTable | null> {
  const row = await db
    .selectFrom('master_key_rotation')
    .selectAll()
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/**
 * How the master keys stand. Counting reads every encrypted column and the header of every document: for people who ask, not
 * for every minute.
 */
export async function rotationStatus(
  parts: Pick<RotationParts, 'database' | 'masterKeys' | 'documents'>,
): Promise<RotationStatus> {
  parts.masterKeys.refresh();
  const latest = await latestRotation(parts.database.reader);
  const current = parts.masterKeys.current.id;
  const { clear, foreign } = await foreignDocuments(parts.documents, current);
  const documents = [
    { column: DOCUMENTS, count: foreign },
    { column: 'documents in clear', count: clear },
  ].filter(({ count }) => count > 0);
  return {
    currentKey: current,
    keys: parts.masterKeys.size,
    latest,
    left: [...(await foreignCounts(parts.database.reader, current)), ...documents],
  };
}
