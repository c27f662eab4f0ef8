// Makes formats/pdf/text-gb1-data.ts: which character each CID of Adobe-GB1 is, from Adobe's CMap resource Adobe-GB1-UCS2.
// Usage: node tools/gb1-table.mjs /usr/share/poppler/cMap/Adobe-GB1/Adobe-GB1-UCS2   (Debian package poppler-data)
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';

const path = process.argv[2];
if (path === undefined) throw new Error('Name the file Adobe-GB1-UCS2.');
const text = readFileSync(path, 'latin1');

/** UTF-16BE in hexadecimal, by CID. */
const characters = [];
for (const [, kind, body] of text.matchAll(/begin(bfrange|bfchar)([\s\S]*?)end\1/g)) {
  const row =
    kind === 'bfrange'
      ? /<([0-9a-f]+)>\s*<([0-9a-f]+)>\s*(?:<([0-9a-f]+)>|\[([^\]]*)\])/gi
      : /<([0-9a-f]+)>\s*()<([0-9a-f]+)>/gi;
  for (const [, low, high, first, list] of body.matchAll(row)) {
    const from = parseInt(low, 16);
    if (list !== undefined) {
      [...list.matchAll(/<([0-9a-f]+)>/gi)].forEach(([, each], index) => (characters[from + index] = each));
      continue;
    }
    const to = high === '' ? from : parseInt(high, 16);
    for (let cid = from; cid <= to; cid++) {
      const last = parseInt(first.slice(-4), 16) + cid - from;
      characters[cid] = first.slice(0, -4) + last.toString(16).padStart(4, '0');
    }
  }
}

const count = characters.length;
const planes = Buffer.alloc(2 * count);
const beyond = [];
let before = 0;
for (let cid = 0; cid < count; cid++) {
  // Without a variation selector, and the few characters beyond the basic plane apart.
  const hex = (characters[cid] ?? '').replace(/fe00$/i, '');
  const wide = hex.length === 8;
  if (wide) beyond.push([cid, Buffer.from(hex, 'hex').swap16().toString('utf16le').codePointAt(0)]);
  const value = hex.length === 4 ? parseInt(hex, 16) : 0;
  const difference = (value - before) & 0xffff;
  planes[cid] = difference >> 8;
  planes[count + cid] = difference & 255;
  before = value;
}
const notice = text
  .split('\n')
  .filter((line) => line.startsWith('%%Copyright:') && !line.includes('-----'))
  .map((line) => `// ${line.slice('%%Copyright:'.length).trim()}`.trimEnd())
  .join('\n');
const out = `// Characters of the CIDs of Adobe-GB1, made by tools/gb1-table.mjs from Adobe's CMap resources, whose terms are:
${notice}

/** CIDs from 0 on. */
export const gb1Count = ${count};

/**
 * Base64 of deflated bytes: of each CID the difference of its UTF-16 unit to the one before, all high bytes, then all low
 * ones; 0 for none.
 */
export const gb1Planes =
  '${deflateSync(planes, { level: 9 }).toString('base64')}';

/** CID and code point of what lies beyond the basic plane. */
export const gb1Beyond: readonly (readonly [number, number])[] = [
${beyond.map(([cid, point]) => `  [${cid}, ${point}],`).join('\n')}
];
`;
writeFileSync(fileURLToPath(new URL('../formats/pdf/text-gb1-data.ts', import.meta.url)), out);
process.stdout.write(`${count} CIDs, ${beyond.length} beyond the basic plane, ${out.length} bytes\n`);
