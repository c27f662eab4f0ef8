// The register of departments: who may own seals, keys and licenses here.
import { isUscc } from '../formats/identifiers/uscc.ts';
import type { Actor } from '../storage/actor.ts';
import type { AuditLog } from '../storage/audit-log.ts';
import type { Database } from '../storage/database.ts';
import type { Clock } from '../crypto/clock.ts';
import { IdentityError } from './errors.ts';

export interface Department {
  /** Unified social credit code, 18 characters. */
  readonly creditCode: string;
  readonly name: string;
  readonly shortName: string;
}

export interface DepartmentDependencies {
  readonly database: Database;
  readonly audit: AuditLog;
  readonly clock: Clock;
  /** Marks everything added as the demonstration's. */
  readonly demonstration: boolean;
}

const namePattern = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{2,60}$/u;

/**
 * Adds a department and audits it.
 * @throws IdentityError `department-code-invalid`, `department-name-invalid` (2 to 60 characters), `department-exists`.
 */
export async function addDepartment(
  dependencies: DepartmentDependencies,
  actor: Actor,
  department: Department,
): Promise<Department> {
  const creditCode = department.creditCode.trim().toUpperCase();
  const name = department.name.trim();
  const shortName = department.shortName.trim();
  if (!isUscc(creditCode)) {
    throw new IdentityError(
      'department-code-invalid',
      `${JSON.stringify(creditCode.slice(0, 24))} is not a unified social credit code (GB 32100: 18 characters with a check character).`,
    );
  }
  if (!namePattern.test(name) || !namePattern.test(shortName)) {
    throw new IdentityError(
      'department-name-invalid',
      'A department needs a name and a short name of 2 to 60 characters.',
    );
  }
  const at = dependencies.clock();
  await dependencies.database.write(async (tx) => {
    const added = await tx
      .insertInto('department')
      .values({
        credit_code: creditCode,
        name,
        short_name: shortName,
        demonstration: dependencies.demonstration ? 1 : 0,
        created_at: at.toISOString(),
      })
      .onConflict((conflict) => conflict.column('credit_code').doNothing())
      .returning('credit_code')
      .executeTakeFirst();
    if (added === undefined) {
      throw new IdentityError('department-exists', `The department ${creditCode} is already registered.`);
    }
    await dependencies.audit.append(tx, {
      at,
      actor,
      action: 'department.added',
      subject: creditCode,
      details: {},
    });
  });
  return { creditCode, name, shortName };
}

/** @returns the department, or null where there is none with this code. */
export async function departmentByCode(database: Database, creditCode: string): Promise<Department | null> {
  const row = await database.reader
    .selectFrom('department')
    .select(['credit_code', 'name', 'short_name'])
    .where('credit_code', '=', creditCode.trim().toUpperCase())
    .executeTakeFirst();
  return row === undefined
    ? null
    : { creditCode: row.credit_code, name: row.name, shortName: row.short_name };
}

/** @throws IdentityError `department-not-found`. */
export async function requireDepartment(database: Database, creditCode: string): Promise<Department> {
  const department = await departmentByCode(database, creditCode);
  if (department === null) {
    throw new IdentityError(
      'department-not-found',
      'No department with this unified social credit code is registered.',
    );
  }
  return department;
}

/** Every department, by code. */
export async function allDepartments(database: Database): Promise<readonly Department[]> {
  const rows = await database.reader
    .selectFrom('department')
    .select(['credit_code', 'name', 'short_name'])
    .orderBy('credit_code')
    .execute();
  return rows.map((row) => ({ creditCode: row.credit_code, name: row.name, shortName: row.short_name }));
}
