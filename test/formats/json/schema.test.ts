// The subset of JSON Schema: rule by rule, and against another implementation (Python's jsonschema, 2020-12).
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { schemaComplaints, type JsonSchema } from '../../../formats/json/schema.ts';
import { district } from '../../../fixtures/district.ts';
import { faceSchemaOf } from '../../../licenses/face-schema.ts';
import { documentOf } from '../../../licenses/type-document.ts';
import { typeSchema } from '../../../licenses/type-schema.ts';
import { requirePython, run } from '../../programs.ts';

const rules: readonly (readonly [string, JsonSchema, unknown, unknown])[] = [
  ['type', { type: 'string' }, 'a', 1],
  ['type number', { type: 'number' }, 1, '1'],
  ['type integer', { type: 'integer' }, 3, 3.5],
  ['type null', { type: 'null' }, null, false],
  ['const', { const: false }, false, true],
  ['enum', { enum: ['a', 2, null] }, null, 'b'],
  ['required', { required: ['a'] }, { a: 1 }, { b: 1 }],
  ['required, not inherited', { required: ['toString'] }, { toString: 1 }, {}],
  ['additionalProperties', { properties: { a: {} }, additionalProperties: false }, { a: 1 }, { b: 1 }],
  ['additionalProperties of a shape', { additionalProperties: { type: 'string' } }, { a: 'x' }, { a: 1 }],
  ['propertyNames', { propertyNames: { pattern: '^[A-Z]+$' } }, { AB: 1 }, { ab: 1 }],
  ['maxProperties', { maxProperties: 1 }, { a: 1 }, { a: 1, b: 1 }],
  ['items', { items: { type: 'string' } }, ['a'], ['a', 1]],
  ['minItems', { minItems: 1 }, [1], []],
  ['maxItems', { maxItems: 1 }, [1], [1, 2]],
  ['uniqueItems', { uniqueItems: true }, [1, '1'], [1, 1]],
  ['minLength', { minLength: 2 }, '𬭸㛃', '𬭸'],
  ['maxLength', { maxLength: 1 }, '𬭸', '𬭸㛃'],
  ['pattern', { pattern: '^a' }, 'ab', 'ba'],
  ['minimum', { minimum: 1 }, 1, 0.9],
  ['maximum', { maximum: 1 }, 1, 1.1],
  ['exclusiveMinimum', { exclusiveMinimum: 0 }, 0.1, 0],
  ['anyOf', { anyOf: [{ type: 'null' }, { type: 'integer' }] }, null, 'x'],
];

/** What Python's jsonschema says of the values of each schema. */
function judge(
  python: string,
  cases: readonly { readonly schema: object; readonly values: readonly unknown[] }[],
): readonly (readonly boolean[])[] {
  const program = [
    'import json,sys',
    'from jsonschema import Draft202012Validator as V',
    'def said(one):',
    '  V.check_schema(one["schema"])',
    '  v=V(one["schema"])',
    '  return [v.is_valid(x) for x in one["values"]]',
    'print(json.dumps([said(one) for one in json.load(sys.stdin)]))',
  ].join('\n');
  const answer = run(python, ['-c', program], Buffer.from(JSON.stringify(cases)));
  return JSON.parse(answer) as readonly (readonly boolean[])[];
}

const valid = (schema: JsonSchema, value: unknown): boolean => schemaComplaints(schema, value).length === 0;

/** A copy with one place changed, removed or added. */
function mutated(value: unknown, choose: (most: number) => number): unknown {
  const places: (() => void)[] = [];
  const copy = structuredClone(value);
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const holder = node as Record<string, unknown>;
    for (const key of Object.keys(holder)) {
      for (const odd of [null, 1, -1, 'x', '', [], {}, true, 1e9]) places.push(() => (holder[key] = odd));
      if (!Array.isArray(node)) places.push(() => Reflect.deleteProperty(holder, key));
      visit(holder[key]);
    }
    if (!Array.isArray(node)) places.push(() => (holder['more'] = 1));
  };
  visit(copy);
  places[choose(places.length)]?.();
  return copy;
}

describe('the subset of JSON Schema', () => {
  for (const [name, schema, good, bad] of rules)
    it(`keeps ${name}`, () => {
      assert.ok(valid(schema, good));
      assert.ok(!valid(schema, bad));
    });

  it('names the place, never the value', () => {
    const schema: JsonSchema = { properties: { a: { items: { maxLength: 1 } } } };
    assert.deepEqual(schemaComplaints(schema, { a: ['x', 'geheim'] }), [
      { path: 'a.1', reason: 'It has more than 1 characters.' },
    ]);
  });

  it('stops at twenty complaints, and at values nested without end', () => {
    const many = Array.from({ length: 500 }, () => 1);
    assert.equal(schemaComplaints({ items: { type: 'string' } }, many).length, 20);
    const deep: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
    const loop: { items?: JsonSchema; uniqueItems: boolean } = { uniqueItems: true };
    loop.items = loop;
    assert.ok(!valid(loop, deep));
  });

  it('agrees with another implementation on every rule', function () {
    const python = requirePython(this, 'jsonschema');
    const said = judge(
      python,
      rules.map(([, schema, good, bad]) => ({ schema, values: [good, bad] })),
    );
    rules.forEach(([name], index) => assert.deepEqual(said[index], [true, false], name));
  });

  it('agrees with it on definitions of license types, whole and with one place wrong', function () {
    this.timeout(60_000);
    const python = requirePython(this, 'jsonschema');
    const documents = district.licenseTypes.map(
      (type) => JSON.parse(JSON.stringify(documentOf(type))) as unknown,
    );
    const changed = fc
      .sample(fc.tuple(fc.nat(documents.length - 1), fc.nat()), { numRuns: 400, seed: 7 })
      .map(([which, place]) => mutated(documents[which], (most) => place % most));
    const values = [...documents, ...changed];
    const [said = []] = judge(python, [{ schema: typeSchema, values }]);
    assert.ok(said.slice(0, documents.length).every(Boolean));
    assert.ok(said.filter((each) => !each).length > 200);
    values.forEach((value, index) =>
      assert.equal(valid(typeSchema, value), said[index], JSON.stringify(value)),
    );
  });

  it('agrees with it on faces: the schema that a type gives out says what is checked here', function () {
    this.timeout(60_000);
    const python = requirePython(this, 'jsonschema');
    const cases = Object.values(district.sampleLicenses(2026)).map(({ type, face }) => {
      const places = fc.sample(fc.nat(), { numRuns: 60, seed: 11 });
      const changed = places.map((place) => mutated(face, (most) => place % most));
      return { schema: faceSchemaOf(type.fields), values: [face, ...changed] };
    });
    const said = judge(python, cases);
    cases.forEach(({ schema, values }, index) => {
      assert.equal(said[index]?.[0], true);
      assert.deepEqual(
        values.map((value) => valid(schema, value)),
        said[index],
      );
    });
  });
});
