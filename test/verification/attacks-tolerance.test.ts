// Attacks through what is let pass because honest writers do it: an excuse that hides a change of what is seen or said.
import assert from 'node:assert/strict';
import { depsFor, verifyBytes } from './deps.ts';
import { expectReport } from './expect.ts';
import { makePki } from './pki.ts';
import { append, baseObjects, latin1, signPdf, sizeOf, textOf, unsignedPdf } from './signed-pdf.ts';
import type { Objects, SigningOptions } from './signed-pdf.ts';

const pki = makePki();

async function passes(pdf: Uint8Array): Promise<void> {
  expectReport(await verifyBytes(pdf, depsFor(pki)), ['TOTAL-PASSED', null, null]);
}

async function refused(pdf: Uint8Array): Promise<void> {
  expectReport(await verifyBytes(pdf, depsFor(pki)), ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.changes']);
}

function stream(data: string, entries: string): string {
  return `<< ${entries} /Length ${data.length} >>\nstream\n${data}\nendstream`;
}

const drawing = (word: string): string =>
  stream(`BT /F1 40 Tf 0 0 Td (${word}) Tj ET`, '/Type /XObject /Subtype /Form /BBox [0 0 500 100]');

/** A page whose resources have what is given besides its font, and which draws as given. */
function pageWith(resources: string, content: string): Objects {
  return {
    ...baseObjects,
    3: (baseObjects[3] ?? '').replace('/Font << /F1 5 0 R >>', `/Font << /F1 5 0 R >> ${resources}`),
    4: stream(content, ''),
  };
}

/** Signed without a picture, so that the page stays as it is; then one save more. */
function savedAfter(
  base: Uint8Array,
  options: SigningOptions,
  later: (field: number) => Objects,
): Uint8Array {
  const signed = signOnly(base, options);
  const objects = later(sizeOf(base));
  const size = Math.max(sizeOf(signed), ...Object.keys(objects).map((number) => Number(number) + 1));
  return append(signed, objects, size);
}

/** The page is left alone: the field is in the form only. */
function signOnly(base: Uint8Array, options: SigningOptions): Uint8Array {
  const page = /3 0 obj\n([^\n]*)\n/.exec(textOf(base))?.[1] ?? '';
  const more = options.moreObjects;
  return signPdf(pki, base, { ...options, moreObjects: (field) => ({ 3: page, ...more?.(field) }) });
}

/** The catalogue as it was signed, with something changed. */
function catalogueOf(pdf: Uint8Array, change: (text: string) => string): Objects {
  return { 1: change([...textOf(pdf).matchAll(/\n1 0 obj\n([^\n]*)\n/g)].at(-1)?.[1] ?? '') };
}

describe('a form that grows by what an old field draws with', () => {
  const helv = '/DA (/Helv 40 Tf 0 g) /DR << /Font << /Helv 5 0 R >> >>';
  const text = (extra: string): string =>
    `<< /Type /Annot /Subtype /Widget /FT /Tx /T (Sum) /V (PAY 1,000,000) /Rect [50 50 500 100] ${extra} >>`;
  const form = (extra: string, widget: string): Uint8Array =>
    append(
      unsignedPdf(),
      {
        1: `<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [ 7 0 R] ${extra} >> >>`,
        3: `${(baseObjects[3] ?? '').slice(0, -2)} /Annots [ 7 0 R] >>`,
        7: widget,
        8: stream('', '/Type /XObject /Subtype /Form /BBox [0 0 450 50] /Resources << >>'),
        9: stream('/Fx gs', '/Type /XObject /Subtype /Form /BBox [0 0 450 50]'),
        10: stream('0 0 9 9 re f', '/Type /XObject /Subtype /Form /BBox [0 0 450 50]'),
      },
      11,
    );
  const twice = (base: Uint8Array, first: string, second: string): Uint8Array =>
    signPdf(pki, signPdf(pki, base, { formExtra: first }), { formExtra: second });

  it('may not make a text appear that had nothing to be drawn by', async () => {
    await refused(twice(form('', text('')), '', helv));
    await refused(twice(form('', text('/DA (/Helv 40 Tf 0 g)')), '', helv.replace(/\/DA \([^)]*\)/, '')));
  });

  it('may not give a font to a name that a text uses', async () => {
    const named = '/DR << /Font << /F1 5 0 R >> >>';
    await refused(twice(form(named, text('/DA (/Fx 9 Tf)')), named, named.replace('/F1', '/Fx 5 0 R /F1')));
    await refused(
      twice(form(named, text('/AP << /N 9 0 R >>')), named, named.replace('/F1', '/Fx 5 0 R /F1')),
    );
  });

  it('may grow where the text has a picture with its own resources', async () => {
    await passes(twice(form('', text('/AP << /N 8 0 R >>')), '', helv));
    await passes(twice(form('', text('/AP << /N << /On 8 0 R /Off 10 0 R >> >>')), '', helv));
    await refused(twice(form('', text('/AP << /N << /On 8 0 R /Off 9 0 R >> >>')), '', helv));
    await refused(twice(form('', text('/AP << /D 8 0 R >>')), '', helv));
  });

  it('may not grow where an old picture of a signature names what it does not bring', async () => {
    const picture = (content: string): SigningOptions => ({
      moreObjects: (field) => ({
        [field + 2]: stream(content, '/Type /XObject /Subtype /Form /BBox [0 0 99 99]'),
      }),
    });
    await passes(signPdf(pki, signPdf(pki, undefined, picture('0 0 9 9 re f')), { formExtra: helv }));
    await refused(signPdf(pki, signPdf(pki, undefined, picture('/Helv 9 Tf')), { formExtra: helv }));
  });

  it('may not grow where an object elsewhere tells to draw anew', async () => {
    const tell = '/NeedAppearances 7 0 R';
    const base = append(unsignedPdf(), { 7: 'true' }, 8);
    await refused(signPdf(pki, signPdf(pki, base, { formExtra: tell }), { formExtra: `${tell} ${helv}` }));
  });

  it('may not grow unseen by a list of resources rewritten in place', async () => {
    const base = append(form('/DR << /Font 9 0 R >>', text('/DA (/Fx 9 Tf)')), { 9: '<< /F1 5 0 R >>' }, 11);
    const signed = signPdf(pki, base, { formExtra: '/DR << /Font 9 0 R >>' });
    await refused(append(signed, { 9: '<< /F1 5 0 R /Fx 5 0 R >>' }, sizeOf(signed)));
  });
});

describe('objects that are drawn with besides', () => {
  it('the metadata of a catalogue that is a list of resources may not be drawn', async () => {
    const base = append(
      unsignedPdf(pageWith('/XObject 1 0 R', '/Metadata Do')),
      { 7: drawing('APPROVED') },
      8,
    );
    const signed = signOnly(base, { catalogueExtra: '/Metadata 7 0 R' });
    const next = sizeOf(signed);
    await refused(
      append(
        signed,
        { ...catalogueOf(signed, (all) => all.replace('7 0 R', `${next} 0 R`)), [next]: drawing('REJECTED') },
        next + 1,
      ),
    );
    await refused(append(signed, { 7: drawing('REJECTED') }, next));
  });

  it('validation data may not be a way to draw', async () => {
    const base = unsignedPdf(pageWith('/ExtGState 1 0 R', '/DSS gs BT /F1 40 Tf (REJECTED) Tj ET'));
    const signed = signOnly(base, { catalogueExtra: '/DSS << /ca 0 >>' });
    await refused(
      append(
        signed,
        catalogueOf(signed, (all) => all.replace('/ca 0', '/ca 1')),
        sizeOf(signed),
      ),
    );
  });

  it('the value and the picture of a field that gets its signature may not', async () => {
    const empty = (extra: string): string =>
      `<< /Type /Annot /Subtype /Widget /FT /Sig /T (Next) /Rect [0 0 0 0] ${extra} >>`;
    const later = (extra: string): Uint8Array => {
      const base = append(
        unsignedPdf(pageWith('/XObject 7 0 R /ExtGState 7 0 R', '/V gs /AP Do')),
        {
          1: '<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [ 7 0 R] >> >>',
          7: empty('/AP 8 0 R'),
          8: drawing('APPROVED'),
        },
        9,
      );
      const signed = signOnly(base, {});
      const [value, picture] = [sizeOf(signed) + 1, sizeOf(signed) + 3];
      return signOnly(signed, {
        dictionaryExtra: '/ca 0',
        moreObjects: (field) => ({
          ...catalogueOf(signed, (all) => all),
          [field]: 'null',
          [value - 1]: 'null',
          7: empty(`/V ${value} 0 R ${extra.replace('NEW', String(picture))}`),
          [picture]: drawing('REJECTED'),
        }),
      });
    };
    await refused(later('/AP 8 0 R'));
    await refused(later('/AP NEW 0 R'));
  });
});

describe('a structure that is something else besides', () => {
  const tree = '/Type /StructTreeRoot /K [8 0 R] /ParentTreeNextKey 1';
  const element = '/Type /StructElem /S /Document /P 7 0 R';
  const tagged = (page: Objects, objects: Objects): Uint8Array =>
    append(
      unsignedPdf(page),
      {
        1: '<< /Type /Catalog /Pages 2 0 R /StructTreeRoot 7 0 R >>',
        7: `<< ${tree} /ParentTree 10 0 R >>`,
        8: `<< ${element} /K [9 0 R] >>`,
        9: '<< /Type /StructElem /S /P /P 8 0 R /Pg 3 0 R /K 0 >>',
        10: '<< /Nums [] >>',
        ...objects,
      },
      14,
    );
  const catalogueExtra = '/StructTreeRoot 7 0 R';

  /** Signs, and signs again with a new element for the new field. */
  function grown(base: Uint8Array, objects: (added: number) => Objects): Uint8Array {
    const once = signOnly(base, { catalogueExtra });
    const added = sizeOf(once) + 3;
    return signOnly(once, {
      catalogueExtra,
      moreObjects: (field) => ({
        [added]: `<< /Type /StructElem /S /Form /P 8 0 R /K << /Type /OBJR /Obj ${field} 0 R >> >>`,
        ...objects(added),
      }),
    });
  }

  it('may grow where it is nothing else', async () => {
    await passes(
      grown(tagged(baseObjects, {}), (added) => ({ 8: `<< ${element} /K [9 0 R ${added} 0 R] >>` })),
    );
  });

  it('may not be a parent tree that is drawn', async () => {
    const drawn = (word: string): string => drawing(word).replace('<<', '<< /Nums []');
    const base = tagged(pageWith('/XObject 7 0 R', '/ParentTree Do'), { 10: drawn('APPROVED') });
    await refused(
      grown(base, (added) => ({
        7: `<< ${tree} /ParentTree ${added + 1} 0 R >>`,
        8: `<< ${element} /K [9 0 R ${added} 0 R] >>`,
        [added + 1]: drawn('REJECTED'),
      })),
    );
  });

  it('may not be the name of something drawn', async () => {
    const base = tagged(pageWith('/XObject 11 0 R', '/K Do'), {
      8: `<< ${element} /K [9 0 R 11 0 R] >>`,
      11: '<< /Type /StructElem /S /Div /P 8 0 R /K 12 0 R >>',
      12: drawing('REJECTED'),
    });
    await refused(
      grown(base, (added) => ({
        11: `<< /Type /StructElem /S /Div /P 8 0 R /K [12 0 R ${added} 0 R] >>`,
      })),
    );
  });

  for (const [name, key] of [
    ['a knockout group', 'true'],
    ['a way to decode a picture', '-1'],
  ] as const)
    it(`may not be ${name}`, async () => {
      const odd = `/Type /StructElem /S /Transparency /P 8 0 R`;
      const base = tagged(baseObjects, {
        8: `<< ${element} /K [9 0 R 11 0 R] >>`,
        11: `<< ${odd} /K ${key} >>`,
      });
      await refused(grown(base, (added) => ({ 11: `<< ${odd} /K [${key} ${added} 0 R] >>` })));
    });

  it('may not lose what its names stand for', async () => {
    const base = tagged(baseObjects, { 7: `<< ${tree} /ParentTree 10 0 R /RoleMap << /Sum /H1 >> >>` });
    await refused(grown(base, () => ({ 7: `<< ${tree} /ParentTree 10 0 R /RoleMap << >> >>` })));
  });

  it('may not speak by a reference to a field that has words too', async () => {
    await refused(
      grown(tagged(baseObjects, {}), (added) => ({
        8: `<< ${element} /K [9 0 R ${added} 0 R] >>`,
        [added]: `<< /Type /OBJR /Obj ${added - 3} 0 R /S /P /ActualText (Rejected) /K 0 /Pg 3 0 R >>`,
      })),
    );
  });
});

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

describe('a certification that permits nothing', () => {
  it('lets no order of fields through either', async () => {
    const page = (baseObjects[3] ?? '').replace('/Type /Page ', '/Type /Page /Tabs /S ');
    const certified = (level: 1 | 2): Uint8Array => {
      const signed = signOnly(unsignedPdf(), { certify: level });
      return append(signed, { 3: page }, sizeOf(signed));
    };
    await passes(certified(2));
    await refused(certified(1));
  });
});

describe('what is no change stays none', () => {
  it('a catalogue with another version, and validation data, beside a page that draws', async () => {
    await passes(
      savedAfter(unsignedPdf(pageWith('', 'BT /F1 9 Tf (x) Tj ET')), {}, (field) => ({
        1: `<< /Type /Catalog /Version /2.0 /Pages 2 0 R /AcroForm << /Fields [ ${field} 0 R] /SigFlags 3 >> >>`,
      })),
    );
  });
});
