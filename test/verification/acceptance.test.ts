// Acceptance rules: the closest one counts, by whole matters and their beginnings; what it refuses and why; in trust lists.
import assert from 'node:assert/strict';
import {
  acceptanceDefect,
  acceptanceRuleFor,
  acceptanceRuleOf,
  defaultAcceptanceRule,
  type AcceptanceRule,
} from '../../verification/acceptance.ts';
import { VerificationError } from '../../verification/errors.ts';
import { trustListFromJson, trustListToJson } from '../../verification/trust-list-json.ts';
import type { TrustList } from '../../verification/trust-list.ts';
import { makeCodeWorld, typeCode } from './code-world.ts';
import { daysFromNow, now } from './pki.ts';

const rule = (id: string, change: Partial<AcceptanceRule> = {}): AcceptanceRule => ({
  ...defaultAcceptanceRule,
  id,
  ...change,
});
const matter = 'YS1201050100013101000001';

function withRules(acceptance: readonly AcceptanceRule[]): TrustList {
  const { list } = makeCodeWorld();
  return { ...list, licenseTypes: list.licenseTypes.map((type) => ({ ...type, acceptance })) };
}

describe('an acceptance rule', () => {
  const rules = [
    rule('all'),
    rule('district', { matters: ['YS120105*'] }),
    rule('typed district', { matters: ['YS120105*'], types: [typeCode] }),
    rule('matter', { matters: ['YS99', matter] }),
  ];

  it('is the closest to matter and type, whatever the order', () => {
    for (const ordered of [rules, rules.toReversed()]) {
      assert.equal(acceptanceRuleFor(ordered, matter, typeCode)?.id, 'matter');
      assert.equal(acceptanceRuleFor(ordered, 'YS120105X', typeCode)?.id, 'typed district');
      assert.equal(acceptanceRuleFor(ordered, 'YS120105X', 'other')?.id, 'district');
      assert.equal(acceptanceRuleFor(ordered, 'YS99', 'other')?.id, 'matter');
      assert.equal(acceptanceRuleFor(ordered, 'YS991', 'other')?.id, 'all');
    }
    assert.equal(acceptanceRuleFor(rules.slice(1), 'ZZ', typeCode), null);
  });

  it('refuses a lesser conclusion, an unknown status and an old one, and says which', () => {
    const good = { conclusion: 'TOTAL-PASSED', statusAsOf: daysFromNow(-1), time: now } as const;
    assert.equal(acceptanceDefect(defaultAcceptanceRule, good), null);
    assert.equal(
      acceptanceDefect(defaultAcceptanceRule, { ...good, conclusion: 'INDETERMINATE' }),
      'conclusion',
    );
    assert.equal(acceptanceDefect(defaultAcceptanceRule, { ...good, statusAsOf: null }), 'status-unknown');
    assert.equal(
      acceptanceDefect(defaultAcceptanceRule, { ...good, statusAsOf: daysFromNow(-8) }),
      'status-old',
    );
    const lenient = rule('lenient', { minimum: 'INDETERMINATE' });
    assert.equal(acceptanceDefect(lenient, { ...good, conclusion: 'INDETERMINATE', statusAsOf: null }), null);
    assert.equal(acceptanceDefect(lenient, { ...good, conclusion: 'TOTAL-FAILED' }), 'conclusion');
  });

  it('travels with its type in the trust list, and a list without rules reads as before', () => {
    const list = withRules([rule('typed', { types: [typeCode] })]);
    const read = trustListFromJson(JSON.parse(JSON.stringify(trustListToJson(list))));
    assert.deepEqual(read.licenseTypes, list.licenseTypes);
    assert.equal(acceptanceRuleOf(read, matter, typeCode)?.id, 'typed');
    assert.equal(acceptanceRuleOf(null, matter, typeCode)?.id, defaultAcceptanceRule.id);
    const plain = makeCodeWorld().list;
    assert.deepEqual(
      trustListFromJson(JSON.parse(JSON.stringify(trustListToJson(plain)))).licenseTypes,
      plain.licenseTypes,
    );
  });

  it('that is malformed makes the list malformed, by name', () => {
    const text = JSON.stringify(trustListToJson(withRules([rule('typed')])));
    for (const [from, to] of [
      ['"TOTAL-PASSED"', '"ALWAYS"'],
      ['"StatusAgeSeconds":604800', '"StatusAgeSeconds":-1'],
      ['"Matters":["*"]', '"Matters":"*"'],
    ] as const) {
      const changed = text.replace(from, to);
      assert.notEqual(changed, text);
      assert.throws(
        () => trustListFromJson(JSON.parse(changed)),
        (error) => error instanceof VerificationError && /Acceptance/.test(error.message),
      );
    }
  });
});
