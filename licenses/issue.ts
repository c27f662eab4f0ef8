// Issues one license: an act of one.
import type { Actor } from '../storage/actor.ts';
import { performAct } from './act.ts';
import type { LicenseParts } from './parts.ts';
import type { LicenseRequest } from './request.ts';
import type { StoredLicense } from './store.ts';

export interface IssueRequest extends LicenseRequest {
  readonly actor: Actor;
  readonly idempotencyKey: string;
  /** 实施编码 of the matter. */
  readonly matter: string;
  /** 办件编号, where there is one. */
  readonly caseNumber: string | null;
}

/**
 * Issues a license: checked, identified (GB/T 36904), coded, drawn, stamped, stored, its status published.
 * Repeating the key with the same request answers the stored license and signs nothing.
 * @throws LicenseError, SigningError; after a refusal nothing is in force and the identifier, if one was taken, stays unused
 */
export async function issueLicense(parts: LicenseParts, request: IssueRequest): Promise<StoredLicense> {
  const { actor, idempotencyKey, matter, caseNumber, ...license } = request;
  const { licenses } = await performAct(parts, {
    actor,
    kind: 'license',
    idempotencyKey,
    matter,
    caseNumber,
    decision: null,
    licenses: [license],
  });
  const [issued] = licenses;
  if (issued === undefined) throw new TypeError('A completed act has its license.');
  return issued;
}
