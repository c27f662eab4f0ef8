// A signature appended to a copy: digest of all of it, value made and checked, room made larger where the value does not fit.
import type { DigestName } from '../crypto/algorithms.ts';
import { sameBytes } from '../formats/bytes.ts';
import { byteRangeText } from '../formats/pdf/byte-range.ts';
import { latin1 } from '../formats/pdf/serialise.ts';
import { SigningError } from './errors.ts';
import { finishSignature } from './finish.ts';
import type { GrowingCopy } from './growing-copy.ts';
import type { PreparedSignature } from './prepared-update.ts';

/** Times a value may turn out larger than the room made for it. */
const attempts = 4;

export interface SignatureMaking {
  /** What the signature is over: the digest that goes with the key. */
  readonly algorithm: DigestName;
  /** Everything but the value, against the copy as it is; null where it is still to be prepared. */
  readonly prepared: PreparedSignature | null;
  /** Prepares it, with room for so many bytes; null: for the first guess. */
  prepare(capacity: number | null): Promise<PreparedSignature>;
  /** Gets H(copy ‖ before ‖ after) and answers the CMS or token, already checked. */
  make(messageDigest: Uint8Array): Promise<Uint8Array>;
}

/**
 * @returns what was signed, its byte range and field.
 * @throws SigningError `self-check-failed` (what was prepared does not fit the copy), `placeholder-too-small`, and whatever
 *   `prepare` and `make` throw. Nothing was appended then.
 */
export async function appendSignature(
  copy: GrowingCopy,
  making: SignatureMaking,
): Promise<PreparedSignature> {
  let prepared = making.prepared ?? (await making.prepare(null));
  for (let attempt = 1; ; attempt++) {
    const messageDigest = copy.digestWith(making.algorithm, [prepared.before, prepared.after]);
    const value = await making.make(messageDigest);
    if (value.length <= prepared.contentsCapacity || attempt === attempts) {
      const appended = finishSignature(prepared, value);
      checkShape(copy.size, prepared, appended);
      await copy.append(appended);
      return prepared;
    }
    prepared = await making.prepare(Math.ceil(value.length * 1.1) + 64);
  }
}

/** The byte range written into the file is the one that was signed, and the file ends where it says. */
function checkShape(originalSize: number, prepared: PreparedSignature, appended: Uint8Array): void {
  const [start, before, gapEnd, after] = prepared.byteRange;
  const written = latin1(`/ByteRange ${byteRangeText([start, before, gapEnd, after])}\n/Contents `);
  const sound =
    sameBytes(prepared.before.subarray(-written.length), written) &&
    start === 0 &&
    originalSize === prepared.originalSize &&
    before === originalSize + prepared.before.length &&
    gapEnd + after === originalSize + appended.length &&
    after === prepared.after.length &&
    appended[before - originalSize] === 0x3c &&
    appended[gapEnd - originalSize - 1] === 0x3e;
  if (!sound) throw new SigningError('self-check-failed', 'The byte range does not fit the file just made.');
}
