// The inventory of cryptography that an evaluation asks for (密评, GB/T 39786): what protects what, with what, where the
// keys lie, and which certified product does it. Nothing here is one, and the table says so.
import type { Suite } from '../crypto/suite.ts';
import type { Words } from '../verification/report.ts';
import type { InventoryFacts } from './crypto-inventory-facts.ts';
import { foreignRow, keyRow, plannedKeys } from './crypto-inventory-keys.ts';
import { dataRows, surroundingRows } from './crypto-inventory-rows.ts';

export interface InventoryRow {
  /** Of GB/T 39786. */
  readonly layer: Words;
  readonly asset: Words;
  readonly purpose: Words;
  /** Name of the algorithm. */
  readonly algorithm: string;
  /** Number of the standard that defines it. */
  readonly standard: string;
  /** How many keys; null where it is no matter of counting. */
  readonly keys: number | null;
  readonly keyPlace: Words;
  /** Name and certificate number of the certified product; null where there is none. */
  readonly certifiedProduct: string | null;
  /** Why the row does not meet GB/T 39786; empty where it does. */
  readonly gaps: readonly InventoryGap[];
}

export interface InventoryGap {
  readonly code: 'algorithm' | 'module' | 'outside' | 'absent';
  readonly finding: Words;
  /** What would close it. */
  readonly remedy: Words;
}

export interface Inventory {
  readonly format: 'yinxin-crypto-inventory/1';
  readonly suite: Suite['name'];
  readonly mode: string;
  readonly runtime: InventoryFacts['runtime'];
  readonly rows: readonly InventoryRow[];
  /** How many rows have a gap. */
  readonly gaps: number;
}

/** The table. Pure: the facts are what was found. */
export function cryptoInventory(suite: Suite, mode: string, facts: InventoryFacts): Inventory {
  const rows = [
    ...(facts.keys.length > 0 ? facts.keys : plannedKeys(suite, facts)).map((keys) => keyRow(suite, keys)),
    ...facts.foreign.map((credential) => foreignRow(suite, credential)),
    ...dataRows(suite, facts),
    ...surroundingRows(facts),
  ];
  return {
    format: 'yinxin-crypto-inventory/1',
    suite: suite.name,
    mode,
    runtime: facts.runtime,
    rows,
    gaps: rows.filter(({ gaps }) => gaps.length > 0).length,
  };
}
