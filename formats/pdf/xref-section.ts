// What every style of cross-reference section answers (ISO 32000-2, 7.5.4 and 7.5.8).
import type { PdfDictionary } from './objects.ts';

export type XrefEntry =
  | { readonly type: 'free'; readonly next: number; readonly generation: number }
  | { readonly type: 'offset'; readonly offset: number; readonly generation: number }
  | { readonly type: 'compressed'; readonly stream: number; readonly index: number };

/** One section as it stands in the file. */
export interface XrefSection {
  readonly style: 'table' | 'stream';
  /** Offset of `xref` or of the stream object. */
  readonly offset: number;
  /** Offset after the trailer dictionary or after `endobj`. */
  readonly end: number;
  readonly trailer: PdfDictionary;
  /** One more than the highest object number named here. */
  readonly highest: number;
  /** Bytes held inflated, 0 for a table. */
  readonly inflated: number;
  /** Object numbers named here, ascending. */
  numbers(): Iterable<number>;
  has(number: number): boolean;
  /** Numbers of the object streams that entries name, each once; none in a table. */
  containers(): Iterable<number>;
  /** @returns null where the section does not name the object. */
  read(number: number): Promise<XrefEntry | null>;
}
