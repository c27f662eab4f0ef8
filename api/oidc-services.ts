// The provider put together: people, pages, network, and what it does by the clock.
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { accountById, proofingOf } from '../identity/accounts.ts';
import { endRevokedLogins } from '../identity/certificate-watch.ts';
import type { InteractionPort } from '../identity/interaction-port.ts';
import { officerOf } from '../identity/officers.ts';
import { personById } from '../identity/persons.ts';
import { sendLogouts } from '../identity/provider/logout-sender.ts';
import type { CallerCertificate, People, ProviderParts } from '../identity/provider/parts.ts';
import { openProvider, type OpenedProvider } from '../identity/provider/provider.ts';
import { sweepProvider } from '../identity/provider/sweep.ts';
import { mandatesOf } from '../identity/representation.ts';
import { scopesOfRoles } from '../identity/roles.ts';
import { verifiedClaimsOf } from '../identity/verified-claims.ts';
import { operator, type Installation } from './installation.ts';
import type { Rate } from './limits.ts';
import type { Log } from './log.ts';
import { providerPages } from './oidc-pages.ts';
import { providerPath } from './oidc-mount.ts';
import { outboundHttp } from './outbound-http.ts';
import { pemOf } from './pem.ts';
import { readPlaces } from './places.ts';
import { SharedLimiter, type ProviderRates } from './shared-limits.ts';

/** How often revocations, the logout queue and key changes are looked at, in milliseconds. */
const watchInterval = 500;
const sweepInterval = 10 * 60_000;

/** How often nodes tell each other what they counted: far below the minute that is counted in. */
const shareInterval = 500;

/** What handlers may call. */
export interface ServedProvider {
  readonly provider: OpenedProvider;
  readonly providerParts: ProviderParts;
  readonly providerRates: ProviderRates;
  readonly interactions: InteractionPort;
}

export interface IdentityProvider {
  readonly served: ServedProvider;
  /** Begins what is done by the clock. @returns how to end it: what is under way finishes first. */
  watch(log: Log): () => Promise<void>;
}

/** What the provider asks about people, of the installation's records. */
function peopleOf(installation: Installation): People {
  const now = (): Date => installation.clock();
  return {
    account: (id) => accountById(installation, id),
    person: (id) => personById(installation, id),
    proofing: (account, maxAge) => proofingOf(installation, account, now(), maxAge),
    verified: (account, asked, maxAge) => verifiedClaimsOf(installation, account, asked, maxAge),
    mandates: async (account) =>
      (await mandatesOf(installation, account, now())).map((mandate) => ({
        id: mandate.id,
        enterprise: mandate.enterprise,
        capacity: mandate.capacity,
        matters: mandate.scope,
        until: mandate.until,
      })),
    async scopes(account) {
      const officer = await officerOf(installation, account);
      // An officer at work is not a resident with a folder: each has a session of his own.
      return officer === null || officer.roles.length === 0
        ? ['licenses:own', 'identity:own']
        : ['identity:own', ...scopesOfRoles(officer.roles)];
    },
  };
}

/** Opens the provider at `address`. */
export async function openIdentityProvider(
  installation: Installation,
  opened: { readonly address: string; readonly fault: (what: string, error: unknown) => void },
): Promise<IdentityProvider> {
  const { config } = installation;
  const insecure = installation.demonstration || config.providerProfile === 'conformance';
  const providerParts: ProviderParts = {
    ...installation,
    issuer: `${opened.address}${providerPath}`,
    address: opened.address,
    profile: config.providerProfile,
    loopback: insecure,
    people: peopleOf(installation),
    pages: providerPages(installation.demonstration, readPlaces(config.login.placesFile)),
    outbound: outboundHttp(insecure),
    callerCertificate,
    fault: opened.fault,
  };
  const provider = await openProvider(providerParts, operator);
  const rate = (perMinute: number): Rate => ({ perMinute, burst: Math.max(5, Math.ceil(perMinute / 2)) });
  const providerRates = {
    program: new SharedLimiter(installation, 'provider-program', rate(config.rates.principal)),
    person: new SharedLimiter(installation, 'provider-person', rate(config.rates.reading)),
  };
  const served = { provider, providerParts, providerRates, interactions: provider.interactions };
  return { served, watch: (log) => watching(served, log) };
}

/** The certificate of the connection itself: what a proxy says in a header is not looked at. */
export function callerCertificate(request: IncomingMessage): CallerCertificate | null {
  const { socket } = request;
  if (!(socket instanceof TLSSocket)) return null;
  const certificate = socket.getPeerCertificate() as { readonly raw?: Buffer } | null;
  if (certificate?.raw === undefined) return null;
  const der = new Uint8Array(certificate.raw);
  return { der, pem: pemOf('CERTIFICATE', der), validated: socket.authorized };
}

function watching({ provider, providerParts, providerRates }: ServedProvider, log: Log): () => Promise<void> {
  const rounds = [
    repeated(log, watchInterval, 'sessions of revoked certificates', async () => {
      await endRevokedLogins(providerParts);
    }),
    repeated(log, watchInterval, 'logout messages', async () => {
      while ((await sendLogouts(providerParts, provider.current())) > 0);
    }),
    repeated(log, watchInterval, "the provider's keys", () => provider.follow()),
    repeated(log, sweepInterval, 'sweeping', async () => {
      await provider.maintain(operator);
      await sweepProvider(providerParts);
      await providerRates.program.sweep();
    }),
    // A database of one process has nobody to share with.
    ...(providerParts.database.engine === 'sqlite'
      ? []
      : [
          repeated(log, shareInterval, 'rates', async () => {
            await providerRates.program.share();
            await providerRates.person.share();
          }),
        ]),
  ];
  return async () => {
    await Promise.all(rounds.map((stop) => stop()));
  };
}

/** Does something again and again, each time after the one before has ended; what fails is logged and tried again. */
function repeated(log: Log, interval: number, what: string, work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  const timer = setInterval(() => {
    running ??= work()
      .catch((error: unknown) => log.error({ err: error }, `${what}: failed`))
      .finally(() => {
        running = null;
      });
  }, interval);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
