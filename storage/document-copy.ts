// A stored document written to another file, encrypted: its chunks as they lie, or encrypted on the way where it lies in clear.
import type { FileHandle } from 'node:fs/promises';
import { HEADER, type DocumentCipher } from './document-envelope.ts';
import type { DocumentFile } from './document-file.ts';
import { writeFully } from './file-bytes.ts';
import { ChunkWriter } from './sealed-chunks.ts';

/** Under which master key the copy is: the one that the document is under, or the newest. One in clear gets the newest. */
export type CopyKey = 'same' | 'newest';

/**
 * Writes the copy to an empty file; synced when it resolves.
 * @throws StorageError `document-damaged`; errors of the file system as they are
 */
export async function copySealed(
  document: DocumentFile,
  target: FileHandle,
  cipher: DocumentCipher,
  key: CopyKey,
): Promise<void> {
  const { envelope } = document;
  if (envelope === null) {
    await document.check();
    const made = cipher.begin();
    const chunks = new ChunkWriter(target, HEADER, made.chunks, cipher.keys.random);
    for await (const piece of document.pieces()) await chunks.write(piece);
    await chunks.end();
    await writeFully(target, 0, made.header(document.digest, document.size).bytes);
  } else {
    let position = HEADER;
    for await (const piece of document.sealedPieces()) {
      await writeFully(target, position, piece);
      position += piece.length;
    }
    await writeFully(target, 0, key === 'newest' ? envelope.rewrapped() : envelope.header);
  }
  await target.sync();
}
