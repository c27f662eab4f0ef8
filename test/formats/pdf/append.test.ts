// Adding a field to every shape of form and page, judged by qpdf and by what the file then says.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { joinBytes } from '../../../formats/bytes.ts';
import { FormatError } from '../../../formats/errors.ts';
import { beginUpdate } from '../../../formats/pdf/append.ts';
import { openPdf } from '../../../formats/pdf/document.ts';
import { addSignatureField, certifyBy } from '../../../formats/pdf/fields.ts';
import { readFields } from '../../../formats/pdf/form.ts';
import { entry, integerOf, pdfDictionary, pdfName } from '../../../formats/pdf/objects.ts';
import { readPage } from '../../../formats/pdf/pages.ts';
import { latin1 } from '../../../formats/pdf/serialise.ts';
import { bytesSource } from '../../../formats/pdf/source.ts';
import { requireProgram, run } from '../../programs.ts';
import { libraryDocument } from '../../interop/producers.ts';
import { asText, handmade, onePage, type Bodies } from './handmade.ts';

const id = Uint8Array.from({ length: 16 }, (_, index) => index);

async function withNewField(file: Uint8Array, certifies = false): Promise<Uint8Array> {
  const document = await openPdf(bytesSource(file));
  const page = await readPage(document, 0);
  assert.ok(page);
  const update = await beginUpdate(document);
  const value = update.allocate();
  update.set(value, pdfDictionary({ Type: pdfName('Sig') }));
  const rectangle = { left: 10, bottom: 10, right: 20, top: 20 };
  await addSignatureField(document, update, {
    page,
    name: 'New',
    rectangle,
    value,
    appearance: null,
  });
  if (certifies) await certifyBy(document, update, value);
  const { before, after } = update.build(id);
  assert.equal(after.length, 0);
  return joinBytes([file, before]);
}

const old = '<</FT/Tx/T(Old)/Subtype/Widget/Rect[0 0 5 5]>>';
const shapes: Record<string, Bodies> = {
  'no form, no annotations': onePage,
  'direct form, direct fields': {
    ...onePage,
    1: '<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>',
    4: old,
  },
  'indirect form, direct fields': {
    ...onePage,
    1: '<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>',
    4: old,
    5: '<</Fields[4 0 R]/DA(/Helv 0 Tf)/SigFlags 1>>',
  },
  'indirect form, indirect fields': {
    ...onePage,
    1: '<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>',
    4: old,
    5: '<</Fields 6 0 R>>',
    6: '[4 0 R]',
  },
  'direct form, indirect fields': {
    ...onePage,
    1: '<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields 6 0 R/SigFlags 3>>>>',
    4: old,
    6: '[4 0 R]',
  },
  'a form that is null': { ...onePage, 1: '<</Type/Catalog/Pages 2 0 R/AcroForm 77 0 R>>' },
  'direct annotations': {
    ...onePage,
    3: '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[7 0 R]>>',
    7: '<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents(note)>>',
  },
  'indirect annotations': {
    ...onePage,
    3: '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots 8 0 R>>',
    7: '<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents(note)>>',
    8: '[7 0 R]',
  },
  'annotations that are null': {
    ...onePage,
    3: '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots 78 0 R>>',
  },
};

describe('an incremental update', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'yinxin-append-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function check(context: Mocha.Context, file: Uint8Array, original: Uint8Array): Promise<void> {
    assert.deepEqual(file.subarray(0, original.length), original);
    const document = await openPdf(bytesSource(file));
    const before = await openPdf(bytesSource(original));
    const fields = await readFields(document);
    const field = fields.find(({ fullName }) => fullName === 'New');
    assert.ok(field?.reference);
    assert.equal(fields.length, (await readFields(before)).length + 1);
    const form = await document.getDictionary(await document.catalogue(), 'AcroForm');
    assert.ok(form);
    assert.equal(integerOf(await document.get(form, 'SigFlags')), 3);
    const annotations = async (of: typeof document): Promise<readonly unknown[]> => {
      const page = await readPage(of, 0);
      assert.ok(page);
      const list = await of.get(page.dictionary, 'Annots');
      return list.kind === 'array' ? list.items : [];
    };
    assert.equal((await annotations(document)).length, (await annotations(before)).length + 1);
    assert.deepEqual((await annotations(document)).at(-1), field.reference);
    assert.equal(document.revisions.length, before.revisions.length + 1);
    assert.equal(document.newest.end, file.length - 1);
    assert.equal(document.newest.sections[0]?.section.style, before.newest.sections[0]?.section.style);
    assert.ok((integerOf(entry(document.trailer(), 'Size')) ?? 0) >= document.nextObjectNumber);
    const qpdf = requireProgram(context, 'qpdf');
    writeFileSync(join(folder, 'file.pdf'), file);
    assert.match(run(qpdf, ['--check', join(folder, 'file.pdf')]), /No syntax or stream encoding errors/);
  }

  for (const [name, bodies] of Object.entries(shapes)) {
    it(`adds a field: ${name}`, async function () {
      const original = handmade(bodies, '/ID[<01><02>]');
      const file = await withNewField(original);
      await check(this, file, original);
      const ids = entry((await openPdf(bytesSource(file))).trailer(), 'ID');
      assert.ok(ids.kind === 'array' && ids.items[0]?.kind === 'string' && ids.items[1]?.kind === 'string');
      assert.deepEqual([...ids.items[0].bytes], [1]);
      assert.deepEqual(ids.items[1].bytes, id);
    });
  }

  it('adds a field in both styles of cross-reference, with and without a last line end', async function () {
    for (const streams of [false, true]) {
      const original = await libraryDocument(streams);
      const bare = original.subarray(0, asText(original).lastIndexOf('%%EOF') + 5);
      for (const bytes of [bare, joinBytes([bare, latin1('\r')]), joinBytes([bare, latin1('\r\n')])]) {
        await check(this, await withNewField(bytes), bytes);
      }
      await check(this, await withNewField(original, true), original);
    }
  });

  it('keeps an object a rewritten dictionary did not mean to change', async () => {
    const odd =
      '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.303937007874 841.8897637795]/Weird#20Key(\\(\\r\\377)/N null>>';
    const file = await withNewField(handmade({ ...onePage, 3: odd }));
    assert.ok(asText(file).includes('/MediaBox [0 0 595.303937007874 841.8897637795]'));
    assert.ok(asText(file).includes('/Weird#20Key (\\(\\r\xff)'));
  });

  it('marks a certified document in its catalogue', async () => {
    const document = await openPdf(bytesSource(await withNewField(handmade(onePage), true)));
    const permissions = await document.getDictionary(await document.catalogue(), 'Perms');
    assert.ok(permissions);
    assert.equal(entry(permissions, 'DocMDP').kind, 'reference');
  });

  it('is refused where bytes stand before the header', async () => {
    const file = joinBytes([latin1('junk\n'), handmade(onePage)]);
    await assert.rejects(
      withNewField(file),
      (error) => error instanceof FormatError && error.code === 'pdf-unsupported',
    );
  });
});
