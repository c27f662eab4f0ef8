// The seal office's forms as operations: text fields to what the interface's schema takes.
import { z } from 'zod';
import { ApiError } from './errors.ts';
import { sealOperation, type GivenOperation } from './seal-operations.ts';

const text = z.string().trim().max(4000).default('');

/** Every field of every form; which of them count is told by `kind`. */
export const operationForm = z.object({
  formToken: z.string().max(100),
  idempotencyKey: z.string().regex(/^[\x21-\x7e]{1,100}$/),
  kind: z.enum(['make', 'renew', 'release', 'cancel', 'authorise']),
  purpose: z.string().trim().min(2).max(200),
  seal: text,
  name: text,
  type: text,
  pictureKind: text,
  pictureName: text,
  picturePurpose: text,
  keepers: text,
  approvalsNeeded: text,
  matters: text,
  perDay: text,
  total: text,
  hours: text,
  validUntil: text,
});

type OperationForm = z.output<typeof operationForm>;

const words = (value: string): readonly string[] => value.split(/\s+/).filter((word) => word !== '');

/** Monday to Friday, 8:30 to 17:30. */
const officeHours = { days: [1, 2, 3, 4, 5], from: 8 * 60 + 30, until: 17 * 60 + 30 };

function plainOf(form: OperationForm, now: Date): unknown {
  const { kind, seal } = form;
  switch (kind) {
    case 'make':
      return {
        kind,
        name: form.name,
        type: form.type,
        picture: {
          kind: form.pictureKind,
          name: form.pictureName,
          ...(form.picturePurpose === '' ? {} : { purpose: form.picturePurpose }),
        },
        keepers: words(form.keepers),
        approvalsNeeded: Number(form.approvalsNeeded),
      };
    case 'authorise':
      return {
        kind,
        seal,
        matters: words(form.matters).length === 0 ? null : words(form.matters),
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

/** @throws ApiError `request-invalid`, naming the fields that do not hold */
export function operationOfForm(form: OperationForm, now: Date): GivenOperation {
  const result = sealOperation.safeParse(plainOf(form, now));
  if (result.success) return result.data;
  const places = result.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.map(String).join('.')}: ${message.slice(0, 200)}`);
  throw new ApiError('request-invalid', `The form does not hold: ${places.join('; ')}.`);
}
