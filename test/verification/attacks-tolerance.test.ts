// Attacks through what is let pass because honest writers do it: an excuse that hides a change of what is seen or said.
import { append, baseObjects, signPdf, sizeOf, unsignedPdf } from './signed-pdf.ts';
import type { Objects, SigningOptions } from './signed-pdf.ts';
import {
  catalogueOf,
  drawing,
  pageWith,
  passes,
  pki,
  refused,
  savedAfter,
  signOnly,
  stream,
} from './attack-pdf.ts';

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

describe('what is no change stays none', () => {
  it('a catalogue with another version, and validation data, beside a page that draws', async () => {
    await passes(
      savedAfter(unsignedPdf(pageWith('', 'BT /F1 9 Tf (x) Tj ET')), {}, (field) => ({
        1: `<< /Type /Catalog /Version /2.0 /Pages 2 0 R /AcroForm << /Fields [ ${field} 0 R] /SigFlags 3 >> >>`,
      })),
    );
  });
});
