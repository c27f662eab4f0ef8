// Files stamped without a server: a key in a PKCS#12 file, time-stamps and status over HTTP, one copy per file.
import { basename, join } from 'node:path';
import { digest, labelledDigest, type DigestName } from '../crypto/algorithms.ts';
import type { SignatureAlgorithm } from '../crypto/signing-key.ts';
import { FormatError } from '../formats/errors.ts';
import { CryptoError } from '../crypto/errors.ts';
import { SigningError } from '../signing/errors.ts';
import { appendSm2, planSm2, sealUseCapacity } from '../signing/eseal-stamp.ts';
import { placeholderCapacity } from '../signing/finish.ts';
import type { HiddenFinding } from '../signing/hidden-content.ts';
import { GrowingCopy } from '../signing/growing-copy.ts';
import {
  digestsFor,
  keyFor,
  raise,
  signCopy,
  tolerating,
  type LevelParts,
} from '../signing/levelled-signature.ts';
import { prepareSignature, type SignatureOptions } from '../signing/prepare.ts';
import type { SealObject } from '../signing/seal-edition.ts';
import { reaches, type StampLevel } from '../signing/stamp-level.ts';
import { FileProblem, SourceFile, TargetFile } from './file-copy.ts';

/** What all files are stamped with. */
export interface StampingSetup extends LevelParts {
  readonly level: StampLevel;
  readonly lower: boolean;
  readonly algorithm?: SignatureAlgorithm;
  readonly password?: string;
  /** Everything of the signatures but time and room. */
  readonly options: Omit<SignatureOptions, 'time' | 'contentsCapacity'>;
  /** SESeal to be used (GB/T 38540) instead of a PAdES signature, with an SM2 key that it lists; null: none. */
  readonly eseal: Uint8Array | null;
  readonly folder: string;
  readonly now: () => Date;
}

/** What became of one file. */
export type FileOutcome =
  | {
      readonly file: string;
      readonly stamped: true;
      readonly output: string;
      /** `SES`: the use of a seal, without a time-stamp or with what the letters of PAdES levels say. */
      readonly level: StampLevel | 'SES' | 'SES-T' | 'SES-LT' | 'SES-LTA';
      readonly field: string;
      /** Of the time-stamp; null at level B-B. */
      readonly time: string | null;
      readonly bytes: number;
      /** Why the level is lower than asked for; null where it is not. */
      readonly shortfall: string | null;
      /** Hidden or changeable content that the file has: told, not refused. */
      readonly findings: readonly HiddenFinding[];
    }
  | { readonly file: string; readonly stamped: false; readonly code: string; readonly reason: string };

/** Stamps one file into the folder, under its own name. Never throws for what a file holds or where it lies. */
export async function stampFile(file: string, setup: StampingSetup): Promise<FileOutcome> {
  try {
    return await stamp(file, setup);
  } catch (error) {
    if (
      error instanceof SigningError ||
      error instanceof FileProblem ||
      error instanceof FormatError ||
      error instanceof CryptoError
    )
      return { file, stamped: false, code: error.code, reason: error.message };
    throw error;
  }
}

async function stamp(file: string, setup: StampingSetup): Promise<FileOutcome> {
  const source = await SourceFile.open(file);
  try {
    const signing = setup.eseal === null ? padesSigning(setup) : sealSigning(setup, setup.eseal);
    // Before anything is written: most refusals come from here.
    const sign = await signing.prepare(source);
    const output = join(setup.folder, basename(file));
    const target = await TargetFile.create(output);
    try {
      const copy = await GrowingCopy.of(
        source,
        target,
        signing.digests.map((algorithm) => ({ algorithm })),
      );
      await source.mustBeUnchanged();
      const signed = await sign(copy);
      const bytes = await target.commit();
      return { file, stamped: true, output, ...signed, bytes };
    } catch (error) {
      await target.abort();
      throw error;
    }
  } finally {
    await source.close();
  }
}

type Signed = Pick<
  Extract<FileOutcome, { stamped: true }>,
  'level' | 'field' | 'time' | 'shortfall' | 'findings'
>;

/** One kind of signature: what a copy must hash, and what is done before and after copying. */
interface Signing {
  readonly digests: readonly DigestName[];
  prepare(source: SourceFile): Promise<(copy: GrowingCopy) => Promise<Signed>>;
}

function padesSigning(setup: StampingSetup): Signing {
  const key = keyFor(setup.key, setup.algorithm);
  const parts: LevelParts = { ...setup, key };
  const { level, lower } = setup;
  return {
    digests: digestsFor(parts, level),
    async prepare(source) {
      const now = setup.now();
      const options: SignatureOptions = {
        ...setup.options,
        time: now,
        contentsCapacity: placeholderCapacity({ chain: key.chain, timestampSize: tokenRoom(setup) }),
      };
      const prepared = await prepareSignature(source, options);
      return async (copy) => {
        const signed = await signCopy(copy, parts, {
          level,
          lower,
          now,
          ...passwordOf(setup),
          prepared,
          prepare: (capacity) =>
            prepareSignature(copy, { ...options, contentsCapacity: capacity ?? options.contentsCapacity }),
        });
        const { shortfall, timestamp } = signed;
        return {
          level: signed.level,
          field: signed.prepared.fieldName,
          time: timestamp?.time.toISOString() ?? null,
          shortfall: shortfall === null ? null : `${shortfall.code}: ${shortfall.message}`,
          findings: prepared.findings,
        };
      };
    },
  };
}

/**
 * The use of a seal: SES_Signature as the value, with a time-stamp inside where there is a service; validation data and a
 * document time-stamp behind it, as PAdES has them.
 */
function sealSigning(setup: StampingSetup, eseal: Uint8Array): Signing {
  const { key, timestamps, level } = setup;
  const object: SealObject = {
    eseal,
    digest: labelledDigest('sm3', eseal),
    makerSerial: '',
    keyId: key.id,
    serial: '',
    chain: key.chain,
  };
  return {
    digests: [...new Set<DigestName>(['sm3', ...(timestamps === null ? [] : [timestamps.digest])])],
    async prepare(source) {
      const now = setup.now();
      const planned = await planSm2(source, {
        form: 'ses',
        object,
        capacity: sealUseCapacity(object, tokenRoom(setup)),
        options: { ...setup.options, time: now },
      });
      return async (copy) => {
        const got: { time: string | null; shortfall: SigningError | null } = { time: null, shortfall: null };
        const made = await appendSm2(copy, planned, {
          key,
          clock: () => now,
          tokenOver: async (value) => {
            if (timestamps === null || level === 'B-B') return null;
            const imprint = digest(timestamps.digest, value);
            const timestamp = await tolerating(setup.lower, () =>
              timestamps.timestamp(imprint, setup.timestampBudget),
            );
            if (timestamp instanceof SigningError) {
              got.shortfall = timestamp;
              return null;
            }
            got.time = timestamp.time.toISOString();
            return timestamp.token;
          },
          cms: () => Promise.reject(new TypeError('The use of a seal is no CMS.')),
        });
        const order = { level, lower: setup.lower, now, ...passwordOf(setup) };
        const raised =
          got.shortfall === null && reaches(level, 'B-LT') ? await raise(copy, setup, order) : null;
        const shortfall = got.shortfall ?? raised?.shortfall ?? null;
        return {
          level: sealLevels[raised?.level ?? (got.time === null ? 'B-B' : 'B-T')],
          field: made.fieldName,
          time: got.time,
          shortfall: shortfall === null ? null : `${shortfall.code}: ${shortfall.message}`,
          findings: planned.prepared.findings,
        };
      };
    },
  };
}

const sealLevels = { 'B-B': 'SES', 'B-T': 'SES-T', 'B-LT': 'SES-LT', 'B-LTA': 'SES-LTA' } as const;

function passwordOf({ password }: StampingSetup): { readonly password?: string } {
  return password === undefined ? {} : { password };
}

function tokenRoom({ level, timestamps }: StampingSetup): number {
  return level === 'B-B' ? 0 : (timestamps?.tokenSize() ?? 0);
}
