// Several holders of one license: checked against the type's rule, kept in the record, each found by an index of its own.
import type { Writer } from '../storage/database.ts';
import { LicenseError, type Complaint } from './errors.ts';
import { checkHolder, type Holder, type HolderInput } from './face.ts';
import type { HolderKind } from './holder-kind.ts';
import { plainTextProblem } from './plain-text.ts';
import type { LicenseType } from './type.ts';

/** A holder with what it is to the license. */
export interface HolderPart {
  /** One of the type's roles; of the first holder the type's first role where not said. */
  readonly role?: string | undefined;
  /** Share as printed, where the type has shares: `50%`, `二分之一`. */
  readonly share?: string | undefined;
}

/** Holders as a request names them. The first one is the holder GB/T 36903 knows (CZZT). */
export interface HoldersInput {
  readonly holder: HolderInput & HolderPart;
  readonly coHolders?: readonly (HolderInput & HolderPart)[] | undefined;
}

/** Holders checked, the first one first. */
export type Holders = readonly [Holder & HolderPart, ...(Holder & HolderPart)[]];

const LONGEST_SHARE = 20;

/**
 * Checks every holder, their number, roles and shares.
 * @throws LicenseError `holder-invalid` naming the places: `holder.code`, `coHolders.2.role` …
 */
export function checkHolders(type: LicenseType, input: HoldersInput, today: Date): Holders {
  const { holder, coHolders = [] } = input;
  const complaints: Complaint[] = [];
  const complain = (field: string, reason: string): void => void complaints.push({ field, reason });
  const rule = type.holders ?? { minimum: 1, maximum: 1, roles: [], shares: false };
  const count = 1 + coHolders.length;
  if (count > rule.maximum)
    complain('coHolders', `A license of this type has at most ${rule.maximum} holders.`);
  else if (count < rule.minimum)
    complain('coHolders', `A license of this type has at least ${rule.minimum} holders.`);
  const checked = [holder, ...coHolders].slice(0, 20).flatMap((each, index): (Holder & HolderPart)[] => {
    const at = index === 0 ? 'holder' : `coHolders.${index}`;
    const role = each.role ?? (index === 0 ? rule.roles[0] : undefined);
    if (type.holders === undefined ? role !== undefined : role === undefined || !rule.roles.includes(role))
      complain(`${at}.role`, 'It is not one of the roles the type names.');
    const shareProblem = each.share === undefined ? null : plainTextProblem(each.share, LONGEST_SHARE);
    if (rule.shares !== (each.share !== undefined))
      complain(`${at}.share`, rule.shares ? 'It is missing.' : 'The type has no shares.');
    else if (shareProblem !== null) complain(`${at}.share`, shareProblem);
    const { kind, name, code } = each;
    try {
      const { share } = each;
      return [
        {
          ...checkHolder(type, { kind, name, code }, today),
          ...(role === undefined ? {} : { role }),
          ...(share === undefined ? {} : { share }),
        },
      ];
    } catch (error) {
      if (!(error instanceof LicenseError)) throw error;
      for (const { field, reason } of error.complaints) complain(field.replace(/^holder/, at), reason);
      return [];
    }
  });
  const keys = checked.map(({ kind, code }) => `${kind}:${code}`);
  keys.forEach((key, index) => {
    if (keys.indexOf(key) !== index) complain(`coHolders.${index}.code`, 'This holder is named twice.');
  });
  const [first, ...others] = checked;
  if (complaints.length > 0 || first === undefined)
    throw new LicenseError('holder-invalid', 'The holder is not described correctly.', { complaints });
  return [first, ...others];
}

/** What a record says of several holders; nothing where there is one, so that such a record stays what it was. */
export function holdersElement(type: LicenseType, holders: Holders): Readonly<Record<string, string>> {
  if (type.holders === undefined) return {};
  const list = holders.map(({ kind, name, code, role, share }) => ({
    kind,
    name,
    code,
    ...(role === undefined ? {} : { role }),
    ...(share === undefined ? {} : { share }),
  }));
  return { holders: JSON.stringify(list) };
}

/** A holder as a record names it. */
export type RecordedHolder = HolderInput & HolderPart;

/** Every holder of a record, the first one first; of records with one holder that one. */
export function holdersOfRecord(record: Readonly<Record<string, string>>): readonly RecordedHolder[] {
  const { holders } = record;
  if (holders !== undefined) return JSON.parse(holders) as readonly RecordedHolder[];
  const kind = record['CZZTDMLXDM'] === '111' ? 'resident' : 'enterprise';
  return [{ kind, name: record['CZZT'] ?? '', code: record['CZZTDM'] ?? '' }];
}

/** Whether somebody is one of the holders. */
export function isHolder(record: Readonly<Record<string, string>>, kind: HolderKind, code: string): boolean {
  return holdersOfRecord(record).some((holder) => holder.kind === kind && holder.code === code);
}

/** A holder's row: found by blind index, without a name. */
export interface HolderRow extends HolderPart {
  readonly kind: HolderKind;
  readonly index: string;
}

/** Writes the rows of a license's holders, the first one first. */
export async function insertHolders(
  tx: Writer,
  license: string,
  holders: readonly HolderRow[],
): Promise<void> {
  await tx
    .insertInto('license_holder')
    .values(
      holders.map(({ kind, index, role, share }, position) => ({
        license,
        position: position + 1,
        holder_kind: kind,
        holder_index: index,
        role: role ?? null,
        share: share ?? null,
      })),
    )
    .execute();
}

/** Takes the holders away from licenses that were given up. */
export async function deleteHolders(tx: Writer, licenses: readonly string[]): Promise<void> {
  if (licenses.length === 0) return;
  await tx.deleteFrom('license_holder').where('license', 'in', licenses).execute();
}
