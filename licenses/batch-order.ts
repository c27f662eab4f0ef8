// A row of a batch as it is kept until it is worked on: JSON, a photo in it as base64.
import { fromBase64, toBase64 } from '../formats/bytes.ts';
import type { LicenseRequest } from './request.ts';

/** One license of a batch: a request, and what it is decided under where the batch does not say. */
export interface BatchOrder extends Omit<LicenseRequest, 'succeeds'> {
  readonly matter?: string;
  readonly caseNumber?: string;
}

type Kept = Omit<BatchOrder, 'photo'> & {
  readonly photo?: { readonly mediaType: 'image/jpeg' | 'image/png'; readonly base64: string };
};

/** As text, to be encrypted. */
export function keptOrder({ photo, ...order }: BatchOrder): string {
  const kept: Kept =
    photo === undefined
      ? order
      : { ...order, photo: { mediaType: photo.mediaType, base64: toBase64(photo.bytes) } };
  return JSON.stringify(kept);
}

/** The order that `keptOrder` wrote. */
export function orderOfKept(text: string): BatchOrder {
  const { photo, ...order } = JSON.parse(text) as Kept;
  return photo === undefined
    ? order
    : { ...order, photo: { mediaType: photo.mediaType, bytes: fromBase64(photo.base64) } };
}
