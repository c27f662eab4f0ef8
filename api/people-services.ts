// What concerns people, put together: registers, session events, and what is done by the clock.
import { readFile } from 'node:fs/promises';
import type { AccountEvents } from '../identity/account-events.ts';
import { ensureDefaultPurposes } from '../identity/default-purposes.ts';
import { IdentityError } from '../identity/errors.ts';
import { absentRegisters, type RegisterDependencies, type Registers } from '../identity/registers.ts';
import { takeUpRegisterChanges } from '../identity/representation-root.ts';
import { sweepPersonalData } from '../identity/retention.ts';
import { labelledDigest } from '../crypto/algorithms.ts';
import { ApiError } from './errors.ts';
import { operator, type Installation } from './installation.ts';
import type { Log } from './log.ts';
import { registersOverHttp } from './registers-http.ts';

/** Registers as they were opened, with what ends them. */
export interface OpenedRegisters {
  readonly registers: Registers;
  /**
   * Demonstration only: what a person's phone does with the national app. @returns a code to type in, or null where the
   * register knows no 网号 of this person.
   */
  readonly showWangzheng:
    ((person: { readonly number: string | null; readonly wanghao: string | null }) => string | null) | null;
  stop(): Promise<void>;
}

/** How often changes of the register are taken up, and retention is looked at, in milliseconds. */
const registerInterval = 5_000;
const sweepInterval = 6 * 3_600_000;

/** The registers that are configured, or none. @throws ApiError `configuration-refused` where the token cannot be read. */
export async function configuredRegisters(installation: Installation): Promise<OpenedRegisters> {
  const { registers } = installation.config;
  const stop = (): Promise<void> => Promise.resolve();
  if (registers === null) return { registers: absentRegisters, showWangzheng: null, stop };
  const token = await readFile(registers.tokenFile, 'utf8').catch((cause: unknown) => {
    throw new ApiError('configuration-refused', 'The token of the registers cannot be read.', {
      cause,
      hint: 'YINXIN_REGISTERS_TOKEN_FILE names a file with one line that this service may read',
    });
  });
  const access = { url: registers.url, token: token.trim(), clock: installation.clock };
  return { registers: registersOverHttp(access), showWangzheng: null, stop };
}

/** @returns dependencies of everything about people */
export async function openPeople(
  installation: Installation,
  events: AccountEvents,
  registers: Registers,
): Promise<RegisterDependencies> {
  const people = { ...installation, events, registers };
  await ensureDefaultPurposes(people, operator, (text) => labelledDigest(installation.suite.digest, text));
  return people;
}

/** Takes up changes of the register and erases what is past its retention. @returns how to end it */
export function watchPeople(people: RegisterDependencies, log: Log): () => Promise<void> {
  let running: Promise<void> | null = null;
  let down = false;
  let swept = 0;
  const round = async (): Promise<void> => {
    try {
      while ((await takeUpRegisterChanges(people)).more);
      if (down) log.info({}, 'the register answers again');
      down = false;
    } catch (error) {
      if (!(error instanceof IdentityError && error.code === 'register-unavailable')) throw error;
      // Said once: mandates stay as they were last known until the register answers.
      if (!down) log.warn({ code: error.code }, 'the register of legal persons does not answer');
      down = true;
    }
    const now = people.clock().getTime();
    if (now - swept < sweepInterval) return;
    swept = now;
    while ((await sweepPersonalData(people)) > 0);
  };
  const timer = setInterval(() => {
    running ??= round()
      .catch((error: unknown) => log.error({ err: error }, 'people: a round failed'))
      .finally(() => {
        running = null;
      });
  }, registerInterval);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
