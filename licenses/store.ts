// Rows of licenses to values and back. Personal data is encrypted on its way in and found by blind index.
import type { BlindIndex } from '../crypto/blind-index.ts';
import type { FieldCipher } from '../crypto/field-cipher.ts';
import type { RecordCipher } from '../crypto/record-cipher.ts';
import type { StatusReference } from '../formats/cose/cwt.ts';
import type { Reader, Writer } from '../storage/database.ts';
import type { LicenseTable } from '../storage/schema/licenses.ts';
import type { CodeText } from './code-picture.ts';
import { LicenseError } from './errors.ts';
import type { LicenseState } from './license.ts';
import type { LicenseRecord } from './record.ts';
import { keyOfNextVersion, makeRecordKey, openRecordKey, recordCipherOf } from './record-keys.ts';
import type { HolderKind } from './holder-kind.ts';
import { insertHolders, type Holders } from './holders.ts';
import { insertPhoto, type Photo } from './photo.ts';

/** A license as it was issued. */
export interface StoredLicense {
  readonly id: string;
  readonly act: string;
  /** As recorded; expiry comes from `expiresAt`. */
  readonly state: LicenseState;
  readonly typeCode: string;
  readonly edition: number;
  readonly identifier: string;
  readonly issuer: string;
  readonly supervisor: string;
  readonly matter: string;
  readonly caseNumber: string | null;
  readonly holderKind: HolderKind;
  readonly record: LicenseRecord;
  readonly recordHash: string;
  readonly codeId: string;
  readonly code: CodeText;
  readonly status: StatusReference | null;
  readonly issuedAt: Date;
  readonly expiresAt: Date | null;
  readonly stampId: string;
  readonly document: { readonly digest: string; readonly size: number };
  /** The first version's id. */
  readonly root: string;
  readonly version: number;
  readonly previous: string | null;
  /** Null for the newest version. */
  readonly next: string | null;
}

/** What is written before a key is used. */
export interface IntendedLicense {
  readonly id: string;
  readonly act: string;
  readonly typeCode: string;
  readonly edition: number;
  readonly identifier: string;
  readonly issuer: string;
  readonly supervisor: string;
  readonly matter: string;
  readonly caseNumber: string | null;
  readonly holderKind: HolderKind;
  readonly holderCode: string;
  /** Every holder, the first one first. */
  readonly holders: Holders;
  readonly photo: Photo | null;
  readonly number: string;
  readonly record: LicenseRecord;
  readonly recordHash: string;
  readonly codeId: string;
  readonly status: StatusReference | null;
  readonly issuedAt: Date;
  readonly expiresAt: Date | null;
  readonly root: string;
  readonly version: number;
  /** Of a version that follows another; the printed number is taken over when it is complete. */
  readonly succeeds: {
    readonly license: string;
    readonly sameNumber: boolean;
    readonly succession: string;
  } | null;
}

export interface Secrets {
  readonly cipher: RecordCipher;
  readonly index: BlindIndex;
}

const place = (column: 'record' | 'code', row: string): { table: string; column: string; row: string } => ({
  table: 'license',
  column,
  row,
});

/** Blind index of a holder. Kind and code together: one number under two kinds is two holders. */
export function holderIndex(index: BlindIndex, kind: HolderKind, code: string): string {
  return index.of('license.holder', `${kind}:${code}`);
}

/** @returns false where a license with this printed number, or another successor, exists: nothing was written then. */
export async function insertIntendedLicense(
  tx: Writer,
  secrets: Secrets,
  license: IntendedLicense,
): Promise<boolean> {
  const number = numberIndex(secrets.index, license);
  // Every version of a license has the key of the first.
  const cipher =
    license.succeeds === null
      ? await makeRecordKey(tx, secrets, license.root)
      : await keyOfNextVersion(tx, secrets, license.root);
  const result = await tx
    .insertInto('license')
    .values({
      id: license.id,
      act: license.act,
      state: 'intended',
      type_code: license.typeCode,
      edition: license.edition,
      identifier: license.identifier,
      issuer: license.issuer,
      supervisor: license.supervisor,
      matter: license.matter,
      case_number: license.caseNumber,
      holder_kind: license.holderKind,
      holder_index: holderIndex(secrets.index, license.holderKind, license.holderCode),
      number_index: license.succeeds?.sameNumber === true ? null : number,
      record: cipher.seal(place('record', license.id), JSON.stringify(license.record)),
      record_hash: license.recordHash,
      code_id: license.codeId,
      code: null,
      status_list: license.status?.list ?? null,
      status_index: license.status?.index ?? null,
      issued_at: license.issuedAt.toISOString(),
      expires_at: license.expiresAt?.toISOString() ?? null,
      stamp: null,
      document: null,
      document_size: null,
      completed_at: null,
      root: license.root,
      version: license.version,
      previous: license.succeeds?.license ?? null,
      next: null,
      inspect_by: null,
      inspection_overdue: 0,
      expiry_noted: 0,
      succession: license.succeeds?.succession ?? null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (result.numInsertedOrUpdatedRows !== 1n) return false;
  const rows = license.holders.map(({ kind, code, ...part }) => ({
    kind,
    index: holderIndex(secrets.index, kind, code),
    ...part,
  }));
  await insertHolders(tx, license.id, rows);
  if (license.photo !== null) await insertPhoto(tx, cipher, license.id, license.photo);
  return true;
}

/** Blind index of a printed number within its type and issuing authority. */
export function numberIndex(
  index: BlindIndex,
  license: Pick<IntendedLicense, 'typeCode' | 'issuer' | 'number'>,
): string {
  return index.of('license.number', JSON.stringify([license.typeCode, license.issuer, license.number]));
}

/** @returns whether the license was still intended: one that was given up meanwhile is not completed. */
export async function completeLicense(
  tx: Writer,
  secrets: Secrets,
  id: string,
  made: {
    readonly code: CodeText;
    readonly stampId: string;
    readonly document: StoredLicense['document'];
    readonly at: Date;
  },
): Promise<boolean> {
  const cipher = await recordCipherOf(tx, secrets, id);
  const result = await tx
    .updateTable('license')
    .set({
      state: 'issued',
      code: cipher.seal(place('code', id), JSON.stringify(made.code)),
      stamp: made.stampId,
      document: made.document.digest,
      document_size: made.document.size,
      completed_at: made.at.toISOString(),
    })
    .where('id', '=', id)
    .where('state', '=', 'intended')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** The next 流水号: year and a count that never goes back, abandoned licenses included. */
export async function nextSerial(
  tx: Writer,
  typeCode: string,
  issuer: string,
  year: number,
): Promise<string> {
  const row = await tx
    .insertInto('license_serial')
    .values({ type_code: typeCode, issuer, year, last: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(['type_code', 'issuer', 'year'])
        .doUpdateSet((e) => ({ last: e('license_serial.last', '+', 1) })),
    )
    .returning('last')
    .executeTakeFirstOrThrow();
  return `${year}${String(row.last).padStart(7, '0')}`;
}

/** @returns null where no license with this id was issued. */
export async function findLicense(
  db: Reader | Writer,
  secrets: Secrets,
  id: string,
): Promise<StoredLicense | null> {
  const row = await withKeys(db).where('license.id', '=', id).executeTakeFirst();
  return row === undefined ? null : licenseOf(row, secrets);
}

/** The license whose page a stamp sealed; null for a stamp on anything else. */
export async function licenseSealedBy(db: Reader, stampId: string): Promise<string | null> {
  const row = await db.selectFrom('license').select('id').where('stamp', '=', stampId).executeTakeFirst();
  return row?.id ?? null;
}

/**
 * Issued licenses by one of the ways they are looked up, whole, newest first; of a holder the newest versions. What lists
 * show of them is quicker read by listing.ts.
 * @param by `visibleTo`: only those that this department issued or supervises
 */
export async function findLicenses(
  db: Reader,
  secrets: Secrets,
  by:
    | { readonly holder: string; readonly visibleTo?: string }
    | { readonly act: string }
    | { readonly codeId: string }
    | { readonly ids: readonly string[] },
  limit: number,
): Promise<readonly StoredLicense[]> {
  if ('ids' in by && by.ids.length === 0) return [];
  const department = 'holder' in by ? (by.visibleTo ?? '') : '';
  const rows = await withKeys(db)
    .$if('ids' in by, (q) => ('ids' in by ? q.where('license.id', 'in', by.ids) : q))
    .$if('holder' in by, (q) =>
      'holder' in by
        ? q.where('license.id', 'in', (e) =>
            e.selectFrom('license_holder').select('license').where('holder_index', '=', by.holder),
          )
        : q,
    )
    .$if(department !== '', (q) =>
      q.where((e) => e.or([e('issuer', '=', department), e('supervisor', '=', department)])),
    )
    .$if('act' in by, (q) => ('act' in by ? q.where('act', '=', by.act) : q))
    .$if('codeId' in by, (q) => ('codeId' in by ? q.where('code_id', '=', by.codeId) : q))
    .$if('holder' in by, (q) => q.where('next', 'is', null))
    .where('state', 'not in', ['intended', 'abandoned'])
    .orderBy('issued_at', 'desc')
    .orderBy('identifier', 'desc')
    .limit(limit)
    .execute();
  return rows.flatMap((row) => licenseOf(row, secrets) ?? []);
}

/** Licenses with the keys of their records. */
function withKeys(db: Reader | Writer) {
  return db
    .selectFrom('license')
    .leftJoin('record_key', 'record_key.record', 'license.root')
    .selectAll('license')
    .select('record_key.wrapped as record_key');
}

/** The record of a license whose key was read with it, and the cipher of everything else of it. */
export function openedRecord(
  row: {
    readonly id: string;
    readonly root: string | null;
    readonly record: string;
    readonly record_key: string | null;
  },
  secrets: Secrets,
): { readonly record: LicenseRecord; readonly cipher: FieldCipher } {
  const cipher = openRecordKey(secrets, row.root ?? row.id, row.record_key);
  return { record: JSON.parse(cipher.open(place('record', row.id), row.record)) as LicenseRecord, cipher };
}

/** A license whose personal data was destroyed is none any more, whoever asks. */
function licenseOf(
  row: LicenseTable & { readonly record_key: string | null },
  secrets: Secrets,
): StoredLicense | null {
  if (row.state === 'intended' || row.state === 'abandoned' || row.record === null) return null;
  if (row.code === null || row.stamp === null || row.document === null) {
    throw new LicenseError('record-damaged', 'A stored license is not whole.');
  }
  const { record, cipher } = openedRecord({ ...row, record: row.record }, secrets);
  return {
    id: row.id,
    act: row.act,
    state: row.state,
    typeCode: row.type_code,
    edition: row.edition,
    identifier: row.identifier,
    issuer: row.issuer,
    supervisor: row.supervisor,
    matter: row.matter,
    caseNumber: row.case_number,
    holderKind: row.holder_kind,
    record,
    recordHash: row.record_hash,
    codeId: row.code_id,
    code: JSON.parse(cipher.open(place('code', row.id), row.code)) as CodeText,
    status:
      row.status_list === null || row.status_index === null
        ? null
        : { list: row.status_list, index: row.status_index },
    issuedAt: new Date(row.issued_at),
    expiresAt: row.expires_at === null ? null : new Date(row.expires_at),
    stampId: row.stamp,
    // Either engine may hand out a 64-bit integer as text.
    document: { digest: row.document, size: Number(row.document_size) },
    root: row.root ?? row.id,
    version: row.version,
    previous: row.previous,
    next: row.next,
  };
}
