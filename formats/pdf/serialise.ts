// PDF objects as bytes (ISO 32000-2, 7.3), in one canonical spelling.
import type { PdfObject, PdfString } from './objects.ts';
import { toHex } from '../bytes.ts';
import { FormatError } from '../errors.ts';

const utf8 = new TextEncoder();

/** ASCII or Latin-1 text as bytes, one byte per character. */
export function latin1(text: string): Uint8Array {
  // Nearly all of a PDF's syntax is ASCII, which the platform encodes at once.
  const ascii = utf8.encode(text);
  if (ascii.length === text.length) return ascii;
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const maximumDepth = 200;

/**
 * @returns the object as text, one character (U+0000 to U+00FF) per byte.
 * @throws FormatError `value-out-of-range` for a number PDF cannot write and for a stream, which is not written inline.
 */
export function serialise(object: PdfObject, depth = 0): string {
  if (depth > maximumDepth) throw new FormatError('pdf-limit', 'The object to write is nested too deeply.');
  switch (object.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return object.value ? 'true' : 'false';
    case 'integer':
      if (!Number.isSafeInteger(object.value)) {
        throw new FormatError('value-out-of-range', 'A PDF integer must be a safe integer.');
      }
      return String(object.value);
    case 'real':
      return serialiseReal(object.value);
    case 'name':
      return serialiseName(object.value);
    case 'string':
      return serialiseString(object);
    case 'array':
      return `[${object.items.map((item) => serialise(item, depth + 1)).join(' ')}]`;
    case 'dictionary': {
      let text = '<<';
      for (const [key, value] of object.entries) {
        text += `${serialiseName(key)} ${serialise(value, depth + 1)}\n`;
      }
      return `${text}>>`;
    }
    case 'reference':
      return `${object.number} ${object.generation} R`;
    case 'stream':
      throw new FormatError('value-out-of-range', 'A stream is always an indirect object.');
  }
}

/** The shortest text that reads back as the same number, so that a copied value stays what it was; 7.3.3 knows no exponent. */
function serialiseReal(value: number): string {
  if (!Number.isFinite(value) || Math.abs(value) > 1e15) {
    throw new FormatError('value-out-of-range', 'A PDF real must be finite and below 1e15.');
  }
  const text = String(value);
  const small = /^(-?)(\d)\.?(\d*)e-(\d+)$/.exec(text);
  if (small === null) return text;
  const [, sign = '', first = '', rest = '', exponent] = small;
  return `${sign}0.${'0'.repeat(Number(exponent) - 1)}${first}${rest}`;
}

function serialiseName(value: string): string {
  let text = '/';
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code === 0 || code > 255) {
      throw new FormatError('value-out-of-range', 'A PDF name holds bytes 1 to 255 only.');
    }
    const regular = code > 32 && code < 127 && !'()<>[]{}/%#'.includes(value.charAt(i));
    text += regular ? value.charAt(i) : `#${code.toString(16).padStart(2, '0')}`;
  }
  return text;
}

function serialiseString(string: PdfString): string {
  if (string.hex) return `<${toHex(string.bytes)}>`;
  let text = '(';
  for (const code of string.bytes) {
    // CR must be escaped: a reader turns a bare one into LF (7.3.4.2).
    if (code === 13) text += '\\r';
    else if (code === 40 || code === 41 || code === 92) text += `\\${String.fromCharCode(code)}`;
    else text += String.fromCharCode(code);
  }
  return `${text})`;
}
