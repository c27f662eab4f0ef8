// Digests of what PDF signatures cover: the file is read once from its start, forked where each signature's gap begins.
import type { ByteSource } from '../formats/pdf/source.ts';
import type { DigestAlgorithm, RunningDigest, StartDigest } from './signature-verifier.ts';

/** Two ranges with one gap: `[0, gapStart)` and `[gapEnd, end)`. */
export interface CoveredRange {
  readonly algorithm: DigestAlgorithm;
  readonly gapStart: number;
  readonly gapEnd: number;
  readonly end: number;
}

const chunk = 1 << 20;

async function feed(source: ByteSource, digest: RunningDigest, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += chunk) digest.update(await source.read(at, Math.min(chunk, to - at)));
}

/** Digest of each range, in their order. */
export async function digestRanges(
  source: ByteSource,
  ranges: readonly CoveredRange[],
  start: StartDigest,
): Promise<readonly Uint8Array[]> {
  const digests = new Map<CoveredRange, Uint8Array>();
  const running = new Map<DigestAlgorithm, { readonly digest: RunningDigest; position: number }>();
  for (const range of ranges.toSorted((a, b) => a.gapStart - b.gapStart)) {
    const state = running.get(range.algorithm) ?? { digest: start(range.algorithm), position: 0 };
    running.set(range.algorithm, state);
    await feed(source, state.digest, state.position, range.gapStart);
    state.position = range.gapStart;
    const own = state.digest.fork();
    await feed(source, own, range.gapEnd, range.end);
    digests.set(range, own.finish());
  }
  return ranges.map((range) => digests.get(range) ?? new Uint8Array());
}

/** Digest of the whole source. */
export async function digestWhole(
  source: ByteSource,
  start: StartDigest,
  algorithm: DigestAlgorithm,
): Promise<Uint8Array> {
  const digest = start(algorithm);
  await feed(source, digest, 0, source.size);
  return digest.finish();
}
