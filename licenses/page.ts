// Draws a license page as PDF/A-3b (ISO 19005-3): embedded subset fonts, the code as one vector path, the record attached.
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import {
  AFRelationship,
  PDFDocument,
  PDFHexString,
  PDFRawStream,
  beginText,
  degrees,
  drawObject,
  endText,
  lineTo,
  moveText,
  moveTo,
  popGraphicsState,
  pushGraphicsState,
  rgb,
  setFillingRgbColor,
  setFontAndSize,
  setLineWidth,
  setStrokingRgbColor,
  showText,
  stroke,
} from 'pdf-lib';
import type { PDFContext, PDFFont, PDFPage } from 'pdf-lib';
import {
  codeMatrix,
  darkRuns,
  modulePoints,
  QUIET_ZONE,
  type CodeMatrix,
  type CodeText,
} from './code-picture.ts';
import { assertReadable } from './code-reader.ts';
import { frameOf } from './page-border.ts';
import { COLOURS } from './page-colours.ts';
import type { PageFonts } from './page-fonts.ts';
import type { PageLayout } from './layout-builder.ts';
import { layoutPages, type PageContent } from './page-layout.ts';
import { drawPhoto, embedPhoto, type PagePhoto } from './page-photo.ts';
import type { FontWeight } from './template.ts';

/** Everything that makes the pages of a license. Plain values: the same input gives the same bytes. */
export interface PageOrder extends PageContent {
  readonly code: CodeText;
  /** The holder's photo; absent where the type has none. */
  readonly photo?: PagePhoto;
  /** Attached as `record.json`; beside it the text of the code as `license-code.txt`. */
  readonly record: Uint8Array;
  /** Descriptions for the XMP packet: xmp.ts. */
  readonly xmp?: readonly string[];
  /** PDF files attached besides: what the license was taken over from. */
  readonly attachments?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly metadata: {
    readonly title: string;
    /** Issuing authority. */
    readonly author: string;
    /** License identifier. */
    readonly subject: string;
    /** Milliseconds since 1970. */
    readonly createdAt: number;
  };
}

/** The mark across the page is a pale solid colour behind the words: PDF/A needs no transparency for it. */
const PALE_MARK = [0.965, 0.905, 0.9] as const;
const RECORD_NAME = 'record.json';
/** The text of the code, so that a reader of the file learns the license's status without a camera. */
const CODE_NAME = 'license-code.txt';

/**
 * Draws the pages of a license.
 * @returns the PDF, unsigned
 * @throws LicenseError `glyph-missing`, `text-overflow`, `code-too-long`, `code-unreadable`
 */
export async function drawPage(order: PageOrder, fonts: PageFonts): Promise<Uint8Array> {
  const matrix = codeMatrix(order.code);
  await assertReadable(matrix, order.code);
  const layouts = layoutPages(order, fonts, matrix.size);
  const document = await PDFDocument.create({ updateMetadata: false });
  deflateByZlib(document.context);
  const embedded = await embedFonts(document, order, fonts);
  const photo = order.photo === undefined ? null : embedPhoto(document.context, order.photo);
  for (const layout of layouts) {
    const page = document.addPage([layout.width, layout.height]);
    drawMark(page, paleWordsOf(order), layout, embedded);
    drawFrame(page, layout);
    if (photo !== null && layout.photo !== null) drawPhoto(page, photo, layout.photo);
    drawWords(page, layout, embedded);
    if (layout.code !== null) drawCode(page, matrix, layout, layout.code);
  }
  await describe(document, order);
  return document.save({ useObjectStreams: false, updateFieldAppearances: false });
}

/** pdf-lib deflates in JavaScript, which takes twice as long; glyphs hardly pack better at higher levels. */
function deflateByZlib(context: PDFContext): void {
  context.flateStream = (contents, dictionary = {}) => {
    const bytes = typeof contents === 'string' ? Buffer.from(contents, 'latin1') : contents;
    return context.stream(deflateSync(bytes, { level: 3 }), { ...dictionary, Filter: 'FlateDecode' });
  };
}

async function embedFonts(
  document: PDFDocument,
  order: PageOrder,
  fonts: PageFonts,
): Promise<Readonly<Record<FontWeight, PDFFont>>> {
  // Parsing a face costs more than a page: pdf-lib is handed the parsed one.
  document.registerFontkit({
    create: (file: Uint8Array) => (file === fonts.bold.file ? fonts.bold.font : fonts.regular.font),
  });
  // ISO 32000-1 §9.6.4: a subset's name starts with six letters and a plus sign; ours follow from the content.
  const tag = Array.from(
    createHash('sha256').update(order.metadata.subject).digest().subarray(0, 6),
    (byte) => String.fromCharCode(65 + (byte % 26)),
  ).join('');
  return {
    regular: await document.embedFont(fonts.regular.file, {
      subset: true,
      customName: `${tag}+NotoSerifSC-Regular`,
    }),
    bold: await document.embedFont(fonts.bold.file, { subset: true, customName: `${tag}+NotoSerifSC-Bold` }),
  };
}

/** Across the page: a specimen, or what was taken over and is no original. */
function paleWordsOf({ mark, notice }: PageContent): string | null {
  const words = [
    ...(mark === null ? [] : [mark, '演示']),
    ...(notice === undefined || notice === null ? [] : ['非原件']),
  ];
  return words.length === 0 ? null : words.join('　');
}

function drawMark(
  page: PDFPage,
  text: string | null,
  layout: PageLayout,
  fonts: Readonly<Record<FontWeight, PDFFont>>,
): void {
  if (text === null) return;
  const size = layout.width / Math.max(6.5, Array.from(text).length + 0.5);
  const angle = Math.atan2(layout.height, layout.width) * 0.8;
  const width = fonts.bold.widthOfTextAtSize(text, size);
  page.drawText(text, {
    x: layout.width / 2 - (Math.cos(angle) * width) / 2 + (Math.sin(angle) * size) / 3,
    y: layout.height / 2 - (Math.sin(angle) * width) / 2 - (Math.cos(angle) * size) / 3,
    size,
    font: fonts.bold,
    color: rgb(...PALE_MARK),
    rotate: degrees((angle * 180) / Math.PI),
  });
}

/** Frames drawn once: their content stream depends on style, colour and size only. */
const frames = new Map<string, Uint8Array>();

function frameContent(layout: PageLayout): Uint8Array | null {
  const { style, colour } = layout.border;
  if (style === 'none') return null;
  const key = [style, colour, layout.width, layout.height].join();
  const known = frames.get(key);
  if (known !== undefined) return known;
  const frame = frameOf(style, layout.width, layout.height);
  const number = (value: number): string => String(Math.round(value * 100) / 100);
  const parts = [`${COLOURS[colour].join(' ')} RG`];
  for (const { inset, thickness } of frame.lines) {
    const sides = [inset, inset, layout.width - 2 * inset, layout.height - 2 * inset];
    parts.push(`${thickness} w ${sides.map(number).join(' ')} re S`);
  }
  parts.push(`${frame.strandThickness} w`);
  for (const strand of frame.strands) {
    parts.push(...strand.map((step) => `${step.map(number).join(' ')} ${step.length === 2 ? 'm' : 'c'}`));
  }
  parts.push('S');
  const content = compressed(parts.join('\n'));
  if (frames.size < 32) frames.set(key, content);
  return content;
}

function compressed(content: string): Uint8Array {
  return new Uint8Array(deflateSync(content));
}

/** Draws a ready content stream as a form the size of the page. */
function drawForm(page: PDFPage, name: string, content: Uint8Array, layout: PageLayout): void {
  const { context } = page.doc;
  const dictionary = {
    Type: 'XObject',
    Subtype: 'Form',
    BBox: [0, 0, layout.width, layout.height],
    Filter: 'FlateDecode',
  };
  const form = PDFRawStream.of(context.obj(dictionary), content);
  const key = page.node.newXObject(name, context.register(form));
  page.pushOperators(pushGraphicsState(), drawObject(key), popGraphicsState());
}

function drawFrame(page: PDFPage, layout: PageLayout): void {
  const content = frameContent(layout);
  if (content !== null) drawForm(page, 'Frame', content, layout);
}

function drawWords(page: PDFPage, layout: PageLayout, fonts: Readonly<Record<FontWeight, PDFFont>>): void {
  for (const { from, to, thickness, colour } of layout.rules) {
    page.pushOperators(
      pushGraphicsState(),
      setStrokingRgbColor(...COLOURS[colour]),
      setLineWidth(thickness),
      moveTo(...from),
      lineTo(...to),
      stroke(),
      popGraphicsState(),
    );
  }
  // One resource name a face: pdf-lib's own drawText would make one for every line.
  const keys = {
    regular: page.node.newFontDictionary('Regular', fonts.regular.ref),
    bold: page.node.newFontDictionary('Bold', fonts.bold.ref),
  };
  for (const { text, x, y, size, weight, colour } of layout.texts) {
    page.pushOperators(
      beginText(),
      setFillingRgbColor(...COLOURS[colour]),
      setFontAndSize(keys[weight], size),
      moveText(rounded(x), rounded(y)),
      showText(fonts[weight].encodeText(text)),
      endText(),
    );
  }
}

function rounded(points: number): number {
  return Math.round(points * 1000) / 1000;
}

function drawCode(
  page: PDFPage,
  matrix: CodeMatrix,
  layout: PageLayout,
  at: { readonly x: number; readonly y: number },
): void {
  const side = matrix.size + 2 * QUIET_ZONE;
  const runs = darkRuns(matrix).map(
    ({ x, y, length }) => `${x + QUIET_ZONE} ${y + QUIET_ZONE} ${length} 1 re`,
  );
  // One module is one unit, counted downwards from the upper left corner of the quiet zone.
  const module = modulePoints(matrix.size);
  const place = `${module} 0 0 ${-module} ${at.x} ${at.y} cm`;
  const content = [place, `1 1 1 rg 0 0 ${side} ${side} re f`, '0 0 0 rg', ...runs, 'f'].join('\n');
  drawForm(page, 'Code', compressed(content), layout);
}

async function describe(document: PDFDocument, order: PageOrder): Promise<void> {
  const { title, author, subject, createdAt } = order.metadata;
  const created = new Date(createdAt);
  document.setTitle(title, { showInWindowTitleBar: true });
  document.setAuthor(author);
  document.setSubject(subject);
  document.setKeywords(order.mark === null ? [] : [order.mark, '演示']);
  document.setCreator('Yinxin');
  document.setProducer('Yinxin');
  document.setCreationDate(created);
  document.setModificationDate(created);
  document.setLanguage('zh-CN');
  await document.attach(order.record, RECORD_NAME, {
    mimeType: 'application/json',
    description: 'The record this license page was made from',
    afRelationship: AFRelationship.Data,
    creationDate: created,
    modificationDate: created,
  });
  await document.attach(new TextEncoder().encode(order.code.prefix + order.code.digits), CODE_NAME, {
    mimeType: 'text/plain',
    description: 'The text of the printed code',
    afRelationship: AFRelationship.Data,
    creationDate: created,
    modificationDate: created,
  });
  for (const { name, bytes } of order.attachments ?? []) {
    await document.attach(bytes, name, {
      mimeType: 'application/pdf',
      description: 'What this license was taken over from',
      afRelationship: AFRelationship.Source,
      creationDate: created,
      modificationDate: created,
    });
  }
  const identity = createHash('sha256').update(order.record).update(subject).digest('hex').slice(0, 32);
  const id = PDFHexString.of(identity);
  document.context.trailerInfo.ID = document.context.obj([id, id]);
  document.convertToPDFA({ conformance: '3B', extensions: [...(order.xmp ?? [])] });
}
