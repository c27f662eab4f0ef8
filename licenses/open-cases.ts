// Cases 办件 that a department is handling: what a verifier must name to be shown a license.
import type { Actor } from '../storage/actor.ts';
import type { Reader, Writer } from '../storage/database.ts';
import { findCase } from './act-store.ts';
import { LicenseError } from './errors.ts';
import { departmentOf, requireScope } from './guard.ts';
import type { LicenseParts } from './parts.ts';

/** An open case. */
export interface OpenCase {
  readonly caseNumber: string;
  /** 实施编码. */
  readonly matter: string;
  readonly openedAt: Date;
}

type Parts = Pick<LicenseParts, 'database' | 'audit' | 'clock'>;

const matterPattern = /^[\x21-\x7e]{1,40}$/;
const casePattern = /^[\x21-\x7e]{1,64}$/;

/**
 * Opens a case 受理; opening it again under the same matter changes nothing.
 * @throws LicenseError `scope-missing`, `department-missing`, `case-number-invalid`, `matter-not-permitted`,
 *   `case-number-taken` (decided, closed, or opened under another matter)
 */
export async function openCase(
  parts: Parts,
  actor: Actor,
  opened: { readonly caseNumber: string; readonly matter: string },
): Promise<OpenCase> {
  requireScope(actor, 'cases:write');
  const department = departmentOf(actor);
  const { caseNumber, matter } = opened;
  if (!casePattern.test(caseNumber))
    throw new LicenseError('case-number-invalid', 'A case number is 1 to 64 visible ASCII characters.');
  if (!matterPattern.test(matter))
    throw new LicenseError('matter-not-permitted', 'A matter is named by its implementation code.');
  if ((await findCase(parts.database.reader, department, caseNumber)) !== null) throw taken();
  const at = parts.clock();
  return parts.database.write(async (tx) => {
    const inserted = await tx
      .insertInto('open_case')
      .values({
        department,
        case_number: caseNumber,
        matter,
        opened_by: actor.id,
        opened_at: at.toISOString(),
        closed_by: null,
        closed_at: null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows !== 1n) {
      const known = await row(tx, department, caseNumber);
      if (known?.closed_at !== null || known.matter !== matter) throw taken();
      return { caseNumber, matter, openedAt: new Date(known.opened_at) };
    }
    const details = { case: caseNumber, matter };
    await parts.audit.append(tx, { at, actor, action: 'case.opened', subject: caseNumber, details });
    return { caseNumber, matter, openedAt: at };
  });
}

function taken(): LicenseError {
  return new LicenseError(
    'case-number-taken',
    'This case was decided or closed, or is open under another matter.',
  );
}

function row(db: Reader | Writer, department: string, caseNumber: string) {
  return db
    .selectFrom('open_case')
    .selectAll()
    .where('department', '=', department)
    .where('case_number', '=', caseNumber)
    .executeTakeFirst();
}

/** Closes a case that leads to nothing issued here. @throws LicenseError `case-not-found`; a closed one stays closed. */
export async function closeCase(parts: Parts, actor: Actor, caseNumber: string): Promise<void> {
  requireScope(actor, 'cases:write');
  const department = departmentOf(actor);
  const at = parts.clock();
  await parts.database.write(async (tx) => {
    const closed = await tx
      .updateTable('open_case')
      .set({ closed_at: at.toISOString(), closed_by: actor.id })
      .where('department', '=', department)
      .where('case_number', '=', caseNumber)
      .where('closed_at', 'is', null)
      .executeTakeFirst();
    if (closed.numUpdatedRows === 1n) {
      const details = { case: caseNumber };
      await parts.audit.append(tx, { at, actor, action: 'case.closed', subject: caseNumber, details });
      return;
    }
    if ((await row(tx, department, caseNumber)) === undefined)
      throw new LicenseError('case-not-found', 'There is no such open case.');
  });
}

/**
 * The case a claim names: of the own department, of this matter, neither closed nor decided.
 * @throws LicenseError `case-not-open`
 */
export async function requireOpenCase(
  db: Reader,
  department: string,
  named: { readonly caseNumber: string; readonly matter: string },
): Promise<void> {
  const open = await openCaseNumbered(db, department, named.caseNumber);
  if (open?.matter !== named.matter)
    throw new LicenseError(
      'case-not-open',
      'The department has no open case of this number under this matter.',
    );
}

/** An open case of the department by its number; null where there is none that is neither closed nor decided. */
export async function openCaseNumbered(
  db: Reader,
  department: string,
  caseNumber: string,
): Promise<OpenCase | null> {
  const known = await row(db, department, caseNumber);
  if (known?.closed_at !== null || (await findCase(db, department, caseNumber)) !== null) return null;
  return { caseNumber, matter: known.matter, openedAt: new Date(known.opened_at) };
}

/** The department's open cases, the newest first. */
export async function openCases(db: Reader, department: string, limit: number): Promise<readonly OpenCase[]> {
  const rows = await db
    .selectFrom('open_case')
    .select(['case_number', 'matter', 'opened_at'])
    .where('department', '=', department)
    .where('closed_at', 'is', null)
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('license_act')
            .select('license_act.id')
            .whereRef('license_act.department', '=', 'open_case.department')
            .whereRef('license_act.case_number', '=', 'open_case.case_number')
            .where('license_act.kind', '=', 'case')
            .where('license_act.state', '=', 'completed'),
        ),
      ),
    )
    .orderBy('opened_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map((each) => ({
    caseNumber: each.case_number,
    matter: each.matter,
    openedAt: new Date(each.opened_at),
  }));
}
