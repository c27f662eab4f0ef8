// Draws a verification report as PDF/A-3b: one column of Chinese with English below, the detailed report attached.
import { createHash } from 'node:crypto';
import { AFRelationship, PDFDocument, PDFHexString, rgb } from 'pdf-lib';
import type { PDFFont, PDFPage } from 'pdf-lib';
import type { PageFonts } from '../licenses/page-fonts.ts';
import { detailedReport } from '../verification/report-detailed.ts';
import { simpleReport } from '../verification/report-simple.ts';
import type { Conclusion, Outcome, Report, Row } from '../verification/report.ts';

const millimetre = 72 / 25.4;
const [pageWidth, pageHeight] = [210 * millimetre, 297 * millimetre];
const margin = 22 * millimetre;
const textWidth = pageWidth - 2 * margin;
/** Lines of a report are many; a document of one signature takes two pages. */
const sizes = { title: 18, conclusion: 15, body: 9.5, small: 7.5 } as const;
const leading = 1.5;
/** A file may have 500 signatures; nobody reads that many pages, and the attached report has them all. */
const mostPages = 40;
const ink = rgb(0.1, 0.1, 0.12);
const grey = rgb(0.42, 0.42, 0.45);
const colours: Record<Conclusion, ReturnType<typeof rgb>> = {
  'TOTAL-PASSED': rgb(0.1, 0.42, 0.22),
  'TOTAL-FAILED': rgb(0.72, 0.1, 0.1),
  INDETERMINATE: rgb(0.62, 0.4, 0.02),
};
const outcomeWords: Record<Outcome, string> = {
  passed: '通过',
  warned: '提示',
  failed: '不通过',
  indeterminate: '无法确定',
  'not-applicable': '不适用',
};

/** A cursor over pages; text is cut into lines between any two characters. */
class Column {
  readonly #document: PDFDocument;
  readonly #fonts: PageFonts;
  readonly #font: { readonly regular: PDFFont; readonly bold: PDFFont };
  #page: PDFPage;
  #y = pageHeight - margin;
  #pages = 1;

  constructor(document: PDFDocument, fonts: PageFonts, font: { regular: PDFFont; bold: PDFFont }) {
    this.#document = document;
    this.#fonts = fonts;
    this.#font = font;
    this.#page = document.addPage([pageWidth, pageHeight]);
  }

  /** False once no more is drawn. */
  get open(): boolean {
    return this.#pages <= mostPages;
  }

  gap(points: number): void {
    this.#y -= points;
  }

  text(text: string, size: number, { colour = ink, bold = false, indent = 0 } = {}): void {
    const weight = bold ? 'bold' : 'regular';
    for (const line of this.#lines(this.#drawable(text, weight), weight, textWidth - indent, size)) {
      if (this.#y - size * leading < margin) this.#turn();
      if (!this.open) return;
      this.#y -= size * leading;
      this.#page.drawText(line, {
        x: margin + indent,
        y: this.#y,
        size,
        font: this.#font[weight],
        color: colour,
      });
    }
  }

  #turn(): void {
    this.#pages += 1;
    if (!this.open) {
      const more = '……其余见所附 report.json。 The rest is in the attached report.json.';
      this.#page.drawText(more, {
        x: margin,
        y: margin / 2,
        size: sizes.small,
        font: this.#font.regular,
        color: grey,
      });
      return;
    }
    this.#page = this.#document.addPage([pageWidth, pageHeight]);
    this.#y = pageHeight - margin;
  }

  /** Names come from certificates of anybody: what the face lacks is shown as a gap, never left out. */
  #drawable(text: string, weight: 'regular' | 'bold'): string {
    const plain = text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ');
    const missing = new Set(this.#fonts[weight].missing(plain));
    return missing.size === 0
      ? plain
      : Array.from(plain, (each) => (missing.has(each) ? '〓' : each)).join('');
  }

  #lines(text: string, weight: 'regular' | 'bold', width: number, size: number): readonly string[] {
    const lines: string[] = [];
    let [line, used] = ['', 0];
    for (const piece of text.match(/[A-Za-z0-9.,:;/()_-]{1,24} ?|./gsu) ?? []) {
      const wide = this.#fonts[weight].measure(piece) * size;
      if (line !== '' && used + wide > width) {
        lines.push(line);
        [line, used] = ['', 0];
      }
      line += piece;
      used += wide;
    }
    return [...lines, line];
  }
}

function drawHead(column: Column, report: Report): void {
  const simple = simpleReport(report);
  const reason = report.subIndication === null ? '' : ` / ${report.subIndication}`;
  column.text('核验报告', sizes.title, { bold: true });
  column.text('Verification report', sizes.body, { colour: grey });
  column.gap(8);
  column.text(`${simple.word.zh}  ${report.conclusion}${reason}`, sizes.conclusion, {
    colour: colours[report.conclusion],
    bold: true,
  });
  column.text(report.summary.zh, sizes.body);
  column.text(report.summary.en, sizes.small, { colour: grey });
  column.gap(6);
  column.text(report.qualification.words.zh, sizes.body);
  column.text(report.qualification.words.en, sizes.small, { colour: grey });
  column.gap(6);
  for (const [label, value] of [
    ['核验时间 Time', report.time],
    ['核验策略 Policy', `${report.policy.id} v${report.policy.version}`],
    [
      '文件 Document',
      report.document === null ? '—' : `${report.document.digest} (${report.document.size} bytes)`,
    ],
    [
      '信任列表 Trust list',
      report.trustList === null ? '—' : `${report.trustList.sequence} (${report.trustList.issued})`,
    ],
  ] as const)
    column.text(`${label}: ${value}`, sizes.small);
}

function drawRows(column: Column, rows: readonly Row[]): void {
  for (const row of rows) {
    if (row.outcome === 'not-applicable') continue;
    const colour =
      row.outcome === 'failed'
        ? colours['TOTAL-FAILED']
        : row.outcome === 'passed'
          ? ink
          : colours.INDETERMINATE;
    column.gap(3);
    column.text(`【${outcomeWords[row.outcome]}】${row.question.zh} ${row.finding.zh}`, sizes.body, {
      colour,
      indent: 8,
    });
    const evidence = row.evidenceTime === null ? '' : ` · ${row.evidence ?? ''} ${row.evidenceTime}`;
    column.text(`${row.question.en} ${row.finding.en} [${row.citation}]${evidence}`, sizes.small, {
      colour: grey,
      indent: 8,
    });
  }
}

function drawLicense(column: Column, { license }: Report): void {
  if (license === null) return;
  column.gap(8);
  column.text(`证照 License ${license.typeName?.zh ?? ''}`, sizes.body, { bold: true });
  for (const { label, value, covered } of license.fields)
    column.text(`${label.zh}：${covered ? value : '不在签名保护范围内 not covered'}`, sizes.body, {
      indent: 8,
    });
  column.text(license.notCovered.zh, sizes.small, { colour: grey, indent: 8 });
}

function draw(column: Column, report: Report): void {
  drawHead(column, report);
  drawLicense(column, report);
  for (const signature of report.signatures) {
    if (!column.open) break;
    column.gap(10);
    const signer = signature.signer?.commonName ?? signature.signer?.subject ?? '';
    column.text(
      `签名 Signature ${signature.id}: ${signature.conclusion} ${signature.level} ${signer}`,
      sizes.body,
      {
        bold: true,
      },
    );
    for (const { words, allowed } of signature.changes) {
      const colour = allowed ? ink : colours['TOTAL-FAILED'];
      column.text(`· ${words.zh} ${words.en}`, sizes.small, { indent: 8, colour });
    }
    drawRows(column, signature.rows);
  }
  column.gap(10);
  column.text('整个文件 The document', sizes.body, { bold: true });
  drawRows(column, report.rows);
}

/**
 * Draws a report. A pure function of it: the same report gives the same bytes.
 * @returns the PDF, unsigned, with `report.json` (the detailed report) attached
 */
export async function drawReport(report: Report, fonts: PageFonts): Promise<Uint8Array> {
  const document = await PDFDocument.create({ updateMetadata: false });
  document.registerFontkit({
    create: (file: Uint8Array) => (file === fonts.bold.file ? fonts.bold.font : fonts.regular.font),
  });
  const detailed = new TextEncoder().encode(JSON.stringify(detailedReport(report)));
  const digest = createHash('sha256').update(detailed).digest();
  // ISO 32000-1 §9.6.4: a subset's name starts with six letters and a plus sign; ours follow from the content.
  const tag = Array.from(digest.subarray(0, 6), (byte) => String.fromCharCode(65 + (byte % 26))).join('');
  const embed = (weight: 'regular' | 'bold'): Promise<PDFFont> =>
    document.embedFont(fonts[weight].file, { subset: true, customName: `${tag}+NotoSerifSC-${weight}` });
  draw(new Column(document, fonts, { regular: await embed('regular'), bold: await embed('bold') }), report);
  const created = new Date(report.time);
  document.setTitle('核验报告 Verification report', { showInWindowTitleBar: true });
  document.setSubject(report.document?.digest ?? report.kind);
  document.setCreator('Yinxin');
  document.setProducer('Yinxin');
  document.setCreationDate(created);
  document.setModificationDate(created);
  document.setLanguage('zh-CN');
  await document.attach(detailed, 'report.json', {
    mimeType: 'application/json',
    description: 'The detailed report (ETSI TS 119 102-2)',
    afRelationship: AFRelationship.Data,
    creationDate: created,
    modificationDate: created,
  });
  const id = PDFHexString.of(digest.toString('hex').slice(0, 32));
  document.context.trailerInfo.ID = document.context.obj([id, id]);
  document.convertToPDFA({ conformance: '3B' });
  return document.save({ useObjectStreams: false, updateFieldAppearances: false });
}
