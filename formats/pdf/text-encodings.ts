// Encodings of simple fonts (ISO 32000-2, Annex D) and the character codes behind predefined CMaps (9.7.5.2).

/** Characters by code of a simple font's base encoding. */
export function baseEncoding(name: string | null): readonly string[] {
  const known = name === null ? undefined : made.get(name);
  if (known !== undefined) return known;
  const label = name === 'MacRomanEncoding' ? 'macintosh' : 'windows-1252';
  const decoder = new TextDecoder(label);
  const codes = Array.from({ length: 256 }, (_, code) => decoder.decode(Uint8Array.of(code)));
  if (name === 'StandardEncoding')
    for (const [code, character] of standardDifferences) codes[code] = character;
  made.set(name ?? '', codes);
  return codes;
}

const made = new Map<string, readonly string[]>();

/** Where StandardEncoding is not as Windows has it, among what words are made of. */
const standardDifferences: readonly (readonly [number, string])[] = [
  [0x27, '\u2019'],
  [0x60, '\u2018'],
  [0xa4, '\u2044'],
  [0xa8, '\u00a4'],
  [0xac, '\u2039'],
  [0xad, '\u203a'],
  [0xae, 'fi'],
  [0xaf, 'fl'],
  [0xb1, '\u2013'],
  [0xb4, '\u00b7'],
  [0xb7, '\u2022'],
  [0xd0, '\u2014'],
];

const glyphNames: Readonly<Record<string, string>> = Object.fromEntries(
  (
    'space= exclam=! quotedbl=" numbersign=# dollar=$ percent=% ampersand=& quotesingle=\' parenleft=( parenright=) ' +
    'asterisk=* plus=+ comma=, hyphen=- period=. slash=/ colon=: semicolon=; less=< equal== greater=> question=? at=@ ' +
    'bracketleft=[ backslash=\\ bracketright=] asciicircum=^ underscore=_ grave=` braceleft={ bar=| braceright=} ' +
    'asciitilde=~ quoteleft=\u2018 quoteright=\u2019 quotedblleft=\u201c quotedblright=\u201d endash=\u2013 emdash=\u2014 ' +
    'bullet=\u2022 ellipsis=\u2026 periodcentered=\u00b7 zero=0 one=1 two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ' +
    'fi=fi fl=fl ff=ff ffi=ffi ffl=ffl yen=\u00a5 section=\u00a7 degree=\u00b0 multiply=\u00d7'
  )
    .split(' ')
    .filter((pair) => pair.includes('='))
    .map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1) === '' ? ' ' : pair.slice(at + 1)];
    }),
);

/** The characters of a glyph by its name (Adobe's glyph naming rules); empty where the name says none. */
export function glyphCharacters(name: string): string {
  if (name.length === 1) return name;
  const known = glyphNames[name];
  if (known !== undefined) return known;
  const uni = /^uni((?:[0-9A-F]{4})+)(?:\.|$)/.exec(name)?.[1];
  if (uni !== undefined)
    return String.fromCharCode(...(uni.match(/.{4}/g) ?? []).map((hex) => parseInt(hex, 16)));
  const point = parseInt(/^u([0-9A-F]{4,6})(?:\.|$)/.exec(name)?.[1] ?? '', 16);
  return point <= 0x10ffff ? String.fromCodePoint(point) : '';
}

/** How the codes of a predefined CMap are made, and which text encoding they are. */
export interface PredefinedCMap {
  readonly codes: 'two-byte' | 'utf16' | 'gb' | 'shift-jis' | 'big5' | 'euc';
  /** Label for TextDecoder; null for Identity, whose codes are CIDs. */
  readonly decoder: string | null;
  readonly vertical: boolean;
  /** Whether ASCII has the half width of an ideograph (9.7.5.2, Table 116). */
  readonly halfWidthLatin: boolean;
}

const families: readonly (readonly [RegExp, PredefinedCMap['codes'], string | null])[] = [
  [/^Identity$/, 'two-byte', null],
  [/^(UniGB|UniCNS|UniJIS|UniJIS2004|UniKS)-(UCS2|UTF16)(-HW)?$/, 'utf16', 'utf-16be'],
  [/^(GB-EUC|GBpc-EUC|GBK-EUC|GBKp-EUC|GBK2K)$/, 'gb', 'gb18030'],
  [/^(90ms-RKSJ|90msp-RKSJ|83pv-RKSJ|90pv-RKSJ|Add-RKSJ|Ext-RKSJ)$/, 'shift-jis', 'shift_jis'],
  [/^(B5pc|ETen-B5|ETenms-B5|HKscs-B5)$/, 'big5', 'big5'],
  [/^EUC$/, 'euc', 'euc-jp'],
  [/^(KSC-EUC|KSCms-UHC|KSCms-UHC-HW|KSCpc-EUC)$/, 'euc', 'euc-kr'],
];

/** @returns null for a name that is none of the predefined CMaps read here */
export function predefinedCMap(name: string): PredefinedCMap | null {
  const [, stem = '', direction] = /^(.*)-(H|V)$/.exec(name) ?? [];
  for (const [pattern, codes, decoder] of families) {
    if (!pattern.test(stem)) continue;
    return {
      codes,
      decoder,
      vertical: direction === 'V',
      halfWidthLatin: /^(GB-EUC|GBK-EUC)$/.test(stem),
    };
  }
  return null;
}

/** Bytes of the code that begins at `at`, by the lead byte rules of the encoding. */
export function codeLength(codes: PredefinedCMap['codes'], bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  switch (codes) {
    case 'two-byte':
      return 2;
    case 'utf16':
      return lead >= 0xd8 && lead <= 0xdb ? 4 : 2;
    case 'gb': {
      if (lead < 0x81 || lead === 0xff) return 1;
      const second = bytes[at + 1] ?? 0;
      return second >= 0x30 && second <= 0x39 ? 4 : 2;
    }
    case 'shift-jis':
      return (lead >= 0x81 && lead <= 0x9f) || (lead >= 0xe0 && lead <= 0xfc) ? 2 : 1;
    case 'big5':
    case 'euc':
      return lead >= 0x81 && lead <= 0xfe ? 2 : 1;
  }
}
