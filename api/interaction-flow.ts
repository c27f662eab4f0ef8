// What follows a factor: another one, the level, and the end of the login. Whom to act for is asked after it, by those who want to know.
import type { IncomingMessage } from 'node:http';
import { IdentityError } from '../identity/errors.ts';
import type { InteractionDetails } from '../identity/interaction-port.ts';
import { levelOf, type Rung } from '../identity/levels.ts';
import { authenticatorsOf } from '../identity/login/authenticators.ts';
import { deviceSeconds, rememberDevice } from '../identity/login/devices.ts';
import type { Factor } from '../identity/login/parts.ts';
import { addProgress, authenticationOf, takeProgress, type Progress } from '../identity/login/progress.ts';
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

/** Goes on after a factor was shown and held. */
export async function afterFactor(
  services: Services,
  request: IncomingMessage,
  details: InteractionDetails,
  factor: Factor,
): Promise<NextStep> {
  const { doors } = services.login;
  const weak = weakKinds.some((kind) => kind === factor.used.kind);
  const before = await addProgress(doors, details.uid, { factor, complete: !weak });
  if (weak) {
    const missing = await secondFactors(services, before);
    if (missing.length > 0) return { location: `/interaction/${details.uid}`, headers: {} };
    await addProgress(doors, details.uid, { factor, complete: true });
  }
  const progress = { ...before, complete: true };
  const reached = await reachedBy(services, details, progress);
  if (!reached.enough) return { location: `/interaction/${details.uid}`, headers: {} };
  return finishLogin(services, request, details);
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
 * @throws IdentityError of the port; what was shown stays where the level was not reached.
 */
export async function finishLogin(
  services: Services,
  request: IncomingMessage,
  details: InteractionDetails,
): Promise<NextStep> {
  const { doors } = services.login;
  const progress = await takeProgress(doors, details.uid);
  const authentication = authenticationOf(progress, services.clock());
  const ial = await doors.accounts.rungOf(progress.account);
  let location: string;
  try {
    location = await services.interactions.finishLogin(request, { authentication, ial, actingFor: null });
  } catch (error) {
    // The person may add a factor or choose otherwise: what was shown is shown still.
    if (error instanceof IdentityError) {
      for (const factor of progress.factors)
        await addProgress(doors, details.uid, { factor, complete: true });
    }
    throw error;
  }
  const { device } = sourceOf(services, request);
  const token = await rememberDevice(doors, device, progress.account);
  return {
    location,
    headers: { 'Set-Cookie': setLoginCookie(services, 'device', token, deviceSeconds) },
  };
}
