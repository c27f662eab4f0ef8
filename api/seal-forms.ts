// The seal office's forms as operations: text fields to what the interface's schema takes.
import { z } from 'zod';
import type { SealPictureDescription, SealPictureRequest } from '../signing/seal-picture/description.ts';
import { ApiError } from './errors.ts';
import { sealOperation, sealPicture, type GivenOperation } from './seal-operations.ts';

const text = z.string().trim().max(4000).default('');

/** Every field of every form; which of them count is told by `kind`. */
export const operationForm = z.object({
  formToken: z.string().max(100),
  idempotencyKey: z.string().regex(/^[\x21-\x7e]{1,100}$/),
  kind: z.enum(['make', 'change', 'renew', 'keepers', 'release', 'cancel', 'authorise', 'automatic']),
  purpose: z.string().trim().min(2).max(200),
  seal: text,
  name: text,
  type: text,
  pictureKind: text,
  pictureName: text,
  picturePurpose: text,
  taxNumber: text,
  keepers: text,
  approvalsNeeded: text,
  client: text,
  matters: text,
  matter: text,
  automatic: text,
  perDay: text,
  total: text,
  hours: text,
  validUntil: text,
});

type OperationForm = z.output<typeof operationForm>;

/** What blanks stand between. */
export function wordsIn(value: string): readonly string[] {
  return value.split(/\s+/).filter((word) => word !== '');
}

/** Monday to Friday, 8:30 to 17:30. */
const officeHours = { days: [1, 2, 3, 4, 5], from: 8 * 60 + 30, until: 17 * 60 + 30 };

/** What a new seal and the one after a change have in common. @param current picture of the seal that is changed */
function sealOf(form: OperationForm, current: SealPictureDescription | null): object {
  return {
    name: form.name,
    type: form.type,
    picture:
      form.pictureKind === 'same' && current !== null
        ? pictureRequestOf(current)
        : {
            kind: form.pictureKind,
            name: form.pictureName,
            ...(form.picturePurpose === '' ? {} : { purpose: form.picturePurpose }),
            ...(form.taxNumber === '' ? {} : { taxNumber: form.taxNumber }),
          },
    keepers: wordsIn(form.keepers),
    approvalsNeeded: Number(form.approvalsNeeded),
  };
}

/** A picture as it was asked for: its code and whether it is a specimen come from the register again. */
function pictureRequestOf({ kind, name, purpose, centre, taxNumber, artwork, size }: SealPictureDescription) {
  return {
    kind,
    name,
    centre,
    ...(purpose === null ? {} : { purpose }),
    ...(taxNumber === undefined ? {} : { taxNumber }),
    ...(artwork === undefined ? {} : { artwork }),
    ...(size === undefined ? {} : { size }),
  };
}

function plainOf(form: OperationForm, now: Date, current: SealPictureDescription | null): unknown {
  const { kind, seal } = form;
  switch (kind) {
    case 'make':
      return { kind, ...sealOf(form, null) };
    case 'change':
      return { kind, seal, ...sealOf(form, current) };
    case 'keepers':
      return { kind, seal, keepers: wordsIn(form.keepers) };
    case 'automatic':
      return { kind, matter: form.matter, automatic: form.automatic === 'yes' };
    case 'authorise':
      return {
        kind,
        seal,
        client: form.client === '' ? null : form.client,
        matters: wordsIn(form.matters).length === 0 ? null : wordsIn(form.matters),
        perDay: Number(form.perDay),
        total: Number(form.total),
        hours: form.hours === 'always' ? null : officeHours,
        validFrom: now.toISOString(),
        // The last day is within, in Beijing.
        validUntil: /^\d{4}-\d{2}-\d{2}$/.test(form.validUntil)
          ? new Date(Date.parse(`${form.validUntil}T00:00:00+08:00`) + 86_400_000).toISOString()
          : form.validUntil,
      };
    default:
      return { kind, seal };
  }
}

/**
 * @param current picture of the seal that is changed; null where none is
 * @throws ApiError `request-invalid`, naming the fields that do not hold
 */
export function operationOfForm(
  form: OperationForm,
  now: Date,
  current: SealPictureDescription | null,
): GivenOperation {
  return checkedOperation(plainOf(form, now, current));
}

/** @throws ApiError `request-invalid`, naming the fields that do not hold */
export function checkedOperation(plain: unknown): GivenOperation {
  return checkedForm(sealOperation, plain);
}

/** A picture by itself. @throws ApiError `request-invalid`, naming the fields that do not hold */
export function checkedPicture(plain: unknown): SealPictureRequest {
  return checkedForm(sealPicture, plain);
}

function checkedForm<T>(schema: z.ZodType<T>, plain: unknown): T {
  const result = schema.safeParse(plain);
  if (result.success) return result.data;
  const places = result.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.map(String).join('.')}: ${message.slice(0, 200)}`);
  throw new ApiError('request-invalid', `The form does not hold: ${places.join('; ')}.`);
}
