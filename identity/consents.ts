// Consents: given to one version of one notice, withdrawn as easily, by the person or, under fourteen, by a guardian.
import type { Actor } from '../storage/actor.ts';
import type { PeopleDependencies } from './accounts.ts';
import { IdentityError } from './errors.ts';
import { requireSayOver } from './guardians.ts';
import { randomIdentifier } from './identifier.ts';
import { purposes, requirePurpose } from './purposes.ts';

export interface Consent {
  /** `cns_…` */
  readonly id: string;
  readonly purpose: string;
  readonly version: number;
  readonly givenAt: Date;
  readonly withdrawnAt: Date | null;
  /** Whether the notice has a newer version than the one consented to: then this consent carries nothing any more. */
  readonly outdated: boolean;
}

/**
 * Gives consent to one purpose, separately from every other one (art. 14, 29).
 * @param giving.version - of the notice that was read: the newest
 * @returns `cns_…`
 * @throws IdentityError `purpose-not-found`, `consent-not-needed`, `notice-outdated`, `guardian-needed`, `guardian-refused`.
 */
export async function giveConsent(
  dependencies: PeopleDependencies,
  actor: Actor,
  giving: {
    readonly by: string;
    readonly person: string;
    readonly purpose: string;
    readonly version: number;
  },
): Promise<string> {
  const { by, person } = giving;
  await requireSayOver(dependencies, by, person);
  const purpose = await requirePurpose(dependencies.database, giving.purpose);
  if (purpose.legalBasis !== 'consent') {
    throw new IdentityError(
      'consent-not-needed',
      'This purpose rests on another legal basis; consent would only pretend a choice.',
    );
  }
  if (purpose.version !== giving.version) {
    throw new IdentityError('notice-outdated', 'The notice has a newer version: read it first.');
  }
  const at = dependencies.clock();
  const id = randomIdentifier('cns', dependencies.random);
  return dependencies.database.write(async (tx) => {
    // The person's row is the lock: two consents at once become one.
    await tx.selectFrom('person').select('id').where('id', '=', person).forUpdate().execute();
    const known = await tx
      .selectFrom('consent')
      .select(['id', 'notice_version'])
      .where('person', '=', person)
      .where('purpose', '=', purpose.id)
      .where('withdrawn_at', 'is', null)
      .forUpdate()
      .executeTakeFirst();
    if (known?.notice_version === purpose.version) return known.id;
    if (known !== undefined) {
      // A consent to an older notice is closed by the one to the newer.
      await tx
        .updateTable('consent')
        .set({ withdrawn_at: at.toISOString(), withdrawn_by: by })
        .where('id', '=', known.id)
        .execute();
    }
    await tx
      .insertInto('consent')
      .values({
        id,
        purpose: purpose.id,
        notice_version: purpose.version,
        person,
        given_by: by,
        given_at: at.toISOString(),
        withdrawn_by: null,
        withdrawn_at: null,
      })
      .execute();
    const details = { purpose: purpose.id, version: String(purpose.version), by };
    await dependencies.audit.append(tx, { at, actor, action: 'consent.given', subject: person, details });
    return id;
  });
}

/** Withdraws consent; what was done before stays lawful (art. 15). @throws IdentityError `purpose-not-found` where none stands; `guardian-…`. */
export async function withdrawConsent(
  dependencies: PeopleDependencies,
  actor: Actor,
  withdrawal: { readonly by: string; readonly person: string; readonly purpose: string },
): Promise<void> {
  const { by, person, purpose } = withdrawal;
  await requireSayOver(dependencies, by, person);
  const at = dependencies.clock();
  await dependencies.database.write(async (tx) => {
    const withdrawn = await tx
      .updateTable('consent')
      .set({ withdrawn_at: at.toISOString(), withdrawn_by: by })
      .where('person', '=', person)
      .where('purpose', '=', purpose)
      .where('withdrawn_at', 'is', null)
      .returning('id')
      .executeTakeFirst();
    if (withdrawn === undefined)
      throw new IdentityError('purpose-not-found', 'There is no consent to this purpose.');
    await dependencies.audit.append(tx, {
      at,
      actor,
      action: 'consent.withdrawn',
      subject: person,
      details: { purpose, by },
    });
  });
}

/** Consents of a person, newest first, those withdrawn included. */
export async function consentsOf(
  dependencies: Pick<PeopleDependencies, 'database'>,
  person: string,
): Promise<readonly Consent[]> {
  const rows = await dependencies.database.reader
    .selectFrom('consent')
    .selectAll()
    .where('person', '=', person)
    .orderBy('given_at', 'desc')
    .orderBy('id')
    .limit(500)
    .execute();
  const known = await purposes(dependencies.database);
  return rows.map((row) => ({
    id: row.id,
    purpose: row.purpose,
    version: row.notice_version,
    givenAt: new Date(row.given_at),
    withdrawnAt: row.withdrawn_at === null ? null : new Date(row.withdrawn_at),
    outdated:
      (known.find(({ id }) => id === row.purpose)?.version ?? row.notice_version) !== row.notice_version,
  }));
}

/**
 * Whether a purpose may be pursued for a person now: it rests on another legal basis, or on a consent that stands.
 * @throws IdentityError `purpose-not-found`.
 */
export async function mayProcess(
  dependencies: Pick<PeopleDependencies, 'database'>,
  person: string,
  purposeId: string,
): Promise<boolean> {
  const purpose = await requirePurpose(dependencies.database, purposeId);
  if (purpose.legalBasis !== 'consent') return true;
  return (await consentsOf(dependencies, person)).some(
    (consent) => consent.purpose === purpose.id && consent.withdrawnAt === null && !consent.outdated,
  );
}
