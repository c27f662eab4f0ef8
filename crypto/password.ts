// Password hashing: Argon2id behind a bounded queue, so that guesses can neither exhaust the machine nor wait for ever.
import { hash, parseOptions, verify, type Options } from '@node-rs/argon2';
import type { RandomBytes } from './clock.ts';
import { CryptoError } from './errors.ts';

/** What one hash costs. */
export interface PasswordCost {
  /** KiB of memory. */
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
}

/** OWASP Password Storage Cheat Sheet, first choice for Argon2id: 19 MiB, two passes, one lane (ASVS 5.0 11.4.2). */
export const owaspCost: PasswordCost = { memory: 19_456, passes: 2, lanes: 1 };

const SALT = 16;
const LENGTH = 32;

export interface PasswordHasher {
  /**
   * @param password - at most 1024 bytes of UTF-8; the caller has normalised it
   * @returns a PHC string (`$argon2id$v=19$m=…`). @throws CryptoError `password-busy`.
   */
  hash(password: string): Promise<string>;
  /**
   * Whether the password is the one hashed. With null (nobody of that name) the same work is done and the answer is
   * false, so that the time tells nothing.
   * @throws CryptoError `password-busy`.
   */
  verify(phc: string | null, password: string): Promise<boolean>;
  /** Whether a stored hash was made with less than is asked of new ones. */
  outdated(phc: string): boolean;
  /** How many are being reckoned, and how many wait. */
  readonly load: { readonly running: number; readonly waiting: number };
}

export interface HasherOptions {
  readonly random: RandomBytes;
  /** Hashes reckoned at once: no more than there are cores, since each takes one whole. */
  readonly concurrency: number;
  /** Hashes that may wait; the next is refused at once, before any work. */
  readonly queueLimit: number;
  /** Tests go lower. */
  readonly cost?: PasswordCost;
}

/** Opens a hasher. Its decoy is made at the first need, of random bytes nobody knows. */
export function passwordHasher(options: HasherOptions): PasswordHasher {
  const { random, concurrency, queueLimit, cost = owaspCost } = options;
  const waiting: (() => void)[] = [];
  let running = 0;
  let decoy: Promise<string> | null = null;

  const within = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= concurrency) {
      if (waiting.length >= queueLimit) {
        throw new CryptoError(
          'password-busy',
          'Too many passwords are being checked: try again in a moment.',
        );
      }
      // Whoever ends hands its place on, so the number of those running never rises above the limit.
      await new Promise<void>((resume) => waiting.push(resume));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
  // Argon2id of version 1.3 (RFC 9106) is what the library makes unless told.
  const settings = (): Options => ({
    memoryCost: cost.memory,
    timeCost: cost.passes,
    parallelism: cost.lanes,
    outputLen: LENGTH,
    salt: random(SALT),
  });
  const made = (password: string): Promise<string> => hash(bounded(password), settings());
  const decoyHash = (): Promise<string> => {
    decoy ??= made(Buffer.from(random(32)).toString('base64'));
    return decoy;
  };

  return {
    hash: (password) => within(() => made(password)),
    async verify(phc, password) {
      const against = phc ?? (await decoyHash());
      const same = await within(() => verify(against, bounded(password)));
      return same && phc !== null;
    },
    outdated(phc) {
      const { memoryCost, timeCost, parallelism } = parseOptions(phc);
      return (
        !phc.startsWith('$argon2id$v=19$') ||
        memoryCost < cost.memory ||
        timeCost < cost.passes ||
        parallelism !== cost.lanes
      );
    },
    get load() {
      return { running, waiting: waiting.length };
    },
  };
}

/** Hashing megabytes is a way to keep us busy: callers refuse long ones, and this is the net below. */
function bounded(password: string): Uint8Array {
  const bytes = Buffer.from(password, 'utf8');
  if (bytes.length > 1024) {
    throw new CryptoError('algorithm-refused', 'A password has at most 1024 bytes.');
  }
  return bytes;
}
