// Schemas of what becomes of licenses: changes and their words, inspections, merging, holders that change, requests of two persons.
import { z } from 'zod';
import { holderChanges } from '../licenses/holder-change.ts';
import { officeChanges, successions } from '../licenses/license.ts';
import { licenseEvent, licenseOrder, licenseSummary } from './license-schemas.ts';
import { caseNumber, instant, matter } from './schemas.ts';

/** `lic_…` */
export const licenseId = z.string().regex(/^lic_[0-9a-f]{32}$/);
const day = z.iso.date().meta({ example: '2026-11-22' });
const kind = z.enum(['enterprise', 'resident']);

/** As the rooms take it: what was left out is absent, never undefined. */
type Given<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

function given<T extends object>(value: T): Given<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Given<T>;
}

const dayOfEffect = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .describe('Instant of legal effect; now where not said. A later one waits for its day.');

/** Words of every change by an office. */
const changeWords = {
  reason: z.string().trim().min(1).max(500),
  legalBasis: z.string().trim().min(1).max(200).meta({ example: '行政许可法第七十条第一项' }),
  matter: matter.optional(),
  case: caseNumber.optional(),
  officer: z
    .string()
    .regex(/^[\x21-\x7e]{1,60}$/)
    .optional()
    .describe("Who decided: the department's own name for the person, no one's name or number."),
};

/** `case` is `caseNumber` in the rooms. */
function named<T extends { readonly case?: string | undefined }>(value: T) {
  const { case: caseNumberOf, ...rest } = value;
  return given({ ...rest, caseNumber: caseNumberOf });
}

/** Why and how a license gets its next version. */
export const successionOrder = z
  .strictObject({
    how: z.enum(successions).describe('变更 change, 延续 renew, 遗失补发 reissue, 换发 supersede.'),
    reason: changeWords.reason,
    legalBasis: z.string().trim().min(1).max(200).meta({ example: '行政许可法第四十九条' }),
    effectiveAt: dayOfEffect.optional(),
    officer: changeWords.officer,
  })
  .transform((order) => given(order));

/** A change of status. */
export const statusChangeOrder = z
  .strictObject({
    change: z.enum(officeChanges),
    ...changeWords,
    effectiveAt: dayOfEffect.optional(),
    holdersWish: z.boolean().optional(),
  })
  .transform((order) => named(order));

/** A decided change that is taken back before its day. */
export const countermandOrder = z
  .strictObject({
    sequence: z.int().min(1).max(1_000_000).describe('Of the event that waits for its day.'),
    ...changeWords,
  })
  .transform((order) => named(order));

/** An inspection. */
export const inspectionOrder = z
  .strictObject({
    inspectedOn: day,
    outcome: z.string().min(1).max(40).describe('One that the type names.').meta({ example: '合格' }),
    nextBy: day.optional().describe('Day of the next one, where the rule of the type is not meant.'),
    ...changeWords,
  })
  .transform((order) => named(order));

/** Licenses that become part of another. */
export const mergeOrder = z
  .strictObject({
    licenses: z.array(licenseId).min(1).max(20),
    into: licenseId,
    ...changeWords,
    effectiveAt: dayOfEffect.optional(),
  })
  .transform((order) => named(order));

const changedHolder = z.strictObject({ name: z.string().min(1).max(100), code: z.string().min(1).max(40) });

/** A holder that changed. */
export const holderChangeOrder = z
  .strictObject({
    change: z.enum(holderChanges).describe('更名 renamed, 合并 merged, 代码变更 renumbered.'),
    kind,
    before: changedHolder,
    after: changedHolder,
    reason: changeWords.reason,
    legalBasis: changeWords.legalBasis,
    effectiveAt: dayOfEffect.optional().describe('Not in the future.'),
    officer: changeWords.officer,
  })
  .transform((order) => given(order));

/** What is asked of a second person. */
export const askedOrder = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('status'), license: licenseId, order: statusChangeOrder }),
  z.strictObject({ kind: z.literal('countermand'), license: licenseId, order: countermandOrder }),
  z.strictObject({ kind: z.literal('merge'), order: mergeOrder }),
  z.strictObject({
    kind: z.literal('version'),
    license: licenseId,
    order: licenseOrder
      .omit({ type: true })
      .extend({ matter, case: caseNumber.nullish(), succession: successionOrder }),
  }),
]);

/** A change request. */
export const changeRequestAnswer = z.object({
  id: z.string(),
  license: z.string(),
  change: z.string(),
  state: z.enum(['waiting', 'approved', 'executed', 'rejected', 'withdrawn', 'lapsed']),
  requestedBy: z.string(),
  requestedAt: instant,
  expiresAt: instant,
  decidedBy: z.string().nullable(),
  decidedAt: instant.nullable(),
  outcome: z
    .string()
    .nullable()
    .describe('Id of the version issued, sequence of the event, or why it lapsed.'),
});

/** The story of a license. */
export const storyAnswer = z.object({
  license: z.string(),
  versions: z.array(licenseSummary),
  events: z.array(
    licenseEvent.extend({
      license: z.string(),
      version: z.int(),
      due: z.enum(['waiting', 'applied', 'lapsed', 'countermanded']).nullable(),
    }),
  ),
  inspection: z.object({ by: instant.nullable(), overdue: z.boolean() }),
});

const standing = z.object({
  id: z.string(),
  version: z.int(),
  identifier: z.string(),
  issuedAt: instant,
  expiresAt: instant.nullable(),
  beginsAt: instant.nullable(),
  state: z.string().nullable(),
  stateWords: z.string().nullable(),
});

/** How a license stood. */
export const standingAnswer = z.object({
  license: z.string(),
  validAt: instant,
  knownAt: instant,
  current: standing.nullable().describe('The version whose time it was; null before the issue.'),
  versions: z.array(standing),
});
