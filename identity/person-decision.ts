// A request of a person decided: with words, and where it is granted with its effect in the same write (个人信息保护法 art. 46, 47, 50).
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import type { PersonRequestTable } from '../storage/schema/people.ts';
import { setAccountStateIn } from './account-state.ts';
import { IdentityError } from './errors.ts';
import { requireRole } from './officers.ts';
import { requestPlace } from './person-rights.ts';
import { columnsOf, requirePerson, type PersonKey } from './persons.ts';
import { askRegister, questionsAnHour, type RegisterDependencies } from './registers.ts';
import { erasePersonIn } from './retention.ts';

/**
 * What a granted request brings about here, beside what the officer did elsewhere:
 * `erase` closes the account and erases the person now, `name` corrects the name where the population register confirms it.
 */
export type DecisionEffect = { readonly kind: 'erase' } | { readonly kind: 'name'; readonly name: string };

/** Which request an effect belongs to. */
const effectOf: Readonly<Record<DecisionEffect['kind'], PersonRequestTable['kind']>> = {
  erase: 'delete',
  name: 'correct',
};

/**
 * Decides a request; a refusal says why (art. 50).
 * @param decision.effect - what is carried out with it; null for nothing but the answer
 * @throws IdentityError `role-missing`, `person-request-not-found`, `own-matter`, `purpose-invalid` (no answer, or an effect
 * of another kind of request), `register-mismatch`, `register-unavailable`: nothing is decided then.
 */
export async function decidePersonRequest(
  dependencies: RegisterDependencies,
  actor: Actor,
  decision: {
    readonly by: string;
    readonly id: string;
    readonly done: boolean;
    readonly answer: string;
    readonly effect?: DecisionEffect | null;
  },
): Promise<void> {
  await requireRole(dependencies, decision.by, 'data-protection-officer');
  const answer = decision.answer.trim();
  if (answer === '' || answer.length > 1000) {
    throw new IdentityError(
      'purpose-invalid',
      'A decision says in 1 to 1000 characters what was done, or why not.',
    );
  }
  const row = await requireOpen(dependencies, decision);
  const effect = decision.effect ?? null;
  if (effect !== null && (!decision.done || effectOf[effect.kind] !== row.kind))
    throw new IdentityError('purpose-invalid', 'This effect is not that of a granted request of this kind.');
  const corrected = effect?.kind === 'name' ? await correction(dependencies, actor, row, effect.name) : null;
  const at = dependencies.clock();
  const sealed = dependencies.cipher.seal(requestPlace('answer', decision.id), answer);
  await dependencies.database.write(async (tx) => {
    const decided = await tx
      .updateTable('person_request')
      .set({
        state: decision.done ? 'done' : 'refused',
        decided_by: decision.by,
        decided_at: at.toISOString(),
        answer_cipher: sealed,
      })
      .where('id', '=', decision.id)
      .where('state', '=', 'open')
      .returning('person')
      .executeTakeFirst();
    if (decided === undefined) throw notOpen();
    const { person } = decided;
    await dependencies.audit.append(tx, {
      at,
      actor,
      action: 'person-request.decided',
      subject: decision.id,
      details: {
        state: decision.done ? 'done' : 'refused',
        person,
        ...(effect === null ? {} : { effect: effect.kind }),
      },
    });
    if (corrected !== null) {
      // Whoever was erased, joined or known by another document meanwhile stays so, and nothing is decided.
      const still = await tx
        .updateTable('person')
        .set(corrected)
        .where('id', '=', person)
        .where('state', '=', 'present')
        .where('number_index', '=', corrected.number_index ?? '')
        .returning('id')
        .executeTakeFirst();
      if (still === undefined) throw notOpen();
      const details = { request: decision.id };
      await dependencies.audit.append(tx, {
        at,
        actor,
        action: 'person.corrected',
        subject: person,
        details,
      });
    }
    if (effect?.kind === 'erase') await erase(tx, dependencies, actor, { person, request: decision.id });
  });
}

async function requireOpen(
  dependencies: RegisterDependencies,
  decision: { readonly by: string; readonly id: string },
): Promise<Pick<PersonRequestTable, 'kind' | 'person'>> {
  const row = await dependencies.database.reader
    .selectFrom('person_request')
    .select(['kind', 'person'])
    .where('id', '=', decision.id)
    .where('state', '=', 'open')
    .executeTakeFirst();
  if (row === undefined) throw notOpen();
  const own = await dependencies.database.reader
    .selectFrom('account')
    .select('id')
    .where('id', '=', decision.by)
    .where('person', '=', row.person)
    .executeTakeFirst();
  if (own !== undefined) throw new IdentityError('own-matter', 'Nobody decides a request of their own.');
  return row;
}

/** Columns with the corrected name. @throws IdentityError `register-mismatch` unless the register confirms it. */
async function correction(
  dependencies: RegisterDependencies,
  actor: Actor,
  row: Pick<PersonRequestTable, 'person'>,
  name: string,
): Promise<ReturnType<typeof columnsOf>> {
  const person = await requirePerson(dependencies, row.person);
  const { documentType: type, number } = person;
  if (type === null || number === null)
    throw new IdentityError('purpose-invalid', 'There is no name to correct: only a 网号 is known.');
  const key: Extract<PersonKey, { type: string }> = { type, number, name };
  // Refuses what is no name before anybody is asked.
  const columns = columnsOf(dependencies, row.person, key);
  const question = {
    actor,
    subject: row.person,
    register: 'population' as const,
    budget: questionsAnHour.officer,
  };
  const said = await askRegister(dependencies, question, (registers) => registers.matchPerson(key));
  if (said !== 'matched')
    throw new IdentityError('register-mismatch', 'The population register does not confirm this name.');
  return columns;
}

async function erase(
  tx: Writer,
  dependencies: RegisterDependencies,
  actor: Actor,
  erased: { readonly person: string; readonly request: string },
): Promise<void> {
  const still = await tx
    .selectFrom('person')
    .select('id')
    .where('id', '=', erased.person)
    .where('state', '=', 'present')
    .forUpdate()
    .executeTakeFirst();
  if (still === undefined) throw notOpen();
  const live = await tx
    .selectFrom('account')
    .select('id')
    .where('person', '=', erased.person)
    .where('state', 'in', ['active', 'locked'])
    .execute();
  const change = { state: 'closed', reason: 'own-wish' } as const;
  for (const { id } of live) await setAccountStateIn(tx, dependencies, actor, id, change);
  const details = { request: erased.request };
  await erasePersonIn(tx, dependencies, { person: erased.person, actor, details });
}

function notOpen(): IdentityError {
  return new IdentityError('person-request-not-found', 'There is no such open request.');
}
