// The level of a session as one client sees it: the login behind it, and proofing as old as this client accepts.
import type { KoaContextWithOIDC } from 'oidc-provider';
import { acrOf, floorOf, levelOf, lowest, onlyUnknown, type Rung } from '../levels.ts';
import { livingLogin, type Login } from '../sessions.ts';
import { extensionOf } from './client.ts';
import type { ProviderParts } from './parts.ts';
import { sessionMac } from './records.ts';

/** What a finished login leaves in the interaction's result for the provider, under `yinxin`. */
export interface LoginFacts {
  /** `lgn_…` */
  readonly login: string;
  readonly ial: Rung | 0;
  readonly aal: Rung;
  readonly authenticators: readonly string[];
  readonly certificate: { readonly authority: string; readonly serial: string } | null;
  readonly actingFor: string | null;
}

/** The login of a request: finished in this very request, or living on the session. */
export interface CurrentLogin {
  readonly aal: Rung;
  readonly actingFor: string | null;
  readonly actingChosen: boolean;
}

/** @returns our part of an interaction's result, or null. */
export function loginFactsOf(ctx: KoaContextWithOIDC): LoginFacts | null {
  const { result } = ctx.oidc;
  if (result?.login === undefined) return null;
  return (result as { readonly yinxin?: LoginFacts }).yinxin ?? null;
}

/** @returns what was chosen in this request, `undefined` where nothing was. */
export function actingChoiceOf(ctx: KoaContextWithOIDC): string | null | undefined {
  const chosen = (
    ctx.oidc.result as { readonly select_acting?: { readonly actingFor: string | null } } | undefined
  )?.select_acting;
  return chosen?.actingFor;
}

/** Whether a login of this request was only repeated by the library: its session has it already, or a newer one. */
export async function currentLogin(
  parts: ProviderParts,
  ctx: KoaContextWithOIDC,
): Promise<CurrentLogin | null> {
  const chosen = actingChoiceOf(ctx);
  const facts = loginFactsOf(ctx);
  const living = await livingLoginOfRequest(parts, ctx);
  const login =
    facts !== null && living?.id !== facts.login
      ? { aal: facts.aal, actingFor: facts.actingFor, actingChosen: facts.actingFor !== null }
      : living;
  if (login === null) return null;
  return chosen === undefined
    ? { aal: login.aal, actingFor: login.actingFor, actingChosen: login.actingChosen }
    : { aal: login.aal, actingFor: chosen, actingChosen: true };
}

/** The login that lives on the request's session, or null. */
async function livingLoginOfRequest(parts: ProviderParts, ctx: KoaContextWithOIDC): Promise<Login | null> {
  const { session } = ctx.oidc;
  if (session?.accountId === undefined) return null;
  return livingLogin(parts, sessionMac(parts.index, session.uid));
}

const effective = new WeakMap<object, string>();

/** The acr a request is answered with, once `levelOfRequest` looked; undefined before. */
export function effectiveAcr(oidc: object): string | undefined {
  return effective.get(oidc);
}

/**
 * The level of the request's session for the request's client, as of now. The answer's `acr` says the same.
 * @returns null where nobody is signed in.
 */
export async function levelOfRequest(parts: ProviderParts, ctx: KoaContextWithOIDC): Promise<Rung | null> {
  const account = ctx.oidc.session?.accountId;
  const login = await currentLogin(parts, ctx);
  if (account === undefined || login === null) return null;
  const { settings } = extensionOf(ctx.oidc.client ?? {});
  const proofing = await parts.people.proofing(account, settings.proofingMaxAge);
  const level = levelOf(proofing?.rung ?? 0, login.aal);
  effective.set(ctx.oidc, acrOf(level));
  return level;
}

/** What a request asks for: a floor, nothing, or something that cannot be met at all. */
export type AskedLevel = { readonly floor: Rung | null; readonly unknown: boolean };

/** The floor of a request: what its `acr_values` and essential acr claim ask for, and never below the client's own. */
export function askedLevel(
  params: Readonly<Record<string, unknown>>,
  settings: { readonly minimumLevel: Rung | null },
): AskedLevel {
  const values =
    typeof params['acr_values'] === 'string' ? params['acr_values'].split(' ').filter(Boolean) : [];
  const essential = essentialAcr(params['claims']);
  const floors = [floorOf(values), floorOf(essential), settings.minimumLevel].filter((rung) => rung !== null);
  return {
    floor: floors.length === 0 ? null : highest(floors),
    unknown: onlyUnknown(values) || onlyUnknown(essential),
  };
}

/** Values of an essential acr in the `claims` parameter (Core 5.5.1.1); [] where it does not ask. */
function essentialAcr(claims: unknown): readonly string[] {
  if (typeof claims !== 'string') return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(claims);
  } catch {
    // The library refuses what is no JSON with an error of its own.
    return [];
  }
  const acr = (
    parsed as {
      id_token?: { acr?: { essential?: unknown; value?: unknown; values?: unknown } | null };
    } | null
  )?.id_token?.acr;
  if (acr?.essential !== true) return [];
  const values = Array.isArray(acr.values) ? (acr.values as unknown[]) : [acr.value];
  return values.filter((value) => typeof value === 'string');
}

function highest(rungs: readonly Rung[]): Rung {
  return rungs.reduce((high, rung) => (rung > high ? rung : high), lowest(rungs));
}
