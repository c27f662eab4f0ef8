// A seal's life at the shell: two persons are named for each step, and stand in the records as the operator named them.
import type { Config } from '../api/config.ts';
import { openHierarchy } from '../api/hierarchy.ts';
import { sealMaker } from '../api/seal-parts.ts';
import type { Installation } from '../api/installation.ts';
import { SigningError } from '../signing/errors.ts';
import { applyForSeal, approveApplication } from '../signing/seal-applications.ts';
import type { ApplicationParts, SealOperation } from '../signing/seal-application-kinds.ts';
import type { SealApplication } from '../signing/seal-application-store.ts';
import type { Actor } from '../storage/actor.ts';
import { UsageError } from './command.ts';
import { withInstallation } from './installation.ts';

/** Flags of every command that needs two persons. */
export const twoPersonFlags = { applicant: { type: 'string' }, approver: { type: 'string' } } as const;

/** Words of them for help texts. */
export const twoPersonHelp = `  --applicant ID    who applies for it, by an identifier that means a person in your office (no name, no number)
  --approver ID     who decided that it may be done: another person`;

export interface TwoPersons {
  readonly applicant: string;
  readonly approver: string;
}

/** @throws UsageError where one is missing, or both are one */
export function twoPersons(values: {
  readonly applicant?: string | undefined;
  readonly approver?: string | undefined;
}): TwoPersons {
  const { applicant, approver } = values;
  if (applicant === undefined || approver === undefined)
    throw new UsageError('--applicant and --approver are required: a seal’s life needs two persons.');
  if (applicant === approver) throw new UsageError('Who applies and who approves are different persons.');
  for (const id of [applicant, approver])
    if (!/^[\x21-\x7e]{1,80}$/.test(id))
      throw new UsageError('A person is named by 1 to 80 visible characters.');
  return { applicant, approver };
}

function person(id: string, department: string, scopes: readonly string[]): Actor {
  return { id: `operator:${id}`, kind: 'person', department, scopes };
}

/** Opens the installation for the work of a seal office. */
export function withSealOffice<T>(
  config: Config,
  work: (parts: ApplicationParts, installation: Installation) => Promise<T>,
): Promise<T> {
  const { settings, publicUrl } = config;
  if (settings === null || publicUrl === null)
    throw new UsageError('This installation has no public address.');
  return withInstallation(config, async (installation) => {
    const hierarchy = await openHierarchy(installation, settings, publicUrl);
    const parts = {
      ...installation,
      authority: hierarchy.issuer('department-seals'),
      maker: sealMaker(hierarchy),
    };
    return work(parts, installation);
  });
}

/**
 * Applies and approves as the two persons, which executes it.
 * @throws SigningError as both steps do, and with the code of what could not be done
 */
export async function doneByTwo(
  parts: ApplicationParts,
  persons: TwoPersons,
  department: string,
  operation: SealOperation,
  purpose: string,
): Promise<SealApplication> {
  const applied = await applyForSeal(parts, person(persons.applicant, department, ['seals:apply']), {
    operation,
    purpose,
    idempotencyKey: `shell-${parts.clock().toISOString()}-${Buffer.from(parts.random(8)).toString('hex')}`,
  });
  const executed = await approveApplication(
    parts,
    person(persons.approver, department, ['seals:approve']),
    applied.id,
  );
  if (executed.state !== 'executed')
    throw new SigningError(
      'application-invalid',
      `It could not be done: ${executed.outcome?.['code'] ?? executed.state}.`,
    );
  return executed;
}
