// Files stamped without a server: a key in a PKCS#12 file, time-stamps and status over HTTP, one copy per file.
import { basename, join } from 'node:path';
import type { SignatureAlgorithm, SigningKey } from '../crypto/signing-key.ts';
import { FormatError } from '../formats/errors.ts';
import { CryptoError } from '../crypto/errors.ts';
import { SigningError } from '../signing/errors.ts';
import { placeholderCapacity } from '../signing/finish.ts';
import { GrowingCopy } from '../signing/growing-copy.ts';
import { digestsFor, keyFor, signCopy, type LevelParts } from '../signing/levelled-signature.ts';
import { prepareSignature, type SignatureOptions } from '../signing/prepare.ts';
import type { StampLevel } from '../signing/stamp-level.ts';
import { FileProblem, SourceFile, TargetFile } from './file-copy.ts';

/** What all files are stamped with. */
export interface StampingSetup extends LevelParts {
  readonly level: StampLevel;
  readonly lower: boolean;
  readonly algorithm?: SignatureAlgorithm;
  readonly password?: string;
  /** Everything of the signatures but time and room. */
  readonly options: Omit<SignatureOptions, 'time' | 'contentsCapacity'>;
  readonly folder: string;
  readonly now: () => Date;
}

/** What became of one file. */
export type FileOutcome =
  | {
      readonly file: string;
      readonly stamped: true;
      readonly output: string;
      readonly level: StampLevel;
      readonly field: string;
      /** Of the time-stamp; null at level B-B. */
      readonly time: string | null;
      readonly bytes: number;
      /** Why the level is lower than asked for; null where it is not. */
      readonly shortfall: string | null;
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
  const key: SigningKey = keyFor(setup.key, setup.algorithm);
  const parts: LevelParts = { ...setup, key };
  const source = await SourceFile.open(file);
  try {
    const now = setup.now();
    const options: SignatureOptions = {
      ...setup.options,
      time: now,
      contentsCapacity: placeholderCapacity({
        chain: key.chain,
        timestampSize: setup.level === 'B-B' ? 0 : (setup.timestamps?.tokenSize() ?? 0),
      }),
    };
    // Before anything is written: most refusals come from here.
    const prepared = await prepareSignature(source, options);
    const output = join(setup.folder, basename(file));
    const target = await TargetFile.create(output);
    try {
      const digests = digestsFor(parts, setup.level).map((algorithm) => ({ algorithm }));
      const copy = await GrowingCopy.of(source, target, digests);
      await source.mustBeUnchanged();
      const signed = await signCopy(copy, parts, {
        level: setup.level,
        lower: setup.lower,
        now,
        ...(setup.password === undefined ? {} : { password: setup.password }),
        prepared,
        prepare: (capacity) =>
          prepareSignature(copy, { ...options, contentsCapacity: capacity ?? options.contentsCapacity }),
      });
      const bytes = await target.commit();
      return {
        file,
        stamped: true,
        output,
        level: signed.level,
        field: signed.prepared.fieldName,
        time: signed.timestamp?.time.toISOString() ?? null,
        bytes,
        shortfall: signed.shortfall === null ? null : `${signed.shortfall.code}: ${signed.shortfall.message}`,
      };
    } catch (error) {
      await target.abort();
      throw error;
    }
  } finally {
    await source.close();
  }
}
