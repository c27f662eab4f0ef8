// Who looked at a holder's licenses: claims of live codes, and readings of departments, from the audit.
import type { AuditAction } from '../storage/audit-log.ts';
import type { HolderReading } from './access.ts';
import type { LicenseParts } from './parts.ts';
import { claimsOfHolder } from './presentation.ts';
import type { Claim, Presentation } from './presentation-store.ts';
import { typesOfHolder } from './search.ts';

const MOST = 100;

/** What of the audit is somebody else's look at a license. */
const lookActions = [
  'license.read',
  'license.disclosed',
  'document.disclosed',
] as const satisfies readonly AuditAction[];

export interface LookedAt {
  readonly at: Date;
  /** Credit code; null where no department stood behind it. */
  readonly department: string | null;
  readonly what: (typeof lookActions)[number];
  readonly license: string;
  readonly typeCode: string;
  /** As the reader stated it. */
  readonly purpose: string | null;
}

export interface Looks {
  readonly claims: readonly {
    readonly showing: Presentation;
    readonly claim: Claim;
    readonly typeCode: string;
  }[];
  readonly readings: readonly LookedAt[];
}

/** Everything somebody else looked at, the newest first; one's own readings are left out. On record. */
export async function looksOfHolder(parts: LicenseParts, reading: HolderReading): Promise<Looks> {
  const types = await typesOfHolder(parts, reading);
  const typeOf = (license: string): string => types.get(license) ?? '';
  const claims = (await claimsOfHolder(parts, reading)).flatMap((showing) =>
    showing.claim === null
      ? []
      : [{ showing, claim: showing.claim, typeCode: typeOf(showing.claim.license) }],
  );
  return { claims, readings: await readingsOf(parts, reading, [...types.keys()], typeOf) };
}

async function readingsOf(
  parts: LicenseParts,
  reading: HolderReading,
  licenses: readonly string[],
  typeOf: (license: string) => string,
): Promise<readonly LookedAt[]> {
  if (licenses.length === 0) return [];
  const rows = await parts.database.reader
    .selectFrom('audit_log')
    .select(['at', 'department', 'action', 'subject', 'details'])
    .where('subject', 'in', licenses)
    .where('action', 'in', [...lookActions])
    .where('actor', '<>', reading.actor.id)
    .orderBy('at', 'desc')
    .orderBy('sequence', 'desc')
    .limit(MOST)
    .execute();
  return rows.map((row) => {
    const details = JSON.parse(row.details) as Readonly<Record<string, string>>;
    return {
      at: new Date(row.at),
      department: row.department,
      what: lookActions.find((each) => each === row.action) ?? 'license.disclosed',
      license: row.subject,
      typeCode: typeOf(row.subject),
      purpose: details['purpose'] ?? null,
    };
  });
}
