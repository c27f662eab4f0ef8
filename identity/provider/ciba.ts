// Requests of the back channel (CIBA): kept until the person decides on a page of ours, whatever device asked.
import {
  errors,
  type BackchannelAuthenticationRequest,
  type Client,
  type KoaContextWithOIDC,
  type Provider,
} from 'oidc-provider';
import type { Writer } from '../../storage/database.ts';
import type { CibaRequestTable } from '../../storage/schema/provider.ts';
import { IdentityError } from '../errors.ts';
import { randomIdentifier } from '../identifier.ts';
import { acrOf, isRung, type Rung } from '../levels.ts';
import type { Login } from '../sessions.ts';
import { extensionOf, sectorOf } from './client.ts';
import { recordConsentIn, widened, type Granted } from './consents.ts';
import { askedLevel } from './level.ts';
import { accountOfSubject } from './pairwise.ts';
import type { ProviderParts } from './parts.ts';
import { recordMac } from './records.ts';

/** Seconds a request waits for its person. */
export const cibaSeconds = 300;

/** Requests of one client that wait for one person at once: nobody is worn down by more, nor sees another's no more. */
const mostWaiting = 5;

/** A request as the person's page shows it. */
export interface WaitingRequest {
  /** `cib_…` */
  readonly id: string;
  readonly client: string;
  readonly scopes: readonly string[];
  /** What both screens show, so that the person sees it is the same request. */
  readonly bindingMessage: string | null;
  readonly floor: Rung | null;
  readonly expires: Date;
}

/** @returns the account a hint names: the subject this client knows a person by. */
export function hintedAccount(
  parts: ProviderParts,
  ctx: KoaContextWithOIDC,
  hint: string,
): Promise<string | null> {
  const { client } = ctx.oidc;
  if (client === undefined) return Promise.resolve(null);
  return accountOfSubject(parts, sectorOf(client.clientId, extensionOf(client).settings), hint);
}

/** Words that two screens show alike: short, and nothing that could be taken for a page of ours. */
export function checkBindingMessage(message: string | undefined): void {
  if (message === undefined) return;
  if (!/^[\p{L}\p{N} .,:;#/+-]{1,40}$/u.test(message))
    throw new errors.InvalidBindingMessage('a binding_message has 1 to 40 letters, digits and blanks');
}

/** Keeps a request for its person. */
export async function keepRequest(
  parts: ProviderParts,
  ctx: KoaContextWithOIDC,
  request: BackchannelAuthenticationRequest,
  asked: { readonly account: string; readonly client: Client },
): Promise<void> {
  const id = randomIdentifier('cib', parts.random);
  const at = parts.clock();
  const { settings } = extensionOf(asked.client);
  const { floor, unknown } = askedLevel(ctx.oidc.params ?? {}, settings);
  if (unknown) throw new errors.InvalidRequest('none of the requested authentication contexts is known');
  const message = ctx.oidc.params?.['binding_message'];
  await parts.database.write(async (tx) => {
    const waiting = await tx
      .selectFrom('ciba_request')
      .select('id')
      .where('account', '=', asked.account)
      .where('client', '=', asked.client.clientId)
      .where('state', '=', 'waiting')
      .where('expires_at', '>', at.toISOString())
      .limit(mostWaiting)
      .execute();
    if (waiting.length >= mostWaiting)
      throw new errors.AccessDenied('requests of this client wait for this person already');
    await tx
      .insertInto('ciba_request')
      .values({
        id,
        request_cipher: parts.cipher.seal(requestPlace(id), request.jti),
        account: asked.account,
        client: asked.client.clientId,
        scope: [...ctx.oidc.requestParamScopes].join(' '),
        binding_message: typeof message === 'string' ? message : null,
        floor,
        state: 'waiting',
        created_at: at.toISOString(),
        expires_at: new Date(at.getTime() + cibaSeconds * 1000).toISOString(),
        decided_at: null,
        session_mac: null,
        grant_mac: null,
        offline: 0,
      })
      .execute();
    await parts.audit.append(tx, {
      at,
      actor: { id: `client:${asked.client.clientId}`, department: extensionOf(asked.client).department },
      action: 'back-channel.requested',
      subject: id,
      details: { account: asked.account },
    });
  });
}

/** Requests that wait for a person, newest first. */
export async function waitingRequests(
  parts: Pick<ProviderParts, 'database' | 'clock'>,
  account: string,
): Promise<readonly WaitingRequest[]> {
  const rows = await parts.database.reader
    .selectFrom('ciba_request')
    .select(['id', 'client', 'scope', 'binding_message', 'floor', 'expires_at'])
    .where('account', '=', account)
    .where('state', '=', 'waiting')
    .where('expires_at', '>', parts.clock().toISOString())
    .orderBy('created_at', 'desc')
    .limit(20)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    client: row.client,
    scopes: row.scope.split(' ').filter(Boolean),
    bindingMessage: row.binding_message,
    floor: row.floor !== null && isRung(row.floor) ? row.floor : null,
    expires: new Date(row.expires_at),
  }));
}

/**
 * A person decides. The decision is taken once; the client learns it by polling or is told. What is granted ends with the
 * session it was granted in, as everything of a code flow does: logout, a locked account, a revoked certificate.
 * @throws IdentityError `request-not-found` for one that is not this person's, decided or expired, or where the session
 * has ended meanwhile; `level-not-reached`.
 */
export async function decideRequest(
  parts: ProviderParts,
  provider: Provider,
  decision: { readonly id: string; readonly login: Login; readonly approved: boolean },
): Promise<void> {
  const { id, login, approved } = decision;
  const row = await parts.database.reader
    .selectFrom('ciba_request')
    .selectAll()
    .where('id', '=', id)
    .where('account', '=', login.account)
    .executeTakeFirst();
  if (row === undefined) throw requestNotFound();
  if (approved && row.floor !== null && login.level < row.floor)
    throw new IdentityError('level-not-reached', `This request needs level ${row.floor}.`);
  const request = parts.cipher.open(requestPlace(id), row.request_cipher);
  if (!approved) {
    await parts.database.write((tx) => recordDecisionIn(tx, parts, { row, login, grant: null }));
    await provider.backchannelResult(request, new errors.AccessDenied('the person refused'));
    return;
  }
  const granted = await askedBy(provider, row);
  const grant = await widened(provider, undefined, { account: row.account, client: row.client }, granted);
  try {
    await parts.database.write(async (tx) => {
      await recordDecisionIn(tx, parts, { row, login, grant: recordMac(parts.index, 'Grant', grant.jti) });
      // So that the person sees it beside the others, and can end it there.
      await recordConsentIn(tx, parts, row.account, row.client, granted);
    });
  } catch (error) {
    await grant.destroy();
    throw error;
  }
  // From here on the end of the session ends the grant, and a token request finds none.
  await provider.backchannelResult(request, grant, {
    acr: acrOf(login.level),
    amr: [...login.amr],
    authTime: Math.floor(login.authTime.getTime() / 1000),
  });
}

/** What a request asks for, of what its client may have. */
async function askedBy(provider: Provider, row: CibaRequestTable): Promise<Granted> {
  const client = await provider.Client.find(row.client);
  if (client === undefined) throw requestNotFound();
  const offered = new Set<string>(extensionOf(client).settings.scopes);
  return { scopes: row.scope.split(' ').filter((scope) => offered.has(scope)), claims: [], resources: {} };
}

/** Takes the decision, once, in a session that lives at this very moment. */
async function recordDecisionIn(
  tx: Writer,
  parts: ProviderParts,
  decided: { readonly row: CibaRequestTable; readonly login: Login; readonly grant: string | null },
): Promise<void> {
  const { row, login, grant } = decided;
  const at = parts.clock();
  // Locked, so that a session which ends now ends after this, and takes the grant along.
  const alive = await tx
    .selectFrom('login_session')
    .select('id')
    .where('id', '=', login.id)
    .where('ended_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (alive === undefined) throw requestNotFound();
  const taken = await tx
    .updateTable('ciba_request')
    .set({
      state: grant === null ? 'refused' : 'approved',
      decided_at: at.toISOString(),
      session_mac: login.session,
      grant_mac: grant,
      offline: row.scope.split(' ').includes('offline_access') ? 1 : 0,
    })
    .where('id', '=', row.id)
    .where('state', '=', 'waiting')
    .where('expires_at', '>', at.toISOString())
    .returning('id')
    .executeTakeFirst();
  if (taken === undefined) throw requestNotFound();
  await parts.audit.append(tx, {
    at,
    actor: { id: `account:${login.account}`, department: null },
    action: 'back-channel.decided',
    subject: row.id,
    details: { decision: grant === null ? 'refused' : 'approved', client: row.client },
  });
}

function requestNotFound(): IdentityError {
  return new IdentityError('request-not-found', 'There is no such request waiting for this person.');
}

function requestPlace(id: string): { table: string; column: string; row: string } {
  return { table: 'ciba_request', column: 'request', row: id };
}
