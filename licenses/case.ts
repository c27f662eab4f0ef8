// A whole case 办件: decision and licenses under one case number, both or neither.
import type { Actor } from '../storage/actor.ts';
import { resultOf, type ActResult, type DecisionOrder } from './act-answers.ts';
import { findCase } from './act-store.ts';
import { performAct } from './act.ts';
import { LicenseError } from './errors.ts';
import { departmentOf, requireScope } from './guard.ts';
import type { LicenseParts } from './parts.ts';
import type { LicenseRequest } from './request.ts';

export interface CaseRequest {
  readonly actor: Actor;
  readonly idempotencyKey: string;
  readonly matter: string;
  /** 办件编号; a department handles a case once. */
  readonly caseNumber: string;
  /** The decision PDF to stamp; needs the scope `stamps:write`. */
  readonly decision: DecisionOrder | null;
  /** Further documents to stamp; the same scope. */
  readonly documents?: readonly DecisionOrder[];
  readonly licenses: readonly LicenseRequest[];
}

/** What a case left. */
export interface CaseResult extends ActResult {
  readonly caseNumber: string;
  readonly matter: string;
}

/**
 * Stamps the decision and issues the licenses, all or nothing.
 * @throws LicenseError (`case-empty`, `case-number-taken` …), SigningError; after a refusal nothing of the case is in force
 */
export async function handleCase(parts: LicenseParts, request: CaseRequest): Promise<CaseResult> {
  const result = await performAct(parts, { ...request, kind: 'case' });
  return { ...result, caseNumber: request.caseNumber, matter: request.matter };
}

/**
 * What a handled case of the actor's department left.
 * @throws LicenseError `scope-missing`, `department-missing`, `case-not-found` (absent or another department's)
 */
export async function readCase(parts: LicenseParts, actor: Actor, caseNumber: string): Promise<CaseResult> {
  requireScope(actor, 'cases:read', 'cases:write', 'licenses:write', 'licenses:read');
  const act = await findCase(parts.database.reader, departmentOf(actor), caseNumber);
  if (act === null) throw new LicenseError('case-not-found', 'There is no such case.');
  return { ...(await resultOf(parts, actor, act)), caseNumber, matter: act.matter };
}
