// Documents as departments send them: the same decision made by the programs other people use, once per machine.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PDFDocument, StandardFonts, degrees } from 'pdf-lib';

/** What makes the documents; a test that misses one of these programs skips through `requireProgram`. */
export const producerPrograms = ['soffice', 'chromium', 'gs', 'qpdf'] as const;

export interface ProducedDocument {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const heading = '准予行政许可决定书（演示）';
const paragraphs = [
  '天津市河北区某某餐饮店（样章）：',
  '你单位提出的食品经营许可申请，经审查符合法定条件，决定准予行政许可。',
  'Decision for demonstration only. No. 2026-0001.',
  '演示审批机关  2026年11月22日',
];

const html = `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>${heading}</title>
<style>body{font:16px serif;margin:2cm} h1{text-align:center}</style>
<h1>${heading}</h1>${paragraphs.map((text) => `<p>${text}</p>`).join('\n')}</html>`;

/** A flat OpenDocument text: what a word processor saves. */
const officeText = `<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"
 office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text>
<text:h text:outline-level="1">${heading}</text:h>
${paragraphs.map((text) => `<text:p>${text}</text:p>`).join('\n')}
</office:text></office:body></office:document>`;

/**
 * Seven documents: LibreOffice, Chromium, Ghostscript, qpdf linearised, qpdf with object streams, pdf-lib with a
 * table and pdf-lib with streams (one page turned by 90°). Kept under the system's temporary folder, so that all test
 * files share one making.
 */
export async function producedDocuments(): Promise<readonly ProducedDocument[]> {
  const folder = join(
    tmpdir(),
    `yinxin-producers-${createHash('sha256')
      .update(html + officeText)
      .digest('hex')
      .slice(0, 16)}`,
  );
  if (!existsSync(folder)) await make(folder);
  return names.map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(folder, `${name}.pdf`))) }));
}

const names = [
  'libreoffice',
  'chromium',
  'ghostscript',
  'qpdf-linearised',
  'qpdf-object-streams',
  'pdf-lib-table',
  'pdf-lib-streams',
] as const;

/** Made in a folder of its own and renamed whole: test processes that run at once never see half a set. */
async function make(folder: string): Promise<void> {
  const work = mkdtempSync(`${folder}-`);
  const path = (name: string): string => join(work, name);
  writeFileSync(path('source.html'), html);
  writeFileSync(path('source.fodt'), officeText);
  mkdirSync(path('office'));
  run('soffice', [
    `-env:UserInstallation=${pathToFileURL(path('profile')).href}`,
    '--headless',
    '--convert-to',
    'pdf',
    '--outdir',
    path('office'),
    path('source.fodt'),
  ]);
  renameSync(path('office/source.pdf'), path('libreoffice.pdf'));
  run('chromium', [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    '--no-pdf-header-footer',
    `--user-data-dir=${path('chromium')}`,
    `--print-to-pdf=${path('chromium.pdf')}`,
    pathToFileURL(path('source.html')).href,
  ]);
  const pdfwrite = ['-q', '-dBATCH', '-dNOPAUSE', '-dSAFER', '-sDEVICE=pdfwrite', '-dCompatibilityLevel=1.4'];
  run('gs', [...pdfwrite, `-sOutputFile=${path('ghostscript.pdf')}`, path('chromium.pdf')]);
  run('qpdf', ['--linearize', path('libreoffice.pdf'), path('qpdf-linearised.pdf')]);
  run('qpdf', ['--object-streams=generate', path('ghostscript.pdf'), path('qpdf-object-streams.pdf')]);
  writeFileSync(path('pdf-lib-table.pdf'), await libraryDocument(false));
  writeFileSync(path('pdf-lib-streams.pdf'), await libraryDocument(true));
  for (const leftover of ['profile', 'chromium', 'office', 'source.html', 'source.fodt']) {
    rmSync(path(leftover), { recursive: true, force: true });
  }
  try {
    renameSync(work, folder);
  } catch {
    // Another process was first; its documents are as good.
    rmSync(work, { recursive: true, force: true });
  }
}

function run(program: string, args: readonly string[]): void {
  execFileSync(program, [...args], { stdio: 'pipe', timeout: 120_000 });
}

/** Two pages, the second lying on its side. @param useObjectStreams else a classic cross-reference table. */
export async function libraryDocument(useObjectStreams: boolean): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  const font = await document.embedFont(StandardFonts.Helvetica);
  for (const turn of [0, 90]) {
    const page = document.addPage([595, 842]);
    page.setRotation(degrees(turn));
    page.drawText(`Decision for demonstration only, page turned by ${turn}`, {
      x: 60,
      y: 760,
      size: 14,
      font,
    });
  }
  return document.save({ useObjectStreams });
}
