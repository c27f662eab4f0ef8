// Rights that the demonstration's systems start from: an authorisation for each seal, and the matters marked 自动核发.
import { district } from '../fixtures/district.ts';
import { automaticMatters, openAuthorisations } from '../signing/authorisation-store.ts';
import { applyForSeal, approveApplication } from '../signing/seal-applications.ts';
import type { SealOperation } from '../signing/seal-application-kinds.ts';
import { sealWithCode } from '../signing/seal-register.ts';
import type { Actor } from '../storage/actor.ts';
import type { Services } from './services.ts';

const day = 86_400_000;
const purpose = '演示 demonstration';

/** Who decides in the demonstration; nobody signs in as this person. */
const administrator: Actor = {
  id: 'person:seal-administration',
  kind: 'person',
  department: district.operator.creditCode,
  scopes: ['seals:approve', 'seals:administer'],
};

/** As two persons would: one applies for the department, the other approves. */
async function byTwo(
  services: Services,
  department: string,
  operation: SealOperation,
  key: string,
): Promise<void> {
  const owner: Actor = {
    id: `person:owner-${department}`,
    kind: 'person',
    department,
    scopes: ['seals:apply'],
  };
  const applied = await applyForSeal(services.seals, owner, { operation, purpose, idempotencyKey: key });
  await approveApplication(services.seals, administrator, applied.id);
}

/** Grants what is missing; run it at every start, since an authorisation ends. */
export async function grantDistrictRights(services: Services): Promise<void> {
  const now = services.clock();
  for (const { sealCode, department } of district.seals) {
    const seal = await sealWithCode(services.database.reader, sealCode);
    if (seal?.state !== 'valid') continue;
    const open = await openAuthorisations(
      services.database.reader,
      seal.id,
      new Date(now.getTime() + 30 * day),
    );
    if (open.length > 0) continue;
    await byTwo(
      services,
      department.creditCode,
      {
        kind: 'authorise',
        sealId: seal.id,
        client: null,
        matters: null,
        perDay: 1_000_000,
        total: 10_000_000,
        hours: null,
        validFrom: new Date(now.getTime() - 60_000).toISOString(),
        validUntil: new Date(now.getTime() + 365 * day).toISOString(),
      },
      `authorise ${sealCode} ${now.toISOString()}`,
    );
  }
  for (const { code, department, automatic } of district.matters) {
    if (!automatic) continue;
    if ((await automaticMatters(services.database.reader, department.creditCode)).includes(code)) continue;
    const operation = { kind: 'automatic', matter: code, automatic: true } as const;
    await byTwo(services, department.creditCode, operation, `automatic ${code} ${now.toISOString()}`);
  }
}
