// Seals placed on pages made by hand, and what of them can be seen: for tests of placing.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { joinBytes } from '../../formats/bytes.ts';
import type { Appearance } from '../../formats/pdf/appearance.ts';
import { openPdf } from '../../formats/pdf/document.ts';
import { entry, nameOf, type PdfDictionary } from '../../formats/pdf/objects.ts';
import { readRectangle, walkPages, type Rectangle } from '../../formats/pdf/pages.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { SigningError } from '../../signing/errors.ts';
import { finishSignature } from '../../signing/finish.ts';
import type { Placing } from '../../signing/placement-order.ts';
import { prepareSignature } from '../../signing/prepare.ts';
import { sealPlacing, type Showing } from '../../signing/seal-placing.ts';
import { requireProgram, run } from '../programs.ts';
import { gb1Font, pdfOf, utf16Hex, type DocumentSpec, type PageSpec } from './placing-documents.ts';
import { ringAppearance, signingTime } from './prepare-signer.ts';

export const size = { width: 42, height: 42 };
export const font = gb1Font('UniGB-UCS2-H');
export const text = (x: number, y: number, words: string): string =>
  `BT /F0 16 Tf 1 0 0 1 ${x} ${y} Tm ${utf16Hex(words)} Tj ET\n`;
export const pages = (count: number, page: PageSpec = {}): DocumentSpec => ({
  pages: Array.from({ length: count }, () => page),
  fonts: [font],
});

interface Placed {
  readonly pdf: Uint8Array;
  readonly showings: readonly Showing[];
  /** Bytes appended besides the hole. */
  readonly added: number;
}

export async function place(
  spec: DocumentSpec | Uint8Array,
  placing: Placing,
  appearance: Appearance = ringAppearance,
): Promise<Placed> {
  const pdf = spec instanceof Uint8Array ? spec : pdfOf(spec);
  const step = sealPlacing({ appearance, size }, placing);
  const prepared = await prepareSignature(bytesSource(pdf), {
    time: signingTime,
    contentsCapacity: 16,
    place: step.place,
  });
  const whole = joinBytes([pdf, finishSignature(prepared, Uint8Array.of(0x30, 0))]);
  return { pdf: whole, showings: step.showings(), added: prepared.before.length + prepared.after.length };
}

export async function refused(spec: DocumentSpec, placing: Placing, code: string): Promise<void> {
  await assert.rejects(place(spec, placing), (error) => {
    assert.ok(error instanceof SigningError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  });
}

/** Every annotation that shows the seal, by page. */
export async function annotationsOf(
  pdf: Uint8Array,
): Promise<{ page: number; subtype: string; box: Rectangle; form: string }[]> {
  const document = await openPdf(bytesSource(pdf));
  const found: { page: number; subtype: string; box: Rectangle; form: string }[] = [];
  for await (const page of walkPages(document)) {
    const list = await document.get(page.dictionary, 'Annots');
    for (const item of list.kind === 'array' ? list.items : []) {
      const annotation = (await document.resolve(item)) as PdfDictionary;
      const box = await readRectangle(document, entry(annotation, 'Rect'));
      const appearance = await document.getDictionary(annotation, 'AP');
      const form = appearance === null ? null : entry(appearance, 'N');
      if (box === null || form?.kind !== 'reference') continue;
      found.push({
        page: page.index + 1,
        subtype: nameOf(entry(annotation, 'Subtype')) ?? '',
        box,
        form: String(form.number),
      });
    }
  }
  return found;
}

/** Red dots of each page, as pdftoppm sees the crop box: share of its height and width, and how many. */
export function inkOf(context: Mocha.Context, pdf: Uint8Array, page: number, dpi = 36) {
  const pdftoppm = requireProgram(context, 'pdftoppm');
  const folder = mkdtempSync(join(tmpdir(), 'yinxin-placing-'));
  try {
    writeFileSync(join(folder, 'a.pdf'), pdf);
    run(pdftoppm, [
      '-cropbox',
      '-r',
      String(dpi),
      '-f',
      String(page),
      '-l',
      String(page),
      '-singlefile',
      join(folder, 'a.pdf'),
      join(folder, 'a'),
    ]);
    const ppm = readFileSync(join(folder, 'a.ppm'));
    const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(ppm.subarray(0, 40).toString('latin1'));
    assert.ok(header !== null);
    const [width, height] = [Number(header[1]), Number(header[2])];
    let [left, top, right, bottom, count] = [width, height, -1, -1, 0];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = header[0].length + (y * width + x) * 3;
        if ((ppm[at] ?? 0) < 150 || (ppm[at + 1] ?? 255) > 110) continue;
        count++;
        [left, right, top, bottom] = [
          Math.min(left, x),
          Math.max(right, x),
          Math.min(top, y),
          Math.max(bottom, y),
        ];
      }
    }
    const mm = (dots: number): number => (dots * 25.4) / dpi;
    return {
      width: mm(width),
      height: mm(height),
      left: mm(left),
      right: mm(right + 1),
      top: mm(top),
      bottom: mm(bottom + 1),
      count,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
