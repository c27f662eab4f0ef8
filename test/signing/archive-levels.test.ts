// PDF/A stays PDF/A: what every kind of stamp appends to a document of parts 1b, 2b, 3b and 4 is looked through, object by object.
import assert from 'node:assert/strict';
import { toBase64 } from '../../formats/bytes.ts';
import { openPdf, type PdfDocument } from '../../formats/pdf/document.ts';
import {
  dictionaryOf,
  entry,
  integerOf,
  nameOf,
  numberOf,
  type PdfDictionary,
  type PdfObject,
} from '../../formats/pdf/objects.ts';
import { readFields } from '../../formats/pdf/form.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { sealAppearance } from '../../signing/seal-picture/seal-appearance.ts';
import { sizeOf, type SealPictureDescription } from '../../signing/seal-picture/description.ts';
import { writePng } from '../../signing/seal-picture/png-writer.ts';
import { stampDocument } from '../../signing/stamp.ts';
import { stampOf } from '../../signing/stamp-answers.ts';
import { augment, digestsForAugmenting } from '../../signing/augment.ts';
import { GrowingCopy } from '../../signing/growing-copy.ts';
import { signBytes } from '../../signing/sign-bytes.ts';
import { placeSeal } from '../../signing/seal-placing.ts';
import { handmade, onePage, streamBody } from '../formats/pdf/handmade.ts';
import { requireProgram, run } from '../programs.ts';
import { approvalClient, openSealOffice, type SealOffice } from './seal-office.ts';

const levels = [
  { part: 1, mark: '<pdfaid:part>1</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>', version: '1.4' },
  { part: 2, mark: '<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>', version: '1.7' },
  { part: 3, mark: '<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>', version: '1.7' },
  { part: 4, mark: '<pdfaid:part>4</pdfaid:part><pdfaid:rev>2020</pdfaid:rev>', version: '2.0' },
] as const;

/** A document of a level whose output intent has so many parts. */
function archive({ mark, version }: (typeof levels)[number], parts: 3 | 4): Uint8Array {
  const metadata = streamBody(
    '/Type/Metadata/Subtype/XML',
    new TextEncoder().encode(`<x:xmpmeta>${mark}</x:xmpmeta>`),
  );
  const text = Buffer.from(
    handmade(
      {
        ...onePage,
        1: '<</Type/Catalog/Pages 2 0 R/Metadata 4 0 R/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/DestOutputProfile 5 0 R>>]>>',
        4: metadata,
        5: streamBody(`/N ${parts}`, new TextEncoder().encode('profile')),
      },
      '/ID[<01><02>]',
    ),
  ).toString('latin1');
  return new Uint8Array(Buffer.from(text.replace('%PDF-1.7', `%PDF-${version}`), 'latin1'));
}

/** Keys that no part lets in, or that would let something happen by itself. */
const forbidden = [
  'JS',
  'JavaScript',
  'AA',
  'Launch',
  'XFA',
  'EmbeddedFiles',
  'EF',
  'OpenAction',
  'Encrypt',
  'TR',
  'HTP',
  'OPI',
  'PS',
  'Alternates',
  'FFilter',
];

/** What breaks the rules of a part in the objects that stand behind the original. */
async function faults(
  original: Uint8Array,
  stamped: Uint8Array,
  part: number,
  rgb: boolean,
): Promise<readonly string[]> {
  const found: string[] = [];
  const document = await openPdf(bytesSource(stamped));
  const added = Buffer.from(stamped.subarray(original.length)).toString('latin1');
  if (part === 1 && /\/Type ?\/(XRef|ObjStm)/.test(added))
    found.push('6.1.4: a cross-reference or object stream');
  const id = entry(document.trailer(), 'ID');
  if (id.kind !== 'array' || id.items.length !== 2) found.push('6.1.3: no /ID');
  if (document.trailer().entries.has('Encrypt')) found.push('6.1.3: encrypted');
  for (const [, digits] of added.matchAll(/<([0-9A-Fa-f]*)>/g))
    if ((digits?.length ?? 0) % 2 !== 0) found.push('6.1.6: an odd number of digits');
  const before = await openPdf(bytesSource(original));
  const metadata = async (each: PdfDocument): Promise<string> => {
    const stream = await each.get(await each.catalogue(), 'Metadata');
    return stream.kind === 'stream' ? Buffer.from(await each.streamData(stream)).toString('latin1') : '';
  };
  if ((await metadata(before)) !== (await metadata(document))) found.push('6.7: other metadata');
  const numbers = [...added.matchAll(/(?:^|\n)(\d+) 0 obj/g)].map(([, number]) => Number(number));
  for (const number of new Set(numbers)) {
    const object = await document.resolve({ kind: 'reference', number, generation: 0 });
    await look(document, object, `${number}`, { part, rgb, found });
  }
  const catalogue = await document.catalogue();
  const form = await document.getDictionary(catalogue, 'AcroForm');
  const appearances = form === null ? null : await document.get(form, 'NeedAppearances');
  if (appearances?.kind === 'boolean' && appearances.value) found.push('6.9: /NeedAppearances');
  for (const { widgets, fullName } of await readFields(document))
    for (const { dictionary } of widgets) await annotation(document, dictionary, fullName, part, found);
  return found;
}

async function annotation(
  document: PdfDocument,
  dictionary: PdfDictionary,
  name: string,
  part: number,
  found: string[],
): Promise<void> {
  const flags = integerOf(await document.get(dictionary, 'F')) ?? 0;
  if ((flags & 4) === 0 || (flags & (1 | 2 | 32 | 256)) !== 0) found.push(`6.5.3: flags ${flags} of ${name}`);
  const rectangle = await document.get(dictionary, 'Rect');
  const empty = rectangle.kind === 'array' && rectangle.items.every((item) => numberOf(item) === 0);
  const appearance = await document.getDictionary(dictionary, 'AP');
  if (appearance === null && (part === 1 || !empty)) found.push(`6.9: ${name} has no appearance`);
  if (appearance !== null && [...appearance.entries.keys()].some((key) => key !== 'N'))
    found.push(`6.5.3: ${name} has another appearance`);
}

async function look(
  document: PdfDocument,
  object: PdfObject,
  where: string,
  rules: { readonly part: number; readonly rgb: boolean; readonly found: string[] },
): Promise<void> {
  const { part, rgb, found } = rules;
  const dictionary = dictionaryOf(object);
  if (object.kind === 'array')
    for (const item of object.items) if (item.kind !== 'reference') await look(document, item, where, rules);
  if (dictionary === null) return;
  const subtype = nameOf(entry(dictionary, 'Subtype'));
  for (const key of forbidden) if (dictionary.entries.has(key)) found.push(`${where}: /${key}`);
  if (nameOf(entry(dictionary, 'Filter')) === 'LZWDecode') found.push(`${where}: LZW`);
  if (object.kind === 'stream' && dictionary.entries.has('F')) found.push(`${where}: a stream elsewhere`);
  const transparent = ['Group', 'SMask', 'CA', 'ca', 'BM'].filter((key) => dictionary.entries.has(key));
  if (part === 1 && transparent.length > 0) found.push(`${where}: 6.4: ${transparent.join(' ')}`);
  if (nameOf(entry(dictionary, 'Type')) === 'Font') found.push(`${where}: a font, and is it embedded?`);
  if (entry(dictionary, 'Interpolate').kind === 'boolean') found.push(`${where}: 6.2.4: interpolated`);
  if (!rgb && nameOf(entry(dictionary, 'ColorSpace')) === 'DeviceRGB') found.push(`${where}: DeviceRGB`);
  if (subtype === 'Stamp' || subtype === 'Widget') await annotation(document, dictionary, where, part, found);
  if (subtype === 'Form' && object.kind === 'stream') {
    const content = Buffer.from(await document.streamData(object)).toString('latin1');
    if (!rgb && /\b(rg|RG)\b/.test(content)) found.push(`${where}: DeviceRGB without an intent for it`);
    if (/\b(Tj|TJ|sh|gs|ri|BI)\b/.test(content)) found.push(`${where}: text, shading or states`);
  }
  for (const value of dictionary.entries.values())
    if (value.kind === 'dictionary' || value.kind === 'array') await look(document, value, where, rules);
}

/** A picture with half transparent dots. */
function picture(): string {
  const [width, height] = [40, 40];
  const colours = new Uint8Array(width * height * 3).fill(120);
  const opacity = Uint8Array.from({ length: width * height }, (_, at) => at % 256);
  return toBase64(writePng({ width, height, colours, opacity }));
}

describe('PDF/A of parts 1b, 2b, 3b and 4', function () {
  this.timeout(120_000);
  let office: SealOffice;
  let serial = 0;

  before(async () => {
    office = await openSealOffice();
  });
  after(() => office.close());

  const drawn: SealPictureDescription = {
    kind: 'official',
    name: '天津市河北区政务服务办公室',
    purpose: null,
    code: '12010500000001',
    centre: null,
    demonstration: true,
  };
  const filed: SealPictureDescription = {
    ...drawn,
    kind: 'filed',
    artwork: { format: 'png', data: picture() },
    size: { width: 40, height: 40 },
  };

  for (const level of levels)
    for (const parts of [3, 4] as const)
      it(`part ${level.part} with an output intent of ${parts} colours stays what it is`, async function () {
        const original = archive(level, parts);
        const { part } = level;
        const rgb = parts === 3;
        const check = async (what: string, stamped: Uint8Array): Promise<void> => {
          assert.deepEqual(await faults(original, stamped, part, rgb), [], what);
          const path = await office.district.file(`archive-${(serial += 1)}.pdf`, stamped);
          assert.match(
            run(requireProgram(this, 'qpdf'), ['--check', path]),
            /No syntax or stream encoding/,
            what,
          );
        };
        const digest = await office.store(original);
        for (const [what, more] of [
          ['a seal', {}],
          ['with an SM2 seal before it', { sm2: 'ses' }],
          ['archived', { level: 'B-LTA' }],
          ['certified', { docMdp: 2 }],
          ['riding', { place: { riding: {} } }],
        ] as const) {
          const order = { ...office.request(digest, `archive-key-${(serial += 1)}`), ...more };
          const result = await stampDocument(office.parts, order);
          await check(what, await office.load(result.document.digest));
          assert.equal(
            (await stampOf(office.parts.database.reader, approvalClient, result.stampId)).level,
            result.level,
          );
        }
        const key = await office.parts.keys.open(
          office.approvalSeal.keyId,
          'seal',
          office.approvalSeal.chain,
        );
        const sign = async (seal: SealPictureDescription | null): Promise<Uint8Array> => {
          const toPlace = seal === null ? null : { appearance: sealAppearance(seal), size: sizeOf(seal) };
          const { document } = await signBytes(
            original,
            { ...office.parts, key, longTerm: office.parts.longTerm ?? null },
            {
              level: 'B-B',
              lower: false,
              options: {
                time: new Date(),
                ...(toPlace === null
                  ? {}
                  : {
                      place: async (work) =>
                        (await placeSeal(work, toPlace, { place: { page: 1, centreX: 100, centreY: 100 } }))
                          .placed,
                    }),
              },
            },
          );
          return document;
        };
        await check('invisible', await sign(null));
        await check('a filed picture', await sign(filed));
        const written: Uint8Array[] = [];
        const copy = await GrowingCopy.of(
          bytesSource(await sign(drawn)),
          { write: (chunk) => Promise.resolve(void written.push(chunk)) },
          digestsForAugmenting(office.parts).map((algorithm) => ({ algorithm })),
        );
        const { longTerm, timestamps, timestampBudget } = office.parts;
        assert.ok(longTerm !== undefined);
        await augment(copy, { longTerm, timestamps, timestampBudget }, { level: 'B-LTA', now: new Date() });
        await check('raised later', Buffer.concat(written));
      });

  it('would be told where something forbidden were appended', async () => {
    const [first, second] = levels;
    const original = archive(first, 4);
    const digest = await office.store(archive(second, 3));
    const result = await stampDocument(office.parts, office.request(digest, `archive-key-${(serial += 1)}`));
    const other = await office.load(result.document.digest);
    // The same appendix judged by stricter rules than it was made for.
    const found = await faults(archive(second, 3), other, 1, false);
    assert.match(found.join('\n'), /DeviceRGB without an intent/);
    assert.ok((await faults(original, other, 1, false)).some((each) => each.startsWith('6.7')));
  });
});
