// The level of an account, gathered and explained: what pages and interfaces show as "why and how to raise it".
import { proofingsOf, type Account } from '../identity/accounts.ts';
import { isRung, liveProofing, type Rung } from '../identity/levels.ts';
import { personById } from '../identity/persons.ts';
import { explainLevel, type LevelExplanation } from '../identity/raise-level.ts';
import type { Services } from './services.ts';

/** Explains the level of an account now. @param wanted - the level somebody asked for; the next one up unless told */
export async function levelOfAccount(
  services: Services,
  account: Account,
  wanted?: Rung,
): Promise<LevelExplanation> {
  const now = services.clock();
  const proofings = await proofingsOf(services, account.id);
  const proofing = liveProofing(proofings, now);
  const person = await personById(services, account.person);
  const standing = {
    proofing,
    lapsed: proofings.filter(({ validUntil }) => validUntil <= now),
    authentication: await authenticationOf(services, account.id),
    hasDocument: (person?.documentType ?? null) !== null,
    hasWanghao: (person?.wanghao ?? null) !== null,
  };
  return explainLevel(standing, now, wanted);
}

/**
 * The highest rung the account's ways to log in reach, each no higher than where it was enrolled. A password with a code
 * reaches 2 together.
 */
async function authenticationOf(services: Services, account: string): Promise<Rung | 0> {
  const rows = await services.database.reader
    .selectFrom('authenticator')
    .select(['kind', 'aal', 'enrolled_rung'])
    .where('account', '=', account)
    .where('state', '=', 'active')
    .execute();
  const capped = (aal: number, enrolled: number): Rung => {
    const rung = Math.max(1, Math.min(aal, enrolled));
    return isRung(rung) ? rung : 1;
  };
  const single = rows.map((row) => capped(row.aal, row.enrolled_rung));
  const password = rows.find(({ kind }) => kind === 'password');
  const codes = rows.filter(({ kind }) => kind === 'totp' || kind === 'sms');
  const both = codes.map((code) => capped(2, Math.min(code.enrolled_rung, password?.enrolled_rung ?? 0)));
  const reached = [...single, ...(password === undefined ? [] : both)];
  return reached.reduce<Rung | 0>((best, rung) => (rung > best ? rung : best), 0);
}
