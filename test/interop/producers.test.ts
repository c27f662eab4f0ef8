// Documents from five programs, signed twice with a stranger's key and judged by four programs that are not ours.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { openPdf } from '../../formats/pdf/document.ts';
import { readPage } from '../../formats/pdf/pages.ts';
import { readSignatures } from '../../formats/pdf/signatures.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { findWidgetPages } from '../../formats/pdf/widget-pages.ts';
import { requireProgram, run } from '../programs.ts';
import { signWith, throwAwaySigner, visibleAt, type ThrowAwaySigner } from '../signing/prepare-signer.ts';
import { producedDocuments, producerPrograms, type ProducedDocument } from './producers.ts';

/** What pdfsig says of each signature: whole file or not, and the validation's words. */
function judgements(pdfsig: string, path: string): string[] {
  const text = run(pdfsig, ['-nocert', path]);
  return text
    .split(/^Signature #/m)
    .slice(1)
    .map(
      (part) =>
        `${/(Not total|Total) document signed/.exec(part)?.[1]}: ${/Validation: (.*)/.exec(part)?.[1]}`,
    );
}

/** Share of the seal's red in a square of a page rendered at 72 dpi. */
function redShare(pdftoppm: string, path: string, page: number, x: number, y: number, size: number): number {
  const place = ['-x', x, '-y', y, '-W', size, '-H', size].map(String);
  run(pdftoppm, ['-r', '72', '-f', String(page), '-l', String(page), '-singlefile', ...place, path, path]);
  const pixels = readFileSync(`${path}.ppm`).subarray(-size * size * 3);
  let red = 0;
  for (let i = 0; i < pixels.length; i += 3) {
    if ((pixels[i] ?? 0) > 180 && (pixels[i + 1] ?? 255) < 90) red++;
  }
  return red / (size * size);
}

describe('documents of other programs', () => {
  let signer: ThrowAwaySigner | undefined;
  let documents: readonly ProducedDocument[];

  before(async function () {
    this.timeout(240_000);
    for (const program of [...producerPrograms, 'openssl']) requireProgram(this, program);
    documents = await producedDocuments();
    signer = throwAwaySigner();
  });
  after(() => signer?.remove());

  for (const [index, name] of [
    'libreoffice',
    'chromium',
    'ghostscript',
    'qpdf-linearised',
    'qpdf-object-streams',
    'pdf-lib-table',
    'pdf-lib-streams',
  ].entries()) {
    it(`${name}: signed once and again`, async function () {
      this.timeout(60_000);
      const [qpdf, pdfsig, mutool, pdftoppm] = ['qpdf', 'pdfsig', 'mutool', 'pdftoppm'].map((program) =>
        requireProgram(this, program),
      ) as [string, string, string, string];
      const document = documents[index];
      assert.ok(signer);
      assert.equal(document?.name, name);
      const original = document.bytes;
      const about = { name: '演示', reason: '准予行政许可（演示）', application: 'Yinxin' };
      const once = await signWith(signer, original, { ...visibleAt(1, 150, 200), ...about });
      const twice = await signWith(signer, once, { ...visibleAt(1, 60, 200) });
      assert.deepEqual(once.subarray(0, original.length), original);
      assert.deepEqual(twice.subarray(0, once.length), once);

      const path = signer.path('signed.pdf');
      writeFileSync(path, once);
      assert.deepEqual(judgements(pdfsig, path), ['Total: Signature is Valid.']);
      assert.match(run(qpdf, ['--check', path]), /No syntax or stream encoding errors/);
      writeFileSync(path, twice);
      assert.deepEqual(judgements(pdfsig, path), [
        'Not total: Signature is Valid.',
        'Total: Signature is Valid.',
      ]);
      assert.match(run(qpdf, ['--check', path]), /No syntax or stream encoding errors/);
      assert.match(run(mutool, ['sign', '-v', path]), /unchanged since signing/);

      const opened = await openPdf(bytesSource(twice));
      const signatures = await readSignatures(opened);
      assert.deepEqual(
        signatures.map(({ coverage }) => coverage.kind),
        ['revision', 'whole-file'],
      );
      const widgets = signatures.flatMap(({ field }) => field.widgets);
      assert.deepEqual(await findWidgetPages(opened, widgets), [0, 0]);

      const page = await readPage(opened, 0);
      assert.ok(page);
      const point = 72 / 25.4;
      for (const [centre, expected] of [
        [150, 0.1],
        [60, 0.1],
        [105, 0],
      ] as const) {
        const [x, y] = [Math.round((centre - 21) * point), Math.round((200 - 21) * point)];
        const share = redShare(pdftoppm, path, 1, x, y, 119);
        assert.ok(expected === 0 ? share < 0.02 : share > expected, `${share} red at ${centre} mm`);
      }
    });
  }
});
