// What the definition of a license type looks like, as JSON Schema: given out to who writes one, and checked on the way in.
import { JSON_SCHEMA, type JsonSchema } from '../formats/json/schema.ts';
import { faceSchemaSchema } from './face-schema.ts';
import { decidedChanges } from './license.ts';
import { templateSchema } from './template-schema.ts';
import { retentionClasses } from './type-rules.ts';

/** Names the form of a definition. */
export const TYPE_FORMAT = 'yinxin-license-type/1';

const words = (most: number): JsonSchema => ({ type: 'string', minLength: 1, maxLength: most });
const whole = (minimum: number, maximum: number): JsonSchema => ({ type: 'integer', minimum, maximum });
const list = (items: JsonSchema, maxItems: number, minItems = 0): JsonSchema => ({
  type: 'array',
  items,
  minItems,
  maxItems,
  uniqueItems: true,
});

function closed(
  properties: Readonly<Record<string, JsonSchema>>,
  optional: readonly string[] = [],
): JsonSchema {
  return {
    type: 'object',
    properties,
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
    additionalProperties: false,
  };
}

const department = closed({ creditCode: { type: 'string', pattern: '^[0-9A-Z]{18}$' }, name: words(100) });
const matter: JsonSchema = { type: 'string', pattern: '^[\\x21-\\x7e]{1,40}$' };

const rules: Readonly<Record<string, JsonSchema>> = {
  inspection: closed({
    name: words(20),
    englishName: words(60),
    everyMonths: whole(1, 120),
    graceDays: whole(0, 365),
    outcomes: list(words(20), 10, 1),
    basis: words(200),
  }),
  renewal: closed({ daysBefore: whole(1, 730), basis: words(200) }),
  holders: closed({
    minimum: whole(1, 20),
    maximum: whole(1, 20),
    roles: list(words(20), 20, 1),
    shares: { type: 'boolean' },
  }),
  photo: closed({
    required: { type: 'boolean' },
    minimumWidth: whole(1, 2000),
    minimumHeight: whole(1, 2000),
  }),
  verifierView: closed({
    holderName: { enum: ['full', 'masked'] },
    holderCode: { enum: ['full', 'masked', 'hidden'] },
    photo: { type: 'boolean' },
  }),
  retention: { enum: retentionClasses },
  secondPerson: list({ enum: decidedChanges }, 20),
  statusHistory: { type: 'boolean' },
};

const acceptance: JsonSchema = closed({
  id: { type: 'string', pattern: '^[\\x21-\\x7e]{1,200}$' },
  version: { type: 'string', pattern: '^[\\x21-\\x7e]{1,20}$' },
  matters: list({ type: 'string', pattern: '^[0-9A-Z]{0,40}\\*?$' }, 50, 1),
  types: { anyOf: [{ type: 'null' }, list({ type: 'string', maxLength: 21 }, 50)] },
  statusAgeSeconds: whole(1, 3_000_000_000),
  minimum: { enum: ['TOTAL-PASSED', 'INDETERMINATE'] },
});

const described = closed(
  {
    format: { const: TYPE_FORMAT },
    typeCode: { type: 'string', pattern: '^[0-9A-Z]{18}[0-9]{3}$' },
    edition: whole(1, 9999),
    key: { type: 'string', pattern: '^[a-z][a-z0-9-]{1,40}$' },
    name: words(60),
    englishName: words(100),
    mark: { anyOf: [{ type: 'null' }, words(4)] },
    definer: department,
    issuer: department,
    supervisor: department,
    matters: list(matter, 50),
    holderKinds: list({ enum: ['enterprise', 'resident'] }, 2, 1),
    number: closed({ label: words(20), pattern: words(200) }),
    face: faceSchemaSchema,
    validity: {
      anyOf: [
        closed({ kind: { const: 'endless' } }),
        closed({ kind: { const: 'years' }, years: whole(1, 100) }),
        closed({ kind: { const: 'given' }, maximumYears: whole(1, 100) }),
      ],
    },
    seals: list({ type: 'string', pattern: '^[0-9]{14}$' }, 20, 1),
    publicStatus: { type: 'boolean' },
    acceptance: { type: 'array', items: acceptance, maxItems: 50 },
    template: templateSchema,
    ...rules,
  },
  ['definer', 'acceptance', ...Object.keys(rules)],
);

/** The definition of a license type. */
export const typeSchema: JsonSchema = {
  $schema: JSON_SCHEMA,
  title: '证照类型定义 Definition of a license type',
  ...described,
};
