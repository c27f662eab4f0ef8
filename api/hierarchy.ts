// The certificate hierarchies of an installation: found, or made on the first start.
import { CrlPublisher } from '../ca/crl-publisher.ts';
import { CaError } from '../ca/errors.ts';
import { establishHierarchy, type Hierarchy } from '../ca/hierarchy.ts';
import type { Installation } from './installation.ts';
import type { Settings } from './settings.ts';

/**
 * Finds or makes the authorities and service keys, and the lists of the roots while their keys are at hand. Settles
 * nothing: a server may be issuing at this very moment.
 */
export async function openHierarchy(
  installation: Installation,
  settings: Settings,
  publicUrl: string,
): Promise<Hierarchy> {
  const hierarchy = await establishHierarchy(installation, {
    organisation: settings.organisation,
    publicUrl,
    demonstration: installation.demonstration,
  });
  const lists = new CrlPublisher(installation, hierarchy);
  for (const { name, kind } of hierarchy.authorities()) {
    if (kind === 'root') await lists.full(name, 0).catch(unlessOffline);
  }
  return hierarchy;
}

/** A list that ran out while the root is away is refused to whoever asks for it, and is no reason not to start. */
function unlessOffline(error: unknown): void {
  if (!(error instanceof CaError && error.code === 'root-offline')) throw error;
}
