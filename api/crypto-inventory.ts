// The inventory of cryptography that an evaluation asks for (密评, GB/T 39786): what protects what, with what, where the
// keys lie, and which certified product does it. Nothing here is one, and the table says so.
import type { Suite } from '../crypto/suite.ts';
import type { InventoryFacts } from './crypto-inventory-facts.ts';
import { foreignRow, keyRow, plannedKeys } from './crypto-inventory-keys.ts';
import type { Inventory } from './crypto-inventory-model.ts';
import { dataRows, surroundingRows } from './crypto-inventory-rows.ts';

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
