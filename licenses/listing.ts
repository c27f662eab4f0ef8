// Lists of licenses, a page at a time and newest first: one query, and of each license no more opened than a list shows.
import type { SelectQueryBuilder } from 'kysely';
import type { Reader } from '../storage/database.ts';
import type { Schema } from '../storage/schema.ts';
import { LicenseError } from './errors.ts';
import { openedRecord, type Secrets, type StoredLicense } from './store.ts';

/** What a list shows of a license: its code stays sealed, its document unnamed. */
export type ListedLicense = Omit<
  StoredLicense,
  'act' | 'edition' | 'recordHash' | 'codeId' | 'code' | 'status' | 'stampId' | 'document'
>;

/** Where a page begins, and how long it is. */
export interface PageOfList {
  /** Id of the last license of the page before; null for the first page. */
  readonly after: string | null;
  readonly limit: number;
}

/** Newest versions of a holder (`visibleTo`: of those that this department issued or supervises) or of an issuer; or these very versions. */
export type ListedBy =
  | { readonly holder: string; readonly visibleTo?: string }
  | { readonly issuer: string }
  | { readonly ids: readonly string[] };

/**
 * A page of licenses that were issued and not destroyed, newest first.
 * @returns `next`: what the following page begins after; null where this is the last
 * @throws LicenseError `license-not-found` for a page after a license that is none of a list's
 */
export async function listLicenses(
  db: Reader,
  secrets: Secrets,
  by: ListedBy,
  { after, limit }: PageOfList,
): Promise<{ readonly licenses: readonly ListedLicense[]; readonly next: string | null }> {
  const beginning = after === null ? null : await positionOf(db, by, after);
  const rows = await listedRows(db, by)
    .leftJoin('record_key', 'record_key.record', 'license.root')
    .select([
      'license.id',
      'license.state',
      'license.type_code',
      'license.identifier',
      'license.issuer',
      'license.supervisor',
      'license.matter',
      'license.case_number',
      'license.holder_kind',
      'license.record',
      'license.issued_at',
      'license.expires_at',
      'license.root',
      'license.version',
      'license.previous',
      'license.next',
      'record_key.wrapped as record_key',
    ])
    .$if(beginning !== null, (q) =>
      q.where((e) =>
        e.or([
          e('license.issued_at', '<', beginning?.issued_at ?? ''),
          e.and([
            e('license.issued_at', '=', beginning?.issued_at ?? ''),
            e('license.identifier', '<', beginning?.identifier ?? ''),
          ]),
        ]),
      ),
    )
    .orderBy('license.issued_at', 'desc')
    .orderBy('license.identifier', 'desc')
    // One more tells whether there is another page.
    .limit(limit + 1)
    .execute();
  const shown = rows.slice(0, limit);
  return {
    licenses: shown.flatMap((row): readonly ListedLicense[] => {
      const { state, record } = row;
      // As the query says; said again for the compiler.
      if (state === 'intended' || state === 'abandoned' || record === null) return [];
      return [
        {
          id: row.id,
          state,
          typeCode: row.type_code,
          identifier: row.identifier,
          issuer: row.issuer,
          supervisor: row.supervisor,
          matter: row.matter,
          caseNumber: row.case_number,
          holderKind: row.holder_kind,
          record: openedRecord({ ...row, record }, secrets).record,
          issuedAt: new Date(row.issued_at),
          expiresAt: row.expires_at === null ? null : new Date(row.expires_at),
          root: row.root ?? row.id,
          version: row.version,
          previous: row.previous,
          next: row.next,
        },
      ];
    }),
    next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null,
  };
}

/** Types of a list's licenses by id, newest first; nothing is opened. */
export async function listedTypes(
  db: Reader,
  by: ListedBy,
  limit: number,
): Promise<ReadonlyMap<string, string>> {
  const rows = await listedRows(db, by)
    .select(['license.id', 'license.type_code'])
    .orderBy('license.issued_at', 'desc')
    .orderBy('license.identifier', 'desc')
    .limit(limit)
    .execute();
  return new Map(rows.map(({ id, type_code: type }) => [id, type]));
}

type LicenseRows = SelectQueryBuilder<Schema, 'license', object>;

function listedRows(db: Reader, by: ListedBy): LicenseRows {
  const issued = db
    .selectFrom('license')
    .where('license.state', 'not in', ['intended', 'abandoned'])
    .where('license.record', 'is not', null);
  if ('ids' in by) return issued.where('license.id', 'in', by.ids);
  const newest = issued.where('license.next', 'is', null);
  if ('issuer' in by) return newest.where('license.issuer', '=', by.issuer);
  const { holder, visibleTo } = by;
  const held = newest.where('license.id', 'in', (e) =>
    e.selectFrom('license_holder').select('license_holder.license').where('holder_index', '=', holder),
  );
  if (visibleTo === undefined) return held;
  return held.where((e) =>
    e.or([e('license.issuer', '=', visibleTo), e('license.supervisor', '=', visibleTo)]),
  );
}

/** A version that was superseded since its page was shown has its place still. */
async function positionOf(
  db: Reader,
  by: ListedBy,
  after: string,
): Promise<{ readonly issued_at: string; readonly identifier: string }> {
  const place = await db
    .selectFrom('license')
    .select(['license.issued_at', 'license.identifier'])
    .where('license.id', '=', after)
    .where('license.state', 'not in', ['intended', 'abandoned'])
    .$if('holder' in by, (q) =>
      q.where((e) =>
        e.exists(
          e
            .selectFrom('license_holder')
            .select('license_holder.license')
            .whereRef('license_holder.license', '=', 'license.id')
            .where('holder_index', '=', 'holder' in by ? by.holder : ''),
        ),
      ),
    )
    .executeTakeFirst();
  if (place === undefined)
    throw new LicenseError('license-not-found', 'The list has no license that the page could come after.');
  return place;
}
