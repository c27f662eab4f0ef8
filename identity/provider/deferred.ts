// Tokens wait for the end of the request that makes them: one durable write for them and for what the audit says of them.
import { Provider, type KoaContextWithOIDC } from 'oidc-provider';
import type { Writer } from '../../storage/database.ts';

type Step = (tx: Writer) => Promise<void>;

/** Nobody but the answer carries these, so nobody can look for them before it leaves. */
const models: readonly string[] = ['AccessToken', 'ClientCredentials', 'RefreshToken'];

/** What waits, by the request whose end writes it. */
const waiting = new WeakMap<object, Step[]>();

/** Says that `recording` around this request will write what waits. */
export function beginDeferring(ctx: KoaContextWithOIDC): void {
  waiting.set(ctx, []);
}

/** Leaves a step to the end of the request under way. @returns false where it has to be written now. */
export function deferred(model: string, step: Step): boolean {
  if (!models.includes(model)) return false;
  const ctx: object | undefined = Provider.ctx;
  const steps = ctx === undefined ? undefined : waiting.get(ctx);
  steps?.push(step);
  return steps !== undefined;
}

/** Takes what waits; what is written after that is written at once. */
export function takeDeferred(ctx: KoaContextWithOIDC): readonly Step[] {
  const steps = waiting.get(ctx) ?? [];
  waiting.delete(ctx);
  return steps;
}
