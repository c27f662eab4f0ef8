// The answer to a claim that the holder agreed to: given once, with a receipt that both sides keep.
import { toHex } from '../formats/bytes.ts';
import type { StatusReference } from '../formats/cose/cwt.ts';
import type { Actor } from '../storage/actor.ts';
import type { HolderReading } from './access.ts';
import { LicenseError } from './errors.ts';
import { normaliseHolderCode } from './face.ts';
import { holdersOfRecord } from './holders.ts';
import { stateAt, statusValue, stateWords, type LicenseState } from './license.ts';
import type { LicenseParts } from './parts.ts';
import { claimOf } from './presentation-claim.ts';
import { move, presentationRow, type Claim } from './presentation-store.ts';
import { photoOf, type PhotoInput } from './photo.ts';
import { recordCipherOf } from './record-keys.ts';
import { PHOTO_FIELD, shownToVerifier, verifierFields, type ShownLine } from './shown-fields.ts';
import { findLicense, holderIndex, type StoredLicense } from './store.ts';
import { licenseTypeEdition } from './type-register.ts';
import type { LicenseType } from './type.ts';

/** What a verifier is told, once. */
export interface ShowingAnswer {
  readonly presentation: string;
  readonly typeCode: string;
  readonly typeName: string;
  readonly englishTypeName: string;
  readonly mark: string | null;
  readonly issuer: { readonly creditCode: string; readonly name: string };
  readonly version: number;
  /** At this very instant, from the register itself. */
  readonly state: LicenseState;
  readonly stateWords: string;
  readonly validUntil: string | null;
  readonly lines: readonly ShownLine[];
  /** Where it was asked for, and the license has one. */
  readonly photo: PhotoInput | null;
  readonly claim: Claim;
  readonly at: Date;
}

/** What a receipt about it says beside the claim. */
export interface ReceiptFacts {
  readonly receiptId: string;
  readonly answer: ShowingAnswer;
  readonly license: {
    readonly codeId: string;
    readonly recordHash: string;
    readonly expiresAt: Date | null;
    readonly status: (StatusReference & { readonly value: number }) | null;
    /** Who showed it, of several holders too: to be committed to and not to be told. */
    readonly holderCode: string;
  };
}

/** Signs a receipt. Composed by the caller: the key and the form of receipts are not this room's. */
export type ReceiptSigner = (facts: ReceiptFacts) => Promise<string>;

/**
 * Takes the answer. Two that ask at once: one has it.
 * @returns the answer and the signed receipt
 * @throws LicenseError `presentation-not-found`, `claim-not-approved`, `presentation-over` (declined, lapsed),
 *   `answer-delivered`
 */
export async function takeAnswer(
  parts: LicenseParts,
  actor: Actor,
  id: string,
  sign: ReceiptSigner,
): Promise<{ readonly answer: ShowingAnswer; readonly receiptId: string; readonly receipt: string }> {
  const { state, claim } = await claimOf(parts, actor, id);
  if (state !== 'approved') throw refusalOf(state);
  const now = parts.clock();
  const license = await findLicense(parts.database.reader, parts, claim.license);
  if (license === null) throw new LicenseError('license-not-found', 'There is no such license.');
  const answer = await answerOf(parts, { id, claim, license, now });
  const holderCode = await shownBy(parts, id, license);
  const receiptId = `rcp_${toHex(parts.random(16))}`;
  const receipt = await sign({
    receiptId,
    answer,
    license: {
      codeId: license.codeId,
      recordHash: license.recordHash,
      expiresAt: license.expiresAt,
      status:
        license.status === null
          ? null
          : { ...license.status, value: statusValue(license.state, license.holderKind, false) },
      holderCode,
    },
  });
  const sealed = parts.cipher.seal({ table: 'presentation', column: 'receipt', row: id }, receipt);
  await parts.database.write(async (tx) => {
    const delivered = await move(tx, id, 'approved', {
      state: 'delivered',
      delivered_at: now.toISOString(),
      receipt_id: receiptId,
      receipt: sealed,
    });
    if (!delivered) throw refusalOf('delivered');
    await parts.audit.append(tx, {
      at: now,
      actor,
      action: 'presentation.delivered',
      subject: license.id,
      details: {
        presentation: id,
        matter: claim.matter,
        case: claim.caseNumber,
        fields: [
          ...answer.lines.map(({ name }) => name),
          ...(answer.photo === null ? [] : [PHOTO_FIELD]),
        ].join(' '),
        receipt: receiptId,
      },
    });
  });
  return { answer, receiptId, receipt };
}

/** The holder whose screen it was. @throws LicenseError `record-damaged` where the license names nobody like that */
async function shownBy(parts: LicenseParts, id: string, license: StoredLicense): Promise<string> {
  const row = await presentationRow(parts.database.reader, id);
  const holder = holdersOfRecord(license.record).find(
    ({ kind, code }) => holderIndex(parts.index, kind, code) === row?.holder_index,
  );
  if (holder === undefined)
    throw new LicenseError('record-damaged', 'The license does not name the holder who showed it.');
  return holder.code;
}

function refusalOf(state: string): LicenseError {
  if (state === 'delivered')
    return new LicenseError('answer-delivered', 'The answer was given before: it is given once.');
  return state === 'claimed'
    ? new LicenseError('claim-not-approved', 'The holder has not answered yet.')
    : new LicenseError('presentation-over', 'The holder declined, or the time ran out.');
}

async function answerOf(
  parts: LicenseParts,
  of: { readonly id: string; readonly claim: Claim; readonly license: StoredLicense; readonly now: Date },
): Promise<ShowingAnswer> {
  const { id, claim, license, now } = of;
  const type = await licenseTypeEdition(parts.database.reader, license.typeCode, license.edition);
  const state = stateAt(license.state, license.expiresAt, now);
  return {
    presentation: id,
    typeCode: type.typeCode,
    typeName: type.name,
    englishTypeName: type.englishName,
    mark: type.mark,
    issuer: type.issuer,
    version: license.version,
    state,
    stateWords: stateWords[state],
    validUntil: license.record['ZZYXQJZRQ'] ?? null,
    lines: shownToVerifier(type, license.record, claim.fields),
    photo: await photoFor(parts, type, license, claim),
    claim,
    at: now,
  };
}

/** By the edition the license was issued under, whatever a later one lets be seen. */
async function photoFor(
  parts: LicenseParts,
  type: LicenseType,
  license: StoredLicense,
  claim: Claim,
): Promise<PhotoInput | null> {
  const permitted = verifierFields(type).some(({ name }) => name === PHOTO_FIELD);
  if (!permitted || !claim.fields.includes(PHOTO_FIELD)) return null;
  const db = parts.database.reader;
  return photoOf(db, await recordCipherOf(db, parts, license.id), license.id);
}

/** The verifier's copy of the receipt. @throws LicenseError `presentation-not-found`, `claim-not-approved` */
export async function receiptOfClaim(parts: LicenseParts, actor: Actor, id: string): Promise<string> {
  await claimOf(parts, actor, id);
  return receiptIn(parts, id);
}

/** The holder's copy. @throws LicenseError `presentation-not-found`, `claim-not-approved` */
export async function receiptOfShowing(
  parts: LicenseParts,
  reading: HolderReading,
  id: string,
): Promise<string> {
  const row = await presentationRow(parts.database.reader, id);
  const { kind, code } = reading.holder;
  const index = holderIndex(parts.index, kind, normaliseHolderCode(kind, code, parts.clock()));
  if (row?.holder_index !== index)
    throw new LicenseError('presentation-not-found', 'There is no such showing.');
  return receiptIn(parts, id);
}

async function receiptIn(parts: LicenseParts, id: string): Promise<string> {
  const row = await presentationRow(parts.database.reader, id);
  if (row === undefined || row.receipt === null)
    throw new LicenseError('claim-not-approved', 'Nothing was shown, so there is no receipt.');
  return parts.cipher.open({ table: 'presentation', column: 'receipt', row: id }, row.receipt);
}
