// The codes of a showing: a picture and ten digits that live a minute. Only digests of them are kept.
import { labelledDigest } from '../crypto/algorithms.ts';
import {
  encodeLiveToken,
  LIVE_TOKEN_BYTES,
  livePrefix,
  locatorOf,
  spokenDigits,
} from '../formats/qr/live-code.ts';
import { StorageError } from '../storage/errors.ts';
import type { PresentationTable } from '../storage/schema/presentations.ts';
import type { CodeText } from './code-picture.ts';
import type { LicenseParts } from './parts.ts';

/** Milliseconds a picture is good; the screen asks for the next one at three quarters of it. */
export const PICTURE_LIFE = 60_000;
export const RENEW_AFTER = 45_000;

/** What stands on the screen now. It is not kept: only its digest is. */
export interface LivePicture {
  readonly id: string;
  readonly code: CodeText;
  /** Ten digits to say aloud. */
  readonly spoken: string;
  readonly until: Date;
}

/** Codes, and what is kept of them. */
export interface FreshCodes {
  readonly code: CodeText;
  readonly spoken: string;
  readonly columns: Pick<
    PresentationTable,
    'token_digest' | 'locator_mac' | 'digits_mac' | 'wrong_tries' | 'shown_until'
  >;
}

/** Digest of a token: 128 random bits need no key. */
export function tokenDigest(parts: Pick<LicenseParts, 'suite'>, digits: string): string {
  return labelledDigest(parts.suite.digest, digits);
}

/** Ten digits can be tried out by whoever has the database, so these are keyed. */
export function spokenMacs(
  parts: Pick<LicenseParts, 'index'>,
  digits: string,
): { readonly locator_mac: string; readonly digits_mac: string } {
  return {
    locator_mac: parts.index.of('presentation.locator', locatorOf(digits)),
    digits_mac: parts.index.of('presentation.digits', digits),
  };
}

/** Draws both anew. */
export function freshCodes(parts: LicenseParts, now: Date): FreshCodes {
  const digits = encodeLiveToken(parts.random(LIVE_TOKEN_BYTES));
  const spoken = spokenDigits(parts.random);
  return {
    code: { prefix: livePrefix(parts.publicUrl), digits },
    spoken,
    columns: {
      token_digest: tokenDigest(parts, digits),
      ...spokenMacs(parts, spoken),
      wrong_tries: 0,
      shown_until: new Date(now.getTime() + PICTURE_LIFE).toISOString(),
    },
  };
}

/** Among the codes shown now two may begin with the same six digits: then others are drawn. */
export async function untilFree<T>(draw: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await draw();
    } catch (error) {
      const taken = error instanceof StorageError && error.code === 'constraint-violation';
      if (!taken || attempt === 8) throw error;
    }
  }
}
