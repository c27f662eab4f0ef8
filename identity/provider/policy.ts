// When a person is asked for something: the library's checks, with the ordered floor of levels and whom to act for.
import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { extensionOf } from './client.ts';
import { askedLevel, currentLogin, levelOfRequest } from './level.ts';
import type { ProviderParts } from './parts.ts';

const { Check, Prompt, base } = interactionPolicy;

/** The provider's policy. */
export function policyOf(parts: ProviderParts): interactionPolicy.DefaultPolicy {
  const policy = base();
  const login = policy.get('login');
  if (login === undefined) throw new TypeError('The library has no login prompt.');
  // Levels are ordered: an exact match would send home whoever logged in too well.
  login.checks.remove('essential_acrs');
  login.checks.remove('essential_acr');
  login.checks.add(
    new Check('login_ended', 'the login of this session has ended', 'login_required', async (ctx) => {
      if (ctx.oidc.session?.accountId === undefined) return Check.NO_NEED_TO_PROMPT;
      return (await currentLogin(parts, ctx)) === null;
    }),
  );
  login.checks.add(
    new Check(
      'acr_floor',
      'the requested authentication context is not met',
      'unmet_authentication_requirements',
      (ctx) => floorMissed(parts, ctx),
    ),
  );
  policy.add(actingPrompt(parts), 1);
  return policy;
}

/** @throws UnmetAuthenticationRequirements where nothing known was asked for: no login could ever satisfy it. */
async function floorMissed(parts: ProviderParts, ctx: KoaContextWithOIDC): Promise<boolean> {
  const { settings } = extensionOf(ctx.oidc.client ?? {});
  const { floor, unknown } = askedLevel(ctx.oidc.params ?? {}, settings);
  if (unknown)
    throw new errors.UnmetAuthenticationRequirements(
      'none of the requested authentication contexts is known',
    );
  const level = await levelOfRequest(parts, ctx);
  if (floor === null || level === null) return Check.NO_NEED_TO_PROMPT;
  return level < floor;
}

/** Asked for with `prompt=select_acting`, or by itself where a client wants to know and the person has a choice. */
function actingPrompt(parts: ProviderParts): interactionPolicy.Prompt {
  return new Prompt(
    { name: 'select_acting', requestable: true },
    new Check('acting_undecided', 'whom to act for was not chosen', 'interaction_required', async (ctx) => {
      const account = ctx.oidc.session?.accountId;
      if (account === undefined || !ctx.oidc.requestParamOIDCScopes.has('acting_for')) return false;
      const login = await currentLogin(parts, ctx);
      if (login === null || login.actingChosen) return false;
      return (await parts.people.mandates(account)).length > 0;
    }),
  );
}
