// PDFs written by hand, so that a test can be wrong in exactly one place.
import { joinBytes } from '../../../formats/bytes.ts';
import { latin1 } from '../../../formats/pdf/serialise.ts';

/** Object number → body as text (one character per byte). */
export type Bodies = Readonly<Record<number, string>>;

/** The smallest document that has a page, for tests to change. */
export const onePage: Bodies = {
  1: '<</Type/Catalog/Pages 2 0 R>>',
  2: '<</Type/Pages/Kids[3 0 R]/Count 1>>',
  3: '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>',
};

/** A whole file with a table. @param hole bytes left out behind the header, which every offset counts. */
export function handmade(
  bodies: Bodies,
  trailer = '',
  header = '%PDF-1.7\n%\xe2\xe3\xcf\xd3\n',
  hole = 0,
): Uint8Array {
  return latin1(header + section(header.length + hole, bodies, `${trailer}/Root 1 0 R`, true));
}

/** An update with a table appended to `file`. @param previous offset for /Prev. */
export function handmadeUpdate(file: Uint8Array, bodies: Bodies, previous: number, trailer = ''): Uint8Array {
  const text = section(file.length, bodies, `${trailer}/Root 1 0 R/Prev ${previous}`, false);
  return joinBytes([file, latin1(text)]);
}

/** The number behind the last `startxref`. */
export function lastStartxref(file: Uint8Array): number {
  const text = asText(file);
  return Number(/startxref\s+(\d+)/.exec(text.slice(text.lastIndexOf('startxref')))?.[1]);
}

/** One character per byte. */
export function asText(file: Uint8Array): string {
  return Buffer.from(file).toString('latin1');
}

export function streamBody(dictionary: string, data: Uint8Array): string {
  return `<<${dictionary}/Length ${data.length}>>\nstream\n${asText(data)}\nendstream`;
}

function section(start: number, bodies: Bodies, trailer: string, first: boolean): string {
  let text = '';
  const offsets = new Map<number, number>();
  for (const [number, body] of Object.entries(bodies)) {
    offsets.set(Number(number), start + text.length);
    text += `${number} 0 obj\n${body}\nendobj\n`;
  }
  const xref = start + text.length;
  const size = Math.max(...offsets.keys()) + 1;
  text += `xref\n${first ? '0 1\n0000000000 65535 f \n' : ''}`;
  for (const [number, offset] of offsets)
    text += `${number} 1\n${String(offset).padStart(10, '0')} 00000 n \n`;
  const sized = trailer.includes('/Size') ? trailer : `/Size ${size}${trailer}`;
  return `${text}trailer\n<<${sized}>>\nstartxref\n${xref}\n%%EOF\n`;
}
