// PDFs as odd or broken programs write them, which readers open all the same.
import { deflateSync } from 'node:zlib';
import { joinBytes } from '../../formats/bytes.ts';
import { latin1 } from '../../formats/pdf/serialise.ts';
import { asText, handmade, lastStartxref, onePage, streamBody } from '../formats/pdf/handmade.ts';

export interface OddPdf {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function oddPdfs(): readonly OddPdf[] {
  const plain = handmade(onePage);
  const text = asText(plain);
  const start = lastStartxref(plain);
  const named = (name: string, content: string | Uint8Array): OddPdf => ({
    name,
    bytes: typeof content === 'string' ? latin1(content) : content,
  });
  return [
    named('hybrid', hybrid()),
    named('version-1.0', text.replace('%PDF-1.7', '%PDF-1.0')),
    named('version-2.0', text.replace('%PDF-1.7', '%PDF-2.0')),
    named('nineteen-byte-entries', text.replaceAll(/( \d{5} [nf]) \n/g, '$1\n')),
    named('startxref-off', text.replace(/startxref\n\d+/, `startxref\n${start - 7}`)),
    named('startxref-zero', text.replace(/startxref\n\d+/, 'startxref\n0')),
    named(
      'offsets-off',
      text.replaceAll(
        /(\d{10}) 00000 n/g,
        (_, offset: string) => `${String(Number(offset) + 3).padStart(10, '0')} 00000 n`,
      ),
    ),
    named('counted-from-one', fromOne()),
    named('line-ends-converted', text.replaceAll('\n', '\r\n')),
    named('no-table', text.replace(/xref\n[^t]*trailer/, 'trailer')),
    named('junk-in-table', text.replace('0000000000 65535 f', 'zzzzzzzzzz 65535 f')),
    named('streams-startxref-off', streams('off')),
    named('object-streams', streams('right')),
    named('saved-twice', savedTwice()),
  ];
}

/** ISO 32000-2, 7.5.8.4: an object that old readers do not see, in an object stream that the table knows nothing of. */
function hybrid(): Uint8Array {
  const base = handmade({
    ...onePage,
    3: '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>/PieceInfo 8 0 R>>',
  });
  const inner = '8 0 <</Private true>>';
  const container = streamBody('/Type/ObjStm/N 1/First 4', latin1(inner));
  const containerAt = base.length;
  const first = `6 0 obj\n${container}\nendobj\n`;
  const streamAt = base.length + first.length;
  const row = (type: number, second: number, third: number): number[] => [
    type,
    second >> 16,
    (second >> 8) & 255,
    second & 255,
    third,
  ];
  const rows = [...row(1, containerAt, 0), ...row(1, streamAt, 0), ...row(2, 6, 0)];
  const table = streamBody('/Type/XRef/Size 9/W[1 3 1]/Index[6 3]', Uint8Array.from(rows));
  const second = `7 0 obj\n${table}\nendobj\n`;
  const xref = base.length + first.length + second.length;
  const free = '0000000000 00000 f \n';
  const end = `xref\n6 3\n${free}${free}${free}trailer\n<</Size 9/Root 1 0 R/Prev ${lastStartxref(base)}/XRefStm ${streamAt}>>\nstartxref\n${xref}\n%%EOF\n`;
  return joinBytes([base, latin1(first), latin1(second), latin1(end)]);
}

/** A table whose only subsection says that it begins with object 1. */
function fromOne(): string {
  let text = '%PDF-1.4\n';
  const rows = Object.entries(onePage).map(([number, body]) => {
    const offset = text.length;
    text += `${number} 0 obj\n${body}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  return `${text}xref\n1 ${rows.length + 1}\n0000000000 65535 f \n${rows.join('')}trailer\n<</Size ${rows.length + 1}/Root 1 0 R>>\nstartxref\n${text.length}\n%%EOF\n`;
}

/** Page tree in an object stream, found by a cross-reference stream. @param place whether `startxref` is right */
function streams(place: 'right' | 'off'): Uint8Array {
  const bodies = Object.values(onePage);
  let header = '';
  let offset = 0;
  bodies.forEach((body, at) => {
    header += `${at + 1} ${offset} `;
    offset += body.length + 1;
  });
  const data = deflateSync(latin1(`${header}${bodies.join(' ')}`));
  const start = '%PDF-1.5\n';
  const container = `4 0 obj\n${streamBody(`/Type/ObjStm/Filter/FlateDecode/N 3/First ${header.length}`, new Uint8Array(data))}\nendobj\n`;
  const xref = start.length + container.length;
  const row = (type: number, second: number, third: number): number[] => [
    type,
    second >> 8,
    second & 255,
    third,
  ];
  const rows = [
    ...row(0, 0, 255),
    ...[0, 1, 2].flatMap((index) => row(2, 4, index)),
    ...row(1, start.length, 0),
    ...row(1, xref, 0),
  ];
  const section = `5 0 obj\n${streamBody('/Type/XRef/Size 6/W[1 2 1]/Root 1 0 R', Uint8Array.from(rows))}\nendobj\n`;
  return latin1(`${start}${container}${section}startxref\n${place === 'right' ? xref : xref + 11}\n%%EOF\n`);
}

/** The page redefined by a second save, and the chain broken behind it: the last definition counts. */
function savedTwice(): Uint8Array {
  const base = handmade(onePage);
  const page = '3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 500]/Resources<<>>>>\nendobj\n';
  const xref = base.length + page.length;
  const at = String(base.length).padStart(10, '0');
  const end = `xref\n3 1\n${at} 00000 n \ntrailer\n<</Size 4/Root 1 0 R/Prev 12>>\nstartxref\n${xref}\n%%EOF\n`;
  return joinBytes([base, latin1(page), latin1(end)]);
}
