// Proofing by a person alone: name and number against the population register, or a 网证 that was shown.
import type { Actor } from '../storage/actor.ts';
import { openAccountIn, recordProofingIn, requireActiveAccount, type NewProofing } from './accounts.ts';
import { setAccountState } from './account-state.ts';
import { IdentityError } from './errors.ts';
import { randomIdentifier } from './identifier.ts';
import type { Rung } from './levels.ts';
import { newPersonRow, personWithIn, requirePerson, type Person } from './persons.ts';
import {
  askRegister,
  questionsAnHour,
  type RegisterDependencies,
  type RegisterPerson,
  type WangzhengAnswer,
} from './registers.ts';

const day = 86_400_000;

/** How long each way of proofing holds, in days: identity documents and lives change. */
export const proofingDays = { register: 730, wangzheng: 730, window: 1825 } as const;

/** The rung each way reaches. A window's depends on how the document was read. */
export const proofingRung = {
  register: 2,
  wangzheng: 3,
  windowByEye: 3,
  windowByReader: 4,
} as const satisfies Record<string, Rung>;

/**
 * Rung 2: the population register confirms name and number of the account's person.
 * @returns `prf_…`
 * @throws IdentityError `proofing-refused` for an account without a document; `register-mismatch` (whether number or
 * name is wrong is not told); `account-ended` where the register says the person has died (the account is locked);
 * `register-unavailable`, `login-delayed`.
 */
export async function proofByRegister(
  dependencies: RegisterDependencies,
  actor: Actor,
  accountId: string,
): Promise<string> {
  const account = await requireActiveAccount(dependencies, accountId);
  const person = registerPersonOf(await requirePerson(dependencies, account.person));
  if (person === null) {
    throw new IdentityError(
      'proofing-refused',
      'The account is known by a 网号 alone: it is raised by showing the 网证, or at a window.',
    );
  }
  const question = {
    actor,
    subject: accountId,
    register: 'population' as const,
    budget: questionsAnHour.person,
  };
  const answer = await askRegister(dependencies, question, (registers) => registers.matchPerson(person));
  if (answer === 'deceased') {
    await setAccountState(dependencies, actor, accountId, { state: 'locked', reason: 'deceased' });
    throw new IdentityError('account-ended', 'The account was locked by the word of the register.');
  }
  if (answer !== 'matched') {
    throw new IdentityError('register-mismatch', 'The register does not confirm this name with this number.');
  }
  return record(dependencies, actor, accountId, {
    ...times(dependencies.clock(), proofingDays.register),
    rung: proofingRung.register,
    method: 'register',
    source: 'population',
    evidence: { answer },
    by: actor.id,
    second: null,
  });
}

/**
 * Rung 3: a 网证 shown by the person's phone. An account with a name and number is raised only where the service says
 * that the 网号 is that person's.
 * @returns `prf_…`
 * @throws IdentityError `proofing-refused` (unknown, used or expired showing; no live person; somebody else's 网号);
 * `register-unavailable`, `login-delayed`, `merge-refused` (the 网号 has an account of its own: the window joins them).
 */
export async function proofByWangzheng(
  dependencies: RegisterDependencies,
  actor: Actor,
  accountId: string,
  showing: string,
): Promise<string> {
  const account = await requireActiveAccount(dependencies, accountId);
  const person = await requirePerson(dependencies, account.person);
  const expected = registerPersonOf(person);
  const answer = await takeShowing(dependencies, { actor, subject: accountId, showing, expected });
  const others = person.wanghao !== null && person.wanghao !== answer.wanghao;
  if (others || (expected !== null && answer.belongsTo !== true)) {
    throw new IdentityError('proofing-refused', 'The 网证 that was shown is not that of this account.');
  }
  const { wanghao_cipher, wanghao_index } = wanghaoColumns(dependencies, person.id, answer.wanghao);
  const id = randomIdentifier('prf', dependencies.random);
  return dependencies.database.write(async (tx) => {
    const owner = await tx
      .selectFrom('person')
      .select('id')
      .where('wanghao_index', '=', wanghao_index)
      .executeTakeFirst();
    if (owner !== undefined && owner.id !== person.id) {
      throw new IdentityError(
        'merge-refused',
        'This 网号 has an account of its own; a window can join the two.',
      );
    }
    await tx
      .updateTable('person')
      .set({ wanghao_cipher, wanghao_index })
      .where('id', '=', person.id)
      .where('wanghao_index', 'is', null)
      .execute();
    return recordProofingIn(tx, dependencies, actor, {
      ...wangzhengProofing(dependencies, actor),
      id,
      account: accountId,
    });
  });
}

/**
 * Opens an account on a 网号 alone, at rung 3: no name and no number is asked for or stored. A 网号 already known
 * answers its account, proofed anew.
 * @returns `acc_…`
 * @throws IdentityError as `proofByWangzheng`; `account-ended` for a locked one.
 */
export async function accountByWangzheng(
  dependencies: RegisterDependencies,
  actor: Actor,
  showing: string,
): Promise<string> {
  const answer = await takeShowing(dependencies, { actor, subject: 'wangzheng', showing, expected: null });
  const row = newPersonRow(dependencies, { wanghao: answer.wanghao });
  const ids = {
    account: randomIdentifier('acc', dependencies.random),
    proofing: randomIdentifier('prf', dependencies.random),
  };
  return dependencies.database.write(async (tx) => {
    const person = await personWithIn(tx, row);
    const { id } = await openAccountIn(tx, dependencies, { actor, person, id: ids.account });
    const { state } = await tx
      .selectFrom('account')
      .select('state')
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (state !== 'active') throw new IdentityError('account-ended', `The account is ${state}.`);
    const proofing = { ...wangzhengProofing(dependencies, actor), id: ids.proofing, account: id };
    await recordProofingIn(tx, dependencies, actor, proofing);
    return id;
  });
}

/** Consumes a showing. @throws IdentityError `proofing-refused`, `register-unavailable`, `login-delayed`. */
export async function takeShowing(
  dependencies: RegisterDependencies,
  asked: {
    readonly actor: Actor;
    readonly subject: string;
    readonly showing: string;
    readonly expected: RegisterPerson | null;
    readonly budget?: number;
  },
): Promise<WangzhengAnswer> {
  const { actor, subject, expected } = asked;
  const showing = asked.showing.trim();
  if (!/^[A-Za-z0-9_-]{8,100}$/.test(showing)) {
    throw new IdentityError('proofing-refused', 'A code of a 网证 is 8 to 100 letters and digits.');
  }
  const question = {
    actor,
    subject,
    register: 'wangzheng' as const,
    budget: asked.budget ?? questionsAnHour.person,
  };
  const answer = await askRegister(dependencies, question, (registers) =>
    registers.wangzheng(showing, expected),
  );
  if (answer === null || !answer.livePerson) {
    throw new IdentityError('proofing-refused', 'The code of the 网证 is unknown, used or has expired.');
  }
  return answer;
}

/** The person as registers are asked about them; null where only a 网号 is known. */
export function registerPersonOf(person: Person): RegisterPerson | null {
  return person.documentType === null || person.number === null || person.name === null
    ? null
    : { type: person.documentType, number: person.number, name: person.name };
}

/** `verifiedAt` now, `validUntil` so many days later. */
export function times(now: Date, days: number): { readonly verifiedAt: Date; readonly validUntil: Date } {
  return { verifiedAt: now, validUntil: new Date(now.getTime() + days * day) };
}

function wangzhengProofing(dependencies: RegisterDependencies, actor: Actor): NewProofing {
  return {
    ...times(dependencies.clock(), proofingDays.wangzheng),
    rung: proofingRung.wangzheng,
    method: 'wangzheng',
    source: 'wangzheng',
    evidence: { answer: 'live person' },
    by: actor.id,
    second: null,
  };
}

function wanghaoColumns(
  dependencies: RegisterDependencies,
  person: string,
  wanghao: string,
): { readonly wanghao_cipher: string; readonly wanghao_index: string } {
  return {
    wanghao_cipher: dependencies.cipher.seal({ table: 'person', column: 'wanghao', row: person }, wanghao),
    wanghao_index: dependencies.index.of('person-wanghao', wanghao),
  };
}

async function record(
  dependencies: RegisterDependencies,
  actor: Actor,
  account: string,
  proofing: NewProofing,
): Promise<string> {
  const id = randomIdentifier('prf', dependencies.random);
  return dependencies.database.write((tx) =>
    recordProofingIn(tx, dependencies, actor, { ...proofing, id, account }),
  );
}
