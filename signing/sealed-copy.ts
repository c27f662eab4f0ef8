// Copies a document into the store with a signature appended: read once, hashed while copied, checked before it is kept.
import { createHash, type Hash } from 'node:crypto';
import type { DigestName } from '../crypto/algorithms.ts';
import { finishSignature } from './finish.ts';
import type { DocumentStore, DocumentWriter, StoredDocument } from '../storage/documents.ts';
import { SigningError } from './errors.ts';
import type { PreparedSignature } from './prepared-update.ts';
import type { OpenSource } from './stamp-source.ts';

/** Chunks in which the original is copied, bytes. */
const chunkSize = 256 * 1024;

/**
 * @param algorithm what the signature is over: the digest that goes with the seal's key
 * @param makeCms gets H(original ‖ before ‖ after) and answers the CMS, already checked.
 * @returns the stored result. Nothing is stored where anything fails.
 * @throws SigningError `self-check-failed` (the source is not what its digest says), `placeholder-too-small`, and
 *   whatever `makeCms` throws
 */
export async function writeSealedCopy(
  documents: DocumentStore,
  source: OpenSource,
  prepared: PreparedSignature,
  algorithm: DigestName,
  makeCms: (messageDigest: Uint8Array) => Promise<Uint8Array>,
): Promise<StoredDocument> {
  const writer = await documents.create();
  try {
    const hash = await copyOriginal(source, writer, documents.digest, algorithm);
    const messageDigest = hash.update(prepared.before).update(prepared.after).digest();
    const appended = finishSignature(prepared, await makeCms(messageDigest));
    checkShape(source.size, prepared, appended);
    await writer.write(appended);
    return await writer.commit();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** @returns the running digest over the original, which was compared with the digest that names it. */
async function copyOriginal(
  source: OpenSource,
  writer: DocumentWriter,
  naming: DigestName,
  algorithm: DigestName,
): Promise<Hash> {
  // Mostly the two are one, and hashing once serves both.
  const other = algorithm === naming ? null : createHash(algorithm);
  for (let position = 0; position < source.size; position += chunkSize) {
    const chunk = await source.read(position, chunkSize);
    await writer.write(chunk);
    other?.update(chunk);
  }
  const digest = `${naming}:${writer.forkHash().digest('hex')}`;
  if (digest !== source.digest) {
    throw new SigningError(
      'self-check-failed',
      'The document read for signing is not the one that was asked for.',
    );
  }
  return other ?? writer.forkHash();
}

/** The byte range written into the file is the one that was signed, and the file ends where it says. */
function checkShape(originalSize: number, prepared: PreparedSignature, appended: Uint8Array): void {
  const [start, before, gapEnd, after] = prepared.byteRange;
  const written = /\/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]/.exec(
    new TextDecoder('latin1').decode(prepared.before),
  );
  const numbers = written?.slice(1).map(Number) ?? [];
  const sound =
    numbers.join() === prepared.byteRange.join() &&
    start === 0 &&
    originalSize === prepared.originalSize &&
    before === originalSize + prepared.before.length &&
    gapEnd + after === originalSize + appended.length &&
    after === prepared.after.length &&
    appended[before - originalSize] === 0x3c &&
    appended[gapEnd - originalSize - 1] === 0x3e;
  if (!sound) throw new SigningError('self-check-failed', 'The byte range does not fit the file just made.');
}
