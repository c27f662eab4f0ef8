// Inspections of a license (校验, 复核, 年检): events of it, with what was found and until when the next one is due.
import type { Actor } from '../storage/actor.ts';
import { checkChangeWords } from './change-words.ts';
import { changeDigestOf, earlierEvent, type ChangeRequestWords } from './change.ts';
import { currentLife } from './due.ts';
import { LicenseError } from './errors.ts';
import { insertEvent, timelineOf, type LicenseEvent } from './event-store.ts';
import { beijingDay } from './face.ts';
import { checkKey, departmentOf, requireScope } from './guard.ts';
import { endOfGrace, monthsAfter } from './inspection-day.ts';
import type { LicenseLife } from './life.ts';
import { isOver, statusValue } from './license.ts';
import { checkOffice } from './office-words.ts';
import { insertHappening } from './outbox.ts';
import type { LicenseParts } from './parts.ts';
import { writeStatus } from './status.ts';
import { standingAt } from './timeline.ts';
import { licenseTypeNamed } from './type-register.ts';
import type { LicenseType } from './type.ts';

export interface InspectionRequest extends ChangeRequestWords {
  readonly actor: Actor;
  readonly idempotencyKey: string;
  readonly licenseId: string;
  /** `YYYY-MM-DD`, not before the issue and not to come. */
  readonly inspectedOn: string;
  /** One of the outcomes that the type names; the first is the good one. */
  readonly outcome: string;
  /** Day by which the next inspection is due, where it is not the one the rule gives: `YYYY-MM-DD`. */
  readonly nextBy?: string;
}

/** Outcomes of types that say nothing of inspections. */
const plainOutcomes = ['合格', '不合格'] as const;
const MAX_YEARS_AHEAD = 10;

/**
 * Records an inspection by the issuing or the supervising department. A good one, or a day given for the next, ends what was
 * overdue, in the public list too.
 * @throws LicenseError `scope-missing`, `department-missing`, `license-not-found`, `inspection-invalid`, `change-invalid`,
 *   `transition-not-allowed` (the license is over), `idempotency-key-invalid`, `idempotency-mismatch`
 */
export async function recordInspection(
  parts: LicenseParts,
  request: InspectionRequest,
): Promise<LicenseEvent> {
  requireScope(request.actor, 'licenses:status');
  checkKey(request.idempotencyKey);
  const department = departmentOf(request.actor);
  const { inspectedOn, outcome, nextBy } = request;
  const digest = changeDigestOf(parts, 'license.inspection', request, [inspectedOn, outcome, nextBy ?? null]);
  const earlier = await earlierEvent(parts, request, digest);
  if (earlier !== null) return earlier;
  checkOffice(request);
  const now = parts.clock();
  const written = await parts.database.write(async (tx) => {
    const life = await currentLife(tx, parts, request.licenseId, now);
    if (life.issuer !== department && life.supervisor !== department)
      throw new LicenseError('license-not-found', 'There is no such license.');
    const standing = standingAt(await timelineOf(tx, life.id), life.expiresAt, {
      validAt: now,
      knownAt: now,
    });
    if (isOver(standing.stored) || standing.state === 'expired')
      throw new LicenseError(
        'transition-not-allowed',
        `A license that is ${standing.state} is not inspected.`,
      );
    checkChangeWords(
      { reason: request.reason, legalBasis: request.legalBasis },
      'suspend',
      life.issuedAt,
      now,
    );
    const type = await licenseTypeNamed(tx, life.typeCode);
    const { next, good } = checkInspection(type, life, request, now);
    const event = await insertEvent(tx, parts, {
      license: life.id,
      change: 'inspect',
      from: standing.state,
      to: standing.state,
      effectiveAt: dayOf(inspectedOn),
      recordedAt: now,
      reason: request.reason,
      legalBasis: request.legalBasis,
      holdersWish: false,
      actor: request.actor.id,
      idempotencyKey: request.idempotencyKey,
      requestDigest: digest,
      successor: null,
      matter: request.matter ?? null,
      caseNumber: request.caseNumber ?? null,
      officer: request.officer ?? request.actor.id,
      secondOfficer: null,
      details: { inspectedOn, outcome, ...(next === null ? {} : { nextBy: next.day }) },
    });
    if (event === null) return null;
    if (next !== null) {
      // A day that has gone by already leaves it overdue.
      const overdue = next.overdueAt <= now;
      await tx
        .updateTable('license')
        .set({ inspect_by: next.overdueAt.toISOString(), inspection_overdue: overdue ? 1 : 0 })
        .where('id', '=', life.id)
        .execute();
      if (life.status !== null)
        await writeStatus(tx, life.status, statusValue(life.state, life.holderKind, false, overdue), now);
    }
    await insertHappening(tx, {
      root: life.root,
      license: life.id,
      kind: 'inspected',
      facts: { outcome, effectiveAt: event.effectiveAt.toISOString() },
      at: now,
    });
    await parts.audit.append(tx, {
      at: now,
      actor: request.actor,
      action: 'license.inspected',
      subject: life.id,
      details: { on: inspectedOn, good: good ? 'yes' : 'no', basis: request.legalBasis },
    });
    return event;
  });
  const event = written ?? (await earlierEvent(parts, request, digest));
  if (event === null) throw new LicenseError('transition-not-allowed', 'The license was changed meanwhile.');
  return event;
}

function dayOf(day: string): Date {
  return new Date(`${day}T00:00:00+08:00`);
}

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return (
    /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
  );
}

/** @returns when the next one is due; null where this one changes nothing about that */
function checkInspection(
  type: LicenseType,
  life: LicenseLife,
  request: InspectionRequest,
  now: Date,
): { readonly next: { readonly day: string; readonly overdueAt: Date } | null; readonly good: boolean } {
  const invalid = (message: string): LicenseError => new LicenseError('inspection-invalid', message);
  const { inspectedOn, outcome, nextBy } = request;
  const rule = type.inspection;
  const outcomes: readonly string[] = rule?.outcomes ?? plainOutcomes;
  if (!isDay(inspectedOn)) throw invalid('The day of the inspection is no day YYYY-MM-DD.');
  if (inspectedOn > beijingDay(now)) throw invalid('An inspection is recorded after it was made.');
  if (inspectedOn < beijingDay(life.issuedAt))
    throw invalid('Nothing was inspected before the license was issued.');
  if (!outcomes.includes(outcome)) throw invalid(`An inspection finds one of: ${outcomes.join(', ')}.`);
  const good = outcome === outcomes[0];
  if (nextBy !== undefined) {
    if (!isDay(nextBy) || nextBy <= inspectedOn)
      throw invalid('The day of the next inspection is no day after this one.');
    if (nextBy > monthsAfter(inspectedOn, 12 * MAX_YEARS_AHEAD))
      throw invalid(`The next inspection is due within ${MAX_YEARS_AHEAD} years.`);
    return { next: { day: nextBy, overdueAt: endOfGrace(nextBy, rule?.graceDays ?? 0) }, good };
  }
  if (rule === undefined || !good) return { next: null, good };
  const day = monthsAfter(inspectedOn, rule.everyMonths);
  return { next: { day, overdueAt: endOfGrace(day, rule.graceDays) }, good };
}
