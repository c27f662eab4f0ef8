// The legal representative: borne out by the register when claimed, and again whenever the register changes.
import type { Actor } from '../storage/actor.ts';
import { proofingOf, requireActiveAccount } from './accounts.ts';
import { enterpriseCode, rememberEnterpriseIn, registeredEnterprise, sealedEntry } from './enterprises.ts';
import { IdentityError } from './errors.ts';
import { randomIdentifier } from './identifier.ts';
import { registerPersonOf } from './proofing.ts';
import { indexOf, requirePerson } from './persons.ts';
import {
  askRegister,
  questionsAnHour,
  type LegalPersonEntry,
  type RegisterDependencies,
} from './registers.ts';
import { endMandateIn, endMandatesOfEnterpriseIn } from './representation-end.ts';

/** What the register said holds so long without being asked again; a change ends it within the watcher's round. */
const rootDays = 365;
const day = 86_400_000;
/** Entries taken up in one round of the watcher. */
const round = 200;

/** The actor of what the register itself brings about. */
const registerActor: Actor = { id: 'system', kind: 'system', department: null, scopes: [] };

/**
 * Makes the account's holder act for an enterprise as its legal representative, because the register says so. Claimed
 * again, it runs on; claimed by somebody new, everything of the former one ends.
 * @returns `rep_…`
 * @throws IdentityError `level-too-low` (a proofing of rung 3 is needed), `proofing-refused` for an account without a
 * document, `enterprise-not-found`, `enterprise-ended`, `not-legal-representative`, `register-unavailable`, `login-delayed`.
 */
export async function claimEnterprise(
  dependencies: RegisterDependencies,
  actor: Actor,
  claim: { readonly account: string; readonly creditCode: string },
): Promise<string> {
  const creditCode = enterpriseCode(claim.creditCode);
  const now = dependencies.clock();
  const account = await requireActiveAccount(dependencies, claim.account);
  const proofing = await proofingOf(dependencies, account.id, now);
  if ((proofing?.rung ?? 0) < 3) {
    throw new IdentityError('level-too-low', 'A legal representative is proofed at level 3 or above.');
  }
  const person = await requirePerson(dependencies, account.person);
  const asked = registerPersonOf(person);
  if (asked === null) {
    throw new IdentityError(
      'proofing-refused',
      'The register knows legal representatives by document, not by 网号.',
    );
  }
  const entry = await registeredEnterprise(dependencies, {
    actor,
    creditCode,
    budget: questionsAnHour.person,
  });
  const question = { actor, subject: creditCode, register: 'legal-persons' as const, budget: null };
  const named = await askRegister(dependencies, question, (registers) =>
    registers.isLegalRepresentative(creditCode, asked),
  );
  if (!named) {
    throw new IdentityError('not-legal-representative', 'The register names another legal representative.');
  }
  const id = randomIdentifier('rep', dependencies.random);
  const address = {
    agent_index: indexOf(dependencies, asked),
    agent_name_cipher: dependencies.cipher.seal(
      { table: 'representation', column: 'agent_name', row: id },
      asked.name,
    ),
  };
  const sealed = sealedEntry(dependencies, entry);
  const expires = new Date(now.getTime() + rootDays * day).toISOString();
  return dependencies.database.write(async (tx) => {
    await rememberEnterpriseIn(tx, dependencies, sealed);
    const known = await tx
      .selectFrom('representation')
      .select(['id', 'agent'])
      .where('enterprise', '=', creditCode)
      .where('depth', '=', 0)
      .where('state', '=', 'active')
      .forUpdate()
      .executeTakeFirst();
    if (known?.agent === account.id) {
      await tx
        .updateTable('representation')
        .set({ expires, edition: entry.edition })
        .where('id', '=', known.id)
        .execute();
      return known.id;
    }
    if (known !== undefined) {
      const ending = { actor, by: 'register', representation: known.id, reason: 'register-changed' as const };
      await endMandateIn(tx, dependencies, ending);
    }
    const at = now.toISOString();
    await tx
      .insertInto('representation')
      .values({
        id,
        enterprise: creditCode,
        capacity: 'legal-representative',
        depth: 0,
        parent: null,
        agent: account.id,
        ...address,
        matters: '*',
        not_before: at,
        expires,
        state: 'active',
        ended_reason: null,
        granted_by: account.id,
        edition: entry.edition,
        granted_at: at,
        accepted_at: at,
        ended_at: null,
        ended_by: null,
      })
      .execute();
    await dependencies.audit.append(tx, {
      at: now,
      actor,
      action: 'mandate.accepted',
      subject: id,
      details: { enterprise: creditCode, capacity: 'legal-representative', edition: entry.edition },
    });
    return id;
  });
}

/**
 * One round of the watcher: takes up what changed in the register since the last round. Where the register now names
 * somebody else, or the enterprise is no more, every mandate of it ends with this write. Several nodes may do this at once.
 * @returns how many mandates ended, and whether more changes wait
 * @throws IdentityError `register-unavailable`: the cursor stays, so nothing is missed.
 */
export async function takeUpRegisterChanges(
  dependencies: RegisterDependencies,
): Promise<{ readonly ended: number; readonly more: boolean }> {
  const stored = await dependencies.database.reader
    .selectFrom('register_cursor')
    .select('cursor')
    .where('register', '=', 'legal-persons')
    .executeTakeFirst();
  const { creditCodes, cursor } = await dependencies.registers.legalPersonsChanged(
    stored?.cursor ?? '0',
    round,
  );
  let ended = 0;
  for (const creditCode of creditCodes) ended += await takeUpChange(dependencies, creditCode);
  const at = dependencies.clock().toISOString();
  await dependencies.database.write(async (tx) => {
    await tx
      .insertInto('register_cursor')
      .values({ register: 'legal-persons', cursor, checked_at: at })
      .onConflict((conflict) => conflict.column('register').doUpdateSet({ cursor, checked_at: at }))
      .execute();
  });
  // A cursor that stands still would be asked for the same round again and again.
  return { ended, more: creditCodes.length === round && cursor !== stored?.cursor };
}

async function takeUpChange(dependencies: RegisterDependencies, creditCode: string): Promise<number> {
  const known = await dependencies.database.reader
    .selectFrom('enterprise')
    .select('credit_code')
    .where('credit_code', '=', creditCode)
    .executeTakeFirst();
  // Enterprises nobody acts for here are none of our business.
  if (known === undefined) return 0;
  const entry = await dependencies.registers.legalPerson(creditCode);
  const reason = await reasonToEnd(dependencies, creditCode, entry);
  const sealed = entry === null ? null : sealedEntry(dependencies, entry);
  return dependencies.database.write(async (tx) => {
    if (sealed === null)
      await tx
        .updateTable('enterprise')
        .set({ state: 'cancelled' })
        .where('credit_code', '=', creditCode)
        .execute();
    else await rememberEnterpriseIn(tx, dependencies, sealed);
    if (reason === null) return 0;
    const ended = await endMandatesOfEnterpriseIn(tx, dependencies, {
      actor: registerActor,
      enterprise: creditCode,
      reason,
    });
    await dependencies.audit.append(tx, {
      at: dependencies.clock(),
      actor: registerActor,
      action: 'enterprise.changed',
      subject: creditCode,
      details: { reason, ended: String(ended), edition: entry?.edition ?? 'absent' },
    });
    return ended;
  });
}

async function reasonToEnd(
  dependencies: RegisterDependencies,
  creditCode: string,
  entry: LegalPersonEntry | null,
): Promise<'enterprise-ended' | 'register-changed' | null> {
  if (entry?.state !== 'in-operation') return 'enterprise-ended';
  const root = await dependencies.database.reader
    .selectFrom('representation')
    .innerJoin('account', 'account.id', 'representation.agent')
    .select('account.person')
    .where('enterprise', '=', creditCode)
    .where('representation.state', '=', 'active')
    .where('depth', '=', 0)
    .executeTakeFirst();
  if (root === undefined) return null;
  const asked = registerPersonOf(await requirePerson(dependencies, root.person));
  const named = asked !== null && (await dependencies.registers.isLegalRepresentative(creditCode, asked));
  return named ? null : 'register-changed';
}
