// Attacks by what covers a page without a picture that says so: backgrounds of fields, markers; and what a certification forbids.
import assert from 'node:assert/strict';
import { catalogueOf, passes, pki, refused, signOnly, stream } from './attack-pdf.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { expectReport } from './expect.ts';
import { append, baseObjects, signPdf, sizeOf, unsignedPdf } from './signed-pdf.ts';

describe('what readers draw though it has no picture', () => {
  const whole = '/Rect [0 0 595 842]';
  const seal = '/Rect [50 50 150 150]';

  function withEmptyField(extra: string): Uint8Array {
    const signed = signOnly(unsignedPdf(), {});
    const field = sizeOf(signed);
    return append(
      signed,
      {
        ...catalogueOf(signed, (all) => all.replace(/\/Fields \[([^\]]*)\]/, `/Fields [$1 ${field} 0 R]`)),
        3: `${(baseObjects[3] ?? '').slice(0, -2)} /Annots [${field} 0 R] >>`,
        [field]: `<< /Type /Annot /Subtype /Widget /FT /Sig /T (Next) /F 4 /P 3 0 R ${extra} >>`,
      },
      field + 1,
    );
  }

  it('a background of an empty field is a picture it may not bring', async () => {
    await passes(withEmptyField(`${seal} /MK << >>`));
    await refused(withEmptyField(`${whole} /MK << /BG [1 1 1] >>`));
    await refused(withEmptyField(`${seal} /MK << /BC [1 1 1] >>`));
    await refused(withEmptyField(`${seal} /MK 4 0 R`));
  });

  it('a background of a signed field as large as a page has to be looked at', async () => {
    const drawn = (extra: string): Uint8Array =>
      signPdf(pki, signPdf(pki), {
        moreObjects: (field) => ({
          [field]: `<< /Type /Annot /Subtype /Widget /FT /Sig /T (Next) /V ${field + 1} 0 R /F 4 /P 3 0 R ${extra} >>`,
        }),
      });
    await passes(drawn(`${seal} /MK << /BG [1 1 1] >>`));
    await passes(drawn(`${whole} /MK << >>`));
    expectReport(await verifyBytes(drawn(`${whole} /MK << /BG [1 1 1] >>`), depsFor(pki)), [
      'INDETERMINATE',
      'SIG_CONSTRAINTS_FAILURE',
      'signature.changes',
    ]);
  });

  it('a picture is found behind a thousand small ones', async () => {
    const many = 1001;
    const pdf = signPdf(pki, signPdf(pki), {
      moreObjects: (field) => {
        const kid = (at: number): number => field + 3 + at;
        const numbers = Array.from({ length: many }, (_, at) => kid(at));
        return {
          [field]: `<< /FT /Sig /T (Next) /V ${field + 1} 0 R /Kids [${numbers.map((number) => `${number} 0 R`).join(' ')}] >>`,
          3: `${(baseObjects[3] ?? '').slice(0, -2)} /Annots [ 7 0 R ${numbers.map((number) => `${number} 0 R`).join(' ')}] >>`,
          ...Object.fromEntries(
            numbers.map((number, at) => [
              number,
              `<< /Type /Annot /Subtype /Widget /Parent ${field} 0 R /F 4 /P 3 0 R ${at + 1 === many ? whole : seal} /AP << /N ${field + 2} 0 R >> >>`,
            ]),
          ),
        };
      },
    });
    expectReport(await verifyBytes(pdf, depsFor(pki)), [
      'INDETERMINATE',
      'SIG_CONSTRAINTS_FAILURE',
      'signature.changes',
    ]);
  });

  for (const [colour, dark] of [
    ['[1 1 0]', false],
    ['[1 0 0]', false],
    ['[]', false],
    ['[0 0 1 0]', false],
    ['[0 0 0]', true],
    ['[0]', true],
    ['[0 0 0.6]', true],
    ['[0 0 0 1]', true],
    ['/Black', true],
  ] as const)
    it(`a marker of the colour ${colour} ${dark ? 'has to be looked at' : 'is a comment'}`, async () => {
      const signed = signOnly(unsignedPdf(), { certify: 3 });
      const note = sizeOf(signed);
      const pdf = append(
        signed,
        {
          3: `${(baseObjects[3] ?? '').slice(0, -2)} /Annots [${note} 0 R] >>`,
          [note]: `<< /Type /Annot /Subtype /Highlight /Rect [70 690 370 720] /QuadPoints [70 720 370 720 70 690 370 690] /C ${colour} >>`,
        },
        note + 1,
      );
      const open = ['INDETERMINATE', 'SIG_CONSTRAINTS_FAILURE', 'signature.changes'] as const;
      expectReport(await verifyBytes(pdf, depsFor(pki)), dark ? open : ['TOTAL-PASSED', null, null]);
    });
});

describe('a certification that permits nothing', () => {
  it('lets no other metadata through, wherever that stands; elsewhere it is told', async () => {
    const words = (text: string): string => stream(text, '/Type /Metadata /Subtype /XML');
    const saved = (certify: 1 | 2 | undefined, entry: (old: string, at: number) => string): Uint8Array => {
      const base = append(unsignedPdf(), { 7: words('<x:xmpmeta/>') }, 8);
      const signed = signOnly(base, {
        catalogueExtra: '/Metadata 7 0 R',
        ...(certify === undefined ? {} : { certify }),
      });
      const at = sizeOf(signed);
      return append(signed, { ...catalogueOf(signed, (all) => entry(all, at)), [at]: words('<y/>') }, at + 1);
    };
    for (const change of [
      (all: string, at: number) => all.replace('/Metadata 7', `/Metadata ${at}`),
      (all: string) => all.replace('/Metadata 7 0 R', ''),
    ]) {
      await refused(saved(1, change));
      for (const level of [2, undefined] as const) {
        const report = await verifyBytes(saved(level, change), depsFor(pki));
        expectReport(report, ['TOTAL-PASSED', null, null]);
        assert.deepEqual(
          report.signatures[0]?.changes.map(({ kind }) => kind),
          ['metadata-changed'],
        );
      }
    }
  });

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
