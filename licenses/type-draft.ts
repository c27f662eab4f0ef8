// The work of type officers: the next edition of a type is drafted, submitted, approved by another officer, and published.
import { toHex } from '../formats/bytes.ts';
import type { Clock, RandomBytes } from '../crypto/clock.ts';
import type { Suite } from '../crypto/suite.ts';
import { isPerson, type Actor } from '../storage/actor.ts';
import type { AuditAction, AuditLog } from '../storage/audit-log.ts';
import type { Database, Writer } from '../storage/database.ts';
import { LicenseError } from './errors.ts';
import { departmentOf, requireScope } from './guard.ts';
import { plainTextProblem } from './plain-text.ts';
import { documentOf, LONGEST_DEFINITION, typeOfDocument } from './type-document.ts';
import {
  addDraftEvent,
  changeDraft,
  draftById,
  draftEvents,
  draftsOf,
  insertDraft,
  type DraftEvent,
  type DraftEventKind,
  type DraftState,
  type TypeDraft,
} from './type-draft-store.ts';
import { editionsOf, insertEdition, licenseTypes } from './type-register.ts';
import { checkNextEdition } from './type-succession.ts';
import type { LicenseType } from './type.ts';

export interface TypeDraftParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly audit: AuditLog;
  readonly suite: Suite;
}

/** Drafts of one answer. */
const MOST_SHOWN = 100;
const LONGEST_NOTE = 300;

/** Which draft, as the officer saw it. */
export interface SeenDraft {
  readonly id: string;
  readonly revision: number;
}

/** Every step: from which state, to which, and how it is called in the audit. */
const steps: Readonly<
  Record<
    Exclude<DraftEventKind, 'started'>,
    { readonly from: readonly DraftState[]; readonly to: DraftState; readonly audit: AuditAction }
  >
> = {
  edited: { from: ['draft'], to: 'draft', audit: 'license-type.edited' },
  submitted: { from: ['draft'], to: 'submitted', audit: 'license-type.submitted' },
  approved: { from: ['submitted'], to: 'approved', audit: 'license-type.approved' },
  rejected: { from: ['submitted', 'approved'], to: 'draft', audit: 'license-type.rejected' },
  published: { from: ['approved'], to: 'published', audit: 'license-type.published' },
  discarded: { from: ['draft', 'submitted', 'approved'], to: 'discarded', audit: 'license-type.discarded' },
};

/** Steps that a draft in this state allows. */
export function stepsFrom(state: DraftState): readonly Exclude<DraftEventKind, 'started'>[] {
  const kinds = Object.keys(steps) as (keyof typeof steps)[];
  return kinds.filter((kind) => steps[kind].from.includes(state));
}

/** @throws LicenseError `scope-missing`, `department-missing`; `type-not-permitted` where no person asks */
function officer(actor: Actor): string {
  requireScope(actor, 'licenses:types');
  if (!isPerson(actor))
    throw new LicenseError('type-not-permitted', 'License types are the work of officers, not of systems.');
  return departmentOf(actor);
}

/** @throws LicenseError `type-invalid` */
function parsed(definition: string): LicenseType {
  if (definition.length > LONGEST_DEFINITION)
    throw new LicenseError('type-invalid', `A definition has at most ${LONGEST_DEFINITION} characters.`);
  let value: unknown;
  try {
    value = JSON.parse(definition);
  } catch (cause) {
    throw new LicenseError('type-invalid', 'The definition is not well-formed JSON.', { cause });
  }
  return typeOfDocument(value);
}

function checkedNote(note: string | null): string | null {
  if (note === null || note === '') return null;
  const problem = plainTextProblem(note, LONGEST_NOTE);
  if (problem !== null)
    throw new LicenseError('change-invalid', 'The note is not usable.', {
      complaints: [{ field: 'note', reason: problem }],
    });
  return note;
}

async function checkAgainstRegister(
  parts: Pick<TypeDraftParts, 'database'>,
  db: Writer | TypeDraftParts['database']['reader'],
  type: LicenseType,
): Promise<void> {
  const earlier = (await editionsOf(db, type.typeCode)).map((edition) => edition.type);
  const others = (await licenseTypes(parts.database.reader)).filter(
    ({ typeCode }) => typeCode !== type.typeCode,
  );
  checkNextEdition(type, earlier, others);
}

/**
 * Starts the next edition of a type, from its newest one or from a definition; a definition alone starts a new type.
 * @throws LicenseError `type-not-found`, `type-not-permitted` (another authority defines it), `type-invalid`,
 *   `template-invalid`, `draft-open`
 */
export async function startDraft(
  parts: TypeDraftParts,
  actor: Actor,
  from: { readonly typeCode: string } | { readonly definition: string },
): Promise<TypeDraft> {
  const department = officer(actor);
  const { reader } = parts.database;
  const given = 'definition' in from ? parsed(from.definition) : null;
  const editions = await editionsOf(reader, given?.typeCode ?? ('typeCode' in from ? from.typeCode : ''));
  const base = given ?? editions.at(-1)?.type;
  if (base === undefined) throw new LicenseError('type-not-found', 'There is no such license type.');
  const type = { ...base, edition: (editions.at(-1)?.type.edition ?? 0) + 1 };
  requireDefiner(type, department);
  await checkAgainstRegister(parts, reader, type);
  const now = parts.clock();
  const id = `ltd_${toHex(parts.random(16))}`;
  const definition = JSON.stringify(documentOf(type));
  await parts.database.write(async (tx) => {
    const row = {
      id,
      type_code: type.typeCode,
      edition: type.edition,
      department,
      definition,
      revision: 1,
      state: 'draft',
      created_at: now.toISOString(),
      edited_by: actor.id,
      edited_at: now.toISOString(),
      submitted_by: null,
      approved_by: null,
    } as const;
    if (!(await insertDraft(tx, row)))
      throw new LicenseError('draft-open', 'Another draft of this type is open: finish or discard it first.');
    const event = { draft: id, actor: actor.id, at: now, revision: 1, definition, note: null };
    await addDraftEvent(tx, { ...event, kind: 'started' }, parts.suite.digest);
    await tell(tx, parts, actor, 'license-type.drafted', { id, type, revision: 1 });
  });
  return requiredDraft(parts, department, id);
}

function requireDefiner(type: LicenseType, department: string): void {
  if (!type.typeCode.startsWith(department))
    throw new LicenseError('type-not-permitted', 'Another authority defines licenses of this type.');
}

/** @throws LicenseError `draft-not-found`: absent, or another department's */
async function requiredDraft(parts: TypeDraftParts, department: string, id: string): Promise<TypeDraft> {
  const draft = await draftById(parts.database.reader, id);
  if (draft?.department !== department) throw new LicenseError('draft-not-found', 'There is no such draft.');
  return draft;
}

async function tell(
  tx: Writer,
  parts: TypeDraftParts,
  actor: Actor,
  action: AuditAction,
  draft: { readonly id: string; readonly type: LicenseType; readonly revision: number },
): Promise<void> {
  const { typeCode, edition } = draft.type;
  await parts.audit.append(tx, {
    at: parts.clock(),
    actor,
    action,
    subject: draft.id,
    details: { type: typeCode, edition: String(edition), revision: String(draft.revision) },
  });
}

/** Takes one step with a draft, if it is still what the officer saw. */
async function step(
  parts: TypeDraftParts,
  actor: Actor,
  seen: SeenDraft,
  kind: keyof typeof steps,
  more: {
    readonly type?: LicenseType;
    readonly note?: string | null;
    readonly set?: Parameters<typeof changeDraft>[2];
    /** What else must hold, asked before anything is written. */
    readonly check?: (draft: TypeDraft) => Promise<void> | void;
    readonly then?: (tx: Writer, draft: TypeDraft, definition: string) => Promise<void>;
  } = {},
): Promise<TypeDraft> {
  const department = officer(actor);
  const draft = await requiredDraft(parts, department, seen.id);
  const { from, to, audit } = steps[kind];
  if (!from.includes(draft.state))
    throw new LicenseError('draft-state-invalid', `A draft that is ${draft.state} cannot be ${kind}.`);
  const changed = new LicenseError('draft-changed', 'The draft was changed meanwhile: look at it again.');
  if (draft.revision !== seen.revision) throw changed;
  await more.check?.(draft);
  const note = checkedNote(more.note ?? null);
  const now = parts.clock();
  const type = more.type ?? draft.type;
  const definition = JSON.stringify(documentOf(type));
  const revision = draft.revision + (more.type === undefined ? 0 : 1);
  await parts.database.write(async (tx) => {
    const set = { ...more.set, state: to, revision };
    if (!(await changeDraft(tx, draft, set))) throw changed;
    const event = { draft: draft.id, kind, actor: actor.id, at: now, revision, definition, note };
    await addDraftEvent(tx, event, parts.suite.digest);
    await more.then?.(tx, draft, definition);
    await tell(tx, parts, actor, audit, { id: draft.id, type, revision });
  });
  return requiredDraft(parts, department, seen.id);
}

/**
 * Puts another definition in place of the draft's. Type code and edition stay.
 * @throws LicenseError `draft-not-found`, `draft-state-invalid`, `draft-changed`, `type-invalid`, `template-invalid`
 */
export async function editDraft(
  parts: TypeDraftParts,
  actor: Actor,
  seen: SeenDraft,
  definition: string,
): Promise<TypeDraft> {
  officer(actor);
  const type = parsed(definition);
  const now = parts.clock();
  return step(parts, actor, seen, 'edited', {
    type,
    set: {
      definition: JSON.stringify(documentOf(type)),
      edited_by: actor.id,
      edited_at: now.toISOString(),
    },
    check: async (draft) => {
      if (type.typeCode !== draft.typeCode || type.edition !== draft.edition)
        throw new LicenseError('type-invalid', 'A draft keeps its type code and its edition.');
      await checkAgainstRegister(parts, parts.database.reader, type);
    },
  });
}

/** Hands a draft over for the decision of another officer. @throws LicenseError as `editDraft` */
export function submitDraft(
  parts: TypeDraftParts,
  actor: Actor,
  seen: SeenDraft,
  note: string | null,
): Promise<TypeDraft> {
  return step(parts, actor, seen, 'submitted', { note, set: { submitted_by: actor.id, approved_by: null } });
}

/**
 * Decides a submitted draft; `rejected` sends it back, also after an approval.
 * @throws LicenseError as `editDraft`; `draft-second-person` where the approver wrote, or submitted, any of it
 */
export function decideDraft(
  parts: TypeDraftParts,
  actor: Actor,
  seen: SeenDraft,
  decision: 'approved' | 'rejected',
  note: string | null,
): Promise<TypeDraft> {
  return step(parts, actor, seen, decision, {
    note,
    set: { approved_by: decision === 'approved' ? actor.id : null },
    // Inside the write: the approver may have sent it in meanwhile.
    then: async (tx, draft) => {
      if (decision === 'rejected') return;
      const worked = await draftEvents(tx, draft.id);
      const own = worked.some(
        ({ actor: who, kind }) => who === actor.id && kind !== 'approved' && kind !== 'rejected',
      );
      if (own)
        throw new LicenseError(
          'draft-second-person',
          'An officer who worked on the draft does not approve it.',
        );
    },
  });
}

/**
 * Publishes an approved draft as the next edition: licenses are issued under it from now on, those before keep theirs.
 * @throws LicenseError as `editDraft`; `type-edition-differs` where the edition was published meanwhile
 */
export function publishDraft(parts: TypeDraftParts, actor: Actor, seen: SeenDraft): Promise<TypeDraft> {
  return step(parts, actor, seen, 'published', {
    check: (draft) => checkAgainstRegister(parts, parts.database.reader, draft.type),
    then: async (tx, { id, type }, definition) => {
      if (!(await insertEdition(tx, { type, definition, at: parts.clock(), draft: id })))
        throw new LicenseError(
          'type-edition-differs',
          `Edition ${type.edition} of ${type.key} is published.`,
        );
    },
  });
}

/** Gives a draft up; what happened to it stays. @throws LicenseError as `editDraft` */
export function discardDraft(
  parts: TypeDraftParts,
  actor: Actor,
  seen: SeenDraft,
  note: string | null,
): Promise<TypeDraft> {
  return step(parts, actor, seen, 'discarded', { note });
}

/** The drafts of the officer's department. @throws LicenseError `scope-missing`, `department-missing` */
export async function readDrafts(parts: TypeDraftParts, actor: Actor): Promise<readonly TypeDraft[]> {
  return draftsOf(parts.database.reader, officer(actor), MOST_SHOWN);
}

/** One draft with all that happened to it. @throws LicenseError `draft-not-found` */
export async function readDraft(
  parts: TypeDraftParts,
  actor: Actor,
  id: string,
): Promise<{ readonly draft: TypeDraft; readonly events: readonly DraftEvent[] }> {
  const draft = await requiredDraft(parts, officer(actor), id);
  return { draft, events: await draftEvents(parts.database.reader, id) };
}
