// The provider as it runs: built from configuration and keys, replaced while serving when either changes.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Provider } from 'oidc-provider';
import type { Actor } from '../../storage/actor.ts';
import type { Writer } from '../../storage/database.ts';
import type { InteractionPort } from '../interaction-port.ts';
import { listen, recording } from './after.ts';
import { clientSource, formerSecret } from './client-source.ts';
import { configurationOf, cookieMonth } from './configuration.ts';
import { formTargets } from './form-targets.ts';
import { interactionPort } from './interactions.ts';
import { effectiveAcr } from './level.ts';
import { ensureKeys, keyChange, keySet, maintainKeys, revokeKey, rotateKeys } from './keys.ts';
import { queueLogout } from './logout-queue.ts';
import type { ProviderParts } from './parts.ts';
import type { ClientSource } from './records.ts';
import { rememberOnce } from './replay.ts';
import { freshCodePage, knewUserCode } from './shown.ts';

export interface OpenedProvider {
  /** Answers what lies below the issuer's path; the request's `url` is relative to it. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  readonly interactions: InteractionPort;
  /** Whether a request that was answered named a device's code that exists. */
  knewUserCode(request: IncomingMessage): boolean;
  /** The library's object of this moment: never keep it, it is replaced. */
  current(): Provider;
  /** Looks whether keys changed on another node or the month did, and follows. */
  follow(): Promise<void>;
  /** Rotates the signing key, here at once and on other nodes within a second. */
  rotate(actor: Actor, alongside?: (tx: Writer) => Promise<void>): Promise<void>;
  /** The emergency: a key is published no more. @throws IdentityError `provider-key-not-found`. */
  revoke(actor: Actor, kid: string): Promise<void>;
  /** Retires and rotates keys by age. */
  maintain(actor: Actor): Promise<void>;
}

/** Opens the provider, making its first keys where there are none. */
export async function openProvider(parts: ProviderParts, actor: Actor): Promise<OpenedProvider> {
  await ensureKeys(parts, actor);
  let serving = await build(parts);
  let building: Promise<void> | null = null;
  const rebuild = (): Promise<void> => {
    // One after another: the last one built is the newest.
    building ??= build(parts)
      .then((built) => {
        serving = built;
      })
      .finally(() => {
        building = null;
      });
    return building;
  };
  const follow = async (): Promise<void> => {
    const changed =
      (await keyChange(parts)) !== serving.change || cookieMonth(parts.clock()) !== serving.month;
    if (changed) await rebuild();
  };
  return {
    // A request is served to its end by the provider it came to.
    handle: (request, response) => serving.handle(request, response),
    knewUserCode,
    interactions: interactionPort(parts, () => serving.provider),
    current: () => serving.provider,
    follow,
    async rotate(who, alongside) {
      await rotateKeys(parts, who, alongside);
      await follow();
    },
    async revoke(who, kid) {
      await revokeKey(parts, who, kid);
      await follow();
    },
    async maintain(who) {
      await maintainKeys(parts, who);
      await follow();
    },
  };
}

interface Serving {
  readonly provider: Provider;
  readonly change: number;
  readonly month: number;
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

async function build(parts: ProviderParts): Promise<Serving> {
  const keys = await keySet(parts);
  const month = cookieMonth(parts.clock());
  const clients = clientSource(parts);
  const provider = new Provider(parts.issuer, configurationOf(parts, keys, clients));
  // The edge has judged what proxies say and written it down for us.
  provider.proxy = true;
  provider.use(formTargets());
  provider.use(recording(parts));
  provider.use(freshCodePage(provider));
  listen(provider, parts);
  replaceParts(provider, parts);
  rememberClients(provider, clients);
  const callback = provider.callback();
  return { provider, change: keys.change, month, handle: (request, response) => callback(request, response) };
}

/** The library writes a client out and hashes it on each call to see whether it knows it; one comparison shows that here. */
function rememberClients(provider: Provider, clients: ClientSource): void {
  const known = new WeakMap<object, unknown>();
  const find = Reflect.get(provider.Client, 'find') as (id: unknown) => Promise<unknown>;
  Object.defineProperty(provider.Client, 'find', {
    async value(id: unknown): Promise<unknown> {
      const metadata = typeof id === 'string' && id !== '' ? await clients(id) : null;
      if (metadata === null) return undefined;
      const client = known.get(metadata) ?? (await find.call(provider.Client, id));
      if (client !== undefined) known.set(metadata, client);
      return client;
    },
  });
}

/** Three things the library does by itself and we do better: replay, secrets in rotation, messages of logout. */
function replaceParts(provider: Provider, parts: ProviderParts): void {
  // Its own look-up and save are two steps, between which a second node could look up too.
  Object.defineProperty(provider.ReplayDetection, 'unique', {
    value: (issuer: string, identifier: string, expires: number) =>
      rememberOnce(parts, issuer, identifier, expires),
  });
  const client = provider.Client.prototype;
  const compare = Reflect.get(client, 'compareClientSecret') as (this: object, given: string) => unknown;
  Object.defineProperty(client, 'compareClientSecret', {
    async value(this: typeof client, given: string): Promise<boolean> {
      if ((await compare.call(this, given)) === true) return true;
      const former = await formerSecret(parts, this.clientId);
      return former !== null && (await compare.call({ clientSecret: former }, given)) === true;
    },
  });
  Object.defineProperty(client, 'backchannelLogout', {
    async value(this: typeof client, account: string, sid: string): Promise<void> {
      // Durable before the session goes; sent, and sent again, by `logout-sender.ts`.
      await parts.database.write((tx) =>
        queueLogout(tx, parts, { client: this.clientId, account, sid, reason: 'logout' }),
      );
    },
  });
  // What an answer says of the level is how this client sees it now, not how the session once saw it.
  const context = provider.OIDCContext.prototype as object;
  const known = Object.getOwnPropertyDescriptor(context, 'acr');
  if (known?.get === undefined) throw new TypeError('The library has no acr of a context.');
  const original = Object.create(null, { acr: known }) as object;
  Object.defineProperty(context, 'acr', {
    ...known,
    get(this: object): unknown {
      return effectiveAcr(this) ?? Reflect.get(original, 'acr', this);
    },
  });
}
