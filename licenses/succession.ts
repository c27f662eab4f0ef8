// The next version of a license: what it may follow, and what becomes of the version before it.
import { labelledDigest } from '../crypto/algorithms.ts';
import { parseLicenseIdentifier } from '../formats/identifiers/license-identifier.ts';
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import { recordDecision } from './change-record.ts';
import { requireApproval } from './change-request-store.ts';
import { checkChangeWords } from './change-words.ts';
import { currentLife } from './due.ts';
import { LicenseError } from './errors.ts';
import { timelineOf } from './event-store.ts';
import type { Holder } from './face.ts';
import { departmentOf } from './guard.ts';
import { holderTookOver } from './holder-change-store.ts';
import { isHolder } from './holders.ts';
import { beginLife, holdBackUntil } from './life-begin.ts';
import { nextState, stateAt, type Succession } from './license.ts';
import { checkOffice } from './office-words.ts';
import type { LicenseParts } from './parts.ts';
import { recordCipherOf } from './record-keys.ts';
import { findLicense, holderIndex, numberIndex, type IntendedLicense, type StoredLicense } from './store.ts';
import { standingAt } from './timeline.ts';
import type { LicenseType } from './type.ts';

/** Which license a new version follows, and why. */
export interface SuccessionRequest {
  /** Id of its newest version. */
  readonly license: string;
  readonly how: Succession;
  /** 1 to 500 characters; kept encrypted. */
  readonly reason: string;
  /** Law and article, 1 to 200 characters. */
  readonly legalBasis: string;
  /** Now where not said; from a later day on, the version before stays in force until then, and this one is not in force. */
  readonly effectiveAt?: Date;
  /** Who decided, by an opaque name of the department's; the caller where not said. */
  readonly officer?: string;
  /** Id of the approved change request, where the type demands a second person. */
  readonly approval?: string;
}

/** The version that is followed, checked. */
export interface Predecessor {
  readonly license: StoredLicense;
  readonly how: Succession;
  readonly reason: string;
  readonly legalBasis: string;
  readonly effectiveAt: Date;
  readonly officer: string;
  readonly secondOfficer: string | null;
}

const HIGHEST_VERSION = 999;

/**
 * Whether the license may be followed by one of this type and holder.
 * @throws LicenseError `license-not-found` (absent or another department's), `succession-invalid` (an older version,
 *   another type, another holder), `transition-not-allowed`, `change-invalid`
 */
export async function checkSuccession(
  parts: LicenseParts,
  actor: Actor,
  request: SuccessionRequest,
  next: { readonly type: LicenseType; readonly holder: Holder },
): Promise<Predecessor> {
  const license = await findLicense(parts.database.reader, parts, request.license);
  if (license?.issuer !== departmentOf(actor))
    throw new LicenseError('license-not-found', 'There is no such license.');
  const invalid = (message: string): LicenseError => new LicenseError('succession-invalid', message);
  if (license.next !== null) throw invalid('A newer version of this license was issued.');
  if (license.typeCode !== next.type.typeCode)
    throw invalid('A version has the type of the license it follows.');
  await checkHolder(parts, license, next.holder);
  checkOffice(request);
  const now = parts.clock();
  const state = stateAt(license.state, license.expiresAt, now);
  const effectiveAt = checkChangeWords(request, request.how, license.issuedAt, now);
  // One that begins on a later day may follow a term that ends before it.
  nextState(effectiveAt > now ? stateAt(license.state, license.expiresAt, effectiveAt) : state, request.how);
  checkRenewal(next.type, request.how, license.expiresAt, now);
  const { how, reason, legalBasis } = request;
  const second = await requireApproval(parts.database.reader, next.type, {
    license: license.id,
    change: how,
    request: request.approval,
  });
  const officer = second?.officer ?? request.officer ?? actor.id;
  return {
    license,
    how,
    reason,
    legalBasis,
    effectiveAt,
    officer,
    secondOfficer: second?.secondOfficer ?? null,
  };
}

/** A name may change; another person's or enterprise's license is a new license, unless that one took the holder over. */
async function checkHolder(parts: LicenseParts, license: StoredLicense, next: Holder): Promise<void> {
  if (isHolder(license.record, next.kind, next.code)) return;
  const before = holderIndex(parts.index, license.holderKind, license.record['CZZTDM'] ?? '');
  const after = holderIndex(parts.index, next.kind, next.code);
  const tookOver = await holderTookOver(parts.database.reader, {
    department: license.issuer,
    before,
    after,
    now: parts.clock(),
  });
  if (!tookOver)
    throw new LicenseError('succession-invalid', 'A version has the holder of the license it follows.');
}

/** The type says from when on the next term may be asked for. */
function checkRenewal(type: LicenseType, how: Succession, expiresAt: Date | null, now: Date): void {
  if (how !== 'renew' || type.renewal === undefined || expiresAt === null) return;
  const opens = expiresAt.getTime() - type.renewal.daysBefore * 86_400_000;
  if (now.getTime() < opens) {
    throw new LicenseError(
      'succession-invalid',
      `A license of this type is renewed within ${type.renewal.daysBefore} days of its last day (${type.renewal.basis}).`,
    );
  }
}

/** 流水号 of a stored license: every version keeps it. */
export function serialOf(license: StoredLicense): string {
  return parseLicenseIdentifier(license.identifier).serial;
}

/**
 * The number of the next version: one more than any that was ever tried, since an identifier is used once.
 * @throws LicenseError `succession-invalid` past version 999; `transition-not-allowed` where another is being issued
 */
export async function versionAfter(tx: Writer, { license }: Predecessor): Promise<number> {
  const row = await tx
    .selectFrom('license')
    .select((e) => e.fn.max<number | null>('version').as('last'))
    .where('root', '=', license.root)
    .executeTakeFirstOrThrow();
  const other = await tx
    .selectFrom('license')
    .select('id')
    .where('previous', '=', license.id)
    .where('state', 'in', ['intended', 'issued', 'suspended', 'superseded', 'merged'])
    .executeTakeFirst();
  if (other !== undefined)
    throw new LicenseError(
      'transition-not-allowed',
      'Another version of this license is being issued, or waits for its day.',
    );
  const waiting = await tx
    .selectFrom('license_due')
    .select('sequence')
    .where('license', '=', license.id)
    .where('state', '=', 'waiting')
    .executeTakeFirst();
  if (waiting !== undefined)
    throw new LicenseError(
      'transition-not-allowed',
      'A decided change of this license waits for its day: take it back first.',
    );
  const version = (row.last ?? license.version) + 1;
  if (version > HIGHEST_VERSION)
    throw new LicenseError('succession-invalid', 'GB/T 36904 has no version after 999.');
  return version;
}

/** What the intention of a version keeps of its reasons. */
export async function sealedSuccession(
  tx: Writer,
  parts: Pick<LicenseParts, 'cipher'>,
  id: string,
  number: string,
  predecessor: Predecessor,
): Promise<NonNullable<IntendedLicense['succeeds']>> {
  const { license, how, legalBasis, effectiveAt } = predecessor;
  const cipher = await recordCipherOf(tx, parts, license.id);
  const reason = cipher.seal({ table: 'license', column: 'succession', row: id }, predecessor.reason);
  return {
    license: license.id,
    sameNumber: license.record['ZZBH'] === number,
    succession: JSON.stringify({ how, legalBasis, effectiveAt: effectiveAt.toISOString(), reason }),
  };
}

/**
 * What the write that completes a license does beside it: others are told, the first inspection gets its day; and of a next
 * version, the version before is superseded, now or on its day: state, status list, event, printed number.
 * @throws LicenseError `transition-not-allowed` where it was changed meanwhile: the whole act is given up then
 */
export async function completeSuccession(
  tx: Writer,
  parts: LicenseParts,
  request: { readonly actor: Actor; readonly matter: string; readonly caseNumber: string | null },
  done: {
    readonly act: string;
    readonly position: number;
    readonly now: Date;
    readonly license: {
      readonly id: string;
      readonly checked: {
        readonly predecessor: Predecessor | null;
        readonly number: string;
        readonly type: LicenseType;
      };
    };
  },
): Promise<void> {
  const { predecessor, number, type } = done.license.checked;
  const { now } = done;
  await beginLife(tx, { id: done.license.id, type, follows: predecessor?.license.id ?? null, now });
  if (predecessor === null) return;
  const { how, reason, legalBasis, officer, secondOfficer } = predecessor;
  // Read again inside the write: it may have been revoked while the page was drawn.
  const before = await currentLife(tx, parts, predecessor.license.id, now);
  if (before.next !== null)
    throw new LicenseError('transition-not-allowed', 'The license was changed meanwhile.');
  const { last } = standingAt(await timelineOf(tx, before.id), before.expiresAt, {
    validAt: now,
    knownAt: now,
  });
  // What was decided meanwhile has its effect first.
  const effectiveAt =
    last !== null && last.effectiveAt > predecessor.effectiveAt ? last.effectiveAt : predecessor.effectiveAt;
  const waits = effectiveAt > now;
  const event = await recordDecision(
    tx,
    parts,
    before,
    {
      actor: request.actor,
      change: how,
      effectiveAt,
      reason,
      legalBasis,
      holdersWish: false,
      // The act holds the caller's key; an event has one of its own within it.
      idempotencyKey: `${done.act}:${done.position}`,
      requestDigest: labelledDigest(parts.suite.digest, new TextEncoder().encode(done.license.id)),
      successor: done.license.id,
      matter: request.matter,
      caseNumber: request.caseNumber,
      officer,
      secondOfficer,
    },
    now,
  );
  if (event === null) throw new LicenseError('transition-not-allowed', 'The license was changed meanwhile.');
  // A number that goes on goes over now; another one of the version before stays taken until that one ends.
  if (!waits || predecessor.license.record['ZZBH'] === number)
    await tx.updateTable('license').set({ number_index: null }).where('id', '=', before.id).execute();
  const printed = { typeCode: type.typeCode, issuer: type.issuer.creditCode, number };
  await tx
    .updateTable('license')
    .set({ number_index: numberIndex(parts.index, printed) })
    .where('id', '=', done.license.id)
    .execute();
  if (waits)
    await holdBackUntil(tx, parts, request, {
      id: done.license.id,
      key: `${done.act}:${done.position}`,
      event,
      now,
    });
}
