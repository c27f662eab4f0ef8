// The master keys of an installation: the newest one seals, older ones still open what they sealed.
import type { MasterKey } from './master-key.ts';

/** Port: the master keys at hand. A rotation adds one; none is taken away while a value still names it. */
export interface MasterKeys {
  /** What seals from now on: the newest. */
  readonly current: MasterKey;
  /** The one an installation began with. Keyed hashes are derived of it for as long as the installation lives. */
  readonly first: MasterKey;
  /** @returns the key with this id, also one that another process made meanwhile; null where there is none. */
  find(id: string): MasterKey | null;
}

/** Keys that stay as they are. @param keys newest first */
export function fixedMasterKeys(keys: readonly [MasterKey, ...MasterKey[]]): MasterKeys {
  const [current] = keys;
  return {
    current,
    first: keys.at(-1) ?? current,
    find: (id) => keys.find((key) => key.id === id) ?? null,
  };
}
