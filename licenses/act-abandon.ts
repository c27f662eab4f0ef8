// Giving an act up: what is left in the books is that it was tried.
import { SigningError } from '../signing/errors.ts';
import { abandonStamps } from '../signing/stamp.ts';
import type { StampPlan } from '../signing/stamp-order.ts';
import type { Writer } from '../storage/database.ts';
import { abandonActs, findActByKey } from './act-store.ts';
import { LicenseError } from './errors.ts';
import { forgetOriginals } from './original-store.ts';
import type { LicenseParts } from './parts.ts';

/** The refusal of an act that was given up while it ran. */
export function givenUp(): LicenseError {
  return new LicenseError(
    'idempotency-abandoned',
    'The request was given up meanwhile: use a new idempotency key.',
  );
}

/** Gives up an act and its stamps, with the refusal's code. */
export async function giveUp(
  parts: LicenseParts,
  act: string,
  plans: readonly StampPlan[],
  error: unknown,
): Promise<void> {
  const reason = error instanceof LicenseError || error instanceof SigningError ? error.code : 'failed';
  const ids = plans.map((plan) => plan.record.id);
  // Where even this fails, the next start settles it.
  await parts.database
    .write(async (tx) => {
      if (ids.length > 0) await abandonStamps(tx, parts, { ids }, reason);
      await abandonAndTell(tx, parts, { id: act }, reason);
    })
    .catch(() => undefined);
}

/**
 * Gives up the act of a key that has been running since before `before`: whoever ran it is taken for dead, and finds it given
 * up should it come back.
 * @returns whether it was given up now
 */
export async function giveUpStale(
  parts: Pick<LicenseParts, 'database' | 'audit' | 'clock'>,
  client: string,
  key: string,
  before: Date,
): Promise<boolean> {
  const act = await findActByKey(parts.database.reader, client, key);
  if (act?.state !== 'intended' || act.intended_at >= before.toISOString()) return false;
  const given = await parts.database.write((tx) => abandonAndTell(tx, parts, { id: act.id }, 'interrupted'));
  return given > 0;
}

/** Gives acts up and writes one audit row a license. */
export async function abandonAndTell(
  tx: Writer,
  parts: Pick<LicenseParts, 'audit' | 'clock'>,
  which: { readonly id: string } | { readonly before: Date },
  reason: string,
): Promise<number> {
  const at = parts.clock();
  const acts = await abandonActs(tx, which, reason, at);
  for (const act of acts) {
    await forgetOriginals(tx, act.licenses);
    for (const license of act.licenses) {
      await parts.audit.append(tx, {
        at,
        actor: { id: act.client, department: act.department },
        action: 'license.abandoned',
        subject: license,
        details: { act: act.id, reason },
      });
    }
  }
  return acts.length;
}
