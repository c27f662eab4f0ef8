// What the rules for single parts of a PDF know about a later save, and where they put down what they have explained.
import type { PdfDocument } from '../formats/pdf/document.ts';
import type { PdfObject } from '../formats/pdf/objects.ts';
import type { Compared } from './pdf-objects.ts';

export interface ChangeContext {
  readonly document: PdfDocument;
  /** The revision that the signature covers, and the newest. */
  readonly before: number;
  readonly after: number;
  /** Everything that differs between the two, by its number. */
  readonly compared: ReadonlyMap<number, Compared>;
  /** Whether an object was named in the signed revision. */
  readonly usedBefore: (number: number) => boolean;
  /** Whether an old object is named by nothing but the given ones: what is shared with a page may not change with another excuse. */
  onlyNamedBy(number: number, allowed: ReadonlySet<number>): boolean;
  /** Whether an old object is also one that is drawn with, or may be. */
  isDrawnWith(number: number): Promise<boolean>;
  /** Puts down that the change of an object has been explained. */
  settle(number: number): void;
}

/** The number that an object refers to; null where it is direct. */
export function referredNumber(object: PdfObject): number | null {
  return object.kind === 'reference' ? object.number : null;
}
