// The objects of PDF (ISO 32000-2, 7.3) as values, and the narrow accessors that read them without trusting their type.

/**
 * Bytes [start, end) of the file where a token stands, delimiters included.
 * Absent in objects made here and in objects read from inside an object stream, which have no place of their own.
 */
export interface FileSpan {
  readonly start: number;
  readonly end: number;
}

export interface PdfNull {
  readonly kind: 'null';
}
export interface PdfBoolean {
  readonly kind: 'boolean';
  readonly value: boolean;
}
export interface PdfInteger {
  readonly kind: 'integer';
  readonly value: number;
}
export interface PdfReal {
  readonly kind: 'real';
  readonly value: number;
}
/** A name, `#xx` decoded, one character (U+0000 to U+00FF) per byte. */
export interface PdfName {
  readonly kind: 'name';
  readonly value: string;
}
export interface PdfString {
  readonly kind: 'string';
  readonly bytes: Uint8Array;
  /** Written as `<…>`. */
  readonly hex: boolean;
  readonly span?: FileSpan;
}
export interface PdfArray {
  readonly kind: 'array';
  readonly items: readonly PdfObject[];
  readonly span?: FileSpan;
}
export interface PdfDictionary {
  readonly kind: 'dictionary';
  readonly entries: ReadonlyMap<string, PdfObject>;
  /** Keys that stand twice or more; the last value is in `entries`. Forbidden by 7.3.7, and used by attacks. */
  readonly duplicateKeys: readonly string[];
}
/** A stream as it stands in a file: its data are the bytes from `start`, as long as /Length says. */
export interface PdfStream {
  readonly kind: 'stream';
  readonly dictionary: PdfDictionary;
  readonly start: number;
  /** The object whose key its data are encrypted with; absent where the file, or this stream, is not encrypted. */
  readonly owner?: Pick<PdfReference, 'number' | 'generation'>;
}
export interface PdfReference {
  readonly kind: 'reference';
  readonly number: number;
  readonly generation: number;
}

export type PdfObject =
  | PdfNull
  | PdfBoolean
  | PdfInteger
  | PdfReal
  | PdfName
  | PdfString
  | PdfArray
  | PdfDictionary
  | PdfStream
  | PdfReference;

export const pdfNull: PdfNull = { kind: 'null' };

export function pdfInteger(value: number): PdfInteger {
  return { kind: 'integer', value };
}

export function pdfReal(value: number): PdfReal {
  return { kind: 'real', value };
}

export function pdfBoolean(value: boolean): PdfBoolean {
  return { kind: 'boolean', value };
}

export function pdfName(value: string): PdfName {
  return { kind: 'name', value };
}

export function pdfReference(number: number, generation = 0): PdfReference {
  return { kind: 'reference', number, generation };
}

export function pdfArray(items: readonly PdfObject[]): PdfArray {
  return { kind: 'array', items };
}

export function pdfDictionary(entries: Readonly<Record<string, PdfObject>> = {}): PdfDictionary {
  return { kind: 'dictionary', entries: new Map(Object.entries(entries)), duplicateKeys: [] };
}

/** A copy of `dictionary` in which `changes` are set and, where the value is null, removed. */
export function withEntries(
  dictionary: PdfDictionary,
  changes: Readonly<Record<string, PdfObject | null>>,
): PdfDictionary {
  const entries = new Map(dictionary.entries);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) entries.delete(key);
    else entries.set(key, value);
  }
  return { kind: 'dictionary', entries, duplicateKeys: [] };
}

/** The entry as it stands (a reference stays one); null object where it is absent, as 7.3.7 says. */
export function entry(dictionary: PdfDictionary, key: string): PdfObject {
  return dictionary.entries.get(key) ?? pdfNull;
}

export function integerOf(object: PdfObject): number | null {
  return object.kind === 'integer' ? object.value : null;
}

export function numberOf(object: PdfObject): number | null {
  return object.kind === 'integer' || object.kind === 'real' ? object.value : null;
}

export function nameOf(object: PdfObject): string | null {
  return object.kind === 'name' ? object.value : null;
}

/** The dictionary, also that of a stream. */
export function dictionaryOf(object: PdfObject): PdfDictionary | null {
  if (object.kind === 'dictionary') return object;
  return object.kind === 'stream' ? object.dictionary : null;
}
