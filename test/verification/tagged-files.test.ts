// The structure of tagged PDFs, grown with a signature as writers do it; and what else a later save does to it.
import assert from 'node:assert/strict';
import type { Report } from '../../verification/report.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { expectReport } from './expect.ts';
import { makePki } from './pki.ts';
import { append, baseObjects, signPdf, sizeOf, textOf, unsignedPdf } from './signed-pdf.ts';
import type { Objects } from './signed-pdf.ts';

const pki = makePki();

async function judged(pdf: Uint8Array): Promise<Report> {
  return verifyBytes(pdf, depsFor(pki));
}

function passes(report: Report): void {
  expectReport(report, ['TOTAL-PASSED', null, null]);
}

function refusedAsChanged(report: Report): void {
  expectReport(report, ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.changes']);
}

describe('the structure of a tagged file that grows with a signature', () => {
  const tagged = append(
    unsignedPdf(),
    {
      1: '<< /Type /Catalog /Pages 2 0 R /StructTreeRoot 7 0 R >>',
      7: '<< /Type /StructTreeRoot /K [8 0 R] /ParentTree 10 0 R /ParentTreeNextKey 1 >>',
      8: '<< /Type /StructElem /S /Document /P 7 0 R /K [9 0 R] >>',
      9: '<< /Type /StructElem /S /P /P 8 0 R /Pg 3 0 R /K 0 >>',
      10: '<< /Nums [0 11 0 R] >>',
      11: '[9 0 R]',
    },
    12,
  );
  const catalogueExtra = '/StructTreeRoot 7 0 R';
  const once = signPdf(pki, tagged, { catalogueExtra });
  const element = sizeOf(once) + 3;

  /** The second signature with an element for its field, as Acrobat adds one. */
  function grown(
    change: (objects: Record<number, string>, field: number) => Objects = (all) => all,
  ): Uint8Array {
    return signPdf(pki, once, {
      catalogueExtra,
      widgetExtra: '/StructParent 1',
      moreObjects: (field) =>
        change(
          {
            7: '<< /Type /StructTreeRoot /K [8 0 R] /ParentTree 10 0 R /ParentTreeNextKey 2 >>',
            8: `<< /Type /StructElem /S /Document /P 7 0 R /K [9 0 R ${element} 0 R] >>`,
            10: `<< /Nums [0 11 0 R 1 ${element} 0 R] >>`,
            [element]: `<< /Type /StructElem /S /Form /P 8 0 R /Pg 3 0 R /K << /Type /OBJR /Obj ${field} 0 R >> >>`,
          },
          field,
        ),
    });
  }

  it('by an element for the new field is told and allowed', async () => {
    const report = await judged(grown());
    passes(report);
    assert.ok(
      (report.signatures[0]?.changes ?? []).some(
        ({ kind, allowed }) => kind === 'structure-changed' && allowed,
      ),
    );
  });

  it('by the same with a parent tree written anew is allowed', async () => {
    const at = element + 1;
    passes(
      await judged(
        grown((all) => ({
          ...all,
          7: `<< /Type /StructTreeRoot /K [8 0 R] /ParentTree ${at} 0 R /ParentTreeNextKey 2 >>`,
          10: '<< /Nums [0 11 0 R] >>',
          [at]: `<< /Nums [0 ${at + 1} 0 R 1 ${element} 0 R] >>`,
          [at + 1]: '[9 0 R]',
        })),
      ),
    );
  });

  const hostile: readonly (readonly [string, Parameters<typeof grown>[0]])[] = [
    [
      'other words for what is there',
      (all) => ({
        ...all,
        9: '<< /Type /StructElem /S /P /P 8 0 R /Pg 3 0 R /K 0 /ActualText (Rejected) >>',
      }),
    ],
    [
      'an element that speaks of the page',
      (all) => ({ ...all, [element]: '<< /Type /StructElem /S /Form /P 8 0 R /Pg 3 0 R /K 0 >>' }),
    ],
    [
      'an element with words of its own',
      (all, field) => ({
        ...all,
        [element]: `<< /Type /StructElem /S /Form /P 8 0 R /Pg 3 0 R /Alt (x) /K << /Type /OBJR /Obj ${field} 0 R >> >>`,
      }),
    ],
    [
      'an element of another kind',
      (all, field) => ({
        ...all,
        [element]: `<< /Type /StructElem /S /P /P 8 0 R /Pg 3 0 R /K << /Type /OBJR /Obj ${field} 0 R >> >>`,
      }),
    ],
    [
      'an element for something else',
      (all) => ({
        ...all,
        [element]: '<< /Type /StructElem /S /Form /P 8 0 R /Pg 3 0 R /K << /Type /OBJR /Obj 4 0 R >> >>',
      }),
    ],
    ['an empty element', (all) => ({ ...all, [element]: '<< /Type /StructElem /S /Form /P 8 0 R /K [] >>' })],
    [
      'elements in another order',
      (all) => ({ ...all, 8: `<< /Type /StructElem /S /Document /P 7 0 R /K [${element} 0 R 9 0 R] >>` }),
    ],
    [
      'an element taken away',
      (all) => ({ ...all, 8: `<< /Type /StructElem /S /Document /P 7 0 R /K [${element} 0 R] >>` }),
    ],
    [
      'an element that is its own child',
      (all) => ({ ...all, [element]: `<< /Type /StructElem /S /Form /P 8 0 R /K [${element} 0 R] >>` }),
    ],
    [
      'a number that leads elsewhere now',
      (all) => ({ ...all, 10: `<< /Nums [0 ${element} 0 R 1 ${element} 0 R] >>` }),
    ],
    ['a number taken away', (all) => ({ ...all, 10: `<< /Nums [1 ${element} 0 R] >>` })],
    [
      'a number for an old element',
      (all) => ({ ...all, 10: `<< /Nums [0 11 0 R 1 ${element} 0 R 2 9 0 R] >>` }),
    ],
    ['an old list of elements changed', (all) => ({ ...all, 11: `[9 0 R ${element} 0 R]` })],
    [
      'elements that mean something else',
      (all) => ({
        ...all,
        7: '<< /Type /StructTreeRoot /K [8 0 R] /RoleMap << /P /Artifact >> /ParentTree 10 0 R >>',
      }),
    ],
    [
      'a parent tree that is a circle',
      (all) => ({ ...all, 10: `<< /Nums [0 11 0 R 1 ${element} 0 R] /Kids [10 0 R] >>` }),
    ],
  ];
  for (const [name, change] of hostile)
    it(`by ${name} is refused`, async () => refusedAsChanged(await judged(grown(change))));

  it('is refused where the catalogue names another structure', async () => {
    refusedAsChanged(
      await judged(
        signPdf(pki, once, {
          catalogueExtra: `/StructTreeRoot ${element} 0 R`,
          moreObjects: () => ({ [element]: '<< /Type /StructTreeRoot /K [] >>' }),
        }),
      ),
    );
    refusedAsChanged(await judged(signPdf(pki, once, {})));
  });

  it('may come with an order of going through the fields, and with nothing else on the page', async () => {
    const page = (extra: string): Uint8Array => {
      const annotations = [...textOf(once).matchAll(/\/Annots \[([^\]]*)\]/g)].at(-1)?.[1] ?? '';
      return append(
        once,
        { 3: `${(baseObjects[3] ?? '').slice(0, -2)} /Annots [${annotations}] ${extra} >>` },
        sizeOf(once),
      );
    };
    passes(await judged(page('/Tabs /S')));
    refusedAsChanged(await judged(page('/StructParents 7')));
    refusedAsChanged(await judged(page('/StructParents 0')));
    refusedAsChanged(await judged(page('/Tabs 4 0 R')));
    refusedAsChanged(await judged(page('/Tabs /S /Rotate 90')));
  });
});
