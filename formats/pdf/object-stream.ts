// Objects packed into a stream (ISO 32000-2, 7.5.7).
import type { PdfLimits } from './limits.ts';
import type { PdfDictionary, PdfObject } from './objects.ts';
import { FormatError } from '../errors.ts';
import { Lexer } from './lexer.ts';
import { entry, integerOf, nameOf } from './objects.ts';

export interface ObjectStream {
  /** Numbers of the objects, by index. */
  readonly numbers: readonly number[];
  /** @throws FormatError `pdf-malformed` where the object at `index` has another number. */
  object(index: number, number: number): PdfObject;
}

/** @param data the decoded data; object positions are read at once, objects when asked for, each once. */
export function openObjectStream(
  dictionary: PdfDictionary,
  data: Uint8Array,
  limits: PdfLimits,
): ObjectStream {
  const count = integerOf(entry(dictionary, 'N'));
  const first = integerOf(entry(dictionary, 'First'));
  if (nameOf(entry(dictionary, 'Type')) !== 'ObjStm' || count === null || first === null) {
    throw new FormatError('pdf-malformed', 'An object stream lacks its /Type, /N or /First.');
  }
  // Each object needs at least four bytes of header, so a larger count is a lie told to make us allocate.
  if (count < 0 || first < 0 || first > data.length || count * 4 > data.length + 4) {
    throw new FormatError('pdf-malformed', 'An object stream has an impossible /N or /First.');
  }
  const options = { base: null, complete: true, depth: limits.depth };
  const header = new Lexer(data.subarray(0, first), 0, options);
  const places: { readonly number: number; readonly offset: number }[] = [];
  for (let index = 0; index < count; index++) {
    const [number, offset] = [header.readWord(), header.readWord()];
    if (!/^\d{1,10}$/.test(number) || !/^\d{1,10}$/.test(offset)) {
      throw new FormatError('pdf-malformed', 'An object stream has a damaged header.');
    }
    places.push({ number: Number(number), offset: Number(offset) });
  }
  const parsed = new Map<number, PdfObject>();
  return {
    numbers: places.map(({ number }) => number),
    object(index, number) {
      const known = parsed.get(index);
      const place = places[index];
      if (place?.number !== number) {
        throw new FormatError(
          'pdf-malformed',
          `Object ${number} is not in the object stream that should hold it.`,
        );
      }
      if (known !== undefined) return known;
      const object = new Lexer(data, first + place.offset, options).readObject();
      parsed.set(index, object);
      return object;
    },
  };
}
