// Rows of originals: what a license was taken over from, and what verification said of it then.
import type { FieldCipher, FieldPlace } from '../crypto/field-cipher.ts';
import type { Reader, Writer } from '../storage/database.ts';
import type { Original, TakenOverTrust } from './original.ts';

/** An original as it was taken over. */
export interface StoredOriginal {
  readonly kind: 'paper' | 'file';
  readonly trust: TakenOverTrust;
  readonly issuedOn: string;
  readonly compared: { readonly by: string; readonly on: string } | null;
  readonly document: { readonly digest: string; readonly size: number } | null;
  readonly verdict: {
    readonly conclusion: string;
    readonly subIndication: string | null;
    readonly time: string;
    /** JSON, as verification gave it. */
    readonly report: string;
  } | null;
}

/** Where the kept report is encrypted: it may name persons who signed. */
function reportPlace(license: string): FieldPlace {
  return { table: 'license_original', column: 'report', row: license };
}

/** Enters it with the intention of its license. */
export async function insertOriginal(
  tx: Writer,
  cipher: Pick<FieldCipher, 'seal'>,
  license: string,
  original: Original,
): Promise<void> {
  const { kind, trust, issuedOn, compared, document, verdict } = original;
  await tx
    .insertInto('license_original')
    .values({
      license,
      kind,
      trust,
      issued_on: issuedOn,
      compared_by: compared?.by ?? null,
      compared_on: compared?.on ?? null,
      document: document?.digest ?? null,
      document_size: document?.bytes.length ?? null,
      conclusion: verdict?.conclusion ?? null,
      sub_indication: verdict?.subIndication ?? null,
      verified_at: verdict?.time ?? null,
      report: verdict === null ? null : cipher.seal(reportPlace(license), verdict.report),
    })
    .execute();
}

/** @returns null for a license that was issued here. */
export async function findOriginal(
  db: Reader,
  cipher: Pick<FieldCipher, 'open'>,
  license: string,
): Promise<StoredOriginal | null> {
  const row = await db
    .selectFrom('license_original')
    .selectAll()
    .where('license', '=', license)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { conclusion, report, verified_at: time } = row;
  return {
    kind: row.kind,
    trust: row.trust,
    issuedOn: row.issued_on,
    compared:
      row.compared_by === null || row.compared_on === null
        ? null
        : { by: row.compared_by, on: row.compared_on },
    document: row.document === null ? null : { digest: row.document, size: Number(row.document_size) },
    verdict:
      conclusion === null || report === null || time === null
        ? null
        : {
            conclusion,
            subIndication: row.sub_indication,
            time,
            report: cipher.open(reportPlace(license), report),
          },
  };
}

/** Of licenses that were given up nothing is kept. */
export async function forgetOriginals(tx: Writer, licenses: readonly string[]): Promise<void> {
  if (licenses.length === 0) return;
  await tx.deleteFrom('license_original').where('license', 'in', licenses).execute();
}
