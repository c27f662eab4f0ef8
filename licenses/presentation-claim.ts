// 亮证, the verifier's side: one claim of a code by one verifier, naming matter, open case and fields; the answer once.
import type { RandomBytes } from '../crypto/clock.ts';
import { readLiveCode, type LiveCode } from '../formats/qr/live-code.ts';
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import type { PresentationTable } from '../storage/schema/presentations.ts';
import { LicenseError } from './errors.ts';
import { departmentOf, requireScope } from './guard.ts';
import { requireOpenCase } from './open-cases.ts';
import type { LicenseParts } from './parts.ts';
import { spokenMacs, tokenDigest } from './live-code.ts';
import { CLAIM_LIFE } from './presentation.ts';
import {
  countUse,
  fullWindow,
  raiseAlarm,
  showingLimits,
  type Asking,
  type UseKind,
} from './presentation-limits.ts';
import {
  move,
  presentationOf,
  presentationRow,
  shownByLocator,
  shownByToken,
  withoutCodes,
  type Claim,
  type Presentation,
} from './presentation-store.ts';
import { checkFields, verifierFields } from './shown-fields.ts';
import { licenseTypeNamed } from './type-register.ts';

/** Tries at the last four of ten digits before they are dead; the picture lives on. */
const MAX_WRONG_TRIES = 5;

export interface ClaimRequest {
  readonly actor: Actor;
  /** What was scanned, or ten digits. */
  readonly code: string;
  /** 实施编码 and 办件编号 of an open case. */
  readonly matter: string;
  readonly caseNumber: string;
  /** Type code or key of the license that is asked for. */
  readonly type: string;
  /** Short names of fields. */
  readonly fields: readonly string[];
}

/** A showing that was claimed, as its verifier sees it. */
export type ClaimedShowing = Pick<Presentation, 'id' | 'state' | 'reason'> & { readonly claim: Claim };

type Attempt =
  | { readonly kind: 'claimed'; readonly id: string }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'not-offered' }
  | { readonly kind: 'full'; readonly window: UseKind };

/**
 * Claims a code: whoever is first has it, and nobody after.
 * @throws LicenseError `scope-missing`, `department-missing`, `type-not-found`, `fields-not-permitted`, `case-not-open`,
 *   `claim-limit`, `live-code-refused` (unknown, renewed, claimed or run out alike), `not-offered`; FormatError
 *   `code-malformed`
 */
export async function claimShowing(parts: LicenseParts, request: ClaimRequest): Promise<ClaimedShowing> {
  requireScope(request.actor, 'licenses:present');
  const asking = { verifier: request.actor.id, department: departmentOf(request.actor) };
  const code = readLiveCode(request.code);
  const type = await licenseTypeNamed(parts.database.reader, request.type);
  const fields = checkFields(verifierFields(type), request.fields);
  await requireOpenCase(parts.database.reader, asking.department, request);
  const asked = { ...request, typeCode: type.typeCode, fields };
  const matchNumber = twoDigits(parts.random);
  const attempt = await parts.database.write((tx) =>
    claimIn(tx, parts, { asking, code, asked, matchNumber }),
  );
  if (attempt.kind === 'claimed') return claimOf(parts, request.actor, attempt.id);
  throw refusalOf(attempt);
}

function refusalOf(attempt: Exclude<Attempt, { kind: 'claimed' }>): LicenseError {
  if (attempt.kind === 'not-offered')
    return new LicenseError('not-offered', 'The code is good, and shows no license of this type.');
  if (attempt.kind === 'wrong')
    return new LicenseError(
      'live-code-refused',
      'The code is unknown, was renewed, claimed, or has run out.',
    );
  const why = {
    claim: 'Too many claims in this hour.',
    wrong: 'Too many codes that are not good: wait ten minutes.',
    failed: 'Too many claims that holders declined or did not answer: wait for the next hour.',
  } as const;
  return new LicenseError('claim-limit', why[attempt.window]);
}

/** 10 to 99, each as likely as the others. */
function twoDigits(random: RandomBytes): number {
  for (;;) {
    for (const byte of random(8)) if (byte < 180) return 10 + (byte % 90);
  }
}

async function claimIn(
  tx: Writer,
  parts: LicenseParts,
  plan: {
    readonly asking: Asking;
    readonly code: LiveCode;
    readonly asked: ClaimRequest & { readonly typeCode: string };
    readonly matchNumber: number;
  },
): Promise<Attempt> {
  const { asking, asked } = plan;
  const now = parts.clock();
  // First of all: from here to the end of the write no other call of this verifier is between counting and claiming.
  await countUse(tx, asking, 'claim', now);
  const window = await fullWindow(tx, parts.showingLimits ?? showingLimits, asking, now);
  if (window !== null) return { kind: 'full', window };
  const row = await shownBy(tx, parts, plan.code, now, asking, asked.actor);
  if (row === null) {
    await countWrong(tx, parts, asking, asked.actor, now);
    return { kind: 'wrong' };
  }
  const license = await offered(tx, row, asked.typeCode);
  if (license === null) {
    await parts.audit.append(tx, {
      at: now,
      actor: asked.actor,
      action: 'presentation.refused',
      subject: row.id,
      details: { reason: 'not-offered', type: asked.typeCode, case: asked.caseNumber },
    });
    return { kind: 'not-offered' };
  }
  const moved = await move(tx, row.id, 'shown', {
    state: 'claimed',
    ...withoutCodes,
    ...asking,
    matter: asked.matter,
    case_number: asked.caseNumber,
    license,
    fields: JSON.stringify(asked.fields),
    match_number: plan.matchNumber,
    claimed_at: now.toISOString(),
    claim_until: new Date(now.getTime() + CLAIM_LIFE).toISOString(),
  });
  if (!moved) return { kind: 'wrong' };
  await parts.audit.append(tx, {
    at: now,
    actor: asked.actor,
    action: 'presentation.claimed',
    subject: license,
    details: {
      presentation: row.id,
      matter: asked.matter,
      case: asked.caseNumber,
      fields: asked.fields.join(' '),
    },
  });
  return { kind: 'claimed', id: row.id };
}

/** The showing the code stands for now; a wrong end of ten digits is counted against the right beginning. */
async function shownBy(
  tx: Writer,
  parts: LicenseParts,
  code: LiveCode,
  now: Date,
  asking: Asking,
  actor: Actor,
): Promise<PresentationTable | null> {
  if (code.kind === 'token') return (await shownByToken(tx, tokenDigest(parts, code.digits), now)) ?? null;
  const macs = spokenMacs(parts, code.digits);
  const row = await shownByLocator(tx, macs.locator_mac, now);
  if (row === undefined) return null;
  if (row.digits_mac === macs.digits_mac) return row;
  const tries = row.wrong_tries + 1;
  const dead = tries >= MAX_WRONG_TRIES;
  await tx
    .updateTable('presentation')
    .set({ wrong_tries: tries, ...(dead ? { locator_mac: null, digits_mac: null } : {}) })
    .where('id', '=', row.id)
    .execute();
  if (dead)
    await raiseAlarm(tx, parts, { kind: 'wrong-codes', ...asking, presentation: row.id, at: now, actor });
  return null;
}

async function countWrong(
  tx: Writer,
  parts: LicenseParts,
  asking: Asking,
  actor: Actor,
  now: Date,
): Promise<void> {
  const counts = await countUse(tx, asking, 'wrong', now);
  const limits = parts.showingLimits ?? showingLimits;
  // Once, when the window closes.
  if (counts.verifier === limits.verifier.wrong || counts.department === limits.department.wrong)
    await raiseAlarm(tx, parts, { kind: 'limit', ...asking, presentation: null, at: now, actor });
}

/** The shown license of the type asked for. */
async function offered(tx: Writer, row: PresentationTable, typeCode: string): Promise<string | null> {
  const found = await tx
    .selectFrom('license')
    .select('id')
    .where('id', 'in', JSON.parse(row.licenses) as readonly string[])
    .where('type_code', '=', typeCode)
    .executeTakeFirst();
  return found?.id ?? null;
}

/** How an own claim stands. @throws LicenseError `presentation-not-found` (absent or another verifier's) */
export async function claimOf(parts: LicenseParts, actor: Actor, id: string): Promise<ClaimedShowing> {
  requireScope(actor, 'licenses:present');
  const row = await presentationRow(parts.database.reader, id);
  const found = row === undefined ? null : presentationOf(row, parts.clock());
  const claim = found?.claim ?? null;
  if (found === null || claim?.verifier !== actor.id || claim.department !== actor.department)
    throw new LicenseError('presentation-not-found', 'There is no such claim.');
  return { id, state: found.state, reason: found.reason, claim };
}

/** The newest claims of the department, for its own page. */
export async function claimsOfDepartment(
  parts: LicenseParts,
  actor: Actor,
  limit = 20,
): Promise<readonly ClaimedShowing[]> {
  requireScope(actor, 'licenses:present');
  const rows = await parts.database.reader
    .selectFrom('presentation')
    .selectAll()
    .where('department', '=', departmentOf(actor))
    .where('verifier', '=', actor.id)
    .orderBy('claimed_at', 'desc')
    .limit(Math.min(limit, 100))
    .execute();
  return rows.flatMap((row) => {
    const { id, state, reason, claim } = presentationOf(row, parts.clock());
    return claim === null ? [] : [{ id, state, reason, claim }];
  });
}
