// A new generation of an issuing authority: for one whose key is lost or known to others, or whose time is running out.
import type { Actor } from '../storage/actor.ts';
import { createAuthority, organisationOf } from './authorities.ts';
import { CaError } from './errors.ts';
import type { Hierarchy } from './hierarchy.ts';
import type { Authority, CaParts } from './parts.ts';
import { retireAuthority } from './store.ts';

/**
 * Makes generation n + 1 of an issuing authority: new key, certified by its root, the predecessor retired in the same
 * write. Then everything of our own that hung from the predecessor is certified anew. Other nodes take it in with their
 * next `maintain`, and until then are refused with `authority-retired`. Revoking the predecessor is another matter: a key
 * that is known to others is revoked as well, one whose time runs out is not.
 * @param name - of the newest generation, e.g. `residents`.
 * @returns the successor, which `hierarchy.issuer` answers from now on.
 * @throws CaError `authority-not-found`, `authority-retired` (it has a successor already), `profile-violation` (a root),
 *   `root-offline`, and as `issueCertificate`.
 */
export async function succeedAuthority(
  parts: CaParts,
  hierarchy: Hierarchy,
  name: string,
  actor: Pick<Actor, 'id' | 'department'>,
): Promise<Authority> {
  await hierarchy.maintain();
  const predecessor = hierarchy.authority(name);
  const { kind, generation } = predecessor;
  if (kind === 'root') {
    throw new CaError('profile-violation', 'A root is not succeeded: a new one is a new trust anchor.');
  }
  const newer = hierarchy
    .authorities()
    .some(
      (each) =>
        each.kind === kind && each.hierarchy === predecessor.hierarchy && each.generation > generation,
    );
  if (newer) throw new CaError('authority-retired', `The authority ${name} has a successor already.`);
  const successor = await createAuthority(
    parts,
    predecessor,
    {
      hierarchy: predecessor.hierarchy,
      kind,
      generation: generation + 1,
      shards: predecessor.shards,
      algorithm: predecessor.key.algorithm,
      organisation: organisationOf(predecessor),
      actor,
      alongside: async (tx) => {
        await retireAuthority(tx, name);
        await parts.audit.append(tx, {
          at: parts.clock(),
          actor,
          action: 'authority.succeeded',
          subject: name,
          details: { kind, hierarchy: predecessor.hierarchy, generation: String(generation + 1) },
        });
      },
    },
    hierarchy.issuer('root', predecessor.hierarchy),
  );
  await hierarchy.maintain();
  return hierarchy.authority(successor.name);
}
