// A signature appended at the level that was asked for, or at the highest that is true where a service is down.
import { signingAlgorithm, type DigestName } from '../crypto/algorithms.ts';
import type { SignatureAlgorithm, SigningKey } from '../crypto/signing-key.ts';
import { augment, type AugmentParts } from './augment.ts';
import { SigningError } from './errors.ts';
import type { GrowingCopy } from './growing-copy.ts';
import type { LongTermParts } from './long-term.ts';
import { assembleCms, checkCms, signDigest, timestampDigest } from './pades-signature.ts';
import type { PreparedSignature } from './prepared-update.ts';
import { appendSignature } from './sealed-copy.ts';
import { reaches, type StampLevel } from './stamp-level.ts';
import { ownTurn } from './turns.ts';
import type { Timestamp, TimestampClient } from './timestamp-client.ts';

/** What signs and what answers. */
export interface LevelParts {
  readonly key: SigningKey;
  /** Null where none is to be had: then nothing above B-B is. */
  readonly timestamps: TimestampClient | null;
  /** Milliseconds one time-stamp may take. */
  readonly timestampBudget: number;
  /** Null where none is to be had: then nothing above B-T is. */
  readonly longTerm: LongTermParts | null;
}

export interface LevelOrder {
  readonly level: StampLevel;
  /** Whether a lower level than asked for may be given out where a service is down. */
  readonly lower: boolean;
  readonly now: Date;
  readonly password?: string;
  readonly prepared: PreparedSignature | null;
  prepare(capacity: number | null): Promise<PreparedSignature>;
}

export interface LevelledSignature {
  readonly prepared: PreparedSignature;
  /** What the file truly has. */
  readonly level: StampLevel;
  /** Of the signature itself; null at level B-B. */
  readonly timestamp: Timestamp | null;
  /** Why the level is lower than asked for; null where it is not. */
  readonly shortfall: SigningError | null;
}

/** Digests a copy must keep for `signCopy`. */
export function digestsFor(parts: LevelParts, level: StampLevel): readonly DigestName[] {
  const own = signingAlgorithm(parts.key.algorithm).digest;
  return reaches(level, 'B-LT') && parts.timestamps !== null ? [own, parts.timestamps.digest] : [own];
}

/**
 * The key as a maker of signatures of one algorithm.
 * @throws SigningError `algorithm-refused`
 */
export function keyFor(key: SigningKey, algorithm: SignatureAlgorithm | undefined): SigningKey {
  if (algorithm === undefined || algorithm === key.algorithm) return key;
  const other = key.as?.(algorithm) ?? null;
  if (other === null)
    throw new SigningError(
      'algorithm-refused',
      `The key makes signatures of ${key.algorithm}, not of ${algorithm}.`,
    );
  return other;
}

/**
 * Appends the signature and what its level adds.
 * @throws SigningError `timestamp-unavailable`, `timestamp-invalid`, `status-unavailable` (unless `lower`),
 *   `certificate-revoked`, `self-check-failed`, `placeholder-too-small`; CryptoError. The copy must not be given out then.
 */
export async function signCopy(
  copy: GrowingCopy,
  parts: LevelParts,
  order: LevelOrder,
): Promise<LevelledSignature> {
  const got: { timestamp: Timestamp | null; shortfall: SigningError | null } = {
    timestamp: null,
    shortfall: null,
  };
  const { key } = parts;
  const prepared = await appendSignature(copy, {
    algorithm: signingAlgorithm(key.algorithm).digest,
    prepared: order.prepared,
    prepare: (capacity) => order.prepare(capacity),
    make: async (messageDigest) => {
      const signature = await signDigest(key, messageDigest);
      // Keys answer in crowds; what follows, token and checks, takes milliseconds.
      await ownTurn();
      if (reaches(order.level, 'B-T') && got.shortfall === null) {
        const { timestamps } = parts;
        const asked = await tolerating(order.lower, () =>
          withTimestamps(timestamps).timestamp(
            timestampDigest(signature, withTimestamps(timestamps).digest),
            parts.timestampBudget,
          ),
        );
        if (asked instanceof SigningError) got.shortfall = asked;
        else got.timestamp = asked;
      }
      const cms = assembleCms(key, signature, got.timestamp?.token ?? null);
      checkCms(cms, key, messageDigest);
      return cms;
    },
  });
  const signed = { prepared, timestamp: got.timestamp };
  if (got.shortfall !== null) return { ...signed, level: 'B-B', shortfall: got.shortfall };
  if (!reaches(order.level, 'B-LT')) return { ...signed, level: order.level, shortfall: null };
  return { ...signed, ...(await raise(copy, parts, order)) };
}

/**
 * From B-T upwards, as far as it goes.
 * @throws as `augment` where no lower level may be given out
 */
export async function raise(
  copy: GrowingCopy,
  parts: LevelParts,
  { level, lower, now, password }: Pick<LevelOrder, 'level' | 'lower' | 'now' | 'password'>,
): Promise<Pick<LevelledSignature, 'level' | 'shortfall'>> {
  let shortfall: SigningError | null = null;
  for (const wanted of ['B-LTA', 'B-LT'] as const) {
    if (!reaches(level, wanted)) continue;
    await ownTurn();
    const tried = await tolerating(lower, () =>
      augment(copy, augmentParts(parts), {
        level: wanted,
        now,
        ...(password === undefined ? {} : { password }),
      }),
    );
    if (!(tried instanceof SigningError)) return { level: wanted, shortfall };
    shortfall ??= tried;
  }
  return { level: 'B-T', shortfall };
}

function augmentParts({ timestamps, timestampBudget, longTerm }: LevelParts): AugmentParts {
  if (longTerm === null)
    throw new SigningError('status-unavailable', 'There is nobody to ask for the status of certificates.');
  return { timestamps: withTimestamps(timestamps), timestampBudget, longTerm };
}

function withTimestamps(timestamps: TimestampClient | null): TimestampClient {
  if (timestamps === null) throw new SigningError('timestamp-unavailable', 'There is no time-stamp service.');
  return timestamps;
}

const outages: ReadonlySet<string> = new Set([
  'timestamp-unavailable',
  'timestamp-invalid',
  'status-unavailable',
]);

/** A refusal that comes from a service being down, where that is tolerated; everything else is thrown. */
export async function tolerating<T>(tolerated: boolean, work: () => Promise<T>): Promise<T | SigningError> {
  try {
    return await work();
  } catch (error) {
    if (tolerated && error instanceof SigningError && outages.has(error.code)) return error;
    throw error;
  }
}
