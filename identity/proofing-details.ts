// What an officer may write down about a person at the window: facts of the document, and nothing that shows a face.
import type { ProofingCaseTable } from '../storage/schema/people.ts';
import type { PeopleDependencies } from './accounts.ts';
import { IdentityError } from './errors.ts';
import type { DocumentType } from './identity-documents.ts';

export type CaseKind = ProofingCaseTable['kind'];

/** A document in an officer's hands. Every field is a short text: there is no place for a picture. */
export interface SeenDocument {
  readonly type: DocumentType;
  readonly number: string;
  readonly name: string;
  /** yyyy-MM-dd, where the number does not tell it; otherwise null. */
  readonly birthDate: string | null;
  /** yyyy-MM-dd on which the document runs out; null for one that never does. */
  readonly expires: string | null;
  /** `chip`: read and checked by a reader; `eye`: compared by eye alone. */
  readonly reader: 'chip' | 'eye';
  /** The officer compared the person standing there with the document. */
  readonly livePerson: boolean;
  /** Where the window keeps its own record: a number in its book. */
  readonly reference: string;
}

/** All that a case holds until it is decided; encrypted. */
export interface CaseDetails {
  readonly seen: SeenDocument;
  /** Another document of the same person, where two accounts are joined by both; absent in cases of before. */
  readonly also?: SeenDocument | null;
  readonly wanghao: string | null;
  readonly about: string | null;
}

/** @throws IdentityError `proofing-refused` for a proposal that no second look could confirm. */
export function requireCaseSense(
  proposal: {
    readonly kind: CaseKind;
    readonly seen: SeenDocument;
    readonly also: SeenDocument | null;
    readonly showing: string | null;
    readonly about: string | null;
  },
  now: Date,
): void {
  const refuse = (words: string): never => {
    throw new IdentityError('proofing-refused', words);
  };
  const { kind, seen } = proposal;
  const today = new Date(now.getTime() + 8 * 3_600_000).toISOString().slice(0, 10);
  for (const document of [seen, ...(proposal.also === null ? [] : [proposal.also])]) {
    const { expires, birthDate, reference } = document;
    if (!document.livePerson) refuse('The person was not there: a window proofs people, not papers.');
    if (expires !== null && !isDay(expires)) refuse('The end of the document is no day.');
    if (expires !== null && expires < today) refuse('The document has expired.');
    if (birthDate !== null && (!isDay(birthDate) || birthDate > today))
      refuse('The birth date is no day of the past.');
    if (reference.trim() === '' || reference.length > 60)
      refuse('The window’s own reference has 1 to 60 characters.');
  }
  if (kind === 'merge' && (proposal.showing === null) === (proposal.also === null))
    refuse('Joining two accounts needs the 网证, or the other document, shown beside the document.');
  if (kind !== 'merge' && proposal.also !== null) refuse('A second document is for joining two accounts.');
  if ((kind === 'recovery' || kind === 'guardianship') && proposal.about === null) {
    refuse(kind === 'recovery' ? 'Name the recovery that is proved.' : 'Name the account of the guardian.');
  }
}

/** Encrypts what was seen, bound to the case. */
export function sealDetails(
  dependencies: Pick<PeopleDependencies, 'cipher'>,
  id: string,
  details: CaseDetails,
): string {
  return dependencies.cipher.seal(place(id), JSON.stringify(details));
}

/** @throws IdentityError `case-decided` where the details were forgotten. */
export function detailsOf(
  dependencies: Pick<PeopleDependencies, 'cipher'>,
  row: Pick<ProofingCaseTable, 'id' | 'details_cipher'>,
): CaseDetails {
  if (row.details_cipher === null)
    throw new IdentityError('case-decided', 'What was seen is forgotten once decided.');
  return JSON.parse(dependencies.cipher.open(place(row.id), row.details_cipher)) as CaseDetails;
}

/** Whether a text is a day of the calendar. @param text - yyyy-MM-dd */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const instant = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(text);
}

function place(row: string): { readonly table: string; readonly column: string; readonly row: string } {
  return { table: 'proofing_case', column: 'details', row };
}
