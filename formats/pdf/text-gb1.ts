// The character collection Adobe-GB1: from CID to character, and back for the widths of fonts that are coded otherwise.
import { inflateSync } from 'node:zlib';
import { fromBase64 } from '../bytes.ts';
import { gb1Beyond, gb1Count, gb1Planes } from './text-gb1-data.ts';

interface Gb1 {
  readonly characters: Uint16Array;
  readonly beyond: ReadonlyMap<number, number>;
  readonly cids: ReadonlyMap<number, number>;
}

/** Read when the first font needs it: most documents carry /ToUnicode. */
let table: Gb1 | undefined;

function gb1(): Gb1 {
  if (table !== undefined) return table;
  const planes = inflateSync(fromBase64(gb1Planes));
  const characters = new Uint16Array(gb1Count);
  const cids = new Map<number, number>();
  let value = 0;
  for (let cid = 0; cid < gb1Count; cid++) {
    value = (value + ((planes[cid] ?? 0) << 8) + (planes[gb1Count + cid] ?? 0)) & 0xffff;
    characters[cid] = value;
    // The first CID of a character is the one that the Unicode CMaps lead to.
    if (value !== 0 && !cids.has(value)) cids.set(value, cid);
  }
  for (const [cid, point] of gb1Beyond) cids.set(point, cid);
  table = { characters, beyond: new Map(gb1Beyond), cids };
  return table;
}

/** The character; empty for a CID that is none. */
export function gb1Character(cid: number): string {
  const { characters, beyond } = gb1();
  const point = characters[cid] ?? 0;
  if (point !== 0) return String.fromCharCode(point);
  const wide = beyond.get(cid);
  return wide === undefined ? '' : String.fromCodePoint(wide);
}

/** The CID of a character; 0 (undefined) where the collection has none. */
export function gb1Cid(codePoint: number): number {
  return gb1().cids.get(codePoint) ?? 0;
}
