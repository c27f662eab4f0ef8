// PDFs that are odd on purpose: each is stamped so that others see a whole-file signature, or refused with its reason; none hangs.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { joinBytes } from '../../formats/bytes.ts';
import { openPdf } from '../../formats/pdf/document.ts';
import { latin1 } from '../../formats/pdf/serialise.ts';
import { readSignatures } from '../../formats/pdf/signatures.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { openStampSetting, yinxin, type StampSetting } from '../bin/stamp-setting.ts';
import {
  asText,
  handmade,
  handmadeUpdate,
  lastStartxref,
  onePage,
  streamBody,
  type Bodies,
} from '../formats/pdf/handmade.ts';
import { requireProgram, run } from '../programs.ts';

interface Hostile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** `stamped`, or every code that is a good refusal. */
  readonly outcome: 'stamped' | readonly string[];
  readonly more?: readonly string[];
}

const page = (more: string, box = '[0 0 595 842]'): Bodies => ({
  ...onePage,
  3: `<</Type/Page/Parent 2 0 R/MediaBox${box}/Resources<<>>${more}>>`,
});
const catalogue = (more: string, others: Bodies = {}): Bodies => ({
  ...onePage,
  1: `<</Type/Catalog/Pages 2 0 R${more}>>`,
  ...others,
});
const middle = ['--visible', '1,40,40,20,10'];
const refused = ['pdf-malformed', 'not-a-pdf', 'page-not-found'];

/** Objects in an object stream behind a cross-reference stream, as Word and iText write them. */
function packed(bodies: Readonly<Record<number, string>>, trailer: string): Uint8Array {
  const numbers = Object.keys(bodies).map(Number);
  let [header, body] = ['', ''];
  for (const number of numbers) {
    header += `${number} ${body.length} `;
    body += `${bodies[number] ?? ''} `;
  }
  const [container, table] = [Math.max(...numbers) + 1, Math.max(...numbers) + 2];
  const data = new Uint8Array(deflateSync(latin1(header + body)));
  const start = '%PDF-1.5\n%\xb5\xb5\xb5\xb5\n';
  const first = `${container} 0 obj\n${streamBody(`/Type/ObjStm/Filter/FlateDecode/N ${numbers.length}/First ${header.length}`, data)}\nendobj\n`;
  const rows: number[] = [];
  for (let number = 0; number <= table; number++) {
    const at = numbers.indexOf(number);
    if (at >= 0) rows.push(2, container >> 8, container & 255, at);
    else if (number === container) rows.push(1, start.length >> 8, start.length & 255, 0);
    else if (number === table)
      rows.push(1, (start.length + first.length) >> 8, (start.length + first.length) & 255, 0);
    else rows.push(0, 0, 0, 255);
  }
  const section = streamBody(
    `/Type/XRef/Size ${table + 1}/W[1 2 1]/Root 1 0 R${trailer}`,
    Uint8Array.from(rows),
  );
  return latin1(
    `${start}${first}${table} 0 obj\n${section}\nendobj\nstartxref\n${start.length + first.length}\n%%EOF\n`,
  );
}

function cases(): readonly Hostile[] {
  const plain = handmade(onePage);
  const text = asText(plain);
  const boxes = [0, 90, 180, 270, -90, 450].map((rotate): Hostile => ({
    name: `rotate ${rotate}, crop box, user unit, negative corner`,
    bytes: handmade(page(`/Rotate ${rotate}/CropBox[-50 -100 350 500]/UserUnit 2`, '[-100 -200 495 642]')),
    outcome: 'stamped',
    more: middle,
  }));
  const form = '/AcroForm 5 0 R';
  const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const many = Array.from({ length: 3000 }, (_, index) => index + 4);
  const kids = Object.fromEntries(many.map((number) => [number, '<</Type/Page/Parent 2 0 R>>']));
  return [
    ...boxes,
    { name: 'corners swapped', bytes: handmade(page('', '[595 842 0 0]')), outcome: 'stamped', more: middle },
    {
      name: 'reals and an indirect box',
      bytes: handmade({ ...page('', ' 4 0 R'), 4: '[0.0 0.0 595.276 841.89]' }),
      outcome: 'stamped',
      more: middle,
    },
    {
      name: 'a page of 5 km',
      bytes: handmade(page('', '[0 0 14400000 14400000]')),
      outcome: 'stamped',
      more: middle,
    },
    { name: 'a page of nothing', bytes: handmade(page('', '[0 0 0 0]')), outcome: refused },
    {
      name: 'a page that is beyond counting',
      bytes: handmade(page('', '[0 0 1e400 1e400]')),
      outcome: refused,
    },
    {
      name: 'no box at all',
      bytes: handmade({ ...onePage, 3: '<</Type/Page/Parent 2 0 R>>' }),
      outcome: refused,
    },
    {
      name: 'everything inherited from two levels above',
      bytes: handmade({
        1: '<</Type/Catalog/Pages 2 0 R>>',
        2: '<</Type/Pages/Kids[4 0 R]/Count 1/MediaBox[0 0 400 300]/Rotate 90/Resources<</Font<<>>>>>>',
        4: '<</Type/Pages/Parent 2 0 R/Kids[3 0 R]/Count 1/CropBox[10 10 390 290]>>',
        3: '<</Type/Page/Parent 4 0 R>>',
      }),
      outcome: 'stamped',
      more: middle,
    },
    {
      name: 'a page tree that is its own kid',
      bytes: handmade({ ...onePage, 2: '<</Type/Pages/Kids[2 0 R]/Count 1>>' }),
      outcome: refused,
    },
    {
      name: 'no pages',
      bytes: handmade({ 1: '<</Type/Catalog/Pages 2 0 R>>', 2: '<</Type/Pages/Kids[]/Count 0>>' }),
      outcome: refused,
    },
    {
      name: 'a count that lies',
      bytes: handmade({ ...onePage, 2: '<</Type/Pages/Kids[3 0 R]/Count 99999999>>' }),
      outcome: 'stamped',
    },
    {
      name: 'three thousand pages, the last one',
      bytes: handmade({
        1: '<</Type/Catalog/Pages 2 0 R>>',
        2: `<</Type/Pages/Count 3000/MediaBox[0 0 595 842]/Kids[${many.map((number) => `${number} 0 R`).join(' ')}]>>`,
        ...kids,
      }),
      outcome: 'stamped',
      more: ['--visible', '3000,40,40,20,10'],
    },
    {
      name: 'no type and no parent',
      bytes: handmade({ ...onePage, 3: '<</MediaBox[0 0 595 842]>>' }),
      outcome: 'stamped',
      more: middle,
    },
    {
      name: 'keys given twice',
      bytes: handmade(page('/Rotate 0/Rotate 90')),
      outcome: 'stamped',
      more: middle,
    },
    {
      name: 'annotations in an array of their own, one of them null',
      bytes: handmade({ ...page('/Annots 4 0 R'), 4: '[null 9 0 R]' }),
      outcome: 'stamped',
      more: middle,
    },
    {
      name: 'annotations that are none',
      bytes: handmade(page('/Annots 7')),
      outcome: 'stamped',
      more: middle,
    },
    {
      name: 'a form in an object stream that needs appearances',
      bytes: packed({ ...catalogue(form), 5: '<</Fields[]/NeedAppearances true/SigFlags 0>>' }, ''),
      outcome: 'stamped',
      more: middle,
    },
    {
      name: 'a dynamic form',
      bytes: handmade(catalogue(form, { 5: '<</Fields[]/XFA(x)>>' })),
      outcome: 'stamped',
      more: middle,
    },
    {
      name: 'fields that are null',
      bytes: handmade(catalogue('/AcroForm<</Fields null>>')),
      outcome: 'stamped',
      more: middle,
    },
    {
      name: 'fields that are their own kids',
      bytes: handmade(catalogue(form, { 5: '<</Fields[6 0 R]>>', 6: '<</T(a)/Kids[6 0 R]>>' })),
      outcome: [...refused, 'stamped'],
    },
    {
      name: 'as Word writes it: hybrid in spirit, tagged, with a language',
      bytes: packed(
        {
          ...catalogue(
            '/Lang(zh-CN)/StructTreeRoot 4 0 R/MarkInfo<</Marked true>>/ViewerPreferences<</DisplayDocTitle true>>',
          ),
          3: '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.32 841.92]/Group<</Type/Group/S/Transparency/CS/DeviceRGB>>/Tabs/S/StructParents 0/Resources<</ProcSet[/PDF/Text/ImageB/ImageC/ImageI]>>>>',
          4: '<</Type/StructTreeRoot/K[]/ParentTree<</Nums[]>>>>',
        },
        '/ID[<AA><AA>]/Info 3 0 R',
      ),
      outcome: 'stamped',
      more: middle,
    },
    {
      name: 'as iText writes it: saved again with a table behind streams',
      bytes: (() => {
        const base = packed(onePage, '');
        return handmadeUpdate(base, { 3: onePage[3] ?? '' }, lastStartxref(base));
      })(),
      outcome: [...refused, 'stamped'],
    },
    { name: 'a version in the catalogue', bytes: handmade(catalogue('/Version/2.0')), outcome: 'stamped' },
    {
      name: 'a comment between everything',
      bytes: latin1(text.replace('/Kids', '%x\n/Kids %y\n')),
      outcome: ['pdf-malformed', 'stamped'],
    },
    {
      name: 'junk behind the end',
      bytes: joinBytes([plain, latin1('junk '.repeat(100))]),
      outcome: 'stamped',
    },
    {
      name: 'zeros behind the end',
      bytes: joinBytes([plain, new Uint8Array(3000)]),
      outcome: [...refused, 'stamped'],
    },
    { name: 'junk before the header', bytes: joinBytes([latin1('junk\n'), plain]), outcome: refused },
    {
      name: 'endobj left out',
      bytes: latin1(text.replaceAll('endobj\n', '')),
      outcome: [...refused, 'stamped'],
    },
    {
      name: 'a stream shorter than it says',
      bytes: handmade({ ...page('/Contents 4 0 R'), 4: '<</Length 5000>>\nstream\nq Q\nendstream' }),
      outcome: [...refused, 'stamped'],
      more: middle,
    },
    {
      name: 'a length that is nowhere',
      bytes: handmade({ ...page('/Contents 4 0 R'), 4: '<</Length 77 0 R>>\nstream\nq Q\nendstream' }),
      outcome: [...refused, 'stamped'],
      more: middle,
    },
    {
      name: 'a length that is its own stream',
      bytes: handmade({ ...page('/Contents 4 0 R'), 4: '<</Length 4 0 R>>\nstream\nq Q\nendstream' }),
      outcome: [...refused, 'stamped'],
      more: middle,
    },
    {
      name: 'saves that go in a circle',
      bytes: latin1(text.replace('/Root 1 0 R', `/Root 1 0 R/Prev ${lastStartxref(plain)}`)),
      outcome: [...refused, 'stamped'],
    },
    {
      name: 'object number 8,388,607',
      bytes: handmade({ ...page('/PieceInfo 8388607 0 R'), 8388607: '<<>>' }),
      outcome: [...refused, 'stamped'],
    },
    {
      name: 'a page of generation 3',
      bytes: latin1(
        text
          .replaceAll('3 0 R', '3 3 R')
          .replace('3 0 obj', '3 3 obj')
          .replace(/(3 1\n\d{10}) 00000/, '$1 00003'),
      ),
      outcome: 'stamped',
      more: middle,
    },
    {
      name: 'a size of a thousand million',
      bytes: latin1(text.replace('/Size 4', '/Size 999999999')),
      outcome: [...refused, 'stamped'],
    },
    { name: 'no size', bytes: latin1(text.replace('/Size 4', '')), outcome: [...refused, 'stamped'] },
    {
      name: 'a hundred thousand arrays in each other',
      bytes: handmade(page(`/X ${nested}`)),
      outcome: refused,
    },
    { name: 'a root that is a number', bytes: handmade({ ...onePage, 1: '7' }), outcome: refused },
    {
      name: 'a root that is nowhere',
      bytes: latin1(text.replace('/Root 1 0 R', '/Root 77 0 R')),
      outcome: refused,
    },
    {
      name: 'encrypted by a handler nobody knows',
      bytes: handmade(onePage, '/ID[<01><01>]/Encrypt<</Filter/Secret/V 9>>'),
      outcome: ['pdf-encrypted', 'pdf-malformed'],
    },
    { name: 'nothing', bytes: new Uint8Array(), outcome: refused },
    { name: 'a header alone', bytes: latin1('%PDF-1.7\n'), outcome: refused },
    { name: 'a megabyte of zeros', bytes: new Uint8Array(1_000_000), outcome: refused },
    {
      name: 'a megabyte of opening brackets',
      bytes: joinBytes([latin1('%PDF-1.7\n'), new Uint8Array(1_000_000).fill(0x5b)]),
      outcome: refused,
    },
    {
      name: 'a page content that inflates without end',
      bytes: handmade({
        ...page('/Contents 4 0 R'),
        4: streamBody('/Filter/FlateDecode', new Uint8Array(deflateSync(new Uint8Array(60_000_000)))),
      }),
      outcome: 'stamped',
      more: middle,
    },
  ];
}

describe('hostile PDFs', function () {
  this.timeout(60_000);
  let setting: StampSetting;
  let serial = 0;

  before(async function () {
    for (const program of ['openssl', 'qpdf', 'pdfsig']) requireProgram(this, program);
    setting = await openStampSetting();
  });
  after(() => setting.close());

  for (const { name, bytes, outcome, more = [] } of cases())
    it(name, async () => {
      const [file, folder] = [`hostile-${(serial += 1)}.pdf`, setting.path(`out-hostile-${serial}`)];
      writeFileSync(setting.path(file), bytes);
      const started = performance.now();
      const { code, out, err } = await yinxin([
        'stamp',
        setting.path(file),
        '--out-dir',
        folder,
        ...setting.key('p-256'),
        '--json',
        ...more,
      ]);
      assert.deepEqual(err, []);
      assert.ok(performance.now() - started < 20_000, 'it takes no time to speak of');
      const line = JSON.parse(out[0] ?? '{}') as { stamped?: boolean; code?: string; reason?: string };
      const said = line.stamped === true ? 'stamped' : (line.code ?? '');
      const allowed: readonly string[] = outcome === 'stamped' ? ['stamped'] : outcome;
      assert.ok(allowed.includes(said), `${said}: ${line.reason ?? ''}`);
      const output = `${folder}/${file}`;
      assert.equal(code, said === 'stamped' ? 0 : 1);
      assert.equal(existsSync(output), said === 'stamped');
      if (said !== 'stamped') {
        assert.ok((line.reason ?? '').length > 15, 'the reason is said');
        return;
      }
      const signed = new Uint8Array(readFileSync(output));
      assert.ok(Buffer.from(signed.subarray(0, bytes.length)).equals(Buffer.from(bytes)), 'a prefix');
      const found = await readSignatures(await openPdf(bytesSource(signed)));
      assert.equal(found.at(-1)?.coverage.kind, 'whole-file');
      const judged = run('pdfsig', ['-nocert', output]);
      assert.match(judged, /Signature is Valid/);
      assert.match(judged, /Total document signed/);
    });
});
