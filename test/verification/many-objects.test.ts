// Later changes of files of many objects, where uses are found by a look at the bytes: nothing a walk sees is overlooked.
import assert from 'node:assert/strict';
import { deflateSync } from 'node:zlib';
import { openPdf } from '../../formats/pdf/document.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { referrersAsOf } from '../../verification/pdf-objects.ts';
import { scanReferrers } from '../../verification/reference-scan.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { expectReport } from './expect.ts';
import { makePki } from './pki.ts';
import { append, baseObjects, latin1, signPdf, sizeOf, textOf, unsignedPdf } from './signed-pdf.ts';
import type { Objects } from './signed-pdf.ts';

const pki = makePki();
const count = 3000;

/** A file whose font leads to thousands of objects, the last of which is as given. */
function large(last: string, catalogue = ''): Uint8Array {
  const objects: Record<number, string> = {
    ...baseObjects,
    1: `<< /Type /Catalog /Pages 2 0 R ${catalogue} >>`,
    5: '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Things 10 0 R >>',
  };
  for (let number = 10; number < count; number++)
    objects[number] = `<< /Next ${number + 1} 0 R /Page 3 0 R /Font [5 0 R] /Name (thing ${number}) >>`;
  objects[count] = last;
  return latin1(textOf(unsignedPdf(objects)).replace('/Size 7', `/Size ${count + 1}`));
}

/** The same, its objects packed into compressed object streams. */
function packed(last: string): Uint8Array {
  const objects: Record<number, string> = {
    1: baseObjects[1] ?? '',
    2: baseObjects[2] ?? '',
    5: '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Things 10 0 R >>',
    6: baseObjects[6] ?? '',
  };
  for (let number = 10; number < count; number++)
    objects[number] = `<< /Next ${number + 1} 0 R /Page 3 0 R >>`;
  objects[count] = last;
  const plain: Objects = { 3: baseObjects[3] ?? '', 4: baseObjects[4] ?? '' };
  let body = '%PDF-1.7\n';
  const rows = new Map<number, readonly [number, number, number]>();
  const put = (number: number, content: string): void => {
    rows.set(number, [1, body.length, 0]);
    body += `${number} 0 obj\n${content}\nendobj\n`;
  };
  for (const [number, content] of Object.entries(plain)) put(Number(number), content);
  const all = Object.entries(objects);
  let container = count + 1;
  for (let at = 0; at < all.length; at += 100, container++) {
    const part = all.slice(at, at + 100);
    let offset = 0;
    const header = part
      .map(([number, content], index) => {
        rows.set(Number(number), [2, container, index]);
        const text = `${number} ${offset} `;
        offset += content.length + 1;
        return text;
      })
      .join('');
    const data = deflateSync(
      Buffer.from(`${header}${part.map(([, content]) => content).join('\n')}`, 'latin1'),
    );
    put(
      container,
      `<< /Type /ObjStm /N ${part.length} /First ${header.length} /Filter /FlateDecode /Length ${data.length} >>\nstream\n${data.toString('latin1')}\nendstream`,
    );
  }
  rows.set(container, [1, body.length, 0]);
  const numbers = [...rows.keys()].toSorted((a, b) => a - b);
  const table = Buffer.concat(
    numbers.map((number) => {
      const [type, second, third] = rows.get(number) ?? [0, 0, 0];
      const row = Buffer.alloc(7);
      row.writeUInt8(type, 0);
      row.writeUInt32BE(second, 1);
      row.writeUInt16BE(third, 5);
      return row;
    }),
  );
  const at = body.length;
  const index = numbers.map((number) => `${number} 1`).join(' ');
  return latin1(
    `${body}${container} 0 obj\n<< /Type /XRef /Size ${container + 1} /Root 1 0 R /Info 6 0 R /W [1 4 2] /Index [${index}] /Length ${table.length} >>\nstream\n${table.toString('latin1')}\nendstream\nendobj\nstartxref\n${at}\n%%EOF\n`,
  );
}

/** Every use the walk finds is found by the look. */
async function seesAll(pdf: Uint8Array, wanted: readonly number[]): Promise<void> {
  const document = await openPdf(bytesSource(pdf));
  const revision = document.newest.index;
  const walked = await referrersAsOf(document, revision);
  const found = await scanReferrers(document, revision, new Set(wanted));
  assert.ok(found !== null);
  for (const number of wanted) {
    const seen = found.get(number) ?? new Set<number>();
    assert.equal(found.has(number) || !walked.has(number), true, `object ${number}`);
    if (!seen.has(-1))
      for (const from of walked.get(number) ?? []) assert.ok(seen.has(from), `${from} names ${number}`);
  }
}

describe('a signed file of thousands of objects', () => {
  for (const [name, make] of [
    ['in a table', large],
    ['in object streams', packed],
  ] as const) {
    it(`${name}: signed again is allowed, and every change is listed`, async () => {
      const once = signPdf(pki, make('<< /End true >>'));
      const report = await verifyBytes(signPdf(pki, once), depsFor(pki));
      expectReport(report, ['TOTAL-PASSED', null, null]);
      assert.deepEqual(
        report.signatures[0]?.changes.map(({ kind }) => kind),
        ['signature-added'],
      );
    });

    it(`${name}: what anything uses is not changed without being told`, async () => {
      const signed = signPdf(pki, make('<< /Uses [6 0 R] /Absent 9000 0 R >>'));
      const size = sizeOf(signed);
      const updates: readonly Objects[] = [
        { [count]: '<< /End false >>' },
        { 2000: '<< /Next 2001 0 R >>' },
        { 6: '<< /Title (Other) >>' },
        { 9000: '<< /Supplied true >>' },
        { 4: '<< /Length 3 >>\nstream\nq Q\nendstream' },
      ];
      for (const objects of updates) {
        const report = await verifyBytes(append(signed, objects, Math.max(size, 9001)), depsFor(pki));
        assert.equal(report.conclusion, 'TOTAL-FAILED', JSON.stringify(objects));
      }
      const free = signPdf(pki, make('<< /End true >>'));
      const report = await verifyBytes(
        append(free, { 6: '<< /Title (Other) >>' }, sizeOf(free)),
        depsFor(pki),
      );
      expectReport(report, ['TOTAL-PASSED', null, null]);
    });

    it(`${name}: the look sees every use that the walk sees`, async () => {
      await seesAll(signPdf(pki, make('<< /Uses [6 0 R 10 0 R] >>')), [
        1,
        2,
        3,
        4,
        5,
        6,
        10,
        11,
        2000,
        count,
      ]);
    });
  }

  it('with references broken by comments, spaces and lines is not deceived', async () => {
    for (const reference of [
      '6 0 % 7 0\nR',
      '6%\n0 R',
      '6\n0\nR',
      '6\r\n0\tR',
      `6${' '.repeat(9000)}0 R`,
      '6 0 R',
      '06 00 R',
      '6 0%\r R',
    ]) {
      const signed = signPdf(pki, large(`<< /Uses ${reference} >>`));
      const report = await verifyBytes(
        append(signed, { 6: '<< /Title (Other) >>' }, sizeOf(signed)),
        depsFor(pki),
      );
      assert.equal(report.conclusion, 'TOTAL-FAILED', JSON.stringify(reference.slice(0, 20)));
    }
  });

  it('with the beginning of another object in a comment or string is not deceived about who names what', async () => {
    for (const last of [
      '<< /A (\n0 0 obj\n) /Uses 6 0 R >>',
      '<< /A % 1 0 obj\n 1 /Uses 6 0 R >>',
      '<< /A (\n1 0 obj\n) /Uses 6 0 R >>',
    ]) {
      const signed = signPdf(pki, large(last));
      const report = await verifyBytes(
        append(signed, { 6: '<< /Title (Other) >>' }, sizeOf(signed)),
        depsFor(pki),
      );
      assert.equal(report.conclusion, 'TOTAL-FAILED', last);
    }
  });
});
