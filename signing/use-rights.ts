// What a use of a seal needs beside a valid seal: a keeper or an authorisation, approvals of this very document, three persons.
import { completeResidentNumber } from '../formats/identifiers/resident-number.ts';
import { isPersonId, type Actor } from '../storage/actor.ts';
import type { Reader } from '../storage/database.ts';
import { notCovered, readAuthorisation, type Authorisation } from './authorisation.ts';
import { approvalsOf, isAutomatic, openAuthorisations } from './authorisation-store.ts';
import { SigningError } from './errors.ts';
import { departmentOf } from './seal-use.ts';
import type { Seal } from './seal.ts';
import type { UseApproval, UseTerms } from './use-terms.ts';

/** Why a use is allowed, as its record will tell. */
export interface UseRight {
  readonly client: string;
  readonly requester: string;
  /** The person at hand; null under an authorisation. */
  readonly keeper: string | null;
  readonly authorisation: Authorisation | null;
  readonly basis: 'approved' | 'automatic' | 'license';
  readonly approvals: readonly UseApproval[];
}

export interface UseQuestion {
  readonly actor: Actor;
  readonly seal: Seal;
  readonly matter: string | null;
  /** Labelled digest of the document as it came. */
  readonly digest: string;
  readonly terms: UseTerms;
  readonly now: Date;
}

/** Clocks of approving systems may be ahead by so much. */
const skew = 5 * 60_000;
/** An approval is of a document that is about to be sealed. */
const oldestApproval = 366 * 86_400_000;
const mostApprovals = 50;

/**
 * The right to use the seal for this document now. Reads only; the counting is `countUse`'s, within the write.
 * @throws SigningError `authorisation-missing`, `authorisation-not-found`, `approval-missing`, `approval-invalid`,
 *   `approval-other-document`, `persons-not-distinct`
 */
export async function rightToUse(db: Reader, question: UseQuestion): Promise<UseRight> {
  const { actor, terms } = question;
  const requester = terms.requester === undefined ? actor.id : checkedPerson(terms.requester, 'requester');
  // `usableSeal` let a person through only as a keeper.
  const keeper = actor.kind === 'person' ? actor.id : null;
  const carried = (terms.approvals ?? []).map((approval) => checkApproval(approval, question));
  if (carried.length > mostApprovals) throw invalid(`A request carries at most ${mostApprovals} approvals.`);
  // Keys could give approvals here before version 0.4; none of theirs counts.
  const given = (await approvalsOf(db, departmentOf(actor), question.digest)).filter(({ person }) =>
    isPersonId(person),
  );
  const approvals = [
    ...carried,
    ...given.filter((each) => !carried.some(({ person }) => person === each.person)),
  ];
  requireDistinct(requester, keeper, approvals);
  return {
    client: actor.id,
    requester,
    keeper,
    authorisation: keeper === null ? await authorisationFor(db, question) : null,
    basis: await basisOf(db, question, approvals),
    approvals,
  };
}

function checkApproval(approval: UseApproval, { digest, now }: UseQuestion): UseApproval {
  checkedPerson(approval.person, 'approver');
  if (!Number.isInteger(approval.level) || approval.level < 1 || approval.level > 9)
    throw invalid('The level of an approval is 1 to 9.');
  const age = now.getTime() - approval.at.getTime();
  if (!(age >= -skew && age <= oldestApproval))
    throw invalid('The time of an approval is no instant of the last year.');
  if (approval.digest !== digest)
    throw new SigningError(
      'approval-other-document',
      'An approval names another document than the one to be stamped.',
    );
  return approval;
}

/** Persons are named by identifiers that mean nothing elsewhere: the record is not the place for names and numbers. */
function checkedPerson(person: string, what: string): string {
  if (!/^[\x21-\x7e]{1,100}$/.test(person) || isResidentNumber(person))
    throw invalid(
      `The ${what} is named by an identifier of 1 to 100 characters, never by a resident number.`,
    );
  return person;
}

/** Eighteen characters whose check digit holds (GB 11643), whatever the day of birth. */
function isResidentNumber(text: string): boolean {
  return /^\d{17}[\dXx]$/.test(text) && completeResidentNumber(text.slice(0, 17)) === text.toUpperCase();
}

function requireDistinct(requester: string, keeper: string | null, approvals: readonly UseApproval[]): void {
  const approvers = approvals.map(({ person }) => person);
  const persons = [requester, ...(keeper === null ? [] : [keeper]), ...approvers];
  if (new Set(persons).size === persons.length) return;
  throw new SigningError(
    'persons-not-distinct',
    'Who asks for a use, who approves it and who keeps the seal are different persons.',
  );
}

async function basisOf(
  db: Reader,
  { actor, seal, matter, terms }: UseQuestion,
  approvals: readonly UseApproval[],
): Promise<UseRight['basis']> {
  if (terms.drawnFor === 'license') return 'license';
  if (approvals.length >= seal.approvalsNeeded && approvals.length > 0) return 'approved';
  if (matter !== null && (await isAutomatic(db, departmentOf(actor), matter))) return 'automatic';
  throw new SigningError(
    'approval-missing',
    `This use needs ${Math.max(1, seal.approvalsNeeded)} approvals of this very document: the matter is not marked for automatic issue.`,
  );
}

async function authorisationFor(db: Reader, question: UseQuestion): Promise<Authorisation> {
  const { actor, seal, matter, terms, now } = question;
  const rows = await openAuthorisations(db, seal.id, now);
  const wanted = terms.authorisation;
  const candidates = wanted === undefined ? rows : rows.filter(({ id }) => id === wanted);
  if (wanted !== undefined && candidates.length === 0)
    throw new SigningError(
      'authorisation-not-found',
      'There is no such authorisation in force for this seal.',
    );
  const reasons = new Set<string>();
  for (const row of candidates) {
    const authorisation = await readAuthorisation(row.document, seal);
    const reason =
      authorisation?.id === row.id
        ? notCovered(authorisation, { client: actor.id, matter, at: now })
        : 'it does not verify with the seal’s present certificate';
    if (reason === null && authorisation !== null) return authorisation;
    reasons.add(reason ?? 'it cannot be read');
  }
  throw new SigningError(
    'authorisation-missing',
    reasons.size === 0
      ? 'No keeper is at hand and no authorisation of this seal is in force.'
      : `No authorisation of this seal covers the use: ${[...reasons].join('; ')}.`,
  );
}

function invalid(message: string): SigningError {
  return new SigningError('approval-invalid', message);
}
