// Attacks through ways of writing that are let pass: numbers, hybrid files, trailers left behind.
import assert from 'node:assert/strict';
import { pageWith, passes, pki, refused, signOnly, stream } from './attack-pdf.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { append, baseObjects, latin1, sizeOf, textOf, unsignedPdf } from './signed-pdf.ts';
import type { Objects } from './signed-pdf.ts';

describe('numbers written otherwise', () => {
  const page = baseObjects[3] ?? '';
  const rotated = page.replace('/MediaBox', '/Rotate 90 /MediaBox');

  it('may be those of a box, and not those that some readers then take for nothing', async () => {
    const signed = signOnly(unsignedPdf({ ...baseObjects, 3: rotated }), {});
    const size = sizeOf(signed);
    await passes(append(signed, { 3: rotated.replace('595 842', '595.0 842.00') }, size));
    await refused(append(signed, { 3: rotated.replace('/Rotate 90', '/Rotate 90.0') }, size));
  });

  it('may not make a picture one that is not drawn', async () => {
    const picture = (bits: string): string =>
      stream(
        'APPROVED',
        `/Subtype /Image /Width 8 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent ${bits}`,
      );
    const base = append(unsignedPdf(pageWith('/XObject << /Im 7 0 R >>', '/Im Do')), { 7: picture('8') }, 8);
    const signed = signOnly(base, {});
    await passes(append(signed, { 7: picture('8') }, sizeOf(signed)));
    await refused(append(signed, { 7: picture('8.0') }, sizeOf(signed)));
  });
});

describe('the stream of a hybrid file named again', () => {
  it('may not bring out an object that the table hid', async () => {
    const plain = textOf(
      append(unsignedPdf(), { 9: stream('BT /F1 12 Tf (REJECTED) Tj ET', '') }, 10),
    ).replace('9 0 obj', '4 0 obj');
    const shadow = plain.lastIndexOf('4 0 obj');
    const at = plain.lastIndexOf('xref\n0 1');
    const row = `\x01${String.fromCharCode(shadow >> 8, shadow & 255)}\x00`;
    const hidden = `11 0 obj\n<< /Type /XRef /Size 12 /W [1 2 1] /Index [4 1] /Length 4 >>\nstream\n${row}\nendstream\nendobj\n`;
    const offset = plain.indexOf('4 0 obj');
    const table = `4 1\n${String(offset).padStart(10, '0')} 00000 n \ntrailer`;
    const tail = plain
      .slice(at)
      .replace('trailer', table)
      .replace('/Size 10', `/Size 12 /XRefStm ${at}`)
      .replace(/startxref\n\d+/, `startxref\n${at + hidden.length}`);
    const base = latin1(plain.slice(0, at) + hidden + tail);
    const signed = signOnly(base, {});
    await passes(signed);
    const named = append(signed, {}, sizeOf(signed), 1, `/XRefStm ${at}`);
    await refused(named);
  });
});

describe('a trailer left behind a cross-reference stream', () => {
  /** One save more, in the style of streams. */
  function streamSave(pdf: Uint8Array, objects: Objects, left: string): Uint8Array {
    const text = textOf(pdf);
    const own = Math.max(sizeOf(pdf), ...Object.keys(objects).map((number) => Number(number) + 1));
    let body = '';
    const rows: (readonly [number, number])[] = [];
    for (const [number, object] of Object.entries(objects)) {
      rows.push([Number(number), text.length + body.length]);
      body += `${number} 0 obj\n${object}\nendobj\n`;
    }
    const at = text.length + body.length;
    rows.push([own, at]);
    const bytes = rows.map(([, place]) => `\x01${String.fromCharCode(place >> 8, place & 255)}\x00`).join('');
    const index = rows.map(([number]) => `${number} 1`).join(' ');
    const previous = /startxref\s+(\d+)\s+%%EOF\s*$/.exec(text)?.[1] ?? '0';
    const entries = `/Type /XRef /Size ${own + 1} /W [1 2 1] /Index [${index}] /Root 1 0 R /Info 6 0 R /Prev ${previous}`;
    return latin1(
      `${text}${body}${own} 0 obj\n${stream(bytes, entries)}\nendobj\n${left}startxref\n${at}\n%%EOF\n`,
    );
  }
  const same = 'trailer\n<< /Size 99 /Root 1 0 R >>\n';

  it('is passed over in a save before the signature and after it', async () => {
    const base = streamSave(unsignedPdf(), { 6: '<< /Title (Another) >>' }, same);
    await passes(signOnly(base, {}));
    await passes(streamSave(signOnly(base, {}), {}, ''));
    await passes(streamSave(signOnly(base, {}), {}, same));
    await passes(streamSave(signOnly(base, {}), {}, 'trailer << >>\n'));
  });

  it('excuses no change', async () => {
    const other = stream('BT /F1 12 Tf 72 700 Td (Rejected) Tj ET', '');
    await refused(streamSave(signOnly(unsignedPdf(), {}), { 4: other }, same));
  });

  for (const [name, left] of [
    ['another catalogue', 'trailer\n<< /Root 4 0 R >>\n'],
    ['a catalogue of its own', 'trailer\n<< /Root << /Type /Catalog /Pages 2 0 R >> >>\n'],
    ['something else behind it', `${same}9 0 obj\n(x)\nendobj\n`],
    ['another one behind it', same + same],
    ['no dictionary', 'trailer\n[1 0 R]\n'],
    ['a dictionary without an end', 'trailer\n<< /Root 1 0 R\n'],
  ] as const)
    it(`is not one with ${name}`, async () => {
      const report = await verifyBytes(streamSave(signOnly(unsignedPdf(), {}), {}, left), depsFor(pki));
      assert.notEqual(report.conclusion, 'TOTAL-PASSED');
      assert.notEqual(report.conclusion, 'INDETERMINATE');
    });
});
