// What a stamp request says, as schemas: the place of the seal, the kind of signature, and the answer.
import { z } from 'zod';
import { findingWords } from '../signing/hidden-content.ts';
import type { AnchorPlace, PageChoice, Placing, RidingOrder } from '../signing/placement-order.ts';
import type { StampOrder, StampResult, SignatureTerms } from '../signing/stamp-order.ts';
import { stampLevels } from '../signing/stamp-level.ts';
import { checkedJson } from './checked-json.ts';
import { caseNumber, digest, filePassword, instant, matter, optionalText, sealId } from './schemas.ts';
import { useFields, useMembers, useTermsOf } from './use-schemas.ts';

const length = z.number().min(-10_000).max(10_000);
const page = z
  .int()
  .min(-100_000)
  .max(100_000)
  .refine((number) => number !== 0, 'pages count from 1, or from -1 backwards')
  .describe('From 1, or from -1 backwards from the last.');
const pages = z
  .union([z.literal('all'), z.strictObject({ from: page, to: page }), z.array(page).min(1).max(10_000)])
  .describe('Every page, from one to another, or each by number.');

const anchor = z.strictObject({
  text: z
    .string()
    .min(1)
    .max(200)
    .describe('关键字. Blanks, full width and compatibility forms do not matter.'),
  occurrence: z
    .union([z.literal('all'), page])
    .optional()
    .describe('Which match in reading order: 1 the first (default), -1 the last, `all` every one.'),
  pages: pages.optional(),
  dx: length.optional().describe("Millimetres to the right of the text's middle."),
  dy: length.optional().describe("Millimetres below the text's middle."),
});

const riding = z.strictObject({
  edge: z.enum(['left', 'right', 'top', 'bottom']).optional().describe('Default right.'),
  position: length
    .optional()
    .describe(
      "Millimetres from the top or left to the seal's middle; by default the middle of the smallest page.",
    ),
  pages: pages.optional(),
  pagesPerSeal: z.int().min(2).max(100).optional().describe('More pages get the seal again.'),
  alternate: z.boolean().optional().describe('Double-sided: every second page on the opposite edge.'),
});

const placement = z
  .union([
    z.strictObject({ page, x: length, y: length }).describe("Millimetres to the seal's middle."),
    z.strictObject({ anchor }),
    z.strictObject({ field: z.string().min(1).max(500) }).describe('Full name of a prepared empty field.'),
    z.strictObject({ pages, x: length, y: length }),
    z.strictObject({ riding }),
  ])
  .describe(
    'Where the seal stands: a place, a text (关键字), a prepared field, several pages, the edges (骑缝章).',
  );

const fieldLock = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('All') }),
  z.strictObject({
    action: z.enum(['Include', 'Exclude']),
    fields: z.array(z.string().max(500)).min(1).max(500),
  }),
]);

const level = z.enum(stampLevels).describe('PAdES baseline level; default B-T.');
const whenDown = z
  .enum(['refuse', 'lower', 'queue'])
  .describe(
    'Where a time-stamp or status service is down: give up, give the level that is true, or queue the rest.',
  );
const docMdp = z.union([z.literal(1), z.literal(2), z.literal(3)]);
const algorithm = z.enum(['ES256', 'ES384', 'RS256', 'PS256', 'Ed25519', 'SM2SM3']);

/** Members that do not depend on how the request is written. */
const common = {
  seal: sealId,
  matter: matter.optional(),
  case: caseNumber.optional(),
  reason: optionalText(200).describe("Shown by readers as the signature's reason."),
  level: level.optional(),
  whenDown: whenDown.optional(),
  algorithm: algorithm.optional(),
};

/** One order as JSON. */
export const orderMembers = {
  ...common,
  placement,
  riding: riding.optional().describe('A riding seal besides, in the same signature.'),
  overFields: z.boolean().optional().describe('Whether the seal may cover form fields.'),
  docMdp: docMdp.optional().describe('Certifies: what may still be changed after this first signature.'),
  fieldLock: fieldLock.optional(),
  password: filePassword.optional(),
  ...useMembers,
};

const millimetres = z
  .string()
  // Empty is not 0, and 0x10 is no length.
  .regex(/^-?\d{1,5}(\.\d{1,20})?$/)
  .transform(Number)
  .pipe(length);

/** One order as fields of a form: a place as `page`, `x`, `y`, or any as `placement` in JSON. */
export const orderFields = z.object({
  ...common,
  page: z.coerce.number().pipe(page).optional().describe('First page 1 (default), last page -1.'),
  x: millimetres.optional().describe("Millimetres from the page's left edge to the seal's centre."),
  y: millimetres.optional().describe("Millimetres from the page's top edge to the seal's centre."),
  placement: checkedJson(placement).optional().describe('JSON, in place of page, x and y.'),
  riding: checkedJson(riding).optional().describe('JSON: a riding seal besides.'),
  overFields: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
  docMdp: z.coerce.number().pipe(docMdp).optional(),
  fieldLock: checkedJson(fieldLock).optional().describe('JSON.'),
  password: filePassword.optional(),
  ...useFields,
});

/** As one order, whatever it was written as. */
type GivenOrder = z.output<z.ZodObject<typeof orderMembers>>;

/** The order of a form. @returns null where it names no place, or two */
export function orderOfFields(fields: z.output<typeof orderFields>): GivenOrder | null {
  const { page: number, x, y, placement: given, ...rest } = fields;
  const written = x !== undefined && y !== undefined;
  if (given !== undefined)
    return number === undefined && x === undefined && y === undefined ? { ...rest, placement: given } : null;
  return written ? { ...rest, placement: { page: number ?? 1, x, y } } : null;
}

/** What the room is asked for, without actor, seal, source and key. */
export function stampOrderOf(order: GivenOrder): Omit<StampOrder, 'actor' | 'source' | 'sealId'> {
  return {
    ...placingOf(order),
    ...termsOf(order),
    ...useTermsOf(order),
    matter: order.matter ?? null,
    caseNumber: order.case ?? null,
    reason: order.reason,
  };
}

/** Where the seal stands, as the room takes it. */
export function placingOf({
  placement: place,
  riding: besides,
  overFields,
}: Pick<GivenOrder, 'placement' | 'riding' | 'overFields'>): Placing {
  return {
    place:
      'anchor' in place
        ? { anchor: anchorOf(place.anchor) }
        : 'field' in place
          ? { field: place.field }
          : 'riding' in place
            ? { riding: ridingOf(place.riding) }
            : 'pages' in place
              ? { pages: place.pages, centreX: place.x, centreY: place.y }
              : { page: place.page, centreX: place.x, centreY: place.y },
    ...(besides === undefined ? {} : { riding: ridingOf(besides) }),
    ...(overFields === undefined ? {} : { overFields }),
  };
}

function anchorOf({
  text,
  occurrence,
  pages: choice,
  dx,
  dy,
}: z.output<typeof anchor>): AnchorPlace['anchor'] {
  return {
    text,
    ...(occurrence === undefined ? {} : { occurrence }),
    ...chosen(choice),
    ...(dx === undefined ? {} : { offsetX: dx }),
    ...(dy === undefined ? {} : { offsetY: dy }),
  };
}

function ridingOf({
  edge,
  position,
  pages: choice,
  pagesPerSeal,
  alternate,
}: z.output<typeof riding>): RidingOrder {
  return {
    ...(edge === undefined ? {} : { edge }),
    ...(position === undefined ? {} : { position }),
    ...chosen(choice),
    ...(pagesPerSeal === undefined ? {} : { pagesPerSeal }),
    ...(alternate === undefined ? {} : { alternate }),
  };
}

function chosen(choice: PageChoice | undefined): { readonly pages?: PageChoice } {
  return choice === undefined ? {} : { pages: choice };
}

function termsOf(order: GivenOrder): SignatureTerms {
  const {
    level: wanted,
    whenDown: down,
    docMdp: certifies,
    fieldLock: lock,
    password,
    algorithm: by,
  } = order;
  return {
    ...(wanted === undefined ? {} : { level: wanted }),
    ...(down === undefined ? {} : { whenDown: down }),
    ...(certifies === undefined ? {} : { docMdp: certifies }),
    ...(lock === undefined
      ? {}
      : { fieldLock: lock.action === 'All' ? { action: 'All', fields: [] } : lock }),
    ...(password === undefined ? {} : { password }),
    ...(by === undefined ? {} : { algorithm: by }),
  };
}

const showing = z.object({
  page: z.int(),
  as: z.enum(['widget', 'annotation']),
  centreX: z.number(),
  centreY: z.number(),
  width: z.number(),
  height: z.number(),
  slice: z.object({ number: z.int(), of: z.int() }).optional(),
  anchor: z
    .object({
      occurrence: z.int().nullable().describe('Which match it is; null where it was counted from behind.'),
      centreX: z.number(),
      centreY: z.number(),
      visible: z.boolean().describe('False for text recognised under a scan.'),
    })
    .optional(),
});

export const showings = z
  .array(showing)
  .describe(
    'Where the seal came to stand, in millimetres of the page as displayed; the field’s own widget first.',
  );

const findings = z
  .array(
    z.object({
      code: z.string().describe('What was found, as `covered-text`.'),
      page: z.int().nullable().describe('First page 1; null where it concerns no single page.'),
      count: z.int(),
      words: z.object({ zh: z.string(), en: z.string() }),
    }),
  )
  .describe('Hidden or changeable content of the document as it came: told, not refused.');

export const stampAnswer = z.object({
  id: z.string(),
  receipt: z.string(),
  documentUrl: z.url(),
  seal: z.object({
    id: z.string(),
    code: z.string(),
    certificate: z.string().describe('Serial number, hex.'),
  }),
  matter: z.string().nullable(),
  case: z.string().nullable(),
  time: instant.describe('Time of the RFC 3161 time-stamp; at level B-B the time that was claimed.'),
  level: level.describe('What the document has now.'),
  upgrade: z.enum(['none', 'queued']).describe('Whether more is still to be added.'),
  sm2: z.enum(['none', 'ses', 'cms']).describe('What stands in the revision before the PAdES signature.'),
  showings,
  findings,
  original: z.object({ digest }),
  document: z.object({ digest, size: z.int() }),
});

/** @param address - the service's own, without trailing slash */
export function stampAnswerOf(address: string, result: StampResult): z.input<typeof stampAnswer> {
  return {
    id: result.stampId,
    receipt: result.receiptId,
    documentUrl: `${address}/api/v1/stamps/${result.stampId}/document`,
    seal: { id: result.sealId, code: result.sealCode, certificate: result.certificateSerial },
    matter: result.matter,
    case: result.caseNumber,
    time: result.time.toISOString(),
    level: result.level,
    upgrade: result.upgrade,
    sm2: result.sm2,
    showings: [...result.showings],
    findings: result.findings.map(({ code, page, count }) => ({
      code,
      page,
      count,
      words: findingWords[code],
    })),
    original: { digest: result.originalDigest },
    document: { digest: result.document.digest, size: result.document.size },
  };
}
