// The certificate hierarchy of an installation: found, or made on the first start.
import { establishHierarchy, type Hierarchy } from '../ca/hierarchy.ts';
import type { Installation } from './installation.ts';
import type { Settings } from './settings.ts';

/** Finds or makes the authorities and service keys. Settles nothing: a server may be issuing at this very moment. */
export function openHierarchy(
  installation: Installation,
  settings: Settings,
  publicUrl: string,
): Promise<Hierarchy> {
  return establishHierarchy(installation, {
    organisation: settings.organisation,
    publicUrl,
    demonstration: installation.demonstration,
  });
}
