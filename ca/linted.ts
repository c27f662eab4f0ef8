// The right to one signature: made by linting, bound to the linted bytes, spent by signing them.
import type { SigningKey } from '../crypto/signing-key.ts';
import { sameBytes, shortLived } from '../formats/bytes.ts';
import { CaError } from './errors.ts';
import { requireLints } from './lint.ts';
import type { LintSubject } from './lints/lint.ts';

/** Held by this file alone, so that nothing else can make a token. */
const MAKER = Symbol('lint');

/** Good for one signature over the bytes that were linted. */
export class LintedBytes {
  readonly #tbs: Uint8Array;
  #spent = false;

  constructor(maker: symbol, tbs: Uint8Array) {
    if (maker !== MAKER) throw new TypeError('Only the lint step makes a token.');
    this.#tbs = shortLived(tbs.length);
    this.#tbs.set(tbs);
  }

  /**
   * Signs `tbs` and spends the token, whatever becomes of the signature.
   * @throws CaError `self-check-failed` for other bytes than were linted, and for a second use; the key is not touched.
   */
  sign(key: SigningKey, tbs: Uint8Array): Promise<Uint8Array> {
    if (this.#spent || !sameBytes(this.#tbs, tbs)) {
      throw new CaError(
        'self-check-failed',
        this.#spent
          ? 'These bytes were signed once already; nothing is signed twice.'
          : 'The bytes to be signed are not the ones that were linted.',
      );
    }
    this.#spent = true;
    // The token's own copy: what was compared is what is signed, whatever the caller does with its array meanwhile.
    return key.sign(this.#tbs);
  }
}

/** Lints a draft. @returns the right to sign its signed part once. @throws CaError `lint-failed`. */
export function lintForSigning(subject: LintSubject): LintedBytes {
  requireLints(subject);
  return new LintedBytes(MAKER, subject.certificate.tbs);
}
