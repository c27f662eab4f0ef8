// What the next edition of a license type may not change: codes and records of earlier editions live on and are read by it.
import { LicenseError } from './errors.ts';
import type { LicenseType } from './type.ts';

function refuse(message: string): never {
  throw new LicenseError('type-invalid', message);
}

/**
 * @param earlier every published edition of the type, in order; none for a new type
 * @param others the newest editions of every other type
 * @throws LicenseError `type-invalid`
 */
export function checkNextEdition(
  next: LicenseType,
  earlier: readonly LicenseType[],
  others: readonly LicenseType[],
): void {
  if (others.some(({ key }) => key === next.key)) refuse('Another license type has this key.');
  const last = earlier.at(-1);
  if (next.edition !== (last?.edition ?? 0) + 1) refuse('Editions follow each other without a gap.');
  if (last === undefined) return;
  if (next.key !== last.key) refuse('A type keeps its key.');
  // Identifiers and printed numbers stand for themselves within one issuing authority.
  if (next.issuer.creditCode !== last.issuer.creditCode) refuse('A type keeps its issuing authority.');
  if (last.holderKinds.some((kind) => !next.holderKinds.includes(kind)))
    refuse('Whoever could hold a license of the type still can: end the type, and define another one.');
  // Licenses without an entry in the status lists cannot be given one afterwards, and the other way round.
  if (next.publicStatus !== last.publicStatus) refuse('Whether the status is public stays as it was.');
  const meanings = new Map<number, string>();
  for (const { fields } of earlier)
    for (const { codeKey, name } of fields) if (codeKey !== null) meanings.set(codeKey, name);
  for (const { codeKey, name } of next.fields) {
    if (codeKey !== null && (meanings.get(codeKey) ?? name) !== name)
      refuse(`${name}: the key ${codeKey} in the code has meant ${meanings.get(codeKey) ?? ''}.`);
    const before = last.fields.find((field) => field.name === name);
    if (before !== undefined && before.kind !== next.fields.find((field) => field.name === name)?.kind)
      refuse(`${name}: a field keeps its kind; give the new one another name.`);
  }
}
