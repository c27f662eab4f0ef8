// Definitions of license types: out and back, refused with the place named, read in the form of before, patterns that stay quick.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { district } from '../../fixtures/district.ts';
import { LicenseError } from '../../licenses/errors.ts';
import { checkFace } from '../../licenses/face.ts';
import { checkPattern } from '../../licenses/pattern.ts';
import { placingOf } from '../../licenses/seal-seat.ts';
import { checkLicenseType } from '../../licenses/type-check.ts';
import { differencesOf } from '../../licenses/type-differences.ts';
import { documentOf, typeOfDocument, typeOfStored } from '../../licenses/type-document.ts';
import { checkNextEdition } from '../../licenses/type-succession.ts';
import type { LicenseType } from '../../licenses/type.ts';
import { foodType } from './sample-type.ts';

const refusal =
  (...codes: string[]) =>
  (error: unknown): boolean =>
    error instanceof LicenseError && codes.includes(error.code);

const types: readonly LicenseType[] = [foodType, ...district.licenseTypes];
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function typeOf(key: string): LicenseType {
  const type = types.find((each) => each.key === key);
  assert.ok(type, key);
  return type;
}

/** Puts a value into a place of parsed JSON. */
function put(into: unknown, [step = '', ...more]: readonly string[], value: unknown): void {
  const holder = into as Record<string, unknown>;
  if (more.length > 0) put(holder[step], more, value);
  else holder[step] = value;
}

describe('the definition of a license type', () => {
  it('is the same type after being written and read', () => {
    for (const type of types) {
      assert.deepEqual(typeOfDocument(plain(documentOf(type))), plain(type), type.key);
      assert.deepEqual(typeOfStored(JSON.stringify(documentOf(type))), plain(type), type.key);
    }
  });

  it('is read in the form it was stored in before: fields, and one page', () => {
    const [page] = foodType.template.pages;
    const stored = JSON.stringify({ ...foodType, template: page });
    assert.deepEqual(typeOfStored(stored), plain(foodType));
  });

  it('holds no code: nothing that is not layout, words or rules', () => {
    const page = 'template.pages.0';
    const field = 'face.properties.KZ_ZS';
    const wrong: readonly (readonly [string, unknown])[] = [
      ['script', 'alert(1)'],
      [`${page}.elements.0.onload`, 'x'],
      [`${page}.elements.0`, { kind: 'script', text: 'x' }],
      [`${field}.default`, 'x'],
      [`${field}.$ref`, 'https://example.com'],
      [`${field}.pattern`, '(a+)+'],
      ['face.properties.kz_zs', {}],
      ['face.additionalProperties', true],
      ['face.required.0', 'KZ_NONE'],
      ['edition', 1.5],
      ['format', 'yinxin-license-type/2'],
      ['template.pages', []],
      ['constructor', {}],
    ];
    for (const [path, value] of wrong) {
      const document = plain(documentOf(foodType));
      put(document, path.split('.'), value);
      assert.throws(() => typeOfDocument(document), refusal('type-invalid'), path);
    }
  });

  it('is read or refused, whatever stands in it', () => {
    const text = JSON.stringify(documentOf(typeOf('medical-institution')));
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ maxLength: 3 }), fc.nat(5), (at, more, cut) => {
        let value: unknown;
        try {
          value = JSON.parse(text.slice(0, at) + more + text.slice(at + cut));
        } catch {
          return;
        }
        try {
          typeOfDocument(value);
        } catch (error) {
          if (!refusal('type-invalid', 'template-invalid')(error)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.throws(() => typeOfDocument(value), refusal('type-invalid'));
      }),
    );
  });

  it('keeps to its own rules', () => {
    const clinic = typeOf('medical-institution');
    const [first, annex] = clinic.template.pages;
    assert.ok(first && annex);
    const pages = (...all: LicenseType['template']['pages']) => ({ ...clinic, template: { pages: all } });
    const seat = { kind: 'seal', x: 142, y: 252 } as const;
    const wrong: readonly (readonly [LicenseType, string])[] = [
      [{ ...clinic, template: { ...clinic.template, pages: [first] } }, 'riding seal on one page'],
      [pages(annex, first), 'the license is the first page'],
      [pages(first, first), 'two codes'],
      [pages(first, { ...annex, elements: [...annex.elements, { ...seat, x: 100 }] }), 'another seat'],
      [
        pages(first, { ...annex, elements: [{ kind: 'photo', box: { x: 1, y: 1, width: 9, height: 9 } }] }),
        'no photo',
      ],
      [{ ...typeOf('nurse-practice'), photo: undefined as never }, 'a photo place'],
      [{ ...clinic, statusHistory: true, publicStatus: false }, 'history of what is not public'],
      [{ ...typeOf('marriage'), statusHistory: true, publicStatus: true }, 'history of residents'],
      [{ ...clinic, definer: { creditCode: '11120105MB00000350', name: '别人' } }, 'another definer'],
      [
        { ...clinic, holders: { minimum: 3, maximum: 2, roles: ['甲'], shares: false } },
        'fewer than the least',
      ],
      [{ ...clinic, secondPerson: ['explode' as never] }, 'an unknown change'],
      // Nobody could ask for it: what the type demands would silently not be.
      ...(['issue', 'import', 'expire'] as const).map(
        (change) => [{ ...clinic, secondPerson: [change as never] }, `two persons for ${change}`] as const,
      ),
      [{ ...clinic, retention: 'for-ever' as never }, 'an unknown class'],
    ];
    for (const [type, why] of wrong)
      assert.throws(() => checkLicenseType(type), refusal('type-invalid', 'template-invalid'), why);
    assert.equal(
      checkLicenseType(pages(first, { ...annex, elements: [...annex.elements, seat] })).edition,
      1,
    );
  });

  it('says where one signature stamps it', () => {
    assert.deepEqual(placingOf(typeOf('medical-institution').template), {
      place: { page: 1, centreX: 142, centreY: 252 },
      riding: { edge: 'right' },
    });
    const [first, annex] = typeOf('medical-institution').template.pages;
    assert.ok(first && annex);
    const everywhere = {
      pages: [first, { ...annex, elements: [{ kind: 'seal', x: 142, y: 252 } as const] }],
    };
    assert.deepEqual(placingOf(everywhere), { place: { pages: 'all', centreX: 142, centreY: 252 } });
  });

  it('tells an approver what it changes', () => {
    const clinic = typeOf('medical-institution');
    assert.deepEqual(differencesOf(clinic, { ...clinic, edition: 2 }), []);
    assert.deepEqual(differencesOf(clinic, { ...clinic, name: '新名' }), [
      { path: 'name', before: clinic.name, after: '新名' },
    ]);
  });
});

describe('the next edition of a type', () => {
  const next = (change: Partial<LicenseType>): LicenseType => ({ ...foodType, edition: 2, ...change });
  const [first] = foodType.fields;
  assert.ok(first);

  it('may change what it says', () => {
    checkNextEdition(next({ name: '新名', fields: [first] }), [foodType], []);
    checkNextEdition({ ...foodType }, [], [typeOf('marriage')]);
  });

  it('may not change what codes and records of before are read by', () => {
    const [, ...rest] = foodType.fields;
    const wrong: readonly Partial<LicenseType>[] = [
      { edition: 3 },
      { key: 'other' },
      { issuer: { creditCode: '11120105MB0000019A', name: 'x' } },
      { publicStatus: false },
      { holderKinds: ['resident'] },
      { fields: [{ ...first, name: 'KZ_NEU' }, ...rest] },
      { fields: [{ ...first, kind: 'date' }, ...rest] },
    ];
    for (const change of wrong)
      assert.throws(
        () => checkNextEdition(next(change), [foodType], []),
        refusal('type-invalid'),
        JSON.stringify(change),
      );
    assert.throws(() => checkNextEdition({ ...foodType }, [], [foodType]), refusal('type-invalid'));
  });

  it('may not give a key in the code another meaning, even one that was given up meanwhile', () => {
    const without = next({ fields: [] });
    const again = { ...foodType, edition: 3, fields: [{ ...first, name: 'KZ_NEU' }] };
    assert.throws(() => checkNextEdition(again, [foodType, without], []), refusal('type-invalid'));
  });
});

describe('patterns in type data', () => {
  it('are those that real numbers need', () => {
    for (const pattern of [
      'JY[123]\\d{13}',
      '津北卫公演字〔\\d{4}〕第\\d{4}号',
      '(?:甲|乙)\\d{2,8}',
      '(?:甲|乙乙)?\\d{4}',
      '(?:京|津|沪|渝|冀|豫|云|辽|黑|湘|皖|鲁|新|苏|浙|赣|鄂|桂|甘|晋|蒙|陕|吉|闽|贵|粤|青|藏|川|宁|琼)[A-Z]\\d{4,9}',
      '(?:民|商|行)初字第(?:一|二|三)\\d{1,6}号',
      '[^a]+x*',
      '\\p{Script=Han}{1,9}',
    ])
      checkPattern(pattern);
  });

  it('are refused where an input could make them slow, or where they are none', () => {
    for (const pattern of [
      '(a+)+',
      '(a*)*b',
      '((a|b)+c)+',
      '(?:\\d{1,9}){2,}',
      'a+b+c+',
      '(?=a)b',
      '(?<name>a)',
      '(a)\\1',
      'a*a*){2}(',
      '(?:a|a)*b',
      '(?:a|aa){30}',
      '((?:a|aa)b){9}',
      '(',
      '[z-a]',
      'a?'.repeat(5),
      'x'.repeat(201),
      '(a|a)'.repeat(39),
      '(?:a|aa)'.repeat(25),
      `${'(a|)'.repeat(40)}b`,
      `(?:${'a|'.repeat(20)}a)a+a+b`,
      `((a|a)(a|a)(a|a)|(a|a))`.repeat(8),
    ])
      assert.throws(() => checkPattern(pattern), refusal('type-invalid'), pattern);
  });

  it('answer quickly on any value, whatever pattern came through', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '\\d',
      '[ab]',
      '(?:a|b)',
      '(?:a|aa)',
      '(a)',
      '(a|a)(a|a)(a|a)(a|a)',
      '+',
      '*',
      '?',
      '{2}',
      '{1,9}',
      '|',
      '(',
      ')',
    );
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
        const pattern = pieces.join('');
        try {
          checkPattern(pattern);
        } catch {
          return;
        }
        accepted += 1;
        const expression = new RegExp(`^(?:${pattern})$`, 'u');
        const begun = performance.now();
        for (const value of ['a'.repeat(500), 'ab'.repeat(250), `${'a'.repeat(499)}!`])
          expression.test(value);
        assert.ok(performance.now() - begun < 250, pattern);
      }),
      { numRuns: 3000 },
    );
    assert.ok(accepted > 300, String(accepted));
  });
});

describe('lists of a face', () => {
  const clinic = typeOf('medical-institution');
  const { face } = Object.values(district.sampleLicenses(2026)).find(({ type }) => type === clinic) ?? {};

  it('are kept as one text, columns in order, and read again as they were', () => {
    assert.ok(face);
    const checked = checkFace(clinic, face);
    assert.deepEqual(JSON.parse(checked['KZ_ZLKM'] ?? ''), face['KZ_ZLKM']);
    assert.deepEqual(checkFace(clinic, checked), checked);
    const turned = { ...face, KZ_ZLKM: [{ KM: '内科', DM: '03' }] };
    assert.equal(checkFace(clinic, turned)['KZ_ZLKM'], '[{"DM":"03","KM":"内科"}]');
  });

  it('are refused by row and column', () => {
    assert.ok(face);
    const wrong: readonly (readonly [unknown, RegExp])[] = [
      [[], /no row/],
      ['内科', /not a list/],
      [[{ DM: '03', KM: '' }], /Row 1, KM/],
      [[{ DM: '03', KM: '内\u202e科' }], /Row 1, KM/],
      [[{ DM: '03', KM: 'x'.repeat(61) }], /Row 1, KM/],
      [Array.from({ length: 201 }, () => ({ DM: '1', KM: 'a' })), /more than 200 rows/],
      [[{ DM: '03', KM: '内科', toString: 'x' }], /no column toString/],
    ];
    for (const [value, reason] of wrong)
      assert.throws(
        () => checkFace(clinic, { ...face, KZ_ZLKM: value as never }),
        (error) => error instanceof LicenseError && reason.test(error.complaints[0]?.reason ?? ''),
        String(reason),
      );
  });
});
