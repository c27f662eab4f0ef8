// PDFs made by hand for tests of placing and of text: pages of any size, turn and unit, and text in any coding.
import { deflateSync } from 'node:zlib';

export interface PageSpec {
  /** Points. */
  readonly width?: number;
  readonly height?: number;
  readonly rotate?: number;
  readonly cropBox?: readonly [number, number, number, number];
  readonly userUnit?: number;
  /** Content operators; fonts are /F0, /F1, … of `fonts`. */
  readonly content?: string;
  /** Entries of /XObject, as text. */
  readonly xObjects?: string;
}

export interface DocumentSpec {
  readonly pages: readonly PageSpec[];
  /** Font dictionaries, as text. They may refer to `objects` by `{name}`. */
  readonly fonts?: readonly string[];
  /** Further objects by name; a stream is given with its dictionary's entries. */
  readonly objects?: Readonly<
    Record<string, string | { readonly entries: string; readonly data: string | Uint8Array }>
  >;
  /** Further entries of the catalogue. */
  readonly catalogue?: string;
  /** Form fields, as text of merged widgets with `{page0}` and so on for their pages. */
  readonly fields?: readonly string[];
}

/** A4 in points. */
export const a4 = { width: 595.276, height: 841.89 } as const;

/** @returns the file's bytes */
export function pdfOf(spec: DocumentSpec): Uint8Array {
  const names: string[] = ['catalog', 'pages'];
  const fonts = spec.fonts ?? [];
  const fields = spec.fields ?? [];
  spec.pages.forEach((_, i) => names.push(`page${i}`, `content${i}`));
  fonts.forEach((_, i) => names.push(`font${i}`));
  fields.forEach((_, i) => names.push(`field${i}`));
  names.push(...Object.keys(spec.objects ?? {}));
  const numbers = new Map(names.map((name, index) => [name, index + 1]));
  const resolved = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (_all, name: string) => {
      const number = numbers.get(name);
      if (number === undefined) throw new Error(`no object ${name}`);
      return `${number} 0 R`;
    });
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n', 'latin1')];
  let length = parts[0]?.length ?? 0;
  const offsets: number[] = [];
  const put = (body: Buffer): void => {
    offsets.push(length);
    const whole = Buffer.concat([Buffer.from(`${offsets.length} 0 obj\n`), body, Buffer.from('\nendobj\n')]);
    parts.push(whole);
    length += whole.length;
  };
  const stream = (entries: string, data: Uint8Array): Buffer =>
    Buffer.concat([
      Buffer.from(`<<${entries}/Length ${data.length}>>\nstream\n`, 'latin1'),
      data,
      Buffer.from('\nendstream'),
    ]);
  const form =
    fields.length === 0
      ? ''
      : `/AcroForm<</Fields[${fields.map((_, i) => `{field${i}}`).join(' ')}]/SigFlags 1>>`;
  put(Buffer.from(resolved(`<</Type/Catalog/Pages {pages}${form}${spec.catalogue ?? ''}>>`)));
  const kids = spec.pages.map((_, i) => `{page${i}}`).join(' ');
  put(Buffer.from(resolved(`<</Type/Pages/Kids[${kids}]/Count ${spec.pages.length}>>`)));
  const fontNames = fonts.map((_, i) => `/F${i} {font${i}}`).join('');
  spec.pages.forEach((page, i) => {
    const { width = a4.width, height = a4.height, rotate = 0, cropBox, userUnit, xObjects = '' } = page;
    const own = fields.flatMap((text, n) => (text.includes(`{page${i}}`) ? [`{field${n}}`] : []));
    put(
      Buffer.from(
        resolved(
          `<</Type/Page/Parent {pages}/MediaBox[0 0 ${width} ${height}]${rotate === 0 ? '' : `/Rotate ${rotate}`}` +
            (cropBox === undefined ? '' : `/CropBox[${cropBox.join(' ')}]`) +
            (userUnit === undefined ? '' : `/UserUnit ${userUnit}`) +
            (own.length === 0 ? '' : `/Annots[${own.join(' ')}]`) +
            `/Resources<</Font<<${fontNames}>>/XObject<<${xObjects}>>>>/Contents {content${i}}>>`,
        ),
        'latin1',
      ),
    );
    put(stream('/Filter/FlateDecode', deflateSync(Buffer.from(page.content ?? '', 'latin1'))));
  });
  fonts.forEach((text) => put(Buffer.from(resolved(text), 'latin1')));
  fields.forEach((text) => put(Buffer.from(resolved(text), 'latin1')));
  for (const object of Object.values(spec.objects ?? {})) {
    if (typeof object === 'string') put(Buffer.from(resolved(object), 'latin1'));
    else {
      const data = typeof object.data === 'string' ? Buffer.from(object.data, 'latin1') : object.data;
      put(stream(resolved(object.entries), data));
    }
  }
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const tail =
    `xref\n0 ${offsets.length + 1}\n0000000000 65535 f \n${rows}` +
    `trailer\n<</Size ${offsets.length + 1}/Root 1 0 R>>\nstartxref\n${length}\n%%EOF\n`;
  return new Uint8Array(Buffer.concat([...parts, Buffer.from(tail, 'latin1')]));
}

/** A font of the collection Adobe-GB1 that is not embedded, read through a predefined CMap. */
export function gb1Font(cmap: string, more = ''): string {
  return (
    `<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/${cmap}${more}/DescendantFonts[<</Type/Font` +
    '/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>' +
    '/DW 1000/W[1[207 270] 814 907 500]/FontDescriptor<</Type/FontDescriptor/FontName/STSong-Light/Flags 6' +
    '/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>>>]>>'
  );
}

export const helvetica = '<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>';

/** UTF-16BE as a hexadecimal string of a content stream. */
export function utf16Hex(text: string): string {
  const hex = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(4, '0'));
  return `<${hex.join('')}>`;
}

let gbk: Map<string, string> | undefined;

/** GBK as a hexadecimal string, by asking the platform's decoder for every pair of bytes. */
export function gbkHex(text: string): string {
  if (gbk === undefined) {
    const decoder = new TextDecoder('gbk');
    gbk = new Map();
    for (let lead = 0x81; lead < 0xff; lead++) {
      for (let trail = 0x40; trail < 0xff; trail++) {
        if (trail === 0x7f) continue;
        const character = decoder.decode(Uint8Array.of(lead, trail));
        if (!gbk.has(character)) gbk.set(character, lead.toString(16) + trail.toString(16));
      }
    }
  }
  const table = gbk;
  return `<${Array.from(text, (c) => ((c.codePointAt(0) ?? 0) < 128 ? c.charCodeAt(0).toString(16).padStart(2, '0') : (table.get(c) ?? 'a1a1'))).join('')}>`;
}
