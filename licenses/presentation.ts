// 亮证, the holder's side: a code on the screen for a minute, renewed before it ends; a claim is agreed to here or nowhere.
import { toHex } from '../formats/bytes.ts';
import type { PresentationTable } from '../storage/schema/presentations.ts';
import { heldLicense, note, type HolderReading } from './access.ts';
import { LicenseError } from './errors.ts';
import { normaliseHolderCode } from './face.ts';
import { freshCodes, PICTURE_LIFE, untilFree, type LivePicture } from './live-code.ts';
import type { LicenseParts } from './parts.ts';
import { countUse, raiseAlarm } from './presentation-limits.ts';
import {
  move,
  presentationOf,
  presentationRow,
  stateNow,
  withoutCodes,
  type Presentation,
} from './presentation-store.ts';
import { holderIndex } from './store.ts';

/** Milliseconds for the holder to answer a claim, and again for the verifier to fetch what was agreed to. */
export const CLAIM_LIFE = 120_000;
/** Most licenses shown at once, each of another type. */
const MAX_SHOWN = 5;
/** Renewals after which the holder has to begin again: an hour of a screen that nobody looks at. */
const MAX_RENEWALS = 80;

/** A holder at their device. */
export interface Showing extends HolderReading {
  /** What this device alone knows: its session, or a secret it was given. */
  readonly device: string;
}

function deviceMac(parts: Pick<LicenseParts, 'index'>, device: string): string {
  return parts.index.of('presentation.device', device);
}

function indexOf(parts: LicenseParts, { holder }: HolderReading): string {
  return holderIndex(parts.index, holder.kind, normaliseHolderCode(holder.kind, holder.code, parts.clock()));
}

/**
 * Shows licenses: what the device showed before is put away.
 * @param licenses 1 to 5 of the holder's own, each of another type, the newest versions
 * @throws LicenseError `license-not-found`, `presentation-invalid`
 */
export async function showLicenses(
  parts: LicenseParts,
  showing: Showing,
  licenses: readonly string[],
): Promise<LivePicture> {
  const ids = [...new Set(licenses)];
  if (ids.length === 0 || ids.length > MAX_SHOWN)
    throw new LicenseError('presentation-invalid', `Show 1 to ${MAX_SHOWN} licenses.`);
  const held = await Promise.all(ids.map((id) => heldLicense(parts, showing, id)));
  if (held.some(({ next }) => next !== null))
    throw new LicenseError('presentation-invalid', 'An earlier version cannot be shown: show the newest.');
  if (new Set(held.map(({ typeCode }) => typeCode)).size !== held.length)
    throw new LicenseError('presentation-invalid', 'Show one license of a type at a time.');
  const holder = indexOf(parts, showing);
  return untilFree(async () => {
    const now = parts.clock();
    const { code, spoken, columns } = freshCodes(parts, now);
    const id = `prs_${toHex(parts.random(16))}`;
    await parts.database.write(async (tx) => {
      await tx
        .updateTable('presentation')
        .set({ state: 'ended', reason: 'replaced', ...withoutCodes })
        .where('device_mac', '=', deviceMac(parts, showing.device))
        .where('state', '=', 'shown')
        .execute();
      await tx
        .insertInto('presentation')
        .values({
          id,
          state: 'shown',
          device_mac: deviceMac(parts, showing.device),
          holder: showing.actor.id,
          acting_for: showing.actor.actingFor ?? null,
          holder_index: holder,
          licenses: JSON.stringify(ids),
          ...columns,
          shown_at: now.toISOString(),
          renewals: 0,
          verifier: null,
          department: null,
          matter: null,
          case_number: null,
          license: null,
          fields: null,
          match_number: null,
          claimed_at: null,
          claim_until: null,
          decided_at: null,
          reason: null,
          delivered_at: null,
          receipt_id: null,
          receipt: null,
        })
        .execute();
      await parts.audit.append(tx, {
        at: now,
        actor: showing.actor,
        action: 'presentation.shown',
        subject: id,
        details: { licenses: String(ids.length) },
      });
    });
    return { id, code, spoken, until: new Date(columns.shown_until) };
  });
}

/**
 * The next picture; the one before is dead when this answers.
 * @throws LicenseError `presentation-not-found` (also from another device), `presentation-over` (claimed or ended)
 */
export async function renewPicture(parts: LicenseParts, showing: Showing, id: string): Promise<LivePicture> {
  await ownRow(parts, showing, id);
  return untilFree(async () => {
    const now = parts.clock();
    const { code, spoken, columns } = freshCodes(parts, now);
    const renewed = await parts.database.write((tx) =>
      tx
        .updateTable('presentation')
        .set((e) => ({ ...columns, renewals: e('renewals', '+', 1) }))
        .where('id', '=', id)
        .where('state', '=', 'shown')
        .where('renewals', '<', MAX_RENEWALS)
        // A screen that slept for long begins anew, so that nobody finds it open.
        .where('shown_until', '>', new Date(now.getTime() - 10 * PICTURE_LIFE).toISOString())
        .executeTakeFirst(),
    );
    if (renewed.numUpdatedRows !== 1n) throw over();
    return { id, code, spoken, until: new Date(columns.shown_until) };
  });
}

function over(): LicenseError {
  return new LicenseError('presentation-over', 'This showing was claimed, or is over: show it anew.');
}

/** @throws LicenseError `presentation-not-found` unless this holder showed it on this device. */
async function ownRow(parts: LicenseParts, showing: Showing, id: string): Promise<PresentationTable> {
  const row = await presentationRow(parts.database.reader, id);
  const own =
    row?.holder === showing.actor.id &&
    row.device_mac === deviceMac(parts, showing.device) &&
    row.holder_index === indexOf(parts, showing);
  if (!own) throw new LicenseError('presentation-not-found', 'There is no such showing on this device.');
  return row;
}

/** How a showing stands, for the device that shows it. @throws LicenseError `presentation-not-found` */
export async function shownHere(parts: LicenseParts, showing: Showing, id: string): Promise<Presentation> {
  return presentationOf(await ownRow(parts, showing, id), parts.clock());
}

/** Puts a code away; one that was claimed meanwhile is declined. @throws LicenseError `presentation-not-found` */
export async function endShowing(parts: LicenseParts, showing: Showing, id: string): Promise<void> {
  const row = await ownRow(parts, showing, id);
  if (stateNow(row, parts.clock()) === 'claimed') {
    await answerClaim(parts, showing, id, { agree: false });
    return;
  }
  const now = parts.clock();
  const ended = await parts.database.write(async (tx) => {
    if (!(await move(tx, id, 'shown', { state: 'ended', reason: 'holder', ...withoutCodes }))) return false;
    await parts.audit.append(tx, {
      at: now,
      actor: showing.actor,
      action: 'presentation.ended',
      subject: id,
      details: {},
    });
    return true;
  });
  if (ended) return;
  // Claimed between the look and the write: the holder puts it away all the same.
  const again = await ownRow(parts, showing, id);
  if (stateNow(again, parts.clock()) === 'claimed') await answerClaim(parts, showing, id, { agree: false });
}

/**
 * Three numbers to choose from, the right one among them: who agrees without having looked at the desk's screen agrees wrongly
 * two times of three. The same ones each time they are asked for.
 */
export function numbersToChooseFrom(
  parts: Pick<LicenseParts, 'index'>,
  id: string,
  matchNumber: number,
): readonly number[] {
  const seed = Buffer.from(
    parts.index.of('presentation.numbers', id).split(':')[1]?.slice(0, 8) ?? '',
    'hex',
  );
  const first = 1 + ((seed[0] ?? 0) % 44);
  const second = 46 + ((seed[1] ?? 0) % 43);
  const wrong = [first, second].map((step) => 10 + ((matchNumber - 10 + step) % 90));
  const at = (seed[2] ?? 0) % 3;
  return [...wrong.slice(0, at), matchNumber, ...wrong.slice(at)];
}

/** What the holder says to a claim. */
export type HolderAnswer = { readonly agree: false } | { readonly agree: true; readonly number: number };

/**
 * Answers a claim. The wrong number declines it: the holder looked at another desk's screen, or at none.
 * @returns how it stands then
 * @throws LicenseError `presentation-not-found`, `presentation-over` where no claim waits
 */
export async function answerClaim(
  parts: LicenseParts,
  showing: Showing,
  id: string,
  answer: HolderAnswer,
): Promise<Presentation> {
  const row = await ownRow(parts, showing, id);
  const now = parts.clock();
  const { claim } = presentationOf(row, now);
  if (claim === null || stateNow(row, now) !== 'claimed') throw over();
  const agreed = answer.agree && answer.number === claim.matchNumber;
  const reason = agreed ? null : answer.agree ? 'number' : 'holder';
  await parts.database.write(async (tx) => {
    const until = new Date(now.getTime() + CLAIM_LIFE).toISOString();
    const decided = { decided_at: now.toISOString(), reason };
    const moved = await move(
      tx,
      id,
      'claimed',
      agreed ? { state: 'approved', claim_until: until, ...decided } : { state: 'declined', ...decided },
    );
    if (!moved) throw over();
    await parts.audit.append(tx, {
      at: now,
      actor: showing.actor,
      action: agreed ? 'presentation.approved' : 'presentation.declined',
      subject: claim.license,
      details: { presentation: id, department: claim.department, ...(reason === null ? {} : { reason }) },
    });
    if (agreed) return;
    await countUse(tx, claim, 'failed', now);
    const kind = reason === 'number' ? 'other-number' : 'declined';
    const { verifier, department } = claim;
    await raiseAlarm(tx, parts, {
      kind,
      verifier,
      department,
      presentation: id,
      at: now,
      actor: showing.actor,
    });
  });
  return shownHere(parts, showing, id);
}

/** The newest showings of a holder that somebody claimed: who asked for what, and what came of it. On record. */
export async function claimsOfHolder(
  parts: LicenseParts,
  reading: HolderReading,
  limit = 50,
): Promise<readonly Presentation[]> {
  const rows = await parts.database.reader
    .selectFrom('presentation')
    .selectAll()
    .where('holder_index', '=', indexOf(parts, reading))
    .where('verifier', 'is not', null)
    .orderBy('shown_at', 'desc')
    .limit(Math.min(limit, 200))
    .execute();
  await note(parts, reading, 'license.searched', 'own claims', rows.length);
  return rows.map((row) => presentationOf(row, parts.clock()));
}
