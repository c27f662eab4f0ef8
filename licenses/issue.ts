// Issues one license: an act of one.
import type { Actor } from '../storage/actor.ts';
import { performAct } from './act.ts';
import { LicenseError } from './errors.ts';
import type { LicenseParts } from './parts.ts';
import type { LicenseRequest } from './request.ts';
import { findLicense, type StoredLicense } from './store.ts';
import type { SuccessionRequest } from './succession.ts';

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

/** The next version of a license; its type is that of the version it follows. */
export interface VersionRequest extends Omit<IssueRequest, 'type'> {
  readonly succeeds: SuccessionRequest;
}

/**
 * Issues the next version of a license under the newest edition of its type. The version before it is superseded in
 * the same write, and keeps its page, record and code.
 * @throws LicenseError as `issueLicense`, and `license-not-found`, `succession-invalid`, `transition-not-allowed`,
 *   `change-invalid`; after a refusal the version before it is in force as it was
 */
export async function issueVersion(parts: LicenseParts, request: VersionRequest): Promise<StoredLicense> {
  const before = await findLicense(parts.database.reader, parts, request.succeeds.license);
  if (before?.issuer !== request.actor.department)
    throw new LicenseError('license-not-found', 'There is no such license.');
  return issueLicense(parts, { ...request, type: before.typeCode });
}
