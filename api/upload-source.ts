// An upload as signing's source: small ones from memory, large ones from their temporary file.
import type { StampSource } from '../signing/stamp-source.ts';
import type { Upload } from './upload.ts';

/** To be used before the upload is disposed of. What comes of it is stored, and the original is its beginning. */
export function sourceOf(upload: Upload): StampSource {
  return upload.bytes === null ? { file: upload.source, digest: upload.digest } : { bytes: upload.bytes };
}
