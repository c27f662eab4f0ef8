// PDFs to be stamped and verified: small ones, and large ones as scanners make them.
import { randomBytes } from 'node:crypto';
import { PDFDocument } from 'pdf-lib';

/** A PDF of one page of 2000 points a side, with room for seals beside each other, of about so many bytes. */
export async function unstampedPdf(bytes: number): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  document.addPage([2000, 2000]);
  await document.attach(randomBytes(Math.max(1, bytes - 1500)), 'filler.bin');
  return document.save({ useObjectStreams: false });
}

const megabyte = 1024 * 1024;

/** One page with a stream of a megabyte behind the other: written at once, since no library is needed for it. */
export function largePdf(bytes: number): Uint8Array {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1')];
  const places: number[] = [];
  let size = parts[0]?.length ?? 0;
  const add = (...content: readonly Buffer[]): void => {
    for (const part of content) {
      parts.push(part);
      size += part.length;
    }
  };
  const object = (body: string): void => {
    places.push(size);
    add(Buffer.from(`${places.length} 0 obj\n${body}\nendobj\n`));
  };
  object('<< /Type /Catalog /Pages 2 0 R >>');
  object('<< /Type /Pages /Kids [3 0 R] /Count 1 >>');
  object('<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>');
  const noise = randomBytes(megabyte);
  while (size < bytes) {
    places.push(size);
    add(
      Buffer.from(`${places.length} 0 obj\n<< /Length ${noise.length} >>\nstream\n`),
      noise,
      Buffer.from('\nendstream\nendobj\n'),
    );
  }
  const start = size;
  const rows = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  const count = places.length + 1;
  add(
    Buffer.from(
      `xref\n0 ${count}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${count} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`,
    ),
  );
  return new Uint8Array(Buffer.concat(parts));
}
