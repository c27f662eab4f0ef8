// Opening PDFs of every structure, and refusing hostile ones quickly.
import assert from 'node:assert/strict';
import { deflateSync } from 'node:zlib';
import { joinBytes } from '../../../formats/bytes.ts';
import { FormatError } from '../../../formats/errors.ts';
import { openPdf } from '../../../formats/pdf/document.ts';
import { readFields } from '../../../formats/pdf/form.ts';
import type { PdfLimits } from '../../../formats/pdf/limits.ts';
import { entry, nameOf, pdfReference } from '../../../formats/pdf/objects.ts';
import { readPage, walkPages } from '../../../formats/pdf/pages.ts';
import { latin1 } from '../../../formats/pdf/serialise.ts';
import { bytesSource } from '../../../formats/pdf/source.ts';
import { asText, handmade, handmadeUpdate, lastStartxref, onePage, streamBody } from './handmade.ts';

const open = (bytes: Uint8Array, limits?: Partial<PdfLimits>) => openPdf(bytesSource(bytes), limits);

async function refusal(work: () => Promise<unknown>): Promise<string> {
  const start = performance.now();
  try {
    await work();
  } catch (error) {
    assert.ok(performance.now() - start < 2_000, 'the refusal took too long');
    if (error instanceof FormatError) return error.code;
    throw error;
  }
  return 'accepted';
}

async function allPages(bytes: Uint8Array, limits?: Partial<PdfLimits>): Promise<number[]> {
  const document = await open(bytes, limits);
  const pages: number[] = [];
  for await (const page of walkPages(document)) pages.push(page.reference.number);
  return pages;
}

/** A cross-reference stream file: objects 1 and 2 packed into stream 4, the page plain. */
function packed(streamLength = ''): Uint8Array {
  const header = '%PDF-1.7\n';
  const first = onePage[1] ?? '';
  const content = latin1(`1 0 2 ${first.length + 1} ${first} ${onePage[2] ?? ''}`);
  const objectStart = `1 0 2 ${first.length + 1} `.length;
  const page = `3 0 obj\n${onePage[3] ?? ''}\nendobj\n`;
  const data = deflateSync(content);
  const dictionary = `/Type/ObjStm/N 2/First ${objectStart}/Filter/FlateDecode`;
  const body =
    streamLength === ''
      ? streamBody(dictionary, data)
      : `<<${dictionary}/Length ${streamLength}>>\nstream\n${asText(data)}\nendstream`;
  const stream = `4 0 obj\n${body}\nendobj\n`;
  const offsets = [header.length, header.length + page.length, header.length + page.length + stream.length];
  const rows = [
    [0, 0, 0],
    [2, 4, 0],
    [2, 4, 1],
    [1, offsets[0] ?? 0, 0],
    [1, offsets[1] ?? 0, 0],
    [1, offsets[2] ?? 0, 0],
  ];
  // Rows go through the PNG "up" filter, as most writers do it.
  let above = [0, 0, 0, 0];
  const filtered = rows.flatMap(([type = 0, second = 0, third = 0]) => {
    const row = [type, second >> 8, second & 255, third];
    const difference = row.map((value, index) => (value - (above[index] ?? 0)) & 255);
    above = row;
    return [2, ...difference];
  });
  const xref = streamBody(
    '/Type/XRef/Size 6/W[1 2 1]/Root 1 0 R/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 4>>',
    deflateSync(Uint8Array.from(filtered)),
  );
  const end = `5 0 obj\n${xref}\nendobj\nstartxref\n${offsets[2] ?? 0}\n%%EOF\n`;
  return latin1(header + page + stream + end);
}

describe('opening a PDF', () => {
  it('reads a table', async () => {
    const document = await open(handmade(onePage));
    assert.equal(document.facts.version, '1.7');
    assert.equal(document.facts.bytesAfterEnd, 0);
    assert.equal(document.revisions.length, 1);
    assert.equal(document.newest.end, document.facts.size - 1);
    assert.ok(document.newest.startxrefAgrees);
    const page = await readPage(document, 0);
    assert.deepEqual(page?.cropBox, { left: 0, bottom: 0, right: 595, top: 842 });
    assert.equal(await readPage(document, 1), null);
    assert.equal(await readPage(document, -1), null);
  });

  it('reads cross-reference and object streams', async () => {
    const document = await open(packed());
    assert.equal(nameOf(entry(await document.catalogue(), 'Type')), 'Catalog');
    assert.equal((await readPage(document, 0))?.reference.number, 3);
    assert.equal(document.newest.sections[0]?.section.style, 'stream');
  });

  it('refuses an object stream whose length lies in itself', async () => {
    assert.equal(await refusal(async () => (await open(packed('2 0 R'))).catalogue()), 'pdf-malformed');
  });

  it('reads entries of nineteen bytes', async () => {
    const text = asText(handmade(onePage)).replaceAll(/( \d{5} [nf]) \n/g, '$1\n');
    assert.deepEqual(await allPages(latin1(text)), [3]);
  });

  it('keeps the state of every revision', async () => {
    const first = handmade(onePage);
    const second = handmadeUpdate(
      first,
      { 3: '<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>', 9: '(new)' },
      lastStartxref(first),
    );
    const document = await open(second);
    assert.equal(document.revisions.length, 2);
    assert.equal(document.revisions[0]?.endWithSpace, first.length);
    assert.equal((await readPage(document, 0))?.cropBox.right, 100);
    assert.equal((await readPage(document, 0, 0))?.cropBox.right, 595);
    assert.deepEqual([...(await document.entriesOf(1)).keys()], [3, 9]);
    assert.equal((await document.locate(3))?.revision, 1);
    assert.equal((await document.locate(3, 0))?.revision, 0);
    assert.equal((await document.resolve(pdfReference(9), 0)).kind, 'null');
    assert.equal((await document.resolve(pdfReference(9), 1)).kind, 'string');
    assert.equal((await document.resolve(pdfReference(3, 1))).kind, 'null');
    assert.equal(document.nextObjectNumber, 10);
  });

  it('reads a hybrid file: what the table frees, the stream names', async () => {
    const base = handmade(onePage);
    const hiddenAt = base.length + '8 0 obj\n(hidden)\nendobj\n'.length;
    const row = [1, base.length >> 8, base.length & 255, 0];
    const stream = streamBody('/Type/XRef/Size 9/W[1 2 1]/Index[8 1]', Uint8Array.from(row));
    const hidden = latin1(`8 0 obj\n(hidden)\nendobj\n7 0 obj\n${stream}\nendobj\n`);
    const xref = base.length + hidden.length;
    const end = `xref\n8 1\n0000000000 00000 f \ntrailer\n<</Size 9/Root 1 0 R/Prev ${lastStartxref(base)}/XRefStm ${hiddenAt}>>\nstartxref\n${xref}\n%%EOF\n`;
    const document = await open(joinBytes([base, hidden, latin1(end)]));
    assert.equal((await document.resolve(pdfReference(8))).kind, 'string');
    assert.equal((await document.resolve(pdfReference(8), 0)).kind, 'null');
    assert.equal(document.revisions.length, 2);
  });

  it('tells bytes before the header and after the end', async () => {
    const bytes = handmade(onePage);
    const shifted = await open(joinBytes([latin1('junk\n'), bytes]));
    assert.equal(shifted.facts.bytesBeforeHeader, 5);
    assert.ok(shifted.facts.offsetsFromHeader);
    assert.ok(await readPage(shifted, 0));
    for (const junk of ['\n', '\0', ' '.repeat(5000), '% comment\n', '9 0 obj (x) endobj', '\n%%EOF\n']) {
      const document = await open(joinBytes([bytes, latin1(junk)]));
      assert.equal(document.facts.bytesAfterEnd, junk.length, JSON.stringify(junk));
    }
    const notShifted = await open(handmade(onePage, '', 'MIME\n%PDF-1.4\n'));
    assert.equal(notShifted.facts.offsetsFromHeader, false);
  });

  it('reads a large file in blocks only', async () => {
    const filler = streamBody('', new Uint8Array(3_000_000).fill(65));
    const bytes = handmade({ 9: filler, ...onePage });
    let most = 0;
    let total = 0;
    const source = {
      size: bytes.length,
      read: (at: number, length: number) => {
        most = Math.max(most, length);
        total += Math.min(length, bytes.length - at);
        return Promise.resolve(bytes.subarray(at, at + length));
      },
    };
    assert.ok(await readPage(await openPdf(source), 0));
    assert.ok(most <= 65_536 && total < 400_000, `${total} bytes were read`);
  });

  it('turns, crops and scales as inherited', async () => {
    const document = await open(
      handmade({
        ...onePage,
        2: '<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[595 842 0 0]/CropBox[50 60 9999 700]/Rotate -90>>',
        3: '<</Type/Page/Parent 2 0 R/UserUnit 2.5>>',
      }),
    );
    const page = await readPage(document, 0);
    assert.deepEqual(page?.cropBox, { left: 50, bottom: 60, right: 595, top: 700 });
    assert.equal(page.rotate, 270);
    assert.equal(page.userUnit, 2.5);
  });

  it('finds pages of a deep tree by their counts', async () => {
    const document = await open(
      handmade({
        1: '<</Type/Catalog/Pages 2 0 R>>',
        2: '<</Type/Pages/Kids[3 0 R 4 0 R 5 0 R]/Count 4/MediaBox[0 0 10 10]>>',
        3: '<</Type/Pages/Kids[6 0 R 7 0 R]/Count 2>>',
        4: '<</Type/Pages/Kids[]/Count 0>>',
        5: '<</Type/Pages/Kids[8 0 R 9 0 R]/Count 2>>',
        ...Object.fromEntries([6, 7, 8, 9].map((number) => [number, '<</Type/Page>>'])),
      }),
    );
    const found = await Promise.all([0, 1, 2, 3, 4].map((index) => readPage(document, index)));
    assert.deepEqual(
      found.map((page) => page?.reference.number),
      [6, 7, 8, 9, undefined],
    );
    const walked: number[] = [];
    for await (const page of walkPages(document)) walked.push(page.reference.number);
    assert.deepEqual(walked, [6, 7, 8, 9]);
  });

  it('reads fields by full name, inherited type and value', async () => {
    const document = await open(
      handmade({
        ...onePage,
        1: '<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R 6 0 R 7 0 R]>>>>',
        4: '<</T(a)/FT/Tx/V(v)/Kids[5 0 R]>>',
        5: '<</T(b)/Parent 4 0 R/Rect[0 0 1 1]/Subtype/Widget>>',
        6: '<</T(c)/FT/Btn/Kids[8 0 R]>>',
        7: '<</T(sig)/FT/Sig/V 99 0 R>>',
        8: '<</Parent 6 0 R/Subtype/Widget/Rect[1 2 3 4]/P 3 0 R>>',
      }),
    );
    const fields = await readFields(document);
    assert.deepEqual(
      fields.map(({ fullName, type, widgets }) => [fullName, type, widgets.length]),
      [
        ['a.b', 'Tx', 1],
        ['c', 'Btn', 1],
        ['sig', 'Sig', 0],
      ],
    );
    assert.equal(fields[0]?.value.kind, 'string');
    assert.equal(fields[1]?.widgets[0]?.page?.number, 3);
  });
});

describe('refusing a PDF', () => {
  const table = handmade(onePage);
  const cases: Record<string, readonly [Uint8Array, string]> = {
    'an empty file': [new Uint8Array(), 'not-a-pdf'],
    'a picture': [Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10), 'not-a-pdf'],
    'a cut file': [table.subarray(0, table.length - 60), 'pdf-malformed'],
    'a header only': [latin1('%PDF-1.7\n'), 'pdf-malformed'],
    'a startxref out of the file': [
      latin1(asText(table).replace(/startxref\n\d+/, 'startxref\n99999')),
      'pdf-malformed',
    ],
    'a startxref to an object': [
      latin1(asText(table).replace(/startxref\n\d+/, 'startxref\n15')),
      'pdf-malformed',
    ],
    encryption: [handmade({ ...onePage, 4: '<</Filter/Standard/V 4>>' }, '/Encrypt 4 0 R'), 'pdf-encrypted'],
    'a /Prev to itself': [handmade(onePage, `/Prev ${lastStartxref(table) + 0}`), 'pdf-malformed'],
    'a page tree that is its own kid': [
      handmade({ ...onePage, 2: '<</Type/Pages/Kids[2 0 R]/Count 1>>' }),
      'pdf-malformed',
    ],
    'a page without a box': [handmade({ ...onePage, 3: '<</Type/Page>>' }), 'pdf-malformed'],
    'an object at another place': [latin1(asText(table).replace(/^3 0 obj/m, '7 0 obj')), 'pdf-malformed'],
    'a deeply nested object': [handmade({ ...onePage, 1: '['.repeat(50_000) }), 'pdf-limit'],
    'a reference to itself': [handmade({ ...onePage, 1: '1 0 R' }), 'pdf-malformed'],
    'a section that names an object twice': [
      latin1(asText(table).replace('2 1\n', '1 1\n')),
      'pdf-malformed',
    ],
  };
  for (const [name, [bytes, code]] of Object.entries(cases)) {
    it(`${name}: ${code}`, async () => assert.equal(await refusal(() => allPages(bytes)), code));
  }

  it('a chain of many revisions', async () => {
    let file = handmade(onePage);
    for (let count = 0; count < 30; count++)
      file = handmadeUpdate(file, { 9: `(${count})` }, lastStartxref(file));
    assert.equal(await refusal(() => allPages(file, { revisions: 20 })), 'pdf-limit');
    assert.equal((await open(file)).revisions.length, 31);
  });

  it('places that were empty when the revision was saved', async () => {
    // The page lies behind the end of the first revision: whoever signed that saw none.
    const whole = asText(handmade(onePage));
    const place = String(whole.length).padStart(10, '0');
    const shadow = latin1(whole.replace(/(\n3 1\n)\d{10}/, `$1${place}`));
    const filled = joinBytes([shadow, latin1(`3 0 obj\n${onePage[3] ?? ''}\nendobj\n`)]);
    assert.equal(await refusal(() => allPages(filled)), 'pdf-malformed');
    const updated = handmadeUpdate(filled, { 9: '(x)' }, lastStartxref(shadow));
    assert.equal(await refusal(() => allPages(updated)), 'pdf-malformed');

    const second = handmadeUpdate(handmade(onePage), { 9: '(x)' }, 0);
    const forward = latin1(asText(second).replace('/Prev 0', `/Prev ${second.length}`));
    const behind = handmadeUpdate(forward, onePage, 0).subarray(forward.length);
    const at = lastStartxref(joinBytes([forward, behind])) - forward.length;
    const linked = latin1(asText(forward).replace(/\/Prev \d+/, `/Prev ${forward.length + at}`));
    const end = latin1(`startxref\n${lastStartxref(second)}\n%%EOF\n`);
    const hidden = joinBytes([latin1(asText(behind).replace(/\/Prev 0/, '')), end]);
    assert.equal(await refusal(() => allPages(joinBytes([linked, hidden]))), 'pdf-malformed');
  });

  it('a bomb in a stream', async () => {
    const bomb = deflateSync(new Uint8Array(80_000_000));
    const file = handmade({ ...onePage, 4: streamBody('/Filter/FlateDecode', bomb) });
    const document = await open(file);
    const stream = await document.resolve(pdfReference(4));
    assert.ok(stream.kind === 'stream');
    assert.equal(await refusal(() => document.streamData(stream)), 'pdf-limit');
  });

  it('a stream of another length or filter, or damaged', async () => {
    const stored = streamBody('', latin1('abcdef'));
    const bodies = {
      ...onePage,
      4: stored.replace('/Length 6', '/Length 5'),
      5: streamBody('/Filter/JBIG2Decode', latin1('abc')),
      6: streamBody('/Filter/FlateDecode', latin1('not deflated')),
      7: stored,
      8: stored.replace('/Length 6', '/Length 99999'),
    };
    const document = await open(handmade(bodies));
    const codes: string[] = [];
    for (const number of [4, 5, 6, 7, 8]) {
      codes.push(
        await refusal(async () => {
          const stream = await document.resolve(pdfReference(number));
          assert.ok(stream.kind === 'stream');
          await document.streamData(stream);
        }),
      );
    }
    assert.deepEqual(codes, [
      'pdf-malformed',
      'pdf-unsupported',
      'pdf-malformed',
      'accepted',
      'pdf-malformed',
    ]);
  });

  it('a form that leads back into itself', async () => {
    const bodies = {
      ...onePage,
      1: '<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>',
      4: '<</T(a)/Kids[5 0 R]>>',
      5: '<</T(b)/Kids[4 0 R]>>',
    };
    assert.equal(await refusal(async () => readFields(await open(handmade(bodies)))), 'pdf-malformed');
  });
});
