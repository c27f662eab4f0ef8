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

  it('looks into forms that a page draws, where they stand, and comes back from those that draw themselves', async () => {
    const drawn = (form: string, matrix = '1 0 0 1 0 0'): Bodies => ({
      ...onePage,
      3: page('/Resources<</XObject<</F 5 0 R/I 6 0 R>>>>'),
      4: content(`${text}/F Do\n`),
      5: streamBody(`/Type/XObject/Subtype/Form/BBox[0 0 600 850]/Matrix[${matrix}]`, latin1(form)),
      6: picture,
    });
    assert.deepEqual(await findings(handmade(drawn('1 g 90 690 200 30 re f\n'))), ['covered-text 1']);
    assert.deepEqual(await findings(handmade(drawn('1 g 90 690 200 30 re f\n', '1 0 0 1 0 -300'))), []);
    assert.deepEqual(await findings(handmade(drawn('BT 3 Tr (never) Tj ET\n'))), ['invisible-text 1']);
    // Without resources of its own, it has the page's.
    assert.deepEqual(await findings(handmade(drawn(overlay))), ['covered-text 1']);
    assert.deepEqual(await findings(handmade(drawn('/F Do /F Do /F Do\n'.repeat(20)))), ['not-all-pages 1']);
  });

  it('knows a picture that stands in the content itself', async () => {
    const inline = (more: string): Bodies => ({
      ...onePage,
      3: page(''),
      4: content(`${text}q 200 0 0 100 80 650 cm BI /W 1 /H 1 ${more} ID x EI Q\n`),
    });
    assert.deepEqual(await findings(handmade(inline('/BPC 8 /CS /G'))), ['covered-text 1']);
    assert.deepEqual(await findings(handmade(inline('/BPC 1 /IM true'))), []);
    assert.deepEqual(await findings(handmade(inline('/IM false /I true /BPC 8 /CS /G'))), ['covered-text 1']);
  });

  it('says where it did not look: too deep in forms, in saved states, behind too many annotations', async () => {
    const nested = (depth: number): Bodies => ({
      ...onePage,
      3: page('/Resources<</XObject<</F 10 0 R>>>>'),
      4: content(`${text}/F Do\n`),
      ...Object.fromEntries(
        Array.from({ length: depth }, (_, at) => [
          10 + at,
          streamBody(
            `/Type/XObject/Subtype/Form/BBox[0 0 600 850]/Resources<</XObject<</F ${11 + at} 0 R>>>>`,
            latin1(at + 1 === depth ? '1 g 90 690 200 30 re f\n' : '/F Do\n'),
          ),
        ]),
      ),
    });
    assert.deepEqual(await findings(handmade(nested(6))), ['covered-text 1']);
    assert.deepEqual(await findings(handmade(nested(7))), ['unreadable 1']);
    const saved = { ...onePage, 3: page(''), 4: content(`${'q '.repeat(513)}${text}`) };
    assert.deepEqual(await findings(handmade(saved)), ['unreadable 1']);
    const annotations = { ...onePage, 3: page(`/Annots[${'5 0 R '.repeat(2001)}]`), 4: content(text) };
    const link = { 5: '<</Type/Annot/Subtype/Link/Rect[0 0 1 1]>>' };
    assert.deepEqual(await findings(handmade({ ...annotations, ...link })), ['unreadable 1']);
  });

  it('is not talked over: what comes behind a hundred harmless findings is told too', async () => {
    const numbers = Array.from({ length: 120 }, (_, index) => 10 + index);
    const told = await findings(
      handmade({
        1: '<</Type/Catalog/Pages 2 0 R>>',
        2: `<</Type/Pages/Kids[${numbers.map((number) => `${number} 0 R`).join(' ')}]/Count 120>>`,
        3: content('BT 3 Tr (scanned) Tj ET\n'),
        4: content(`${text}1 g 90 690 200 30 re f\n`),
        ...Object.fromEntries(
          numbers.map((number) => [
            number,
            `<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents ${number === 129 ? 4 : 3} 0 R>>`,
          ]),
        ),
      }),
    );
    assert.equal(told.length, 102);
    assert.deepEqual(told.slice(99), ['invisible-text 100', 'invisible-text', 'covered-text']);
  });

  it('looks at every page, and says from which on it did not where that is more than the budget', async () => {
    const pages = (count: number, each: string, last: string): Uint8Array => {
      const numbers = Array.from({ length: count }, (_, index) => 10 + index);
      return handmade({
        1: '<</Type/Catalog/Pages 2 0 R>>',
        2: `<</Type/Pages/Kids[${numbers.map((number) => `${number} 0 R`).join(' ')}]/Count ${count}>>`,
        3: content(each),
        4: content(last),
        ...Object.fromEntries(
          numbers.map((number, index) => [
            number,
            `<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents ${index + 1 === count ? 4 : 3} 0 R>>`,
          ]),
        ),
      });
    };
    const hidden = `${text}1 g 90 690 200 30 re f\n`;
    assert.deepEqual(await findings(pages(1000, text, hidden)), ['covered-text 1000']);
    assert.deepEqual(await findings(pages(3, text.repeat(500_000 / 5), hidden)), ['not-all-pages 1']);
    const dense = text.repeat(20_000 / 5);
    const [cut, ...more] = await findings(pages(200, dense, hidden));
    assert.match(cut ?? '', /^not-all-pages (1\d|2\d)$/);
    assert.deepEqual(more, []);
  });

  it('lets others have their turn while it looks, and is done in its time', async () => {
    const dense = `${text}${'0 0 1 1 re f\n'.repeat(5)}`.repeat(50_000);
    const bodies = { ...onePage, 3: page(''), 4: content(dense) };
    const pdf = handmade(bodies);
    await findings(pdf);
    // Processor time of this thread: the machine has others to serve.
    const spent = (): number => process.threadCpuUsage().user / 1000;
    const started = spent();
    let [longest, turn, over] = [0, started, false];
    const watch = (): void => {
      longest = Math.max(longest, spent() - turn);
      turn = spent();
      if (!over) setImmediate(watch);
    };
    setImmediate(watch);
    assert.deepEqual(await findings(pdf), ['not-all-pages 1']);
    over = true;
    assert.ok(spent() - started < 2000, `${spent() - started} ms`);
    assert.ok(longest < 200, `${longest} ms without a turn`);
  });

  it('says nothing of what seven programs make', async function () {
    this.timeout(240_000);
    for (const program of producerPrograms) requireProgram(this, program);
    for (const { name, bytes } of await producedDocuments())
      assert.deepEqual(await findings(bytes), [], name);
  });
});
