// A closed subset of JSON Schema 2020-12: its keywords as a type, so that a schema of others does not compile, and a checker.

/** The dialect every schema here is written in. */
export const JSON_SCHEMA = 'https://json-schema.org/draft/2020-12/schema';

/** A schema of the subset. Annotations: `$schema`, `$id`, `title`, `description`, `x-yinxin`. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly title?: string;
  readonly description?: string;
  /** Our own annotation; says nothing about what is valid. */
  readonly 'x-yinxin'?: unknown;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null';
  readonly const?: string | number | boolean | null;
  readonly enum?: readonly (string | number | boolean | null)[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly maxProperties?: number;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly anyOf?: readonly JsonSchema[];
}

/** One place that does not hold. */
export interface SchemaComplaint {
  /** `template.pages.0.elements.3.box`; empty for the whole value. */
  readonly path: string;
  /** Plain English; never repeats the value. */
  readonly reason: string;
}

const MOST_COMPLAINTS = 20;
const DEEPEST = 40;

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeOf(value: unknown): NonNullable<JsonSchema['type']> | 'integer' {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value as 'object' | 'string' | 'boolean';
}

function shown(path: readonly string[]): string {
  return path.map((step) => step.slice(0, 40)).join('.');
}

/** A value against a schema. */
class Checking {
  readonly complaints: SchemaComplaint[] = [];

  complain(path: readonly string[], reason: string): void {
    if (this.complaints.length < MOST_COMPLAINTS) this.complaints.push({ path: shown(path), reason });
  }

  check(schema: JsonSchema, value: unknown, path: readonly string[]): void {
    if (path.length > DEEPEST) {
      this.complain(path, 'It is nested too deep.');
      return;
    }
    const type = typeOf(value);
    if (
      schema.type !== undefined &&
      schema.type !== type &&
      !(schema.type === 'number' && type === 'integer')
    ) {
      this.complain(path, `It is not of type ${schema.type}.`);
      return;
    }
    if (schema.const !== undefined && value !== schema.const)
      this.complain(path, `It is not ${JSON.stringify(schema.const)}.`);
    if (schema.enum !== undefined && !schema.enum.some((allowed) => allowed === value))
      this.complain(path, 'It is not one of the allowed values.');
    if (typeof value === 'string') this.#string(schema, value, path);
    else if (typeof value === 'number') this.#number(schema, value, path);
    else if (Array.isArray(value)) this.#array(schema, value, path);
    else if (isObject(value)) this.#object(schema, value, path);
    if (schema.anyOf !== undefined) this.#anyOf(schema.anyOf, value, path);
  }

  #string({ minLength, maxLength, pattern }: JsonSchema, value: string, path: readonly string[]): void {
    // Length is counted in characters (RFC 8259), not in UTF-16 units.
    const length = value.length > (maxLength ?? Infinity) * 2 ? value.length : Array.from(value).length;
    if (minLength !== undefined && length < minLength)
      this.complain(path, minLength === 1 ? 'It is empty.' : `It has fewer than ${minLength} characters.`);
    if (maxLength !== undefined && length > maxLength) {
      this.complain(path, `It has more than ${maxLength} characters.`);
      return;
    }
    if (pattern !== undefined && !new RegExp(pattern, 'u').test(value))
      this.complain(path, 'It does not have the form that is demanded.');
  }

  #number({ minimum, maximum, exclusiveMinimum }: JsonSchema, value: number, path: readonly string[]): void {
    if (minimum !== undefined && value < minimum) this.complain(path, `It is less than ${minimum}.`);
    if (exclusiveMinimum !== undefined && value <= exclusiveMinimum)
      this.complain(path, `It is not more than ${exclusiveMinimum}.`);
    if (maximum !== undefined && value > maximum) this.complain(path, `It is more than ${maximum}.`);
  }

  #array(schema: JsonSchema, value: readonly unknown[], path: readonly string[]): void {
    const { items, minItems, maxItems, uniqueItems } = schema;
    if (minItems !== undefined && value.length < minItems)
      this.complain(path, `It has fewer than ${minItems} entries.`);
    if (maxItems !== undefined && value.length > maxItems) {
      this.complain(path, `It has more than ${maxItems} entries.`);
      return;
    }
    const before = this.complaints.length;
    if (items !== undefined)
      value.forEach((item, index) => this.check(items, item, [...path, String(index)]));
    // Entries of a shape that is not known yet may be nested without end.
    if (uniqueItems !== true || this.complaints.length > before) return;
    if (new Set(value.map((item) => JSON.stringify(item))).size !== value.length)
      this.complain(path, 'It has an entry twice.');
  }

  #object(schema: JsonSchema, value: JsonObject, path: readonly string[]): void {
    const {
      properties = {},
      required = [],
      additionalProperties = true,
      propertyNames,
      maxProperties,
    } = schema;
    const names = Object.keys(value);
    if (maxProperties !== undefined && names.length > maxProperties) {
      this.complain(path, `It has more than ${maxProperties} members.`);
      return;
    }
    for (const name of required)
      if (!Object.hasOwn(value, name)) this.complain([...path, name], 'It is missing.');
    for (const name of names) {
      const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (propertyNames !== undefined) this.check(propertyNames, name, [...path, name]);
      if (known !== undefined) this.check(known, value[name], [...path, name]);
      else if (additionalProperties === false) this.complain([...path, name], 'It is not known here.');
      else if (additionalProperties !== true) this.check(additionalProperties, value[name], [...path, name]);
    }
  }

  /** Complains as the branch does that the value comes closest to. */
  #anyOf(branches: readonly JsonSchema[], value: unknown, path: readonly string[]): void {
    const tried = branches.map((branch) => complaintsOf(branch, value, path));
    const fewest = Math.min(...tried.map((complaints) => complaints.length));
    if (fewest === 0) return;
    const [closest = [], ...others] = tried.filter((complaints) => complaints.length === fewest);
    if (others.length > 0) {
      this.complain(path, 'It is none of the allowed forms.');
      return;
    }
    for (const complaint of closest)
      if (this.complaints.length < MOST_COMPLAINTS) this.complaints.push(complaint);
  }
}

function complaintsOf(
  schema: JsonSchema,
  value: unknown,
  path: readonly string[],
): readonly SchemaComplaint[] {
  const checking = new Checking();
  checking.check(schema, value, path);
  return checking.complaints;
}

/**
 * Checks a parsed JSON value.
 * @param schema of the subset; its patterns are trusted to be quick
 * @returns up to 20 places that do not hold; none where the value is valid
 */
export function schemaComplaints(schema: JsonSchema, value: unknown): readonly SchemaComplaint[] {
  return complaintsOf(schema, value, []);
}
