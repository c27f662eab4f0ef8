// Port: what a login or consent page asks of the OpenID Provider, and how it hands back what a person did.
import type { IncomingMessage } from 'node:http';
import type { Words } from '../verification/report.ts';
import type { Authentication, Rung } from './levels.ts';

/** What the person is asked for. `select-acting`: whom to act for, without a new login. */
export type InteractionPrompt = 'login' | 'consent' | 'select-acting';

/** Who asks, as a person may be told. */
export interface InteractionClient {
  readonly id: string;
  readonly name: Words;
  /** Where the browser goes afterwards: needed in `form-action` of the page's CSP. Null for devices without a browser. */
  readonly redirectOrigin: string | null;
  /** Our own pages and the like: nobody is asked for consent. */
  readonly firstParty: boolean;
}

/** What would be granted that was not granted before. */
export interface ConsentDetails {
  /** Scopes of the OpenID Provider itself, such as `profile`. */
  readonly scopes: readonly string[];
  /** Single claims asked for by the claims parameter. */
  readonly claims: readonly string[];
  /** Scopes of APIs, by the API's resource indicator. */
  readonly resources: Readonly<Record<string, readonly string[]>>;
  /** `authorization_details` (RFC 9396), as checked at the edge; [] where there are none. */
  readonly authorizationDetails: readonly Readonly<Record<string, unknown>>[];
  /** Identifiers of the purposes of processing (purpose rows) that the client is registered with. */
  readonly purposes: readonly string[];
}

/** One interaction under way, plain values only. */
export interface InteractionDetails {
  /** Stands in the page's address: `/interaction/{uid}`. */
  readonly uid: string;
  readonly prompt: InteractionPrompt;
  /** Why it is asked for, the library's and our own names: `no_session`, `max_age`, `acr_floor`, `login_prompt` … */
  readonly reasons: readonly string[];
  readonly client: InteractionClient;
  /** The lowest level that is enough; null where any is. */
  readonly floor: Rung | null;
  /** Seconds since the last login that the client accepts; null where it does not say. */
  readonly maxAge: number | null;
  /** Whether a new login is demanded although somebody is signed in (`prompt=login`, `max_age`, a level too low). */
  readonly fresh: boolean;
  /** What the client believes about who comes; never trusted, never shown before a login. At most 200 characters. */
  readonly loginHint: string | null;
  /** Who is signed in by the browser's session, if anybody. */
  readonly current: CurrentLogin | null;
  /** Languages asked for, in order (`ui_locales`). */
  readonly uiLocales: readonly string[];
  /** What consent is asked for; null unless `prompt` is `consent`. */
  readonly consent: ConsentDetails | null;
  /** Whether this is a device's request (RFC 8628), approved in a browser that is not the device's. */
  readonly device: boolean;
  /** When the interaction ends. */
  readonly expires: Date;
}

/** The login behind the browser's session. */
export interface CurrentLogin {
  readonly account: string;
  /** The level of the session: the lower of proofing and authentication. */
  readonly level: Rung | null;
  /** Whom the person acts for: a representation's identifier, or null for oneself. */
  readonly actingFor: string | null;
}

/** What a finished login hands over. */
export interface LoginResult {
  readonly authentication: Authentication;
  /** The proofing rung as it stands now (decayed); 0 where nothing was proofed. */
  readonly ial: Rung | 0;
  /** A representation's identifier (`rep_…`), or null to act for oneself. Judged again here. */
  readonly actingFor: string | null;
}

/** What a person decided about what a client asks for. Everything asked for and not named is refused. */
export interface ConsentDecision {
  readonly scopes: readonly string[];
  readonly claims: readonly string[];
  readonly resources: Readonly<Record<string, readonly string[]>>;
}

/** How an interaction may end without what was asked for (OpenID Connect Core 3.1.2.6, RFC 6749 4.1.2.1). */
export type InteractionRefusal =
  | 'access_denied'
  | 'login_required'
  | 'interaction_required'
  | 'consent_required'
  | 'unmet_authentication_requirements';

/**
 * Promises:
 * - The interaction is the one of the request's own cookie: an address copied to another browser finds nothing.
 * - Every finishing method records what was done before it answers, and answers with an absolute address on this service
 *   where the browser is to be sent with 303; it goes on to the client from there.
 * - An interaction is finished once: a second finish is refused.
 * Each method throws IdentityError `interaction-not-found` where the cookie is missing, expired, of another account
 * by now, or already finished.
 */
export interface InteractionPort {
  details(request: IncomingMessage): Promise<InteractionDetails>;
  /**
   * Opens or renews the browser's session with a new session identifier.
   * @throws IdentityError `level-not-reached` where the login is below `floor`: nothing was changed, the page explains
   * and offers another method or `refuse` with `unmet_authentication_requirements`; `account-ended`;
   * `mandate-not-found` where `actingFor` is not this account's or ended; `interaction-other-account` where the
   * client demands the account that is named in its `id_token_hint` and another one came.
   */
  finishLogin(request: IncomingMessage, result: LoginResult): Promise<string>;
  /**
   * Chooses whom the signed-in person acts for.
   * @throws IdentityError `mandate-not-found`.
   */
  finishActing(request: IncomingMessage, actingFor: string | null): Promise<string>;
  /** Grants what the decision names, of what was asked for. */
  finishConsent(request: IncomingMessage, decision: ConsentDecision): Promise<string>;
  /** Ends the interaction with an error that the client is told. @param description plain English, no personal value */
  refuse(request: IncomingMessage, error: InteractionRefusal, description: string): Promise<string>;
}
