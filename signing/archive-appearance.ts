// PDF/A-1 asks every form field for an appearance, an invisible signature too (ISO 19005-1, 6.9); later parts do not.
import { addAppearance, upright } from '../formats/pdf/appearance.ts';
import type { IncrementalUpdate } from '../formats/pdf/append.ts';
import type { PdfDocument } from '../formats/pdf/document.ts';
import { FormatError } from '../formats/errors.ts';
import type { PdfReference } from '../formats/pdf/objects.ts';

/** What metadata of a document may have before its part of PDF/A is not looked for any more. */
const largestMetadata = 256 * 1024;

/** Part of PDF/A that the document says it keeps to (ISO 19005, `pdfaid:part`); null where it says nothing readable. */
export async function archivePart(document: PdfDocument): Promise<number | null> {
  try {
    const metadata = await document.get(await document.catalogue(), 'Metadata');
    if (metadata.kind !== 'stream') return null;
    const data = await document.streamData(metadata);
    const text = new TextDecoder('latin1').decode(data.subarray(0, largestMetadata));
    const part = /pdfaid:part(?:\s*=\s*["']|\s*>\s*)([1-9])/.exec(text)?.[1];
    return part === undefined ? null : Number(part);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

/** An empty form for an invisible signature where the document asks for one; null elsewhere. */
export async function appearanceForArchive(
  document: PdfDocument,
  update: IncrementalUpdate,
): Promise<PdfReference | null> {
  if ((await archivePart(document)) !== 1) return null;
  return addAppearance(update, { content: new Uint8Array(), boundingBox: [0, 0, 0, 0] }, upright);
}
