// What runs beside the login pages: the sweeper, and the listener of the host name with TLS client authentication.
import { sweepLogin } from '../identity/login/sweep.ts';
import { certificateTlsServer } from './certificate-tls-server.ts';
import type { Config } from './config.ts';
import { listen, stopListening } from './listen.ts';
import type { Log } from './log.ts';
import type { Services } from './services.ts';

const sweepEvery = 10 * 60_000;

/** Forgets what has expired, now and again. */
export function keepLoginSwept(services: Services, log: Log): { stop(): void } {
  const timer = setInterval(() => {
    sweepLogin(services).catch((error: unknown) => log.error({ err: error }, 'the sweep of logins failed'));
  }, sweepEvery);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/**
 * Listens where browsers show certificates, if that is configured.
 * @returns how to stop. @throws ApiError `port-taken`, `configuration-invalid`.
 */
export async function listenForCertificates(
  services: Services,
  config: Config,
  log: Log,
): Promise<() => Promise<void>> {
  const { tls } = config.login;
  if (tls === null) return () => Promise.resolve();
  const server = await certificateTlsServer(services, tls, log);
  await listen(server, config.host, tls.port);
  return async () => {
    await stopListening(server, 1000);
  };
}
