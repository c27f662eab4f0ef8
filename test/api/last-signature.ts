// The last signature of a PDF, taken out by plain search: what judges that know no PDF are given.
import assert from 'node:assert/strict';
import { derLength } from '../../formats/x509/der.ts';

/** The last signature of a PDF: the bytes it covers, and its CMS without the padding. */
export function lastSignature(pdf: Buffer): { readonly signed: Buffer; readonly cms: Uint8Array } {
  const text = pdf.toString('latin1');
  const found = [...text.matchAll(/\/ByteRange\s*\[\s*0\s+(\d+)\s+(\d+)\s+(\d+)\s*\]/g)].at(-1);
  assert.ok(found !== undefined, 'a signature');
  const [before = 0, gapEnd = 0, after = 0] = found.slice(1).map(Number);
  const padded = Buffer.from(text.slice(before + 1, gapEnd - 1), 'hex');
  return {
    signed: Buffer.concat([pdf.subarray(0, before), pdf.subarray(gapEnd, gapEnd + after)]),
    cms: new Uint8Array(padded.subarray(0, derLength(padded))),
  };
}
