// The next version of a license: what it may follow, and what becomes of the version before it.
import { labelledDigest } from '../crypto/algorithms.ts';
import { parseLicenseIdentifier } from '../formats/identifiers/license-identifier.ts';
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import { checkChangeWords } from './change-words.ts';
import { LicenseError } from './errors.ts';
import { insertEvent } from './event-store.ts';
import type { Holder } from './face.ts';
import { departmentOf } from './guard.ts';
import { nextState, stateAt, statusValue, type Succession } from './license.ts';
import type { LicenseParts } from './parts.ts';
import { recordCipherOf } from './record-keys.ts';
import { writeStatus } from './status.ts';
import { findLicense, numberIndex, type IntendedLicense, type StoredLicense } from './store.ts';
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
  readonly effectiveAt?: Date;
}

/** The version that is followed, checked. */
export interface Predecessor {
  readonly license: StoredLicense;
  readonly how: Succession;
  readonly reason: string;
  readonly legalBasis: string;
  readonly effectiveAt: Date;
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
  // A name may change; another person's or enterprise's license is a new license.
  if (license.holderKind !== next.holder.kind || license.record['CZZTDM'] !== next.holder.code)
    throw invalid('A version has the holder of the license it follows.');
  const now = parts.clock();
  nextState(stateAt(license.state, license.expiresAt, now), request.how);
  const effectiveAt = checkChangeWords(request, request.how, license.issuedAt, now);
  const { how, reason, legalBasis } = request;
  return { license, how, reason, legalBasis, effectiveAt };
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
    .where('state', '<>', 'abandoned')
    .executeTakeFirst();
  if (other !== undefined)
    throw new LicenseError('transition-not-allowed', 'Another version of this license is being issued.');
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
 * Ends the version before, in the write that completes the next: state, status list, event, printed number.
 * A license that follows none is left alone.
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
  if (predecessor === null) return;
  const { how, reason, legalBasis, effectiveAt } = predecessor;
  const { now } = done;
  // Read again inside the write: it may have been revoked while the page was drawn.
  const before = await findLicense(tx, parts, predecessor.license.id);
  if (before === null) throw new LicenseError('license-not-found', 'There is no such license.');
  const from = stateAt(before.state, before.expiresAt, now);
  const to = nextState(from, how);
  await insertEvent(tx, parts, {
    license: before.id,
    change: how,
    from,
    to,
    effectiveAt,
    recordedAt: now,
    reason,
    legalBasis,
    holdersWish: false,
    actor: request.actor.id,
    // The act holds the caller's key; an event has one of its own within it.
    idempotencyKey: `${done.act}:${done.position}`,
    requestDigest: labelledDigest(parts.suite.digest, new TextEncoder().encode(done.license.id)),
    successor: done.license.id,
    matter: request.matter,
    caseNumber: request.caseNumber,
    officer: null,
    secondOfficer: null,
  });
  const ended = await tx
    .updateTable('license')
    .set({ state: 'superseded', next: done.license.id, number_index: null })
    .where('id', '=', before.id)
    .where('state', '=', before.state === 'expired' ? 'issued' : before.state)
    .where('next', 'is', null)
    .executeTakeFirst();
  if (ended.numUpdatedRows !== 1n)
    throw new LicenseError('transition-not-allowed', 'The license was changed meanwhile.');
  const printed = { typeCode: type.typeCode, issuer: type.issuer.creditCode, number };
  await tx
    .updateTable('license')
    .set({ number_index: numberIndex(parts.index, printed) })
    .where('id', '=', done.license.id)
    .execute();
  if (before.status !== null) await writeStatus(tx, before.status, statusValue(to, before.holderKind, false));
  await parts.audit.append(tx, {
    at: now,
    actor: request.actor,
    action: 'license.status-changed',
    subject: before.id,
    details: {
      change: how,
      from,
      to,
      effective: effectiveAt.toISOString(),
      basis: legalBasis,
      successor: done.license.id,
    },
  });
}
