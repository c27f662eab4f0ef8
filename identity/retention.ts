// Erasing what is no longer needed: closed accounts after their retention, cases nobody decided, wards and recoveries lapsed.
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import type { PeopleDependencies } from './accounts.ts';
import { forgetWaysIn } from './login/forget.ts';
import { requirePurpose } from './purposes.ts';

const sweeper: Actor = { id: 'system', kind: 'system', department: null, scopes: [] };
const atOnce = 100;
/** Where no purpose says otherwise. */
const retentionDays = 1095;

/**
 * One round: erases persons whose accounts are all closed for longer than the purpose `sign-in` retains.
 * Identifiers, times and the audit stay; names, numbers, 网号, evidence and words of requests go.
 * @returns how many persons were erased; call again while it is not 0
 */
export async function sweepPersonalData(dependencies: PeopleDependencies): Promise<number> {
  const now = dependencies.clock();
  const days = await requirePurpose(dependencies.database, 'sign-in').then(
    (purpose) => purpose.retentionDays,
    () => retentionDays,
  );
  const before = new Date(now.getTime() - days * 86_400_000).toISOString();
  return dependencies.database.write(async (tx) => {
    await tx
      .updateTable('proofing_case')
      .set({ state: 'expired', details_cipher: null })
      .where('state', '=', 'proposed')
      .where('expires_at', '<=', now.toISOString())
      .execute();
    const due = await tx
      .selectFrom('account')
      .innerJoin('person', 'person.id', 'account.person')
      .select('person.id')
      .where('person.state', '=', 'present')
      .where('account.state', '=', 'closed')
      .where('account.changed_at', '<=', before)
      .where((build) =>
        build.not(
          build.exists(
            build
              .selectFrom('account as other')
              .select('other.id')
              .whereRef('other.person', '=', 'person.id')
              .where((any) =>
                any.or([
                  any('other.state', 'in', ['active', 'locked']),
                  any('other.changed_at', '>', before),
                ]),
              ),
          ),
        ),
      )
      .groupBy('person.id')
      .limit(atOnce)
      .execute();
    for (const { id } of due)
      await erasePersonIn(tx, dependencies, { person: id, actor: sweeper, details: { days: String(days) } });
    return due.length;
  });
}

/** Erases everything personal of a person, inside a write: identifiers, times and the audit stay. */
export async function erasePersonIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  erased: {
    readonly person: string;
    readonly actor: Actor;
    readonly details: Readonly<Record<string, string>>;
  },
): Promise<void> {
  const { person, actor, details } = erased;
  const at = dependencies.clock();
  await tx
    .updateTable('person')
    .set({
      document_type: null,
      name_cipher: null,
      number_cipher: null,
      number_index: null,
      wanghao_cipher: null,
      wanghao_index: null,
      birth_date_cipher: null,
      state: 'erased',
      ended_at: at.toISOString(),
    })
    .where('id', '=', person)
    .execute();
  // Documents that were joined were kept as the person's history, and go with it.
  await tx.deleteFrom('person_document').where('person', '=', person).execute();
  const persons = await joinedInto(tx, person);
  const accounts = (await tx.selectFrom('account').select('id').where('person', 'in', persons).execute()).map(
    ({ id }) => id,
  );
  await forgetWaysIn(tx, accounts, at);
  if (accounts.length > 0)
    await tx.updateTable('proofing').set({ evidence_cipher: '' }).where('account', 'in', accounts).execute();
  await tx
    .updateTable('person_request')
    .set({ details_cipher: null, answer_cipher: null })
    .where('person', 'in', persons)
    .execute();
  await tx.updateTable('guardianship').set({ evidence_cipher: '' }).where('ward', 'in', persons).execute();
  await dependencies.audit.append(tx, {
    at,
    actor,
    action: 'person.erased',
    subject: person,
    details,
  });
}

/** A person, and everybody whose account was joined into theirs, however often: what was written down there is theirs too. */
async function joinedInto(tx: Writer, person: string): Promise<readonly string[]> {
  const known = new Set([person]);
  for (let round: readonly string[] = [person]; round.length > 0;) {
    const rows = await tx
      .selectFrom('account as gone')
      .innerJoin('account as kept', 'kept.id', 'gone.merged_into')
      .select('gone.person')
      .where('kept.person', 'in', round)
      .execute();
    round = rows.map((row) => row.person).filter((each) => !known.has(each));
    for (const each of round) known.add(each);
  }
  return [...known];
}
