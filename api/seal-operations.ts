// What may be applied for, as the interface and the pages take it: schemas only.
import { z } from 'zod';
import type { SealPictureRequest } from '../signing/seal-picture/description.ts';
import { instant, matter, optionalText, sealId } from './schemas.ts';
import { person } from './use-schemas.ts';

const text = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .refine((value) => !/\p{Cc}/u.test(value), 'no control characters');

const artwork = z.strictObject({ format: z.enum(['svg', 'png']), data: z.string().min(1).max(700_000) });

/** A picture that is asked for. */
export const sealPicture = z
  .strictObject({
    kind: z.enum([
      'official',
      'government',
      'special-purpose',
      'finance',
      'contract',
      'invoice',
      'personal',
      'handwritten',
      'filed',
    ]),
    name: text(100),
    purpose: optionalText(12),
    centre: z.enum(['star', 'none']).nullable().default(null),
    taxNumber: z.string().optional(),
    artwork: artwork.optional(),
    size: z.strictObject({ width: z.number(), height: z.number() }).optional(),
  })
  .transform(({ taxNumber, artwork: art, size, ...rest }): SealPictureRequest => ({
    ...rest,
    ...(taxNumber === undefined ? {} : { taxNumber }),
    ...(art === undefined ? {} : { artwork: art }),
    ...(size === undefined ? {} : { size }),
  }));

const keepers = z.array(person).min(1).max(20).describe('印章保管人.');
const lifetimeDays = z.int().min(1).max(3653).nullable().default(null);

const newSeal = {
  name: text(100),
  type: z
    .enum(['00', '01', '02', '03', '04', '05', '06', '99'])
    .describe('印章类型代码 of the national list.'),
  picture: sealPicture,
  code: z
    .string()
    .regex(/^[1-9]\d{13}$/)
    .nullable()
    .default(null)
    .describe('14 digits where one was assigned; the next free one of the division otherwise.'),
  lifetimeDays,
  keepers,
  approvalsNeeded: z.int().min(1).max(9).default(1),
};

const hours = z.strictObject({
  days: z.array(z.int().min(1).max(7)).min(1).max(7).describe('1 Monday … 7 Sunday.'),
  from: z.int().min(0).max(1439).describe('Minutes after midnight, Beijing time.'),
  until: z.int().min(1).max(1440),
});

export const sealOperation = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('make'), ...newSeal }),
  z
    .strictObject({ kind: z.literal('change'), seal: sealId, ...newSeal })
    .describe('变更: a new seal, then the old one is cancelled.'),
  z.strictObject({
    kind: z.literal('take-in'),
    eseal: z.base64().max(700_000).describe('SESeal, base64 DER.'),
    credential: z.string().regex(/^fcr_[0-9a-f]{32}$/),
    keepers,
    approvalsNeeded: z.int().min(1).max(9).default(1),
  }),
  z.strictObject({ kind: z.literal('renew'), seal: sealId, lifetimeDays }),
  z.strictObject({ kind: z.literal('keepers'), seal: sealId, keepers }),
  z.strictObject({ kind: z.literal('release'), seal: sealId }),
  z.strictObject({ kind: z.literal('cancel'), seal: sealId }),
  z.strictObject({
    kind: z.literal('authorise'),
    seal: sealId,
    client: z
      .string()
      .regex(/^[\x21-\x7e]{1,100}$/)
      .nullable()
      .default(null),
    matters: z.array(matter).min(1).max(500).nullable().describe('Null: every matter.'),
    perDay: z.int().min(1),
    total: z.int().min(1),
    hours: hours.nullable().default(null),
    validFrom: instant,
    validUntil: instant,
  }),
  z.strictObject({ kind: z.literal('automatic'), matter, automatic: z.boolean() }),
]);

/** As it is given; the department's name and seals named by their code are filled in later. */
export type GivenOperation = z.output<typeof sealOperation>;
