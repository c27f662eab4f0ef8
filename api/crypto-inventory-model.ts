// The inventory of cryptography as values.
import type { Suite } from '../crypto/suite.ts';
import type { Words } from '../verification/report.ts';
import type { InventoryFacts } from './crypto-inventory-facts.ts';

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
