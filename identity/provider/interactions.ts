// The interaction port over the library: what a page asks, and how what a person did comes back.
import { ServerResponse, type IncomingMessage } from 'node:http';
import { errors, type Client, type Interaction, type InteractionResults, type Provider } from 'oidc-provider';
import { IdentityError } from '../errors.ts';
import { acrOf, levelOf, rungOfAcr } from '../levels.ts';
import type {
  ConsentDecision,
  ConsentDetails,
  InteractionDetails,
  InteractionPort,
  InteractionPrompt,
  InteractionRefusal,
  LoginResult,
} from '../interaction-port.ts';
import { livingLogin, loginIdentifier } from '../sessions.ts';
import { extensionOf, sectorOf } from './client.ts';
import { recordConsent, widened } from './consents.ts';
import { askedLevel, type LoginFacts } from './level.ts';
import { pairwiseSubject, rememberSubject } from './pairwise.ts';
import type { ProviderParts } from './parts.ts';
import { sessionMac } from './records.ts';

const prompts: Readonly<Record<string, InteractionPrompt>> = {
  login: 'login',
  consent: 'consent',
  select_acting: 'select-acting',
};

/** @param provider asked for each call: it is replaced when keys rotate */
export function interactionPort(parts: ProviderParts, provider: () => Provider): InteractionPort {
  const found = (request: IncomingMessage): Promise<Found> => findInteraction(provider(), request);
  const finish = async (request: IncomingMessage, result: InteractionResults): Promise<string> => {
    const answer = await provider().interactionResult(request, new ServerResponse(request), result);
    return answer;
  };
  return {
    async details(request) {
      return detailsOf(parts, await found(request));
    },
    async finishLogin(request, result) {
      const { interaction, client } = await found(request);
      const facts = await checkedLogin(parts, { interaction, client }, result);
      const { authentication } = result;
      return finish(request, {
        login: {
          accountId: authentication.account,
          acr: acrOf(levelOf(facts.ial, facts.aal)),
          amr: [...authentication.amr],
          ts: Math.floor(authentication.at.getTime() / 1000),
          remember: true,
        },
        yinxin: facts,
      });
    },
    async finishActing(request, actingFor) {
      const { interaction } = await found(request);
      const account = accountOf(interaction);
      if (account === null) throw notFound();
      if (actingFor !== null) await requireMandate(parts, account, actingFor);
      return finish(request, { select_acting: { actingFor } });
    },
    async finishConsent(request, decision) {
      const { interaction, client } = await found(request);
      const account = accountOf(interaction);
      if (account === null) throw notFound();
      const asked = consentDetails(interaction, client);
      const granted = narrowed(asked, decision);
      const { clientId } = client;
      const existing =
        interaction.grantId === undefined ? undefined : await provider().Grant.find(interaction.grantId);
      const grant = await widened(provider(), existing, { account, client: clientId }, granted);
      const refusedScopes = asked.scopes.filter((scope) => !granted.scopes.includes(scope));
      const refusedClaims = asked.claims.filter((claim) => !granted.claims.includes(claim));
      if (refusedScopes.length > 0) grant.rejectOIDCScope(refusedScopes.join(' '));
      if (refusedClaims.length > 0) grant.rejectOIDCClaims(refusedClaims);
      for (const [indicator, scopes] of Object.entries(asked.resources)) {
        const refused = scopes.filter((scope) => !granted.resources[indicator]?.includes(scope));
        if (refused.length > 0) grant.rejectResourceScope(indicator, refused.join(' '));
      }
      const grantId = await grant.save();
      await recordConsent(parts, account, clientId, granted);
      await rememberSubject(parts, sectorOf(clientId, extensionOf(client).settings), account);
      return finish(request, { consent: { grantId } });
    },
    async refuse(request, error: InteractionRefusal, description) {
      await found(request);
      return finish(request, { error, error_description: description.slice(0, 200) });
    },
  };
}

interface Found {
  readonly interaction: Interaction;
  readonly client: Client;
}

/** @throws IdentityError `interaction-not-found`. */
async function findInteraction(provider: Provider, request: IncomingMessage): Promise<Found> {
  let interaction: Interaction;
  try {
    interaction = await provider.interactionDetails(request, new ServerResponse(request));
  } catch (error) {
    if (error instanceof errors.OIDCProviderError) throw notFound(error);
    throw error;
  }
  if (interaction.result !== undefined) throw notFound();
  const id = interaction.params['client_id'];
  const client = typeof id === 'string' ? await provider.Client.find(id) : undefined;
  if (client === undefined) throw notFound();
  return { interaction, client };
}

async function detailsOf(parts: ProviderParts, { interaction, client }: Found): Promise<InteractionDetails> {
  const { params, prompt } = interaction;
  const { englishName, settings } = extensionOf(client);
  const uid = interaction.session?.uid;
  const login = uid === undefined ? null : await livingLogin(parts, sessionMac(parts.index, uid));
  const redirect = text(params['redirect_uri']);
  const maxAge = Number(params['max_age']);
  return {
    uid: interaction.uid,
    prompt: prompts[prompt.name] ?? 'login',
    reasons: prompt.reasons,
    client: {
      id: client.clientId,
      name: { zh: client.clientName ?? client.clientId, en: englishName },
      redirectOrigin: redirect === null ? null : originOf(redirect),
      firstParty: settings.firstParty,
    },
    floor: askedLevel(params, settings).floor,
    maxAge: params['max_age'] === undefined || !Number.isInteger(maxAge) ? null : maxAge,
    fresh: login !== null && prompt.name === 'login',
    loginHint: text(params['login_hint'])?.slice(0, 200) ?? null,
    current:
      login === null
        ? null
        : {
            account: login.account,
            level: rungOfAcr(interaction.session?.acr ?? ''),
            actingFor: login.actingFor,
          },
    uiLocales: text(params['ui_locales'])?.split(' ').slice(0, 10) ?? [],
    consent: prompt.name === 'consent' ? consentDetails(interaction, client) : null,
    device: interaction.deviceCode !== undefined,
    expires: new Date(interaction.exp * 1000),
  };
}

function consentDetails(interaction: Interaction, client: Client): ConsentDetails {
  const { details } = interaction.prompt;
  const list = (value: unknown): readonly string[] =>
    Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
  const resources = (details['missingResourceScopes'] ?? {}) as Readonly<Record<string, unknown>>;
  return {
    scopes: list(details['missingOIDCScope']),
    claims: list(details['missingOIDCClaims']),
    resources: Object.fromEntries(Object.entries(resources).map(([name, scopes]) => [name, list(scopes)])),
    authorizationDetails: [],
    purposes: extensionOf(client).settings.purposes,
  };
}

/** What was decided, never more than was asked. `openid` is what a login is: it cannot be left out. */
function narrowed(asked: ConsentDetails, decision: ConsentDecision): ConsentDecision {
  return {
    scopes: asked.scopes.filter((scope) => scope === 'openid' || decision.scopes.includes(scope)),
    claims: asked.claims.filter((claim) => decision.claims.includes(claim)),
    resources: Object.fromEntries(
      Object.entries(asked.resources).map(([indicator, scopes]) => [
        indicator,
        scopes.filter((scope) => decision.resources[indicator]?.includes(scope)),
      ]),
    ),
  };
}

/** Judges a login again, whatever page it came from. */
async function checkedLogin(
  parts: ProviderParts,
  { interaction, client }: Found,
  result: LoginResult,
): Promise<LoginFacts> {
  const { authentication, actingFor } = result;
  const { account } = authentication;
  const known = await parts.people.account(account);
  if (known?.state !== 'active') throw new IdentityError('account-ended', 'The account is not active.');
  const { settings } = extensionOf(client);
  const { floor } = askedLevel(interaction.params, settings);
  // Proofing is asked again, as old as this client accepts it: the page saw it without knowing the client.
  const proofing = await parts.people.proofing(account, settings.proofingMaxAge);
  const rung = proofing?.rung ?? 0;
  const ial = rung < result.ial ? rung : result.ial;
  const level = levelOf(ial, authentication.aal);
  if (floor !== null && level < floor)
    throw new IdentityError(
      'level-not-reached',
      `The login reached level ${level}; level ${floor} is needed.`,
    );
  requireExpected(parts, { interaction, client }, account);
  if (actingFor !== null) await requireMandate(parts, account, actingFor);
  return {
    login: loginIdentifier(parts.random),
    ial,
    aal: authentication.aal,
    authenticators: authentication.authenticators,
    certificate: authentication.certificate,
    actingFor,
  };
}

/** @throws IdentityError `interaction-other-account` where the client demands somebody else (Core 3.1.2.1). */
function requireExpected(parts: ProviderParts, { interaction, client }: Found, account: string): void {
  const hint = interaction.prompt.details['id_token_hint'];
  if (typeof hint !== 'string') return;
  const subject =
    client.subjectType === 'pairwise'
      ? pairwiseSubject(parts, sectorOf(client.clientId, extensionOf(client).settings), account)
      : account;
  // The hint was verified when the request came in; here only its subject is read again.
  const payload = JSON.parse(Buffer.from(hint.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
    readonly sub?: string;
  };
  if (payload.sub !== subject)
    throw new IdentityError('interaction-other-account', 'The client expects another account.');
}

async function requireMandate(parts: ProviderParts, account: string, id: string): Promise<void> {
  const mandates = await parts.people.mandates(account);
  if (!mandates.some((mandate) => mandate.id === id))
    throw new IdentityError('mandate-not-found', 'There is no such living mandate of this account.');
}

/** Who is signed in: by this interaction's earlier steps, or by the session. */
function accountOf(interaction: Interaction): string | null {
  return interaction.lastSubmission?.login?.accountId ?? interaction.session?.accountId ?? null;
}

function originOf(uri: string): string | null {
  const parsed = URL.parse(uri);
  if (parsed === null) return null;
  return parsed.origin === 'null' ? parsed.protocol : parsed.origin;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function notFound(cause?: unknown): IdentityError {
  return new IdentityError('interaction-not-found', 'This sign-in has expired or was finished already.', {
    cause,
  });
}
