// Hidden and changeable content is told when a document is stamped; ordinary documents are told nothing of.
import assert from 'node:assert/strict';
import { latin1 } from '../../formats/pdf/serialise.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import type { FindingCode } from '../../signing/hidden-content.ts';
import { prepareSignature } from '../../signing/prepare.ts';
import {
  handmade,
  handmadeUpdate,
  lastStartxref,
  onePage,
  streamBody,
  type Bodies,
} from '../formats/pdf/handmade.ts';
import { producedDocuments, producerPrograms } from '../interop/producers.ts';
import { requireProgram } from '../programs.ts';
import { samplePdf } from './seal-office.ts';

async function findings(pdf: Uint8Array): Promise<readonly string[]> {
  const time = new Date('2026-11-22T05:06:07Z');
  const { findings: found } = await prepareSignature(bytesSource(pdf), { time, contentsCapacity: 100 });
  return found.map(({ code, page }) => (page === null ? code : `${code} ${page}`));
}

const page = (more: string): string =>
  `<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R${more}>>`;
const content = (text: string): string => streamBody('', latin1(text));
const picture = streamBody(
  '/Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray',
  latin1('x'),
);
const catalogue = (more: string): Bodies => ({ ...onePage, 1: `<</Type/Catalog/Pages 2 0 R${more}>>` });
const text = 'BT /F1 12 Tf 100 700 Td (approved: 100) Tj ET\n';
const overlay = 'q 200 0 0 100 80 650 cm /I Do Q\n';

const cases: readonly (readonly [what: string, pdf: Bodies, FindingCode | `${FindingCode} 1`])[] = [
  [
    'a picture over text',
    { ...onePage, 3: page('/Resources<</XObject<</I 5 0 R>>>>'), 4: content(text + overlay), 5: picture },
    'covered-text 1',
  ],
  [
    'a white box over text',
    { ...onePage, 3: page(''), 4: content(`${text}1 g 90 690 200 30 re f\n`) },
    'covered-text 1',
  ],
  [
    'text that is never visible',
    { ...onePage, 3: page(''), 4: content(`BT 3 Tr /F1 12 Tf (hidden) Tj ET\n`) },
    'invisible-text 1',
  ],
  [
    'content that is not there yet',
    { ...onePage, 3: page('').replace('4 0 R', '[4 0 R 77 0 R]'), 4: content(text) },
    'missing-object 1',
  ],
  ['a layer that is off', catalogue('/OCProperties<</OCGs[4 0 R]/D<</OFF[4 0 R]>>>>'), 'hidden-layer'],
  ['a script', catalogue('/OpenAction<</S/JavaScript/JS(app.alert)>>'), 'script'],
  ['an action before printing', catalogue('/AA<</WP<</S/JavaScript/JS(x)>>>>'), 'script'],
  ['an attachment', catalogue('/Names<</EmbeddedFiles<</Names[]>>>>'), 'attachment'],
  ['a dynamic form', catalogue('/AcroForm<</Fields[]/XFA[]>>'), 'dynamic-form'],
  [
    'a hidden annotation',
    {
      ...onePage,
      3: '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[4 0 R]>>',
      4: '<</Type/Annot/Subtype/Stamp/F 2/Rect[0 0 10 10]>>',
    },
    'hidden-annotation 1',
  ],
  [
    'an annotation over the page',
    {
      ...onePage,
      3: '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[4 0 R]>>',
      4: '<</Type/Annot/Subtype/Stamp/AP<<>>/Rect[0 0 590 840]>>',
    },
    'covering-annotation 1',
  ],
];

describe('hidden content at signing', () => {
  for (const [what, bodies, code] of cases)
    it(`tells ${what}`, async () => {
      assert.deepEqual(await findings(handmade(bodies)), [code]);
    });

  it('tells of an unsigned second save, and of bytes behind the end', async () => {
    const first = handmade(onePage);
    const changed = handmadeUpdate(first, { 3: onePage[3] ?? '' }, lastStartxref(first));
    assert.deepEqual(await findings(changed), ['earlier-versions']);
    assert.deepEqual(await findings(Buffer.concat([first, Buffer.from('% more to come\n')])), [
      'bytes-after-end',
    ]);
  });

  it('says nothing where text stands on a picture or a box, or beside them', async () => {
    const below = { ...onePage, 3: page('/Resources<</XObject<</I 5 0 R>>>>'), 5: picture };
    assert.deepEqual(await findings(handmade({ ...below, 4: content(overlay + text) })), []);
    const beside = 'q 50 0 0 50 400 100 cm /I Do Q\n';
    assert.deepEqual(await findings(handmade({ ...below, 4: content(text + beside) })), []);
    assert.deepEqual(
      await findings(handmade({ ...below, 4: content(`0.9 g 90 690 200 30 re f 0 g ${text}`) })),
      [],
    );
    assert.deepEqual(await findings(samplePdf()), []);
  });

  it('says nothing of what seven programs make', async function () {
    this.timeout(240_000);
    for (const program of producerPrograms) requireProgram(this, program);
    for (const { name, bytes } of await producedDocuments())
      assert.deepEqual(await findings(bytes), [], name);
  });
});
