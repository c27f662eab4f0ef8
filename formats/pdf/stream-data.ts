// The data of a stream: as long as its dictionary says, ended by `endstream` (ISO 32000-2, 7.3.8), decoded within limits.
import type { Decryption } from './encryption.ts';
import type { PdfLimits } from './limits.ts';
import type { PdfStream } from './objects.ts';
import type { ByteSource } from './source.ts';
import { FormatError } from '../errors.ts';
import { decodeStream } from './flate.ts';
import { parseAt } from './indirect.ts';

/**
 * Checks the end of the stream before trusting its length, because readers that search for `endstream` instead would
 * see other bytes.
 * @param length value of /Length, already resolved.
 * @returns offset after the data, and after `endobj`.
 */
async function streamEnd(
  source: ByteSource,
  stream: PdfStream,
  length: number,
  limits: PdfLimits,
): Promise<{ readonly dataEnd: number; readonly end: number }> {
  const dataEnd = stream.start + length;
  if (length < 0 || dataEnd >= source.size) {
    throw new FormatError(
      'pdf-malformed',
      `The stream at byte ${stream.start} runs over the end of the file.`,
    );
  }
  const end = await parseAt(source, dataEnd, limits, (lexer) => {
    if (lexer.readWord() !== 'endstream' || lexer.readWord() !== 'endobj') {
      throw new FormatError('pdf-malformed', `The stream at byte ${stream.start} has a wrong length.`);
    }
    return dataEnd + lexer.position;
  });
  return { dataEnd, end };
}

/**
 * @param decryption of the file; null where it is not encrypted, and for cross-reference streams, which never are.
 * @returns the decoded data, and the offset after `endobj`.
 */
export async function readStreamData(
  source: ByteSource,
  stream: PdfStream,
  length: number,
  limits: PdfLimits,
  decryption: Decryption | null,
): Promise<{ readonly data: Uint8Array; readonly end: number }> {
  const { dataEnd, end } = await streamEnd(source, stream, length, limits);
  if (length > limits.inflatedBytes) throw new FormatError('pdf-limit', 'A stream is too large.');
  const raw = await source.read(stream.start, dataEnd - stream.start);
  const { dictionary, data } =
    decryption === null || stream.owner === undefined
      ? { dictionary: stream.dictionary, data: raw }
      : decryption.data(stream.dictionary, raw, stream.owner);
  return { data: decodeStream(dictionary, data, limits.inflatedBytes), end };
}
