// Login at another OpenID Provider: its subjects are keyed by issuer and subject, and its levels are worth what our mapping says.
import { IdentityError } from '../errors.ts';
import type { Actor } from '../../storage/actor.ts';
import type { Rung } from '../levels.ts';
import { authenticatorByLookup, enrolAuthenticator, useAuthenticator } from './authenticators.ts';
import { failed, succeeded } from './outcome.ts';
import type { Factor, LoginParts } from './parts.ts';

/** Another provider, as it is configured. */
export interface UpstreamProvider {
  /** In addresses: its own callback, so that answers of one are never taken for another's (RFC 9700 4.4). */
  readonly name: string;
  readonly title: { readonly zh: string; readonly en: string };
  readonly issuer: string;
  /** What its `acr` values are worth here; values not named, and none at all, are worth rung 1. */
  readonly levels: Readonly<Record<string, Rung>>;
}

/** What its ID token says, after signature, issuer, audience, nonce and times were checked. */
export interface UpstreamClaims {
  readonly issuer: string;
  readonly subject: string;
  readonly acr: string | null;
  readonly amr: readonly string[];
  /** Seconds since 1970, or null where it does not say. */
  readonly authTime: number | null;
}

/** Seconds its clock may be off. */
const skew = 60;

/** The same subject at another issuer is another person (ASVS 5.0 6.8.1). */
function lookupOf(parts: LoginParts, { issuer, subject }: UpstreamClaims): string {
  return `upstream:${parts.index.of('upstream-subject', JSON.stringify([issuer, subject]))}`;
}

/**
 * The factor that a login at another provider gives.
 * @param asked.freshWithin - seconds since the login there that are accepted; null for any
 * @throws IdentityError `upstream-refused` (another issuer, nobody linked, not fresh), `login-refused`.
 */
export async function finishUpstream(
  parts: LoginParts,
  provider: UpstreamProvider,
  claims: UpstreamClaims,
  asked: { readonly freshWithin: number | null },
): Promise<Factor> {
  if (claims.issuer !== provider.issuer) return failed(parts, 'upstream', null, 'issuer', 'upstream-refused');
  const enrolled = await authenticatorByLookup(parts.database.reader, lookupOf(parts, claims));
  if (enrolled === null) return failed(parts, 'upstream', null, 'not-linked', 'upstream-refused');
  if (!isFresh(claims, asked.freshWithin, parts.clock())) {
    return failed(parts, 'upstream', enrolled.account, 'not-fresh', 'upstream-refused');
  }
  const used = await parts.database.write((tx) => useAuthenticator(tx, enrolled.id, parts.clock()));
  if (!used) return failed(parts, 'upstream', enrolled.account, 'ended', 'upstream-refused');
  return succeeded(parts, 'upstream', {
    account: enrolled.account,
    authenticator: enrolled.id,
    certificate: null,
    used: {
      kind: 'upstream',
      userVerified: false,
      originBound: false,
      keyStorage: null,
      enrolledRung: enrolled.enrolledRung,
      ceiling: rungOf(provider, claims.acr),
    },
  });
}

/**
 * Links a subject of another provider to an account, by its holder.
 * @throws IdentityError `upstream-refused`, `authenticator-exists` where it is linked already, to whomever.
 */
export function linkUpstream(
  parts: LoginParts,
  actor: Pick<Actor, 'id' | 'department'>,
  link: {
    readonly account: string;
    readonly rung: Rung | 0;
    readonly provider: UpstreamProvider;
    readonly claims: UpstreamClaims;
  },
): Promise<string> {
  const { account, rung, provider, claims } = link;
  if (claims.issuer !== provider.issuer) {
    throw new IdentityError('upstream-refused', 'The answer is of another provider.');
  }
  return parts.database.write((tx) =>
    enrolAuthenticator(parts, tx, actor, {
      account,
      kind: 'upstream',
      label: provider.title.zh.slice(0, 60),
      aal: 3,
      deviceBound: false,
      attested: false,
      rung,
      lookup: lookupOf(parts, claims),
      publicPart: { provider: provider.name },
      secret: null,
    }),
  );
}

/** What a foreign level is worth here. */
export function rungOf(provider: UpstreamProvider, acr: string | null): Rung {
  if (acr === null || !Object.hasOwn(provider.levels, acr)) return 1;
  const rung = provider.levels[acr] ?? 1;
  // Never the window's own rung: nobody here saw the person.
  return rung > 3 ? 3 : rung;
}

/** A client that wants a fresh login gets one only where the provider says when its login was (ASVS 5.0 6.8.4). */
function isFresh({ authTime }: UpstreamClaims, within: number | null, now: Date): boolean {
  if (within === null) return true;
  if (authTime === null) return false;
  const age = now.getTime() / 1000 - authTime;
  return age <= within + skew && age >= -skew;
}
