// What the flows of this room are given by whoever composes them.
import type { BlindIndex } from '../crypto/blind-index.ts';
import type { RecordCipher } from '../crypto/record-cipher.ts';
import type { SigningKey } from '../crypto/signing-key.ts';
import type { StampParts } from '../signing/stamp-order.ts';
import type { OriginalJudge } from './original.ts';
import type { PageRenderer } from './page-renderer.ts';
import type { ShowingLimits } from './presentation-limits.ts';

/** Port: the keys of Yinxin's own services; asked again for each use, since keys are renewed. */
export interface ServiceKeySource {
  serviceKey(purpose: 'license-code' | 'status-list'): SigningKey;
}

export interface LicenseParts extends StampParts {
  readonly cipher: RecordCipher;
  readonly index: BlindIndex;
  readonly renderer: PageRenderer;
  readonly serviceKeys: ServiceKeySource;
  /** How often verifiers may claim live codes; the defaults of presentation-limits.ts where absent. */
  readonly showingLimits?: ShowingLimits;
  /** Address that stands in codes, e.g. `https://zz.example.gov.cn`; kept for the longest license life. */
  readonly publicUrl: string;
  /** Verifies files that are taken over; where it is absent none is. */
  readonly judgeOriginal?: OriginalJudge;
}
