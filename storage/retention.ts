// Periods of keeping, as a table: each class of records has a period and what it rests on. Newer editions count, older ones stay.
import type { RecordCipher } from '../crypto/record-cipher.ts';
import type { Clock, RandomBytes } from '../crypto/clock.ts';
import type { Actor } from './actor.ts';
import type { AuditLog } from './audit-log.ts';
import type { Database, Reader, Writer } from './database.ts';
import { StorageError } from './errors.ts';

export interface RetentionParts {
  readonly database: Database;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly cipher: RecordCipher;
}

/** A class of records as an installation begins with it. */
export interface RetentionClass {
  readonly name: string;
  readonly zh: string;
  readonly en: string;
  /** What the period runs from. */
  readonly from: { readonly zh: string; readonly en: string };
  /** ISO 8601 in years, months or days. */
  readonly period: string;
  readonly basis: string;
}

/** Port: a class whose records can be held. */
export interface HoldableRecords {
  readonly class: RetentionClass;
  /**
   * The record that an id belongs to, locked to the end of the write: it is not destroyed meanwhile.
   * @returns null where there is none, or nothing of it is left to be held
   */
  find(tx: Writer, id: string): Promise<string | null>;
}

/** A class with what is in force for it. */
export interface RetentionRule extends RetentionClass {
  /** 0 where it still is what the installation began with. */
  readonly edition: number;
  /** The period by which records are destroyed now: of a shorter one, not before its notice is over. */
  readonly effectivePeriod: string;
}

/** A period that becomes shorter destroys for ever: so long it stands for everybody to see before it counts. */
const NOTICE = 30 * 86_400_000;
const LONGEST_DAYS = 36_525;

/** @throws StorageError `retention-invalid` for anything but `P<n>Y`, `P<n>M`, `P<n>D` of 1 day to 100 years */
function parsePeriod(period: string): {
  readonly unit: 'Y' | 'M' | 'D';
  readonly count: number;
  readonly days: number;
} {
  const match = /^P([1-9]\d{0,4})([YMD])$/.exec(period);
  const count = Number(match?.[1] ?? 0);
  const unit = match?.[2] as 'Y' | 'M' | 'D' | undefined;
  const days = count * (unit === 'Y' ? 365.25 : unit === 'M' ? 30.4375 : 1);
  if (unit === undefined || days > LONGEST_DAYS) {
    throw new StorageError(
      'retention-invalid',
      'A period is P and years, months or days, such as P10Y or P180D; at most 100 years.',
    );
  }
  return { unit, count, days };
}

/** The instant before which something must have ended for its period to be over at `now`. */
export function endedBefore(period: string, now: Date): Date {
  const { unit, count } = parsePeriod(period);
  const at = new Date(now);
  const day = at.getUTCDate();
  if (unit === 'D') at.setUTCDate(day - count);
  else {
    at.setUTCDate(1);
    at.setUTCMonth(at.getUTCMonth() - count * (unit === 'Y' ? 12 : 1));
    // The last day of a month has none of its number in a shorter one: the earlier end keeps longer.
    const last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate();
    at.setUTCDate(Math.min(day, last));
  }
  return at;
}

function isShorter(a: string, b: string): boolean {
  return parsePeriod(a).days < parsePeriod(b).days;
}

/** What is in force for each of `classes`. */
export async function retentionRules(
  db: Reader,
  classes: readonly RetentionClass[],
  now: Date,
): Promise<readonly RetentionRule[]> {
  const rows = await db
    .selectFrom('retention_rule')
    .selectAll()
    .orderBy('class')
    .orderBy('edition')
    .execute();
  return classes.map((known) => {
    const editions = rows.filter((row) => row.class === known.name);
    const newest = editions.at(-1);
    if (newest === undefined) return { ...known, edition: 0, effectivePeriod: known.period };
    // The longest of what counted when the notice began and everything that was set since.
    const noticed = editions.filter((row) => new Date(row.set_at).getTime() <= now.getTime() - NOTICE).at(-1);
    const pending = editions.filter((row) => row.edition > (noticed?.edition ?? 0));
    const effectivePeriod = pending.reduce(
      (longest, row) => (isShorter(longest, row.period) ? row.period : longest),
      noticed?.period ?? known.period,
    );
    return {
      ...known,
      edition: newest.edition,
      period: newest.period,
      basis: newest.basis,
      // A longer one counts at once, and replaces what it was set over.
      effectivePeriod: isShorter(newest.period, effectivePeriod) ? effectivePeriod : newest.period,
    };
  });
}

const wordsPattern = /^[^\p{Cc}\p{Cf}]{1,200}$/u;

function checkWords(words: string, what: string): string {
  const text = words.trim();
  if (!wordsPattern.test(text)) {
    throw new StorageError('retention-invalid', `${what} has 1 to 200 printable characters.`);
  }
  return text;
}

function requireClass(classes: readonly RetentionClass[], name: string): RetentionClass {
  const found = classes.find((known) => known.name === name);
  if (found === undefined)
    throw new StorageError('retention-class-unknown', 'There is no such class of records.');
  return found;
}

/** Sets another period. @throws StorageError `retention-class-unknown`, `retention-invalid`, `unique-violated` (set twice at once) */
export async function setRetentionRule(
  parts: RetentionParts,
  classes: readonly RetentionClass[],
  actor: Actor,
  rule: { readonly class: string; readonly period: string; readonly basis: string },
): Promise<void> {
  requireClass(classes, rule.class);
  parsePeriod(rule.period);
  const basis = checkWords(rule.basis, 'The basis');
  const at = parts.clock();
  await parts.database.write(async (tx) => {
    const last = await tx
      .selectFrom('retention_rule')
      .select((e) => e.fn.max<number | null>('edition').as('edition'))
      .where('class', '=', rule.class)
      .executeTakeFirst();
    const edition = (last?.edition ?? 0) + 1;
    await tx
      .insertInto('retention_rule')
      .values({
        class: rule.class,
        edition,
        period: rule.period,
        basis,
        set_by: actor.id,
        set_at: at.toISOString(),
      })
      .execute();
    await parts.audit.append(tx, {
      at,
      actor,
      action: 'retention.rule-set',
      subject: rule.class,
      details: { edition: String(edition), period: rule.period, basis },
    });
  });
}

/** Something that stays, though its period is over. */
export interface LegalHold {
  readonly id: string;
  readonly class: string;
  readonly record: string | null;
  readonly reason: string;
  readonly basis: string;
  readonly setBy: string;
  readonly setAt: Date;
  readonly liftedAt: Date | null;
}

const holdPlace = (id: string): { table: string; column: string; row: string } => ({
  table: 'legal_hold',
  column: 'reason',
  row: id,
});

/** The record an id belongs to, whichever class it is of: a hold that names nothing would hold nothing. */
async function recordHeld(tx: Writer, holdable: readonly HoldableRecords[], id: string): Promise<string> {
  for (const records of holdable) {
    const record = await records.find(tx, id);
    if (record !== null) return record;
  }
  throw new StorageError('retention-invalid', 'There is no record of this name that could be held.');
}

/**
 * @param hold.record any id of the record: of a license, whichever version; null for the whole class
 * @returns `hld_…`
 * @throws StorageError `retention-class-unknown`, `retention-invalid`
 */
export async function setHold(
  parts: RetentionParts,
  holdable: readonly HoldableRecords[],
  actor: Actor,
  hold: {
    readonly class: string;
    readonly record: string | null;
    readonly reason: string;
    readonly basis: string;
  },
): Promise<string> {
  requireClass(
    holdable.map((records) => records.class),
    hold.class,
  );
  const reason = checkWords(hold.reason, 'The reason');
  const basis = checkWords(hold.basis, 'The basis');
  const named = hold.record === null ? null : checkWords(hold.record, 'The record');
  const at = parts.clock();
  const id = `hld_${Buffer.from(parts.random(16)).toString('hex')}`;
  await parts.database.write(async (tx) => {
    const record = named === null ? null : await recordHeld(tx, holdable, named);
    await tx
      .insertInto('legal_hold')
      .values({
        id,
        class: hold.class,
        record,
        reason: parts.cipher.seal(holdPlace(id), reason),
        basis,
        set_by: actor.id,
        set_at: at.toISOString(),
        lifted_by: null,
        lifted_at: null,
      })
      .execute();
    await parts.audit.append(tx, {
      at,
      actor,
      action: 'legal-hold.set',
      subject: id,
      details: { class: hold.class, basis, ...(record === null ? {} : { record }) },
    });
  });
  return id;
}

/** @throws StorageError `legal-hold-not-found` for one that does not stand */
export async function liftHold(
  parts: RetentionParts,
  actor: Actor,
  lifting: { readonly id: string; readonly basis: string },
): Promise<void> {
  const basis = checkWords(lifting.basis, 'The basis');
  const at = parts.clock();
  await parts.database.write(async (tx) => {
    const lifted = await tx
      .updateTable('legal_hold')
      .set({ lifted_by: actor.id, lifted_at: at.toISOString() })
      .where('id', '=', lifting.id)
      .where('lifted_at', 'is', null)
      .returning('id')
      .executeTakeFirst();
    if (lifted === undefined) throw new StorageError('legal-hold-not-found', 'No such hold stands.');
    await parts.audit.append(tx, {
      at,
      actor,
      action: 'legal-hold.lifted',
      subject: lifting.id,
      details: { basis },
    });
  });
}

/** Holds that stand, newest first; at most 500. */
export async function standingHolds(
  parts: Pick<RetentionParts, 'database' | 'cipher'>,
): Promise<readonly LegalHold[]> {
  const rows = await parts.database.reader
    .selectFrom('legal_hold')
    .selectAll()
    .where('lifted_at', 'is', null)
    .orderBy('set_at', 'desc')
    .limit(500)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    class: row.class,
    record: row.record,
    reason: parts.cipher.open(holdPlace(row.id), row.reason),
    basis: row.basis,
    setBy: row.set_by,
    setAt: new Date(row.set_at),
    liftedAt: null,
  }));
}

/** Whether a record must stay: a hold on it under whatever class, or on its whole class. */
export async function isHeld(tx: Reader | Writer, name: string, record: string): Promise<boolean> {
  const hold = await tx
    .selectFrom('legal_hold')
    .select('id')
    .where('lifted_at', 'is', null)
    .where((e) => e.or([e('record', '=', record), e.and([e('class', '=', name), e('record', 'is', null)])]))
    .limit(1)
    .executeTakeFirst();
  return hold !== undefined;
}
