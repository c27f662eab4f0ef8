// What follows a factor: another one, the level, and the end of the login. Whom to act for is asked after it, by those who want to know.
import type { IncomingMessage } from 'node:http';
import { IdentityError } from '../identity/errors.ts';
import type { InteractionDetails } from '../identity/interaction-port.ts';
import { levelOf, type Rung } from '../identity/levels.ts';
import { authenticatorsOf } from '../identity/login/authenticators.ts';
import { deviceSeconds, rememberDevice } from '../identity/login/devices.ts';
import type { Factor } from '../identity/login/parts.ts';
import {
  authenticationOf,
  keepProgress,
  progressOf,
  progressWith,
  takeProgress,
  type Progress,
} from '../identity/login/progress.ts';
import { sourceOf } from './interaction-guard.ts';
import { setLoginCookie } from './login-cookies.ts';
import type { Services } from './services.ts';

/** Where the browser goes next, and the cookies that go with it. */
export interface NextStep {
  readonly location: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Kinds of which an account that has two shows two: one alone is never enough there. */
const weakKinds = ['password', 'totp', 'sms'] as const;

/** What a finished progress is worth against what is asked. */
export interface Reached {
  readonly ial: Rung | 0;
  readonly aal: Rung;
  /** Whether the level asked for is reached. */
  readonly enough: boolean;
}

/** Goes on after a factor was shown and held, or several of one account at once. */
export async function afterFactor(
  services: Services,
  request: IncomingMessage,
  details: InteractionDetails,
  ...factors: readonly [Factor, ...Factor[]]
): Promise<NextStep> {
  const { doors } = services.login;
  const before = await progressOf(doors, details.uid);
  const [first, ...more] = factors;
  const progress = more.reduce(progressWith, progressWith(before, first));
  const here: NextStep = { location: `/interaction/${details.uid}`, headers: {} };
  if ((await secondFactors(services, progress)).length > 0) {
    await keepProgress(doors, details.uid, progress);
    return here;
  }
  const complete = { ...progress, complete: true };
  if (!(await reachedBy(services, details, complete)).enough) {
    await keepProgress(doors, details.uid, complete);
    return here;
  }
  // What an earlier step kept is used up by this one, once.
  if (before !== null) await takeProgress(doors, details.uid);
  return finishLogin(services, request, { details, progress: complete });
}

/** Kinds of which one must still be shown; none where two were, or where the account has but one. */
export async function secondFactors(
  services: Services,
  progress: Pick<Progress, 'account' | 'factors'>,
): Promise<readonly (typeof weakKinds)[number][]> {
  const shown = progress.factors.map(({ used }) => used.kind);
  const strong = shown.some((kind) => !weakKinds.some((weak) => weak === kind));
  if (strong || new Set(shown).size > 1) return [];
  const enrolled = await authenticatorsOf(services.database.reader, progress.account);
  return weakKinds.filter(
    (kind) =>
      !shown.includes(kind) &&
      enrolled.some((each) => each.kind === kind) &&
      // Two codes of one telephone are one factor: something known must be among the two.
      (kind === 'password' || shown.includes('password')) &&
      (kind !== 'sms' || services.login.doors.messages !== null),
  );
}

/** The rungs on both axes. */
export async function reachedBy(
  services: Services,
  details: Pick<InteractionDetails, 'floor'>,
  progress: Progress,
): Promise<Reached> {
  const { aal } = authenticationOf(progress, services.clock());
  const ial = await services.login.doors.accounts.rungOf(progress.account);
  return { ial, aal, enough: details.floor === null || levelOf(ial, aal) >= details.floor };
}

/**
 * Ends the login: the provider opens or renews its session, under a new identifier.
 * @throws IdentityError of the port; what was shown is kept, so that the person may add a factor or choose otherwise.
 */
async function finishLogin(
  services: Services,
  request: IncomingMessage,
  { details, progress }: { readonly details: InteractionDetails; readonly progress: Progress },
): Promise<NextStep> {
  const { doors } = services.login;
  const authentication = authenticationOf(progress, services.clock());
  const ial = await doors.accounts.rungOf(progress.account);
  let location: string;
  try {
    location = await services.interactions.finishLogin(request, { authentication, ial, actingFor: null });
  } catch (error) {
    if (error instanceof IdentityError) await keepProgress(doors, details.uid, progress);
    throw error;
  }
  const { device } = sourceOf(services, request);
  const token = await rememberDevice(doors, device, progress.account);
  return {
    location,
    headers: { 'Set-Cookie': setLoginCookie(services, 'device', token, deviceSeconds) },
  };
}
