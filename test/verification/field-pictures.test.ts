// Pictures of fields that were empty, rewritten in place by who signs: part of the signature, and nothing else's.
import assert from 'node:assert/strict';
import type { Change } from '../../verification/report.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { makePki } from './pki.ts';
import { append, baseObjects, signPdf, sizeOf, unsignedPdf } from './signed-pdf.ts';
import type { Objects } from './signed-pdf.ts';

const pki = makePki();

/** What was done after the first signature, whose field our builder calls a seal. */
async function changesIn(pdf: Uint8Array): Promise<readonly Change[]> {
  const { signatures } = await verifyBytes(pdf, depsFor(pki));
  return signatures.find(({ id }) => id.startsWith('Seal'))?.changes ?? [];
}

describe('the picture of a field that was empty, rewritten in place when it is signed', () => {
  const picture = (text: string): string => {
    const data = `BT /F1 9 Tf (${text}) Tj ET`;
    return `<< /Type /XObject /Subtype /Form /BBox [0 0 90 20] /Length ${data.length} >>\nstream\n${data}\nendstream`;
  };
  const field = (value: string): string =>
    `<< /Type /Annot /Subtype /Widget /FT /Sig /T (Later) /F 132 /Rect [50 50 140 70] /P 3 0 R /AP << /N 8 0 R >> ${value} >>`;
  const prepared = append(
    unsignedPdf(),
    {
      1: '<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [7 0 R] >> >>',
      3: `${(baseObjects[3] ?? '').slice(0, -2)} /Annots [7 0 R] >>`,
      7: field(''),
      8: picture('sign here'),
    },
    9,
  );
  const value = '<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /Contents <00> >>';
  const later = (signed: Uint8Array, objects: Objects): Promise<readonly Change[]> =>
    changesIn(append(signed, objects, sizeOf(signed) + 1));

  it('is part of the signature that was added', async () => {
    const signed = signPdf(pki, prepared);
    const at = sizeOf(signed);
    const changes = await later(signed, { 7: field(`/V ${at} 0 R`), 8: picture('signed'), [at]: value });
    assert.deepEqual(
      changes.map(({ kind, allowed }) => [kind, allowed]),
      [['signature-added', true]],
    );
  });

  it('is a change where nothing was signed, and where a page draws it too', async () => {
    const signed = signPdf(pki, prepared);
    assert.ok((await later(signed, { 8: picture('signed') })).some(({ allowed }) => !allowed));
    const shared = signPdf(pki, prepared, {
      moreObjects: (number) => ({
        3: `${(baseObjects[3] ?? '').replace('/Font <<', '/XObject << /X 8 0 R >> /Font <<').slice(0, -2)} /Annots [7 0 R ${number} 0 R] >>`,
      }),
    });
    const at = sizeOf(shared);
    const changes = await later(shared, { 7: field(`/V ${at} 0 R`), 8: picture('signed'), [at]: value });
    assert.ok(changes.some(({ kind, allowed }) => kind === 'page-content-changed' && !allowed));
  });
});
