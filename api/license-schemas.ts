// Schemas of licenses as the interface takes and gives them.
import { z } from 'zod';
import { LARGEST_PHOTO, type PhotoInput } from '../licenses/photo.ts';
import { digest, instant } from './schemas.ts';

const day = z.iso.date().meta({ example: '2026-11-22' });
const kind = z.enum(['enterprise', 'resident']);
const department = z.object({ creditCode: z.string(), name: z.string() });

const holderOrder = z.strictObject({
  kind,
  name: z.string().min(1).max(100),
  code: z.string().min(1).max(40).describe('统一社会信用代码 or 公民身份号码.'),
  role: z.string().min(1).max(20).optional().describe('One of the roles the type names: 户主, 配偶.'),
  share: z.string().min(1).max(20).optional().describe('份额, where the type has shares.'),
});

/** One license as an approval system asks for it; what fits the type is checked against the type. */
export const licenseOrder = z.strictObject({
  type: z.string().min(1).max(60).describe('证照类型代码 or key.').meta({ example: 'food-business' }),
  number: z.string().min(1).max(60).describe('证照编号 as printed.'),
  holder: holderOrder.describe('The first holder: CZZT of GB/T 36903.'),
  coHolders: z
    .array(holderOrder)
    .max(19)
    .optional()
    .describe('共同持证主体, where the type has several holders; each with its role.'),
  face: z
    .record(
      z.string().regex(/^KZ_[A-Z0-9]{1,20}$/),
      z.union([
        z.string().max(500),
        z.array(z.record(z.string().regex(/^[A-Z][A-Z0-9]{0,19}$/), z.string().max(200))).max(500),
      ]),
    )
    .describe(
      '照面业务信息 by GB/T 36903 short name, e.g. KZ_JYCS; of a list its rows. See the face of the type.',
    ),
  photo: z
    .strictObject({
      mediaType: z.enum(['image/jpeg', 'image/png']),
      data: z.base64().max(Math.ceil(LARGEST_PHOTO / 3) * 4),
    })
    .transform(({ mediaType, data }): PhotoInput => ({
      mediaType,
      bytes: new Uint8Array(Buffer.from(data, 'base64')),
    }))
    .optional()
    .describe('照片, base64 of at most 200 kB, where the type shows one. Its metadata is dropped.'),
  validity: z
    .strictObject({ from: day.optional(), until: day.optional() })
    .transform(({ from, until }) => ({
      ...(from === undefined ? {} : { from }),
      ...(until === undefined ? {} : { until }),
    }))
    .optional()
    .transform((term) => term ?? {}),
});

export const licenseSummary = z.object({
  id: z.string(),
  license: z.string().describe('Id of the first version: the license as people know it.'),
  version: z.int(),
  previous: z.string().nullable(),
  next: z.string().nullable().describe('The version that took its place; null for the newest.'),
  identifier: z.string().describe('电子证照标识, GB/T 36904.'),
  type: z.object({ code: z.string(), name: z.string() }),
  number: z.string(),
  holder: z.object({ kind, name: z.string(), code: z.string() }).describe('Residents are masked in lists.'),
  issuer: department.describe('颁证机关'),
  supervisor: department.describe('监管部门'),
  state: z.string(),
  stateWords: z.string(),
  trust: z.enum(['A', 'B', 'C', 'D']).describe('可信等级: A was issued here; B, C, D were taken over.'),
  issuedAt: instant,
  validFrom: z.string(),
  validUntil: z.string().nullable(),
  matter: z.string(),
  case: z.string().nullable(),
  documentUrl: z.url(),
  codeUrl: z.url(),
});

const storedDocument = z.object({ digest, size: z.int() });

export const licenseIssued = licenseSummary.extend({
  code: z.string().describe('What a phone reads from the printed code.'),
  stamp: z.string(),
  document: storedDocument,
});

export const licenseEvent = z.object({
  sequence: z.int(),
  change: z.string(),
  from: z.string(),
  to: z.string(),
  effectiveAt: instant,
  recordedAt: instant,
  reason: z.string(),
  legalBasis: z.string(),
  holdersWish: z.boolean(),
  successor: z.string().nullable(),
  matter: z.string().nullable(),
  case: z.string().nullable(),
  officer: z.string().nullable(),
  secondOfficer: z.string().nullable(),
  details: z.record(z.string(), z.string()),
  target: z.int().nullable().describe('Sequence of the event it takes back.'),
});

export const licenseDetails = licenseSummary.extend({
  masked: z.boolean().describe('Whether anything is masked; `reveal` gives it in full, with a reason.'),
  face: z.array(
    z.object({ name: z.string(), label: z.string(), englishLabel: z.string(), value: z.string() }),
  ),
  events: z.array(licenseEvent),
  code: z.string(),
  record: z.string().describe('Digest of the record.'),
  stamp: z.string(),
  document: storedDocument,
});

export const licenseTypeAnswer = z.looseObject({
  code: z.string(),
  edition: z.int(),
  key: z.string(),
  name: z.string(),
  englishName: z.string(),
  issuer: department,
  supervisor: department,
  matters: z.array(z.string()),
  holderKinds: z.array(kind),
});
