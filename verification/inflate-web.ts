// zlib in a page and in Node alike: the platform's DecompressionStream behind the codec's `Inflate`.
import type { Inflate } from '../formats/qr/status-list.ts';
import { joinBytes } from '../formats/bytes.ts';
import { VerificationError } from './errors.ts';

/** Inflates zlib data (RFC 1950); stops as soon as more than `maxLength` bytes come out. */
export const inflateWeb: Inflate = async (compressed, maxLength) => {
  const stream = new DecompressionStream('deflate');
  const writer = stream.writable.getWriter();
  // A refused write also fails the read below, which is where it is answered.
  writer.write(new Uint8Array(compressed)).catch(() => undefined);
  writer.close().catch(() => undefined);
  const reader = stream.readable.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const next = await reader.read();
    if (next.done) return joinBytes(parts);
    const value: unknown = next.value;
    if (!(value instanceof Uint8Array))
      throw new VerificationError('too-large', 'A stream gave something other than bytes.');
    length += value.length;
    if (length > maxLength) {
      await reader.cancel();
      throw new VerificationError('too-large', 'A compressed status list unpacks to more than it may.');
    }
    parts.push(value);
  }
};
