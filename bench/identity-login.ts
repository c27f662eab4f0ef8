// Password logins end to end: sign-in page, interaction, Argon2id at OWASP's parameters, session, code, tokens; and the queue under a storm.
import { operator } from '../api/installation.ts';
import type { RunningService } from '../api/main.ts';
import { sessionCookieOf } from '../api/guard.ts';
import { owaspCost } from '../crypto/password.ts';
import { openAccount } from '../identity/accounts.ts';
import { addLoginName } from '../identity/login/names.ts';
import { setPassword } from '../identity/login/password.ts';
import { personWith } from '../identity/persons.ts';
import { runLogins, type LoginLoad } from './identity-login-load.ts';
import { measure, rate, type Measure } from './measure.ts';
import { startBenchService } from './service.ts';

const password = 'a bench sentence 4711';
const callers = 8;
/** What was promised: thirty logins a second on two cores. */
const promised = 30;
/** Logins that are sent at the same moment in the storm. */
const storm = 300;
/** Passwords that may wait. */
const queue = 80;

/** Measures on a service below `folder`. */
export async function* measureIdentityLogin(seconds: number, folder: string): AsyncGenerator<Measure> {
  const service = await startBenchService(folder, {
    YINXIN_RATE_READING: '10000000',
    // Each login of the storm has an address of its own: what is measured is the queue, not the limits on one address.
    YINXIN_TRUSTED_PROXIES: '1',
  });
  try {
    const names = await people(service, callers);
    const { hasher } = service.services.login.doors;
    const hashes = await rate(seconds, () => hasher.verify(null, password), 4);
    yield measure(
      `Argon2id ${owaspCost.memory} KiB, t=${owaspCost.passes}`,
      hashes,
      '/s',
      'promised',
      promised,
    );
    const load = { ...whereOf(service), names, password, parallel: callers };
    await runLogins({ ...load, seconds: seconds / 5 });
    const { loggedIn, failed, refused, seconds: took } = await runLogins({ ...load, seconds });
    if (failed + refused > 0) throw new Error(`${failed + refused} logins did not succeed.`);
    const logins = loggedIn / took;
    yield measure('password logins, end to end', logins, '/s', 'promised', promised);
    yield measure('password logins beside the hash alone', logins, '/s', 'Argon2id', hashes);
    yield await queueUnderStorm(service, names);
  } finally {
    await service.stop();
  }
}

/** Accounts with a name and a password, and nothing else. */
async function people(service: RunningService, count: number): Promise<readonly string[]> {
  const { services } = service;
  const { doors } = services.login;
  const names: string[] = [];
  for (let at = 0; at < count; at += 1) {
    const person = await personWith(services.people, { wanghao: `BENCHLOGIN${at}`.padEnd(16, '0') });
    const { id } = await openAccount(services.people, operator, person);
    const name = `bench-${at}`;
    await services.database.write((tx) => addLoginName(doors, tx, id, name));
    await setPassword(doors, operator, { account: id, password, rung: 1 });
    names.push(name);
  }
  return names;
}

function whereOf({ localUrl, services }: RunningService): Pick<LoginLoad, 'localUrl' | 'address' | 'cookie'> {
  return { localUrl, address: services.address, cookie: sessionCookieOf(services.address) };
}

/** Everybody at once: the longest the queue grew, beside what it may hold. Whoever found it full heard 429. */
async function queueUnderStorm(service: RunningService, names: readonly string[]): Promise<Measure> {
  const { hasher } = service.services.login.doors;
  let longest = 0;
  const watching = setInterval(() => {
    longest = Math.max(longest, hasher.load.waiting);
  }, 1);
  const { loggedIn, refused, failed } = await runLogins({
    ...whereOf(service),
    names,
    password,
    seconds: null,
    parallel: storm,
  });
  clearInterval(watching);
  if (failed > 0) throw new Error(`${failed} logins of the storm failed.`);
  return measure(
    `longest queue of ${storm} logins at once (${loggedIn} in, ${refused} heard 429)`,
    longest,
    'waiting',
    'permitted',
    queue,
  );
}
