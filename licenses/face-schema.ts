// The face of a type as JSON Schema (2020-12), and back: how a definition is stored, edited and given out.
import { JSON_SCHEMA, type JsonSchema } from '../formats/json/schema.ts';
import type { FaceField, ListColumn } from './type.ts';

/** What a property says beside its schema: our annotation. */
interface FieldNote {
  readonly kind: FaceField['kind'];
  readonly english: string;
  readonly verifier: boolean;
  readonly personal?: boolean;
  readonly codeKey: number | null;
}

const DAY = '^[0-9]{4}-[0-9]{2}-[0-9]{2}$';
const WHOLE_NUMBER = '^(0|[1-9][0-9]{0,14})$';

function columnSchema({ label, englishLabel, maxLength }: ListColumn): JsonSchema {
  return { type: 'string', title: label, minLength: 1, maxLength, 'x-yinxin': { english: englishLabel } };
}

function valueSchema(field: FaceField): JsonSchema {
  switch (field.kind) {
    case 'text':
      return {
        type: 'string',
        minLength: 1,
        maxLength: field.maxLength,
        ...(field.pattern === undefined ? {} : { pattern: `^(?:${field.pattern})$` }),
      };
    case 'date':
      return { type: 'string', maxLength: field.maxLength, pattern: DAY };
    case 'integer':
      return { type: 'string', maxLength: field.maxLength, pattern: WHOLE_NUMBER };
    case 'choice':
      return { type: 'string', maxLength: field.maxLength, enum: field.choices ?? [] };
    case 'list': {
      const { columns = [] } = field;
      return {
        type: 'array',
        ...(field.required ? { minItems: 1 } : {}),
        maxItems: field.maxLength,
        items: {
          type: 'object',
          properties: Object.fromEntries(columns.map((column) => [column.name, columnSchema(column)])),
          required: columns.filter(({ required }) => required).map(({ name }) => name),
          additionalProperties: false,
        },
      };
    }
  }
}

function noteOf({ kind, englishLabel, verifier, personal, codeKey }: FaceField): FieldNote {
  return {
    kind,
    english: englishLabel,
    verifier,
    ...(personal === undefined ? {} : { personal }),
    codeKey,
  };
}

/** The face as JSON Schema: short names of GB/T 36903 as members, Chinese names as titles. */
export function faceSchemaOf(fields: readonly FaceField[]): JsonSchema {
  return {
    $schema: JSON_SCHEMA,
    type: 'object',
    properties: Object.fromEntries(
      fields.map((field) => [
        field.name,
        { title: field.label, ...valueSchema(field), 'x-yinxin': noteOf(field) },
      ]),
    ),
    required: fields.filter(({ required }) => required).map(({ name }) => name),
    additionalProperties: false,
  };
}

function fieldOf(name: string, schema: JsonSchema, required: boolean): FaceField {
  // The document's own schema has checked that every note is one.
  const { kind, english, verifier, personal, codeKey } = schema['x-yinxin'] as FieldNote;
  const { pattern, items } = schema;
  return {
    name,
    label: schema.title ?? '',
    englishLabel: english,
    kind,
    required,
    maxLength: (kind === 'list' ? schema.maxItems : schema.maxLength) ?? 0,
    ...(kind === 'text' && pattern !== undefined
      ? { pattern: pattern.replace(/^\^\(\?:(.*)\)\$$/su, '$1') }
      : {}),
    ...(kind === 'choice' ? { choices: (schema.enum ?? []).map(String) } : {}),
    ...(kind === 'list' && items !== undefined ? { columns: columnsOf(items) } : {}),
    verifier,
    ...(personal === undefined ? {} : { personal }),
    codeKey,
  };
}

function columnsOf({ properties = {}, required = [] }: JsonSchema): readonly ListColumn[] {
  return Object.entries(properties).map(([name, { title, maxLength, 'x-yinxin': note }]) => ({
    name,
    label: title ?? '',
    englishLabel: (note as { readonly english: string }).english,
    required: required.includes(name),
    maxLength: maxLength ?? 0,
  }));
}

/** The fields of a face schema that the document's schema has checked. */
export function fieldsOf(face: JsonSchema): readonly FaceField[] {
  return Object.entries(face.properties ?? {}).map(([name, schema]) =>
    fieldOf(name, schema, (face.required ?? []).includes(name)),
  );
}

const words = { type: 'string', minLength: 1, maxLength: 60 } as const satisfies JsonSchema;

function note(kind: FaceField['kind']): JsonSchema {
  return {
    type: 'object',
    properties: {
      kind: { const: kind },
      english: words,
      verifier: { type: 'boolean' },
      personal: { type: 'boolean' },
      codeKey: { anyOf: [{ type: 'null' }, { type: 'integer', minimum: 16, maximum: 255 }] },
    },
    required: ['kind', 'english', 'verifier', 'codeKey'],
    additionalProperties: false,
  };
}

const length = { type: 'integer', minimum: 1, maximum: 500 } as const satisfies JsonSchema;

function property(
  kind: FaceField['kind'],
  members: Readonly<Record<string, JsonSchema>>,
  needed: readonly string[],
) {
  return {
    type: 'object',
    properties: { title: words, type: { const: 'string' }, ...members, 'x-yinxin': note(kind) },
    required: ['title', 'type', ...needed, 'x-yinxin'],
    additionalProperties: false,
  } as const satisfies JsonSchema;
}

const column: JsonSchema = {
  type: 'object',
  properties: {
    type: { const: 'string' },
    title: words,
    minLength: { const: 1 },
    maxLength: { type: 'integer', minimum: 1, maximum: 200 },
    'x-yinxin': {
      type: 'object',
      properties: { english: words },
      required: ['english'],
      additionalProperties: false,
    },
  },
  required: ['type', 'title', 'minLength', 'maxLength', 'x-yinxin'],
  additionalProperties: false,
};

const rows: JsonSchema = {
  type: 'object',
  properties: {
    type: { const: 'object' },
    properties: { type: 'object', additionalProperties: column, maxProperties: 10 },
    required: { type: 'array', items: { type: 'string', maxLength: 20 }, maxItems: 10 },
    additionalProperties: { const: false },
  },
  required: ['type', 'properties', 'required', 'additionalProperties'],
  additionalProperties: false,
};

/** What a face schema must look like: the subset of JSON Schema that a face is written in, itself as JSON Schema. */
export const faceSchemaSchema: JsonSchema = {
  type: 'object',
  properties: {
    $schema: { const: JSON_SCHEMA },
    type: { const: 'object' },
    properties: {
      type: 'object',
      maxProperties: 60,
      propertyNames: { type: 'string', pattern: '^KZ_[A-Z0-9]{1,20}$' },
      additionalProperties: {
        anyOf: [
          property(
            'text',
            {
              minLength: { const: 1 },
              maxLength: length,
              pattern: { type: 'string', maxLength: 210, pattern: '^\\^\\(\\?:[\\s\\S]*\\)\\$$' },
            },
            ['minLength', 'maxLength'],
          ),
          property('date', { maxLength: length, pattern: { const: DAY } }, ['maxLength', 'pattern']),
          property('integer', { maxLength: length, pattern: { const: WHOLE_NUMBER } }, [
            'maxLength',
            'pattern',
          ]),
          property(
            'choice',
            {
              maxLength: length,
              enum: {
                type: 'array',
                items: { type: 'string', minLength: 1, maxLength: 500 },
                minItems: 1,
                maxItems: 200,
                uniqueItems: true,
              },
            },
            ['maxLength', 'enum'],
          ),
          property(
            'list',
            { type: { const: 'array' }, minItems: { const: 1 }, maxItems: length, items: rows },
            ['maxItems', 'items'],
          ),
        ],
      },
    },
    required: { type: 'array', items: { type: 'string', maxLength: 23 }, maxItems: 60, uniqueItems: true },
    additionalProperties: { const: false },
  },
  required: ['$schema', 'type', 'properties', 'required', 'additionalProperties'],
  additionalProperties: false,
};
