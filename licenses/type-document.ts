// A license type as a document: how it is stored, edited and given out. Its face is JSON Schema; everything is checked on the way in.
import { schemaComplaints, type JsonSchema } from '../formats/json/schema.ts';
import { LicenseError } from './errors.ts';
import { faceSchemaOf, fieldsOf } from './face-schema.ts';
import type { TemplatePage } from './template.ts';
import { checkLicenseType } from './type-check.ts';
import { TYPE_FORMAT, typeSchema } from './type-schema.ts';
import type { LicenseType } from './type.ts';

/** A definition as JSON. */
export interface TypeDocument extends Omit<LicenseType, 'fields'> {
  readonly format: typeof TYPE_FORMAT;
  readonly face: JsonSchema;
}

/** Characters of the longest definition. */
export const LONGEST_DEFINITION = 300_000;

/** The document of a checked type; the same type gives the same text. */
export function documentOf(type: LicenseType): TypeDocument {
  const { fields, template, ...rest } = type;
  return { format: TYPE_FORMAT, ...rest, face: faceSchemaOf(fields), template };
}

/**
 * Reads a definition that somebody wrote.
 * @param value parsed JSON
 * @throws LicenseError `type-invalid` naming every place of wrong shape; `type-invalid`, `template-invalid` for what cannot work
 */
export function typeOfDocument(value: unknown): LicenseType {
  const complaints = schemaComplaints(typeSchema, value).map(({ path, reason }) => ({
    field: path === '' ? 'definition' : path,
    reason,
  }));
  if (complaints.length > 0) {
    const message = complaints.map(({ field, reason }) => `${field}: ${reason}`).join(' ');
    throw new LicenseError('type-invalid', `The definition does not hold: ${message}`, { complaints });
  }
  const { face, ...type } = withoutFormat(value as TypeDocument);
  const unnamed = (face.required ?? []).find((name) => !Object.hasOwn(face.properties ?? {}, name));
  if (unnamed !== undefined)
    throw new LicenseError('type-invalid', 'The face requires a field that it does not have.');
  return checkLicenseType({ ...type, fields: fieldsOf(face) });
}

function withoutFormat(document: TypeDocument): Omit<TypeDocument, 'format'> {
  const copy: Omit<TypeDocument, 'format'> & { format?: unknown } = { ...document };
  delete copy.format;
  return copy;
}

/** A definition as it was stored before there were documents: fields in place of a schema, a template of one page. */
type EarlierDefinition = Omit<LicenseType, 'template'> & { readonly template: TemplatePage };

/** Types that were read lately, by their whole text: it says everything, so none of them can be out of date. */
const read = new Map<string, LicenseType>();
/** Editions in daily use; at the longest definition they take some megabytes. */
const MOST_READ = 32;

/** The type of a stored definition, which was checked when it was stored. The same text gives the same object. */
export function typeOfStored(text: string): LicenseType {
  const known = read.get(text);
  if (known !== undefined) read.delete(text);
  const type = known ?? parsedType(text);
  read.set(text, type);
  const [oldest] = read.keys();
  if (read.size > MOST_READ && oldest !== undefined) read.delete(oldest);
  return type;
}

function parsedType(text: string): LicenseType {
  const value = JSON.parse(text) as TypeDocument | EarlierDefinition;
  if (!('face' in value)) return { ...value, template: { pages: [value.template] } };
  const { face, ...type } = withoutFormat(value);
  return { ...type, fields: fieldsOf(face) };
}
