// Schemas of licenses that are taken over, and of the lines of a batch.
import { z } from 'zod';
import type { BatchOrder } from '../licenses/batch-order.ts';
import type { OriginalInput } from '../licenses/original.ts';
import { licenseOrder } from './license-schemas.ts';
import { caseNumber, digest, instant, matter } from './schemas.ts';

const day = z.iso.date().meta({ example: '2019-03-05' });

/** What a license is taken over from. */
export const originalOrder = z.strictObject({
  kind: z.enum(['paper', 'file']).describe('纸质证照, or a PDF of another system that is registered here.'),
  issuedOn: day.describe('Day of issue as the original says.'),
  compared: z
    .strictObject({ by: z.string().min(1).max(60), on: day })
    .optional()
    .describe(
      'The officer (staff number or account, no name) who compared the original with the data, and when.',
    ),
  document: digest
    .optional()
    .describe(
      'Of an uploaded PDF: the file itself, or a scan of the paper. A signed file is verified first.',
    ),
  identifier: z.string().min(1).max(120).optional().describe('电子证照标识 that the file has elsewhere.'),
});

/** As the room takes it. */
export function originalOf(given: z.output<typeof originalOrder>): OriginalInput {
  const { kind, issuedOn, compared, document, identifier } = given;
  return {
    kind,
    issuedOn,
    ...(compared === undefined ? {} : { compared }),
    ...(document === undefined ? {} : { document }),
    ...(identifier === undefined ? {} : { identifier }),
  };
}

/** What was kept of an original. */
export const originalAnswer = z.object({
  license: z.string(),
  kind: z.enum(['paper', 'file']),
  trust: z.enum(['B', 'C', 'D']).describe('可信等级'),
  trustWords: z.string(),
  issuedOn: z.string(),
  compared: z.object({ by: z.string(), on: z.string() }).nullable(),
  document: z.object({ digest, size: z.int() }).nullable(),
  documentUrl: z.url().nullable(),
  verdict: z
    .object({
      conclusion: z.string(),
      subIndication: z.string().nullable(),
      time: instant,
      report: z.looseObject({ format: z.string() }),
    })
    .nullable()
    .describe('What verification said of the file when it was taken over; null where it bears no signature.'),
});

/** One line of a batch: an order, with what is its own. */
export const batchLine = licenseOrder.partial({ type: true }).extend({
  reference: z.string().max(200).optional().describe('Your own name for it; no name or number of a person.'),
  matter: matter.optional(),
  case: caseNumber.optional(),
  original: originalOrder.optional(),
});

/** @param type of lines that name none @returns null where there is none either */
export function batchOrderOf(line: z.output<typeof batchLine>, type: string | undefined): BatchOrder | null {
  const { matter: matterCode, case: caseOf, original, type: own = type, ...order } = line;
  delete order.reference;
  if (own === undefined) return null;
  return {
    ...order,
    type: own,
    ...(matterCode === undefined ? {} : { matter: matterCode }),
    ...(caseOf === undefined ? {} : { caseNumber: caseOf }),
    ...(original === undefined ? {} : { original: originalOf(original) }),
  };
}
