// Rules without a database: transitions, terms, faces, holders, types, templates, line breaking.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { STATUS } from '../../formats/qr/labels.ts';
import { LicenseError, type LicenseErrorCode } from '../../licenses/errors.ts';
import {
  checkFace,
  checkHolder,
  checkNumber,
  endOfTerm,
  maskedCode,
  maskedName,
  termOf,
} from '../../licenses/face.ts';
import {
  nextState,
  stateAt,
  statusValue,
  transitions,
  type LicenseChange,
  type LicenseState,
} from '../../licenses/license.ts';
import { fitText } from '../../licenses/page-text.ts';
import { checkLicenseType } from '../../licenses/type-check.ts';
import { faceDictionary, type LicenseType } from '../../licenses/type.ts';
import { scale } from '../scale.ts';
import { seniorType } from './license-office.ts';
import { foodType } from './sample-type.ts';

const TODAY = new Date('2026-11-22T05:06:07Z');
const refusal =
  (code: LicenseErrorCode, field?: string) =>
  (error: unknown): boolean =>
    error instanceof LicenseError &&
    error.code === code &&
    (field === undefined || error.complaints.some((c) => c.field === field));

describe('transitions of a license', () => {
  // Written out a second time on purpose: the table is the law, and this is its independent reading.
  const legal: Readonly<Record<LicenseState, readonly LicenseChange[]>> = {
    issued: [
      'suspend',
      'withdraw',
      'annul',
      'revoke',
      'cancel',
      'change',
      'renew',
      'reissue',
      'supersede',
      'merge',
      'expire',
    ],
    suspended: [
      'restore',
      'withdraw',
      'annul',
      'revoke',
      'cancel',
      'reissue',
      'supersede',
      'merge',
      'expire',
    ],
    withdrawn: ['cancel'],
    annulled: ['cancel'],
    revoked: ['cancel'],
    cancelled: [],
    superseded: [],
    merged: [],
    expired: ['annul', 'cancel', 'renew', 'supersede'],
  };
  for (const state of Object.keys(legal) as LicenseState[]) {
    for (const change of Object.keys(transitions) as LicenseChange[]) {
      const allowed = legal[state].includes(change);
      it(`${allowed ? 'allows' : 'refuses'} ${change} of one that is ${state}`, () => {
        if (allowed) assert.equal(nextState(state, change), transitions[change].to);
        else assert.throws(() => nextState(state, change), refusal('transition-not-allowed'));
      });
    }
  }

  it('lets the calendar end what is in force, and nothing else', () => {
    const past = new Date(TODAY.getTime() - 1);
    assert.equal(stateAt('issued', past, TODAY), 'expired');
    assert.equal(stateAt('issued', TODAY, TODAY), 'expired');
    assert.equal(stateAt('suspended', past, TODAY), 'expired');
    assert.equal(stateAt('revoked', past, TODAY), 'revoked');
    assert.equal(stateAt('issued', null, TODAY), 'issued');
  });

  it('publishes of residents only 0, 1 and 2', () => {
    for (const state of Object.keys(legal) as LicenseState[]) {
      for (const wish of [true, false]) assert.ok(statusValue(state, 'resident', wish) <= 2, state);
    }
    assert.equal(statusValue('superseded', 'enterprise', false), STATUS.superseded);
    assert.equal(statusValue('cancelled', 'enterprise', true), STATUS.cancelledAtHoldersWish);
    assert.equal(statusValue('cancelled', 'enterprise', false), STATUS.outOfForce);
  });
});

describe('the term of a license', () => {
  const years = (n: number): LicenseType => ({ ...foodType, validity: { kind: 'years', years: n } });

  it('ends on the day before the anniversary, in Beijing', () => {
    const term = termOf(years(5), {}, TODAY);
    assert.deepEqual(term, { from: '2026-11-22', until: '2031-11-21' });
    assert.equal(endOfTerm(term)?.toISOString(), '2031-11-21T16:00:00.000Z');
    assert.equal(termOf(years(1), {}, new Date('2026-12-31T16:00:00Z')).from, '2027-01-01');
    assert.equal(termOf(years(1), { from: '2028-02-29' }, TODAY).until, '2029-02-27');
    assert.equal(termOf(years(4), { from: '2028-02-29' }, TODAY).until, '2032-02-28');
    assert.equal(endOfTerm(termOf({ ...foodType, validity: { kind: 'endless' } }, {}, TODAY)), null);
  });

  it("is the type's to say unless the type leaves it to the issuing system", () => {
    const given: LicenseType = { ...foodType, validity: { kind: 'given', maximumYears: 3 } };
    assert.equal(termOf(given, { until: '2028-06-30' }, TODAY).until, '2028-06-30');
    for (const until of [undefined, '2028-06-31', '2020-01-01', '2031-01-01', 'soon']) {
      assert.throws(
        () => termOf(given, until === undefined ? {} : { until }, TODAY),
        refusal('validity-invalid', 'validity.until'),
      );
    }
    assert.throws(() => termOf(years(5), { until: '2030-01-01' }, TODAY), refusal('validity-invalid'));
    assert.throws(
      () => termOf(years(5), { from: '22.11.2026' }, TODAY),
      refusal('validity-invalid', 'validity.from'),
    );
  });

  it('begins on a day that calendars can count from', () => {
    const endless: LicenseType = { ...foodType, validity: { kind: 'endless' } };
    const given: LicenseType = { ...foodType, validity: { kind: 'given', maximumYears: 100 } };
    for (const from of ['9999-12-31', '9990-01-01', '2036-11-23', '1899-12-31', '0050-01-01', '0000-01-01'])
      for (const type of [years(5), years(100), endless])
        assert.throws(
          () => termOf(type, { from }, TODAY),
          refusal('validity-invalid', 'validity.from'),
          from,
        );
    assert.throws(
      () => termOf(given, { from: '9999-01-01', until: '9999-12-31' }, TODAY),
      refusal('validity-invalid', 'validity.from'),
    );
    assert.equal(termOf(years(100), { from: '2036-11-22' }, TODAY).until, '2136-11-21');
    assert.equal(termOf(years(5), { from: '1950-03-01' }, TODAY).until, '1955-02-28');
  });
});

describe('face and holder', () => {
  const face = {
    KZ_FDDBR: '样本㛃',
    KZ_ZS: '天津市河北区演示道81号',
    KZ_JYCS: '天津市河北区演示道81号二层',
    KZ_ZTYT: '餐饮服务经营者',
    KZ_JYXM: '热食类食品制售',
  };

  it('accepts what the type describes', () => assert.deepEqual(checkFace(foodType, face), face));

  it('names every field that is wrong', () => {
    const without = Object.fromEntries(Object.entries(face).filter(([name]) => name !== 'KZ_ZS'));
    const cases: readonly (readonly [Record<string, string>, string])[] = [
      [without, 'KZ_ZS'],
      [{ ...face, KZ_OTHER: 'x' }, 'KZ_OTHER'],
      [{ ...face, KZ_ZTYT: '别的' }, 'KZ_ZTYT'],
      [{ ...face, KZ_FDDBR: '' }, 'KZ_FDDBR'],
      [{ ...face, KZ_FDDBR: ' 样本' }, 'KZ_FDDBR'],
      [{ ...face, KZ_FDDBR: '样本\u202e' }, 'KZ_FDDBR'],
      [{ ...face, KZ_FDDBR: '样\n本' }, 'KZ_FDDBR'],
      [{ ...face, KZ_FDDBR: '样'.repeat(41) }, 'KZ_FDDBR'],
      [Object.fromEntries([...Object.entries(face), ['__proto__', 'x']]), '__proto__'],
    ];
    for (const [wrong, field] of cases)
      assert.throws(() => checkFace(foodType, wrong), refusal('face-invalid', field), field);
    const dated = seniorType('12010500000001');
    for (const day of ['1951-02-30', '1951-8-3', 'x', '19510803']) {
      assert.throws(() => checkFace(dated, { KZ_CSRQ: day }), refusal('face-invalid', 'KZ_CSRQ'));
    }
  });

  it('checks the number and the holder, and repeats neither', () => {
    assert.equal(checkNumber(foodType, 'JY21201050000017'), 'JY21201050000017');
    for (const wrong of ['JY2', '', 'XJY21201050000017', `JY${'1'.repeat(90)}`]) {
      assert.throws(() => checkNumber(foodType, wrong), refusal('face-invalid', 'number'));
    }
    const senior = seniorType('12010500000001');
    assert.equal(
      checkHolder(senior, { kind: 'resident', name: '样本山', code: '120105199001010012' }, TODAY).codeType,
      '111',
    );
    const secret = '120105199001010013';
    assert.throws(
      () => checkHolder(senior, { kind: 'resident', name: '样本山', code: secret }, TODAY),
      (error) => refusal('holder-invalid', 'holder.code')(error) && !JSON.stringify(error).includes(secret),
    );
    assert.throws(
      () => checkHolder(senior, { kind: 'enterprise', name: '某', code: '91120105MA0000015K' }, TODAY),
      refusal('holder-invalid', 'holder.kind'),
    );
    assert.throws(
      () => checkHolder(foodType, { kind: 'enterprise', name: '', code: 'x' }, TODAY),
      refusal('holder-invalid', 'holder.name'),
    );
  });

  it('masks residents and leaves enterprises, which are public', () => {
    assert.equal(maskedName('resident', '王五'), '王*');
    assert.equal(maskedName('resident', '𬭸'), '𬭸*');
    assert.equal(maskedName('enterprise', '天津演示甲'), '天津演示甲');
    assert.equal(maskedCode('resident', '120105199001010012'), '1201**********0012');
  });
});

describe('license types', () => {
  it('are refused when they cannot work', () => {
    checkLicenseType(foodType);
    const [field] = foodType.fields;
    assert.ok(field);
    const wrong: readonly Partial<LicenseType>[] = [
      { typeCode: 'x' },
      { edition: 0 },
      { key: 'Not A Slug' },
      { issuer: { creditCode: 'x', name: 'x' } },
      { holderKinds: [] },
      { holderKinds: ['resident'] },
      { seals: [] },
      { number: { label: 'x', pattern: '(' } },
      { fields: [field, field] },
      { fields: [{ ...field, codeKey: 3 }] },
      { fields: [{ ...field, name: 'lower' }] },
      { fields: [{ ...field, maxLength: 0 }] },
      { fields: [{ ...field, kind: 'choice' }] },
    ];
    for (const change of wrong) {
      assert.throws(
        () => checkLicenseType({ ...foodType, ...change }),
        refusal('type-invalid'),
        JSON.stringify(change),
      );
    }
  });

  it('are refused when their page cannot be drawn', () => {
    const [template] = foodType.template.pages;
    assert.ok(template);
    const [first, ...rest] = template.elements;
    assert.ok(first?.kind === 'text');
    const pages = [
      { ...template, page: { width: 10, height: 10 } },
      { ...template, elements: [] },
      { ...template, elements: [{ ...first, box: { ...first.box, x: 400 } }, ...rest] },
      { ...template, elements: [{ ...first, size: 500 }, ...rest] },
      { ...template, elements: template.elements.filter((element) => element.kind !== 'code') },
      { ...template, elements: [...template.elements, { kind: 'seal', x: 1, y: 1 } as const] },
      {
        ...template,
        elements: [{ ...first, kind: 'field', source: 'KZ_NONE', label: null } as const, ...rest],
      },
    ];
    for (const page of pages)
      assert.throws(
        () => checkLicenseType({ ...foodType, template: { pages: [page] } }),
        refusal('template-invalid'),
      );
  });

  it('tell readers of codes what the keys mean', () => {
    const dictionary = faceDictionary(foodType);
    assert.deepEqual(
      dictionary.fields.map(({ key, name }) => [key, name]),
      [
        [16, 'KZ_FDDBR'],
        [17, 'KZ_JYXM'],
      ],
    );
    assert.equal(dictionary.name.zh, '食品经营许可证');
  });
});

describe('text in a box', () => {
  const measure = (text: string): number =>
    Array.from(text).reduce((sum, c) => sum + (c.charCodeAt(0) < 256 ? 0.5 : 1), 0);

  it('loses nothing, fits its box, and starts no line with a closing mark', () => {
    const character = fc.constantFrom(...Array.from('天津市河北区演示道，。（）「」；：、AB12 '));
    fc.assert(
      fc.property(
        fc.array(character, { minLength: 1, maxLength: 80 }),
        fc.integer({ min: 40, max: 300 }),
        (characters, width) => {
          const text = characters.join('').trim();
          const fitted = fitText(text, { width, height: 60 }, { size: 14, minSize: 6 }, measure);
          if (fitted === null) return;
          assert.equal(fitted.lines.join('').replaceAll(' ', ''), text.replaceAll(' ', ''));
          for (const [position, line] of fitted.lines.entries()) {
            assert.ok(measure(line) * fitted.size <= width + 1e-6);
            if (position > 0) assert.doesNotMatch(line, /^[，。）」；：、]/);
          }
          assert.ok(fitted.lines.length * fitted.size * 1.4 <= 60 + 1e-6);
        },
      ),
      { numRuns: scale(300) },
    );
  });
});
