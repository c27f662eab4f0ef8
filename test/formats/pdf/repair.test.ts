// Broken cross-references rebuilt: what is found is what stands there, hostile files end in a refusal, signed ones are left alone.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { joinBytes } from '../../../formats/bytes.ts';
import { FormatError } from '../../../formats/errors.ts';
import { openBrokenPdf } from '../../../formats/pdf/document.ts';
import { pdfReference } from '../../../formats/pdf/objects.ts';
import { readPage } from '../../../formats/pdf/pages.ts';
import { latin1 } from '../../../formats/pdf/serialise.ts';
import { bytesSource } from '../../../formats/pdf/source.ts';
import { scale } from '../../scale.ts';
import { samplePdf } from '../../signing/seal-office.ts';
import { asText, handmade, onePage, streamBody } from './handmade.ts';

async function refusal(bytes: Uint8Array, limits = {}): Promise<string> {
  try {
    await openBrokenPdf(bytesSource(bytes), limits);
  } catch (error) {
    if (error instanceof FormatError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'opened';
}

const broken = (bytes: Uint8Array): Uint8Array =>
  latin1(
    asText(bytes)
      .replace(/xref\n[\s\S]*?trailer/, 'trailer')
      .replace(/startxref\n\d+/, 'startxref\n1'),
  );

describe('a broken cross-reference', () => {
  it('is rebuilt with every object, gaps as free entries, and the last definition', async () => {
    const twice = joinBytes([
      handmade({ ...onePage, 9: '(nine)' }),
      latin1('3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 200]>>\nendobj\n%%EOF\n'),
    ]);
    const document = await openBrokenPdf(bytesSource(broken(twice)));
    assert.equal((await readPage(document, 0))?.cropBox.right, 100);
    assert.deepEqual([...(document.rebuilt?.keys() ?? [])], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.equal(document.rebuilt?.get(7)?.type, 'free');
    assert.equal((await document.resolve(pdfReference(9))).kind, 'string');
  });

  it('does not take a PDF inside a stream for a part of the file', async () => {
    const inner = handmade({ ...onePage, 3: '<</Type/Page/Parent 2 0 R/MediaBox[0 0 7 7]>>' });
    const outer = handmade({ ...onePage, 5: streamBody('/Type/EmbeddedFile', inner) });
    const bytes = latin1(asText(outer).replace(/startxref\n\d+(?![\s\S]*startxref)/, 'startxref\n1'));
    const document = await openBrokenPdf(bytesSource(bytes));
    assert.equal((await readPage(document, 0))?.cropBox.right, 595);
  });

  it('finds a catalogue without a trailer', async () => {
    const text = asText(broken(samplePdf()));
    const bytes = latin1(text.replace(/trailer\n<<[^>]*>>/, ''));
    assert.ok(await readPage(await openBrokenPdf(bytesSource(bytes)), 0));
  });

  it('is left alone where the file is signed, encrypted, cut off, without catalogue, or over its limits', async () => {
    const signed = handmade({ ...onePage, 7: '<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>' });
    assert.match(await refusal(broken(signed)), /carries a signature/);
    assert.match(await refusal(broken(handmade({ ...onePage, 4: '<<>>' }, '/Encrypt 4 0 R'))), /encrypted/);
    assert.match(await refusal(samplePdf().subarray(0, 15_000)), /cut off/);
    assert.match(await refusal(latin1('%PDF-1.7\n1 0 obj\n<</A 1>>\nendobj\n%%EOF\n')), /no catalogue/);
    const many = latin1(
      `%PDF-1.7\n${Array.from({ length: 200 }, (_, at) => `${at + 1} 0 obj\nnull\nendobj\n`).join('')}%%EOF\n`,
    );
    assert.match(await refusal(many, { objects: 100 }), /^pdf-limit/);
    assert.match(await refusal(latin1('<html>%%EOF')), /^not-a-pdf/);
  });

  it('of whatever bytes ends in a refusal or a document, in time', function () {
    this.timeout(60_000);
    const base = broken(handmade({ ...onePage, 5: streamBody('', latin1('x'.repeat(300))) }));
    return fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { maxLength: 12 }),
        fc.array(
          fc.constantFrom(
            '1 0 obj',
            'endobj',
            'stream\n',
            'trailer<<',
            '>>',
            '9999999999 0 obj',
            'obj',
            '%%EOF',
          ),
          { maxLength: 6 },
        ),
        async (edits, words) => {
          const bytes = base.slice();
          for (const [place, value] of edits) bytes[place] = value;
          const started = performance.now();
          await refusal(joinBytes([bytes, latin1(`${words.join('\n')}\n%%EOF\n`)]));
          assert.ok(performance.now() - started < 2000);
        },
      ),
      { numRuns: scale(300) },
    );
  });
});
