// What the register of seals works with, put together: authorities, the maker's key, keys of others, and who judges their seals.
import { openForeignKey, type ForeignParts } from '../ca/foreign-credential.ts';
import { foreignById } from '../ca/foreign-store.ts';
import type { Hierarchy } from '../ca/hierarchy.ts';
import { bytesSource } from '../formats/pdf/source.ts';
import type { ApplicationParts } from '../signing/seal-application-kinds.ts';
import type { SealKeyParts } from '../signing/seal-key.ts';
import type { SealMaker } from '../signing/seal-parts.ts';
import { verify, type VerificationDependencies } from '../verification/verify.ts';
import type { Installation } from './installation.ts';

/** Who makes seals: asked for each, since authorities are succeeded and keys renewed. */
export function sealMaker(hierarchy: Pick<Hierarchy, 'issuer' | 'serviceKey'>): SealMaker {
  return {
    authority: hierarchy.issuer('department-seals', 'sm2'),
    key: hierarchy.serviceKey('seal-making', 'sm2'),
  };
}

/** Opens keys of credentials from other authorities. */
export function foreignKeys(parts: ForeignParts): Required<Pick<SealKeyParts, 'foreignKey'>> {
  return { foreignKey: (credential) => openForeignKey(parts, credential) };
}

/** @param facts what seals made elsewhere are judged by, now */
export function sealParts(
  installation: Installation,
  hierarchy: Hierarchy,
  keys: SealKeyParts,
  facts: () => Promise<VerificationDependencies>,
): ApplicationParts {
  return {
    ...installation,
    ...keys,
    get authority() {
      return hierarchy.issuer('department-seals');
    },
    get maker() {
      return sealMaker(hierarchy);
    },
    foreignCredential: (id) => foreignById(installation.database.reader, id),
    judgeSeal: async (eseal) => verify(bytesSource(eseal), await facts()),
  };
}
