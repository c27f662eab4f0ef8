// What a template looks like, as JSON Schema: closed, so that nothing but layout can stand in it.
import type { JsonSchema } from '../formats/json/schema.ts';

const millimetres: JsonSchema = { type: 'number', minimum: 0, maximum: 600 };
const text: JsonSchema = { type: 'string', minLength: 1, maxLength: 500 };
const label: JsonSchema = { type: 'string', minLength: 1, maxLength: 60 };
const source: JsonSchema = { type: 'string', pattern: '^(?:KZ_[A-Z0-9]{1,20}|[A-Z]{2,12})$' };
const colour: JsonSchema = { enum: ['black', 'grey', 'red', 'gold', 'blue', 'green'] };
const align: JsonSchema = { enum: ['left', 'centre', 'right', 'spread'] };
const share: JsonSchema = { type: 'number', exclusiveMinimum: 0, maximum: 100 };
const points: JsonSchema = { type: 'number', minimum: 4, maximum: 100 };

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

const point = closed({ x: millimetres, y: millimetres });
const box = closed({ x: millimetres, y: millimetres, width: millimetres, height: millimetres });
const lettering = { size: points, weight: { enum: ['regular', 'bold'] }, colour, align } as const;
const optionalLettering = ['weight', 'colour', 'align'] as const;

const elements: readonly JsonSchema[] = [
  closed({ kind: { const: 'text' }, box, text, ...lettering }, optionalLettering),
  closed(
    {
      kind: { const: 'field' },
      box,
      label: { anyOf: [label, { type: 'null' }] },
      labelWidth: millimetres,
      source,
      minSize: points,
      ...lettering,
    },
    ['labelWidth', 'minSize', ...optionalLettering],
  ),
  closed(
    {
      kind: { const: 'table' },
      box,
      labelWidth: millimetres,
      minSize: points,
      rows: {
        type: 'array',
        minItems: 1,
        maxItems: 60,
        items: closed(
          {
            share,
            cells: {
              type: 'array',
              minItems: 1,
              maxItems: 6,
              items: closed({ label, source, share }, ['share']),
            },
          },
          ['share'],
        ),
      },
      ...lettering,
    },
    ['minSize', ...optionalLettering],
  ),
  closed(
    {
      kind: { const: 'list' },
      box,
      source,
      columns: {
        type: 'array',
        minItems: 1,
        maxItems: 12,
        items: closed({ name: { type: 'string', pattern: '^[A-Z][A-Z0-9]{0,19}$' }, label, share, align }, [
          'share',
          'align',
        ]),
      },
      rowHeight: millimetres,
      minSize: points,
      continues: { type: 'boolean' },
      ...lettering,
    },
    ['minSize', 'continues', ...optionalLettering],
  ),
  closed({ kind: { const: 'photo' }, box }),
  closed({ kind: { const: 'code' }, x: millimetres, y: millimetres, wordsWidth: millimetres }),
  closed({ kind: { const: 'seal' }, x: millimetres, y: millimetres }),
  closed(
    {
      kind: { const: 'rule' },
      from: point,
      to: point,
      thickness: { type: 'number', exclusiveMinimum: 0, maximum: 10 },
      colour,
    },
    ['colour'],
  ),
];

/** One page of a template. */
const page = closed({
  page: closed({ width: millimetres, height: millimetres }),
  border: closed({ style: { enum: ['woven', 'double', 'none'] }, colour }),
  elements: { type: 'array', maxItems: 200, items: { anyOf: elements } },
});

/** A template with its pages. */
export const templateSchema: JsonSchema = closed(
  {
    pages: { type: 'array', minItems: 1, maxItems: 10, items: page },
    riding: closed({ edge: { enum: ['left', 'right'] }, position: millimetres }, ['position']),
  },
  ['riding'],
);
