// Where forms on the provider's pages lead: browsers hold `form-action` also against what a form redirects to.
import type { KoaContextWithOIDC } from 'oidc-provider';

const header = 'Content-Security-Policy';

/** Completes the policy of an HTML answer with the one website it may lead back to. */
export function formTargets() {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    const { oidc } = ctx as { readonly oidc?: KoaContextWithOIDC['oidc'] };
    // Absent where whoever mounted us sets none.
    const policy = (ctx.response.get(header) as string | undefined) ?? '';
    if (oidc?.client === undefined || !policy.includes("form-action 'self'")) return;
    const target = targetOf(oidc);
    if (target !== null)
      ctx.set(header, policy.replace("form-action 'self'", `form-action 'self' ${target}`));
  };
}

/** Only what the library checked against the client's registration stands in these parameters. */
function targetOf(oidc: KoaContextWithOIDC['oidc']): string | null {
  const { params, session, client } = oidc;
  const state = (session as { readonly state?: { readonly postLogoutRedirectUri?: string } } | undefined)
    ?.state;
  const candidates = [
    params?.['post_logout_redirect_uri'],
    state?.postLogoutRedirectUri,
    params?.['redirect_uri'],
  ];
  const known = [...(client?.redirectUris ?? []), ...(client?.postLogoutRedirectUris ?? [])];
  for (const uri of candidates) {
    const parsed = typeof uri === 'string' && known.includes(uri) ? URL.parse(uri) : null;
    if (parsed !== null) return parsed.origin === 'null' ? parsed.protocol : parsed.origin;
  }
  return null;
}
