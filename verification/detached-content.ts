// What a signature that stands apart from its content is said to be over: given by the caller, as bytes or as a digest.
import type { ByteSource } from '../formats/pdf/source.ts';
import { digestWhole } from './pdf-digests.ts';
import type { DigestAlgorithm, StartDigest } from './signature-verifier.ts';

export type DetachedContent =
  | { readonly kind: 'bytes'; readonly source: ByteSource }
  /** For callers that keep the digest only; a signature that chose another digest stays undecided. */
  | { readonly kind: 'digest'; readonly algorithm: DigestAlgorithm; readonly value: Uint8Array };

/** @returns null where the content is not given, or by another digest. */
export async function digestOfContent(
  content: DetachedContent | null,
  algorithm: DigestAlgorithm,
  startDigest: StartDigest,
): Promise<Uint8Array | null> {
  if (content === null) return null;
  if (content.kind === 'digest') return content.algorithm === algorithm ? content.value : null;
  return digestWhole(content.source, startDigest, algorithm);
}
