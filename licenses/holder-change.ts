// Holders that change: another name, another number, or taken over by another. Told of on every license of theirs here.
import { toHex } from '../formats/bytes.ts';
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import { checkChangeWords } from './change-words.ts';
import { currentLife } from './due.ts';
import { LicenseError } from './errors.ts';
import { insertEvent } from './event-store.ts';
import { normaliseHolderCode } from './face.ts';
import { checkKey, departmentOf, requireScope } from './guard.ts';
import type { HolderKind } from './holder-kind.ts';
import { checkOffice } from './office-words.ts';
import { insertHappening } from './outbox.ts';
import type { LicenseParts } from './parts.ts';
import { holdsUnprintable } from './plain-text.ts';
import { holderIndex } from './store.ts';

export const holderChanges = ['renamed', 'merged', 'renumbered'] as const;
export type HolderChange = (typeof holderChanges)[number];

interface NamedHolder {
  readonly name: string;
  /** 统一社会信用代码 or 公民身份号码. */
  readonly code: string;
}

export interface HolderChangeRequest {
  readonly actor: Actor;
  readonly idempotencyKey: string;
  readonly change: HolderChange;
  readonly kind: HolderKind;
  readonly before: NamedHolder;
  /** `renamed`: the same code; `merged`: the one that takes over; `renumbered`: the same holder's other code. */
  readonly after: NamedHolder;
  readonly reason: string;
  readonly legalBasis: string;
  /** Not in the future: a holder is what it is. */
  readonly effectiveAt?: Date;
  readonly officer?: string;
}

/** What was recorded. */
export interface HolderChanged {
  /** `lhc_…` */
  readonly id: string;
  readonly change: HolderChange;
  readonly effectiveAt: Date;
  readonly recordedAt: Date;
  /** Licenses in force or suspended that now wait to be changed, by id. */
  readonly licenses: readonly string[];
}

const eventKinds = {
  renamed: 'holder-renamed',
  merged: 'holder-merged',
  renumbered: 'holder-renumbered',
} as const;
/** Most licenses of one holder that one department tells of at once. */
const MAX_LICENSES = 1000;

/**
 * Records that a holder changed, for the licenses of the own department. They stay in force; each tells of it, and a next version
 * may then name the holder as it is now.
 * @throws LicenseError `scope-missing`, `department-missing`, `holder-change-invalid`, `change-invalid`,
 *   `idempotency-key-invalid`, `idempotency-mismatch`
 */
export async function recordHolderChange(
  parts: LicenseParts,
  request: HolderChangeRequest,
): Promise<HolderChanged> {
  const { actor, change } = request;
  requireScope(actor, 'licenses:status');
  checkKey(request.idempotencyKey);
  const department = departmentOf(actor);
  const now = parts.clock();
  const { before, after } = checkHolders(parts, request, now);
  const effectiveAt = request.effectiveAt ?? now;
  checkWords(request, effectiveAt, now);
  const digest = parts.index.of(
    'license.holder-change',
    JSON.stringify([
      department,
      change,
      before,
      after,
      request.before.name,
      request.after.name,
      request.reason,
      request.legalBasis,
      request.effectiveAt?.getTime() ?? null,
    ]),
  );
  const earlier = await earlierChange(parts, request, digest);
  if (earlier !== null) return earlier;
  const id = `lhc_${toHex(parts.random(16))}`;
  const written = await parts.database.write(async (tx) => {
    const inserted = await tx
      .insertInto('license_holder_change')
      .values({
        id,
        kind: change,
        before_index: before,
        after_index: after,
        payload: parts.cipher.seal(
          { table: 'license_holder_change', column: 'payload', row: id },
          JSON.stringify({ before: request.before, after: request.after, reason: request.reason }),
        ),
        legal_basis: request.legalBasis,
        effective_at: effectiveAt.toISOString(),
        recorded_at: now.toISOString(),
        department,
        actor: actor.id,
        client: actor.id,
        idempotency_key: request.idempotencyKey,
        request_digest: digest,
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows !== 1n) return null;
    const licenses = await licensesHeld(tx, before, department);
    for (const license of licenses) await tellLicense(tx, parts, request, { id, license, effectiveAt, now });
    await parts.audit.append(tx, {
      at: now,
      actor,
      action: 'license.holder-changed',
      subject: id,
      details: { change, licenses: String(licenses.length), basis: request.legalBasis },
    });
    return { id, change, effectiveAt, recordedAt: now, licenses };
  });
  const result = written ?? (await earlierChange(parts, request, digest));
  if (result === null) throw new LicenseError('holder-change-invalid', 'The holder was changed meanwhile.');
  return result;
}

function checkHolders(
  parts: LicenseParts,
  { kind, change, before, after }: HolderChangeRequest,
  now: Date,
): { readonly before: string; readonly after: string } {
  const invalid = (message: string): LicenseError => new LicenseError('holder-change-invalid', message);
  const code = (one: NamedHolder, which: string): string => {
    try {
      return normaliseHolderCode(kind, one.code, now);
    } catch (cause) {
      throw new LicenseError('holder-change-invalid', `The ${which} code is none of this kind of holder.`, {
        cause,
      });
    }
  };
  for (const { name } of [before, after])
    if (name.trim() === '' || Array.from(name).length > 100 || holdsUnprintable(name))
      throw invalid('A holder has a name of 1 to 100 printable characters.');
  const [first, second] = [code(before, 'former'), code(after, 'present')];
  if (change === 'renamed' && first !== second) throw invalid('A holder that is renamed keeps its code.');
  if (change === 'renamed' && before.name === after.name) throw invalid('The name is the same.');
  if (change !== 'renamed' && first === second) throw invalid('The code is the same: nothing changed hands.');
  if (change === 'merged' && kind === 'resident')
    throw invalid('Persons are not merged: give the number as it is now.');
  return {
    before: holderIndex(parts.index, kind, first),
    after: holderIndex(parts.index, kind, second),
  };
}

function checkWords(request: HolderChangeRequest, effectiveAt: Date, now: Date): void {
  const { reason, legalBasis } = request;
  // The words are held to the same rules; the day to one of its own.
  checkChangeWords({ reason, legalBasis }, 'annul', new Date(0), now);
  if (Number.isNaN(effectiveAt.getTime()) || effectiveAt.getTime() > now.getTime() + 60_000)
    throw new LicenseError('holder-change-invalid', 'A change of the holder is recorded after it happened.');
  checkOffice(request);
}

async function licensesHeld(tx: Writer, index: string, department: string): Promise<readonly string[]> {
  const rows = await tx
    .selectFrom('license_holder')
    .innerJoin('license', 'license.id', 'license_holder.license')
    .select('license.id')
    .where('license_holder.holder_index', '=', index)
    .where('license.issuer', '=', department)
    .where('license.state', 'in', ['issued', 'suspended'])
    .orderBy('license.id')
    .limit(MAX_LICENSES + 1)
    .execute();
  // Telling some of them and not the others would look as if all were told.
  if (rows.length > MAX_LICENSES)
    throw new LicenseError(
      'holder-change-invalid',
      `The holder has more than ${MAX_LICENSES} licenses of this department: they are not changed in one step.`,
    );
  return [...new Set(rows.map(({ id }) => id))];
}

async function tellLicense(
  tx: Writer,
  parts: LicenseParts,
  request: HolderChangeRequest,
  told: { readonly id: string; readonly license: string; readonly effectiveAt: Date; readonly now: Date },
): Promise<void> {
  const { effectiveAt, now, license } = told;
  const life = await currentLife(tx, parts, license, now);
  await insertEvent(tx, parts, {
    license,
    change: eventKinds[request.change],
    from: life.state,
    to: life.state,
    effectiveAt,
    recordedAt: now,
    reason: request.reason,
    legalBasis: request.legalBasis,
    holdersWish: false,
    actor: request.actor.id,
    idempotencyKey: `${told.id}:${license}`,
    requestDigest: '',
    successor: null,
    matter: null,
    caseNumber: null,
    officer: request.officer ?? request.actor.id,
    secondOfficer: null,
    details: { holderChange: told.id },
  });
  await insertHappening(tx, {
    root: life.root,
    license,
    kind: 'holder-changed',
    facts: { change: request.change, effectiveAt: effectiveAt.toISOString() },
    at: now,
  });
}

async function earlierChange(
  parts: LicenseParts,
  request: HolderChangeRequest,
  digest: string,
): Promise<HolderChanged | null> {
  const row = await parts.database.reader
    .selectFrom('license_holder_change')
    .select(['id', 'kind', 'effective_at', 'recorded_at', 'request_digest'])
    .where('client', '=', request.actor.id)
    .where('idempotency_key', '=', request.idempotencyKey)
    .executeTakeFirst();
  if (row === undefined) return null;
  if (row.request_digest !== digest)
    throw new LicenseError('idempotency-mismatch', 'This idempotency key was used for another request.');
  const told = await parts.database.reader
    .selectFrom('license_event')
    .select('license')
    .where('client', '=', request.actor.id)
    .where('idempotency_key', 'like', `${row.id}:%`)
    .orderBy('license')
    .execute();
  return {
    id: row.id,
    change: row.kind,
    effectiveAt: new Date(row.effective_at),
    recordedAt: new Date(row.recorded_at),
    licenses: told.map(({ license }) => license),
  };
}
