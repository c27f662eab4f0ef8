// What the register of seals is given by whoever composes it.
import type { Authority, CaParts } from '../ca/parts.ts';
import type { SigningKey } from '../crypto/signing-key.ts';

/** Who certifies and makes SM2 seals: the SM2 hierarchy's authority for seals, and the making system's key. */
export interface SealMaker {
  readonly authority: Authority;
  /** Purpose `seal-making`. */
  readonly key: SigningKey;
}

/** What making a seal needs. */
export interface SealRegisterParts extends CaParts {
  /** The authority `department-seals`. A demonstration authority makes specimen seals only. */
  readonly authority: Authority;
  /** Absent where no SESeal is made (tests of the rest). */
  readonly maker?: SealMaker;
}
