// What is told of showings: names of departments and matters put to codes, and the receipt both sides keep.
import { z } from 'zod';
import { allDepartments } from '../identity/departments.ts';
import { RENEW_AFTER, type LivePicture } from '../licenses/live-code.ts';
import { numbersToChooseFrom } from '../licenses/presentation.ts';
import type { ReceiptFacts, ReceiptSigner, ShowingAnswer } from '../licenses/presentation-answer.ts';
import type { ClaimedShowing } from '../licenses/presentation-claim.ts';
import type { Claim, Presentation } from '../licenses/presentation-store.ts';
import { holderFields, verifierFields } from '../licenses/shown-fields.ts';
import { licenseTypes } from '../licenses/type-register.ts';
import { toBase64 } from '../formats/bytes.ts';
import { groupedDigits } from '../formats/qr/live-code.ts';
import type { Words } from '../verification/report.ts';
import { holderFor, receiptLifetime, signedReceipt } from './receipts.ts';
import type { Services } from './services.ts';

const showingId = z.string().regex(/^prs_[0-9a-f]{32}$/);
export const showingParams = z.object({ id: showingId });

/** What our pages and answers say beside codes. */
export interface Names {
  department(creditCode: string): string;
  matter(code: string): Words;
  /** Label of a field, of whatever type. */
  field(name: string): Words;
  type(typeCode: string): Words;
}

/** Read once an answer. */
export async function namesOf(services: Services): Promise<Names> {
  const departments = new Map(
    (await allDepartments(services.database)).map(({ creditCode, name }) => [creditCode, name]),
  );
  const types = await licenseTypes(services.database.reader);
  const fields = new Map(
    types.flatMap((type) =>
      [...holderFields(type), ...verifierFields(type)].map(({ name, label, englishLabel }) => [
        name,
        { zh: label, en: englishLabel },
      ]),
    ),
  );
  const named = new Map(types.map((type) => [type.typeCode, { zh: type.name, en: type.englishName }]));
  const asItIs = (code: string): Words => ({ zh: code, en: '' });
  return {
    department: (code) => departments.get(code) ?? code,
    matter: (code) => services.matterNames.get(code) ?? asItIs(code),
    field: (name) => fields.get(name) ?? asItIs(name),
    type: (code) => named.get(code) ?? asItIs(code),
  };
}

const instant = z.iso.datetime();
const state = z.enum(['shown', 'ended', 'claimed', 'declined', 'approved', 'delivered', 'lapsed']);

/** A picture on the holder's screen. */
export const pictureAnswer = z.object({
  id: showingId,
  code: z.string().describe('What the QR code says; good once, until renewed or a minute is over'),
  spoken: z.string().describe('Ten digits for a desk without a scanner'),
  until: instant,
  renewAfter: z.number().int().describe('Seconds'),
});

export function pictureTold({ id, code, spoken, until }: LivePicture): z.input<typeof pictureAnswer> {
  return {
    id,
    code: code.prefix + code.digits,
    spoken: groupedDigits(spoken),
    until: until.toISOString(),
    renewAfter: RENEW_AFTER / 1000,
  };
}

/** A claim as its two sides see it. */
const claimShape = z.object({
  department: z.object({ creditCode: z.string(), name: z.string() }),
  matter: z.object({ code: z.string(), name: z.string() }),
  case: z.string(),
  license: z.string(),
  fields: z.array(z.object({ name: z.string(), label: z.string() })),
  claimedAt: instant,
  until: instant,
  receipt: z.string().nullable(),
});

function claimTold(claim: Claim, names: Names): z.input<typeof claimShape> {
  return {
    department: { creditCode: claim.department, name: names.department(claim.department) },
    matter: { code: claim.matter, name: names.matter(claim.matter).zh },
    case: claim.caseNumber,
    license: claim.license,
    fields: claim.fields.map((name) => ({ name, label: names.field(name).zh })),
    claimedAt: claim.claimedAt.toISOString(),
    until: claim.until.toISOString(),
    receipt: claim.receiptId,
  };
}

export const showingAnswer = z.object({
  id: showingId,
  state,
  reason: z.string().nullable(),
  claim: claimShape.nullable(),
  numbers: z
    .array(z.number().int())
    .describe('While a claim waits: three numbers, one of which stands on the desk’s screen'),
});

/** How a showing stands, for its holder. */
export function showingTold(
  services: Services,
  showing: Presentation,
  names: Names,
): z.input<typeof showingAnswer> {
  const { id, claim, reason } = showing;
  return {
    id,
    state: showing.state,
    reason,
    claim: claim === null ? null : claimTold(claim, names),
    numbers:
      claim === null || showing.state !== 'claimed'
        ? []
        : [...numbersToChooseFrom(services.licenses, id, claim.matchNumber)],
  };
}

export const claimAnswer = z.object({
  id: showingId,
  state,
  reason: z.string().nullable(),
  matchNumber: z.number().int().describe('To be seen by the holder at the desk'),
  claim: claimShape,
});

/** How a claim stands, for its verifier. */
export function claimedTold(
  { id, state: at, reason, claim }: ClaimedShowing,
  names: Names,
): z.input<typeof claimAnswer> {
  return { id, state: at, reason, matchNumber: claim.matchNumber, claim: claimTold(claim, names) };
}

export const deliveredAnswer = z.object({
  id: showingId,
  type: z.object({ code: z.string(), name: z.string() }),
  mark: z.string().nullable(),
  issuer: z.object({ creditCode: z.string(), name: z.string() }),
  version: z.number().int(),
  state: z.string(),
  stateWords: z.string(),
  validUntil: z.string().nullable(),
  fields: z.array(z.object({ name: z.string(), label: z.string(), value: z.string() })),
  photo: z
    .object({ mediaType: z.enum(['image/jpeg', 'image/png']), base64: z.string() })
    .nullable()
    .describe('Where `ZP` was asked for, and the license has one'),
  at: instant,
  receiptId: z.string(),
  receipt: z.string().describe('核验回执: a compact JWS'),
});

export function deliveredTold(
  answer: ShowingAnswer,
  receiptId: string,
  receipt: string,
): z.input<typeof deliveredAnswer> {
  return {
    id: answer.presentation,
    type: { code: answer.typeCode, name: answer.typeName },
    mark: answer.mark,
    issuer: answer.issuer,
    version: answer.version,
    state: answer.state,
    stateWords: answer.stateWords,
    validUntil: answer.validUntil,
    fields: answer.lines.map(({ name, label, value }) => ({ name, label, value })),
    photo:
      answer.photo === null
        ? null
        : { mediaType: answer.photo.mediaType, base64: toBase64(answer.photo.bytes) },
    at: answer.at.toISOString(),
    receiptId,
    receipt,
  };
}

const policy = { id: 'urn:yinxin:policy:presentation', version: '1' } as const;

/**
 * Signs the receipt of an answer: for the verifying department alone, about one case and one holder, who is committed to and not
 * named. The grant it names is the holder's consent to this very showing.
 */
export function receiptSigner(services: Services): ReceiptSigner {
  return async ({ receiptId, answer, license }: ReceiptFacts) => {
    const { claim, at } = answer;
    const iat = Math.floor(at.getTime() / 1000);
    const inForce = answer.state === 'issued';
    return signedReceipt(services, {
      iss: claim.department,
      aud: claim.department,
      jti: receiptId,
      iat,
      exp: iat + receiptLifetime,
      case: claim.caseNumber,
      matter: claim.matter,
      holder: await holderFor(services, claim.department, license.holderCode),
      result: {
        kind: 'presentation',
        conclusion: inForce ? 'TOTAL-PASSED' : 'TOTAL-FAILED',
        subIndication: inForce ? null : answer.state === 'expired' ? 'EXPIRED' : 'REVOKED',
        policy,
        document: null,
        trustListSequence: null,
        license: {
          id: license.codeId,
          version: answer.version,
          type: answer.typeCode,
          issuer: answer.issuer.creditCode,
          recordDigest: license.recordHash,
          expires: license.expiresAt?.toISOString() ?? null,
          status: license.status === null ? null : { ...license.status, asOf: at.toISOString() },
        },
      },
      basis: null,
      acceptance: null,
      grant: answer.presentation,
      logIndex: null,
    });
  };
}

/** A form with a box for each field: `field-CZZT` says `yes`. */
export const fieldBoxes = z.literal('yes');

/** The fields that were ticked. */
export function fieldsTicked(form: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(form).flatMap((name) => /^field-([A-Z][A-Z0-9_]{1,23})$/.exec(name)?.[1] ?? []);
}
