// A document in memory signed: for what is small and made here (a report), and for batches in a worker of their own.
import { bytesSource } from '../formats/pdf/source.ts';
import { placeholderCapacity } from './finish.ts';
import { GrowingCopy } from './growing-copy.ts';
import { digestsFor, signCopy, type LevelledSignature, type LevelParts } from './levelled-signature.ts';
import { prepareSignature, type SignatureOptions } from './prepare.ts';
import type { StampLevel } from './stamp-level.ts';

/** A signed document, whole, with what was signed. */
export interface SignedBytes extends LevelledSignature {
  readonly document: Uint8Array;
}

/**
 * @param order.lower whether a lower level may be given out where a service is down
 * @throws SigningError as `prepareSignature` and `signCopy`; CryptoError
 */
export async function signBytes(
  original: Uint8Array,
  parts: LevelParts,
  order: {
    readonly level: StampLevel;
    readonly lower: boolean;
    readonly options: Omit<SignatureOptions, 'contentsCapacity' | 'level'>;
  },
): Promise<SignedBytes> {
  const { level, lower } = order;
  const { chain } = parts.key;
  const timestampSize = level === 'B-B' ? 0 : (parts.timestamps?.tokenSize() ?? 0);
  const options = { ...order.options, level, signer: { chain } };
  const room = placeholderCapacity({ chain, timestampSize });
  const prepared = await prepareSignature(bytesSource(original), { ...options, contentsCapacity: room });
  const written: Uint8Array[] = [];
  const copy = await GrowingCopy.of(
    bytesSource(original),
    { write: (chunk) => Promise.resolve(void written.push(chunk)) },
    digestsFor(parts, level).map((algorithm) => ({ algorithm })),
  );
  const signed = await signCopy(copy, parts, {
    level,
    lower,
    now: options.time,
    ...(options.password === undefined ? {} : { password: options.password }),
    prepared,
    prepare: (capacity) => prepareSignature(copy, { ...options, contentsCapacity: capacity ?? room }),
  });
  // Not filled with zeros first: a batch makes many of these.
  const document = Buffer.concat(written);
  return { ...signed, document: new Uint8Array(document.buffer, document.byteOffset, document.length) };
}
