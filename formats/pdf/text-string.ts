// Text strings and dates (ISO 32000-2, 7.9.2 and 7.9.4).
import type { PdfObject, PdfString } from './objects.ts';
import { latin1 } from './serialise.ts';

/** ASCII stays a literal string; anything else becomes UTF-16BE with its mark, which every reader since PDF 1.2 knows. */
export function textString(text: string): PdfString {
  if (/^[\x20-\x7e]*$/.test(text)) return { kind: 'string', bytes: latin1(text), hex: false };
  const bytes = new Uint8Array(2 + text.length * 2);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0xfeff);
  for (let i = 0; i < text.length; i++) view.setUint16(2 + i * 2, text.charCodeAt(i));
  return { kind: 'string', bytes, hex: true };
}

/** `D:YYYYMMDDHHmmSSZ`, always UTC, whole seconds. */
export function dateString(time: Date): PdfString {
  const digits = time.toISOString().slice(0, 19).replace(/[-T:]/g, '');
  return { kind: 'string', bytes: latin1(`D:${digits}Z`), hex: false };
}

// PDFDocEncoding (Annex D.2) differs from Latin-1 in these codes only.
const docEncoding = new Map<number, number>(
  [
    [0x18, 0x02d8, 0x02c7, 0x02c6, 0x02d9, 0x02dd, 0x02db, 0x02da, 0x02dc],
    [0x80, 0x2022, 0x2020, 0x2021, 0x2026, 0x2014, 0x2013, 0x0192, 0x2044],
    [0x88, 0x2039, 0x203a, 0x2212, 0x2030, 0x201e, 0x201c, 0x201d, 0x2018],
    [0x90, 0x2019, 0x201a, 0x2122, 0xfb01, 0xfb02, 0x0141, 0x0152, 0x0160],
    [0x98, 0x0178, 0x017d, 0x0131, 0x0142, 0x0153, 0x0161, 0x017e],
    [0xa0, 0x20ac],
  ].flatMap(([first = 0, ...codes]) => codes.map((code, index): [number, number] => [first + index, code])),
);

/** The text in PDFDocEncoding; null where a character is not in it. */
export function docEncoded(text: string): Uint8Array | null {
  const codes = Array.from(text, (character) => {
    const point = character.codePointAt(0) ?? 0;
    const special = [...docEncoding].find(([, unicode]) => unicode === point);
    if (special !== undefined) return special[0];
    return point < 256 && !docEncoding.has(point) ? point : -1;
  });
  return codes.includes(-1) ? null : Uint8Array.from(codes);
}

/** @returns the text, or null where the object is no string. Undecodable bytes become U+FFFD, never an exception. */
export function textOf(object: PdfObject): string | null {
  if (object.kind !== 'string') return null;
  const { bytes } = object;
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes.subarray(2));
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes.subarray(2));
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return new TextDecoder('utf-8').decode(bytes.subarray(3));
  }
  let text = '';
  for (const code of bytes) text += String.fromCharCode(docEncoding.get(code) ?? code);
  return text;
}
