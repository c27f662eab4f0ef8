// Files to be stamped in the bench: large ones written as they are made, one of very many objects, and their keys.
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';

const megabyte = 1024 * 1024;

interface Written {
  readonly put: (text: string | Uint8Array) => void;
  readonly size: () => number;
}

function writing(path: string, write: (file: Written) => void): void {
  const file = openSync(path, 'w');
  let size = 0;
  write({
    put: (text) =>
      void (size += writeSync(file, typeof text === 'string' ? Buffer.from(text, 'latin1') : text)),
    size: () => size,
  });
  closeSync(file);
}

/** One page, and a stream of so many bytes that nobody draws. */
export function writeLargeFile(path: string, bytes: number): void {
  writing(path, ({ put, size }) => {
    put('%PDF-1.7\n');
    const places: number[] = [];
    for (const body of [
      '<</Type/Catalog/Pages 2 0 R>>',
      '<</Type/Pages/Kids[3 0 R]/Count 1>>',
      '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>',
    ]) {
      places.push(size());
      put(`${places.length} 0 obj\n${body}\nendobj\n`);
    }
    places.push(size());
    put(`4 0 obj\n<</Length ${bytes}>>\nstream\n`);
    const noise = randomBytes(megabyte);
    for (let left = bytes; left > 0; left -= noise.length)
      put(noise.subarray(0, Math.min(left, noise.length)));
    put('\nendstream\nendobj\n');
    const xref = size();
    const rows = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
    put(
      `xref\n0 5\n0000000000 65535 f \n${rows}trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n${xref}\n%%EOF\n`,
    );
  });
}

/** One page and so many objects, about 160 bytes each. */
export function writeManyObjects(path: string, count: number): void {
  const parts = ['%PDF-1.7\n'];
  const rows: string[] = [];
  let size = parts[0]?.length ?? 0;
  for (let number = 1; number <= count; number++) {
    const body =
      number === 1
        ? '<</Type/Catalog/Pages 2 0 R>>'
        : number === 2
          ? '<</Type/Pages/Kids[3 0 R]/Count 1>>'
          : number === 3
            ? '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>'
            : `<</Type/Thing/N ${number}/Text(${'x'.repeat(90)})>>`;
    const text = `${number} 0 obj\n${body}\nendobj\n`;
    rows.push(`${String(size).padStart(10, '0')} 00000 n \n`);
    parts.push(text);
    size += text.length;
  }
  const total = count + 1;
  parts.push(
    `xref\n0 ${total}\n0000000000 65535 f \n${rows.join('')}`,
    `trailer\n<</Size ${total}/Root 1 0 R>>\nstartxref\n${size}\n%%EOF\n`,
  );
  writeFileSync(path, parts.join(''), 'latin1');
}
