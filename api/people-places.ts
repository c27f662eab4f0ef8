// Which pages about people somebody is offered: their own, and the desks of the roles they hold now.
import { officerOf } from '../identity/officers.ts';
import type { OfficerRole } from '../identity/roles.ts';
import { deskPlaces, type PeoplePlace } from '../web/pages/people/places.ts';
import type { Services } from './services.ts';

const desks: Readonly<Record<OfficerRole, PeoplePlace | null>> = {
  'system-administrator': deskPlaces.administration,
  'security-administrator': deskPlaces.administration,
  'audit-administrator': deskPlaces.audit,
  'case-officer': null,
  'window-officer': deskPlaces.proofing,
  'window-supervisor': deskPlaces.proofing,
  'data-protection-officer': deskPlaces.protection,
  // Their desk is the seal office, which has a place of its own.
  'seal-applicant': null,
  'seal-administrator': null,
  'document-approver': null,
  'type-officer': deskPlaces.types,
  // Works through the interface.
  'ca-officer': null,
};

/** `own`, then the desks of the account's roles. */
export async function placesFor(
  services: Services,
  account: string,
  own: readonly PeoplePlace[],
): Promise<readonly PeoplePlace[]> {
  const roles = (await officerOf(services, account))?.roles ?? [];
  const offered = roles.map((role) => desks[role]).filter((place) => place !== null);
  return [...own, ...new Set(offered)];
}
