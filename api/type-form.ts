// The type officer's forms: what they send, and the definition it makes. Whether that holds is for licenses/ to say.
import { z } from 'zod';
import { documentOf } from '../licenses/type-document.ts';
import { retentionClasses } from '../licenses/type-rules.ts';
import type { FaceField, LicenseType } from '../licenses/type.ts';

const short = z.string().trim().max(200);
const ticked = z.literal('yes').optional();

/** Changes whose second person the form asks for. */
export const secondPersonChanges = ['suspend', 'withdraw', 'annul', 'revoke', 'cancel', 'merge'] as const;

/** Names, rules and rights: what changes most often. */
export const basicsForm = z.object({
  formToken: z.string().max(100),
  revision: z.coerce.number().int().min(1),
  name: short,
  englishName: short,
  numberLabel: short,
  numberPattern: short,
  matters: z.string().max(4000),
  seals: z.string().max(1000),
  validity: z.enum(['endless', 'years', 'given']),
  years: z.coerce.number().int().min(0).max(100).default(0),
  renewalDays: z.coerce.number().int().min(0).max(730).default(0),
  renewalBasis: short.default(''),
  inspectionName: short.default(''),
  inspectionMonths: z.coerce.number().int().min(0).max(120).default(0),
  inspectionGrace: z.coerce.number().int().min(0).max(365).default(0),
  inspectionOutcomes: short.default(''),
  inspectionBasis: short.default(''),
  retention: z.enum(retentionClasses),
  ...Object.fromEntries(secondPersonChanges.map((change) => [`second-${change}`, ticked])),
});

/** One more field of the face. */
export const fieldForm = z.object({
  formToken: z.string().max(100),
  revision: z.coerce.number().int().min(1),
  field: short,
  label: short,
  englishLabel: short,
  kind: z.enum(['text', 'date', 'choice', 'integer']),
  maxLength: z.coerce.number().int().min(1).max(500),
  choices: z.string().max(4000).default(''),
  required: ticked,
  verifier: ticked,
});

const words = (text: string): string[] => text.split(/\s+/u).filter((word) => word !== '');
const parts = (text: string): string[] =>
  text
    .split(/[、,，\n]/u)
    .map((part) => part.trim())
    .filter((part) => part !== '');

function validityOf({ validity, years }: z.output<typeof basicsForm>): LicenseType['validity'] {
  if (validity === 'endless') return { kind: 'endless' };
  return validity === 'years' ? { kind: 'years', years } : { kind: 'given', maximumYears: years };
}

/** The definition with the form's names, rules and rights, as JSON text. */
export function withBasics(type: LicenseType, form: z.output<typeof basicsForm>): string {
  const { inspection, secondPerson = [] } = type;
  const rest: { -readonly [Name in keyof LicenseType]: LicenseType[Name] } = { ...type };
  // A rule that the form gives none of ends.
  delete rest.renewal;
  delete rest.inspection;
  delete rest.secondPerson;
  const given: Readonly<Record<string, unknown>> = form;
  // What the form does not show stays as it was.
  const others = secondPerson.filter((change) => !secondPersonChanges.some((shown) => shown === change));
  const second = [...secondPersonChanges.filter((change) => given[`second-${change}`] === 'yes'), ...others];
  return JSON.stringify(
    documentOf({
      ...rest,
      name: form.name,
      englishName: form.englishName,
      number: { label: form.numberLabel, pattern: form.numberPattern },
      matters: words(form.matters),
      seals: words(form.seals),
      validity: validityOf(form),
      // The default need not be said, unless it was.
      ...(type.retention === undefined && form.retention === 'license-standard'
        ? {}
        : { retention: form.retention }),
      ...(form.renewalDays === 0
        ? {}
        : { renewal: { daysBefore: form.renewalDays, basis: form.renewalBasis } }),
      ...(form.inspectionMonths === 0
        ? {}
        : {
            inspection: {
              name: form.inspectionName,
              englishName: inspection?.englishName ?? 'Inspection',
              everyMonths: form.inspectionMonths,
              graceDays: form.inspectionGrace,
              outcomes: parts(form.inspectionOutcomes),
              basis: form.inspectionBasis,
            },
          }),
      ...(second.length === 0 ? {} : { secondPerson: second }),
    }),
  );
}

/** The definition with one field more, as JSON text. It is printed once the template names it. */
export function withField(type: LicenseType, form: z.output<typeof fieldForm>): string {
  const field: FaceField = {
    name: form.field,
    label: form.label,
    englishLabel: form.englishLabel,
    kind: form.kind,
    required: form.required === 'yes',
    maxLength: form.maxLength,
    ...(form.kind === 'choice' ? { choices: parts(form.choices) } : {}),
    verifier: form.verifier === 'yes',
    codeKey: null,
  };
  return JSON.stringify(documentOf({ ...type, fields: [...type.fields, field] }));
}
