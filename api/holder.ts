// Whose licenses a signed-in holder may read: their own, or those of the enterprise they act for.
import { personById } from '../identity/persons.ts';
import type { Principal } from '../identity/principal.ts';
import type { HolderReading } from '../licenses/access.ts';
import { ApiError } from './errors.ts';
import type { Services } from './services.ts';

/** @throws ApiError `scope-missing` where no resident stands behind the principal. */
export async function holderOf(services: Services, principal: Principal): Promise<HolderReading['holder']> {
  if (principal.actingFor !== null) return { kind: 'enterprise', code: principal.actingFor };
  const person = await personById(services, principal.id.replace(/^person:/, ''));
  // Licenses name their holder by number: who is known by a 网号 alone holds none here.
  const number = person?.number ?? null;
  if (number === null) throw new ApiError('scope-missing', 'The caller holds no licenses of their own.');
  return { kind: 'resident', code: number };
}
