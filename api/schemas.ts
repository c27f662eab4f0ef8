// Schemas that several routes share. They validate, and they are what OpenAPI shows.
import { z } from 'zod';

/** An instant, ISO 8601 UTC. */
export const instant = z.iso.datetime().meta({ example: '2026-11-22T05:06:07.000Z' });

export const sealId = z
  .string()
  .regex(/^(seal_[0-9a-f]{32}|\d{14})$/)
  .describe('Identifier of the seal (seal_…) or its 14-digit code.');

export const matter = z
  .string()
  .regex(/^[\x21-\x7e]{1,31}$/)
  .describe('事项实施编码')
  .meta({ example: 'YS1201050100013101000001' });

export const caseNumber = z
  .string()
  .regex(/^[\x21-\x2e\x30-\x7e]{1,64}$/)
  .describe('办件编号: 1 to 64 visible ASCII characters without a slash.')
  .meta({ example: '120105-2026-000123' });

/** Of a department or an enterprise (GB 32100). */
export const creditCode = z.string().regex(/^[0-9A-Z]{18}$/);

/** Opens an encrypted PDF; longer than any password that counts. */
export const filePassword = z
  .string()
  .max(255)
  .describe(
    'Opens an encrypted PDF: the user’s or the owner’s password. Kept nowhere, but encrypted in a batch until the document is done.',
  );

/** Whose license it is: a credit code or a resident number (both have 18 characters). */
export const holderCode = z.string().regex(/^[0-9A-Za-z]{18}$/);

/** Of the suite: SHA-256, or SM3. */
export const digest = z.string().regex(/^(sha256|sm3):[0-9a-f]{64}$/);

/** Absent, empty and missing form fields are one thing. */
export const optionalText = (limit: number) =>
  z
    .string()
    .max(limit)
    .refine((text) => !/\p{Cc}/u.test(text), 'no control characters')
    .transform((text) => (text.trim() === '' ? null : text.trim()))
    .nullish()
    .transform((text) => text ?? null);
