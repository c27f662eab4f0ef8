// A client that reaches far is let in, changed, enabled or given a new secret by two persons.
import { clientChange, farReach } from '../identity/provider/client-reach.ts';
import type { ClientSettings } from '../identity/provider/client.ts';
import type { Alongside } from '../identity/provider/clients.ts';
import type { Actor } from '../storage/actor.ts';
import { twoPersonsIn, type TwoPersonParts } from './two-persons.ts';

/** What is about to happen to a client. */
export type ClientChange = Parameters<typeof clientChange>;

/**
 * @param reach - settings that count: those it has, and those it is to have
 * @returns what to do in the write of the change
 * @throws IdentityError `two-person-request-not-found` where an approval is needed and none was brought; it says what to ask for.
 */
export async function clientApproval(
  parts: TwoPersonParts,
  actor: Actor,
  approval: string | undefined,
  asked: { readonly change: ClientChange; readonly reach: readonly ClientSettings[] },
): Promise<Alongside> {
  if (asked.reach.every((settings) => farReach(settings).length === 0)) return () => Promise.resolve();
  const parameters = { change: clientChange(...asked.change) };
  return twoPersonsIn(parts, actor, approval, { kind: 'client', parameters });
}
