// Profiles: root and issuing CAs of the SM2 hierarchy (GB/T 20518, GB/T 25056).
import type { IssuingKind, Profile } from '../../profile.ts';
import { issuingCa as international } from '../international/issuing-ca.ts';
import { root as internationalRoot } from '../international/root.ts';
import { inSm2 } from './parts.ts';

export const root: Profile = inSm2(internationalRoot);

export function issuingCa(kind: IssuingKind): Profile {
  return inSm2(international(kind));
}
