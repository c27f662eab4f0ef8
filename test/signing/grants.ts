// Rights that tests start from: an authorisation for every system of a seal's owner, and matters marked for automatic issue.
import { applyForSeal, approveApplication } from '../../signing/seal-applications.ts';
import type { ApplicationParts, SealOperation } from '../../signing/seal-application-kinds.ts';
import type { SealApplication } from '../../signing/seal-application-store.ts';
import type { Seal } from '../../signing/seal.ts';
import type { Actor } from '../../storage/actor.ts';

export const administration: Actor = {
  id: 'person:administrator',
  kind: 'person',
  department: '11120105MB0000043T',
  scopes: ['seals:approve', 'seals:administer'],
};

/** Who applies for a department. */
export function applicantOf(department: string): Actor {
  return { id: 'person:applicant', kind: 'person', department, scopes: ['seals:apply'] };
}

let count = 0;

/** One person applies, another approves. */
export async function byTwoPersons(
  parts: ApplicationParts,
  department: string,
  operation: SealOperation,
): Promise<SealApplication> {
  count += 1;
  const applied = await applyForSeal(parts, applicantOf(department), {
    operation,
    purpose: '测试 test',
    idempotencyKey: `grant-${process.pid}-${count}`,
  });
  return approveApplication(parts, administration, applied.id);
}

const day = 86_400_000;

/** Every system of the owner may use the seal for any matter, for a month. */
export function authorise(
  parts: ApplicationParts,
  seal: Pick<Seal, 'id' | 'department'>,
  change: Partial<Extract<SealOperation, { kind: 'authorise' }>> = {},
): Promise<SealApplication> {
  const now = parts.clock().getTime();
  return byTwoPersons(parts, seal.department, {
    kind: 'authorise',
    sealId: seal.id,
    client: null,
    matters: null,
    perDay: 1_000_000,
    total: 1_000_000,
    hours: null,
    validFrom: new Date(now - day).toISOString(),
    validUntil: new Date(now + 30 * day).toISOString(),
    ...change,
  });
}

export function markAutomatic(
  parts: ApplicationParts,
  department: string,
  matter: string,
): Promise<SealApplication> {
  return byTwoPersons(parts, department, { kind: 'automatic', matter, automatic: true });
}
