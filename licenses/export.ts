// Takes licenses out: a holder's own, whole and with their files; or many, for two administrators who agreed to it.
import type { Actor } from '../storage/actor.ts';
import type { Reader, Writer } from '../storage/database.ts';
import { note, type HolderReading } from './access.ts';
import { eventsOf } from './event-store.ts';
import { LicenseError } from './errors.ts';
import { stateAt } from './license.ts';
import type { LicenseParts } from './parts.ts';
import type { LicenseRecord } from './record.ts';
import { licensesHeldBy } from './search.ts';
import { findLicense, findLicenses, type StoredLicense } from './store.ts';

/** One version of a license, as it leaves the repository. */
export interface ExportedLicense {
  readonly id: string;
  readonly license: string;
  readonly version: number;
  readonly identifier: string;
  readonly type: { readonly code: string; readonly edition: number };
  readonly state: string;
  readonly issuedAt: string;
  readonly expiresAt: string | null;
  readonly matter: string;
  readonly case: string | null;
  readonly record: LicenseRecord;
  readonly recordHash: string;
  readonly code: string;
  readonly document: StoredLicense['document'];
  readonly events: readonly {
    readonly change: string;
    readonly from: string;
    readonly to: string;
    readonly effectiveAt: string;
    readonly recordedAt: string;
    readonly reason: string;
    readonly legalBasis: string;
  }[];
}

/** Most versions of a holder's export; more are told in its manifest. */
const MAX_VERSIONS = 2000;

async function exported(parts: LicenseParts, license: StoredLicense): Promise<ExportedLicense> {
  const events = await eventsOf(parts, parts.database.reader, license.id);
  return {
    id: license.id,
    license: license.root,
    version: license.version,
    identifier: license.identifier,
    type: { code: license.typeCode, edition: license.edition },
    state: stateAt(license.state, license.expiresAt, parts.clock()),
    issuedAt: license.issuedAt.toISOString(),
    expiresAt: license.expiresAt?.toISOString() ?? null,
    matter: license.matter,
    case: license.caseNumber,
    record: license.record,
    recordHash: license.recordHash,
    code: license.code.prefix + license.code.digits,
    document: license.document,
    events: events.map((event) => ({
      change: event.change,
      from: event.from,
      to: event.to,
      effectiveAt: event.effectiveAt.toISOString(),
      recordedAt: event.recordedAt.toISOString(),
      reason: event.reason,
      legalBasis: event.legalBasis,
    })),
  };
}

/**
 * Every version of every license a holder holds, newest license first, one at a time. On record before the first is given.
 * @throws LicenseError `holder-invalid`, `purpose-missing`
 */
export async function exportOwn(
  parts: LicenseParts,
  reading: HolderReading,
): Promise<AsyncGenerator<ExportedLicense>> {
  const held = await licensesHeldBy(parts, reading.holder, MAX_VERSIONS);
  await note(parts, reading, 'license.exported', 'own licenses', held.length);
  return versionsOf(parts, held);
}

async function* versionsOf(
  parts: LicenseParts,
  held: readonly StoredLicense[],
): AsyncGenerator<ExportedLicense> {
  let given = 0;
  for (const newest of held) {
    // From the newest back: each names the one before.
    let license: StoredLicense | null = newest;
    while (license !== null && given < MAX_VERSIONS) {
      yield await exported(parts, license);
      given += 1;
      license =
        license.previous === null ? null : await findLicense(parts.database.reader, parts, license.previous);
    }
  }
}

/** Which licenses leave in bulk. */
export interface BulkSelection {
  /** Credit code of the issuing authority. */
  readonly issuer: string;
  /** Type code; every type where null. */
  readonly type: string | null;
  /** Issued from this instant, and before that one. */
  readonly from: Date | null;
  readonly until: Date | null;
}

/** The one spelling of a selection that two administrators agree to: `licenses issuer=… type=… from=… until=…`. */
export function selectionWords({ issuer, type, from, until }: BulkSelection): string {
  const day = (at: Date | null): string => at?.toISOString() ?? '*';
  return `licenses issuer=${issuer} type=${type ?? '*'} from=${day(from)} until=${day(until)}`;
}

/** Writes into the audit that an export began. */
export async function noteBulkExport(
  tx: Writer,
  parts: Pick<LicenseParts, 'audit' | 'clock'>,
  actor: Actor,
  selection: BulkSelection,
  approval: string,
): Promise<void> {
  await parts.audit.append(tx, {
    at: parts.clock(),
    actor,
    action: 'license.exported-in-bulk',
    subject: approval,
    details: { what: selectionWords(selection) },
  });
}

const PAGE = 200;

async function pageAfter(db: Reader, selection: BulkSelection, after: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('license')
    .select('id')
    .where('issuer', '=', selection.issuer)
    .where('state', 'not in', ['intended', 'abandoned'])
    .where('record', 'is not', null)
    .where('id', '>', after)
    .$if(selection.type !== null, (q) => q.where('type_code', '=', selection.type ?? ''))
    .$if(selection.from !== null, (q) =>
      q.where('issued_at', '>=', (selection.from ?? new Date(0)).toISOString()),
    )
    .$if(selection.until !== null, (q) =>
      q.where('issued_at', '<', (selection.until ?? new Date(0)).toISOString()),
    )
    .orderBy('id')
    .limit(PAGE)
    .execute();
  return rows.map((row) => row.id);
}

/** Licenses of a selection in the order of their ids, one at a time: memory does not grow with their number. */
export async function* exportBulk(
  parts: LicenseParts,
  selection: BulkSelection,
): AsyncGenerator<ExportedLicense> {
  let after = '';
  for (;;) {
    const ids = await pageAfter(parts.database.reader, selection, after);
    const found = await findLicenses(parts.database.reader, parts, { ids }, PAGE);
    const byId = new Map(found.map((license) => [license.id, license]));
    for (const id of ids) {
      const license = byId.get(id);
      if (license !== undefined) yield await exported(parts, license);
    }
    const last = ids.at(-1);
    if (last === undefined || ids.length < PAGE) return;
    after = last;
  }
}

/** @throws LicenseError `change-invalid` for a term that ends before it begins */
export function checkSelection(selection: BulkSelection): BulkSelection {
  if (selection.from !== null && selection.until !== null && selection.until <= selection.from) {
    throw new LicenseError('change-invalid', 'The term of an export ends after it begins.');
  }
  return selection;
}
