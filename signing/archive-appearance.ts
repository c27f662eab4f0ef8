// What PDF/A asks of what a signature shows: masks, colours, and in part 1 an appearance of invisible ones too (ISO 19005-1, 6.9).
import { addAppearance, upright, type AppearanceOptions } from '../formats/pdf/appearance.ts';
import type { IncrementalUpdate } from '../formats/pdf/append.ts';
import type { PdfDocument } from '../formats/pdf/document.ts';
import { FormatError } from '../formats/errors.ts';
import { dictionaryOf, integerOf, nameOf, type PdfReference } from '../formats/pdf/objects.ts';

/** What metadata of a document may have before its part of PDF/A is not looked for any more. */
const largestMetadata = 256 * 1024;

/** Part of PDF/A that the document says it keeps to (ISO 19005, `pdfaid:part`); null where it says nothing readable. */
async function archivePart(document: PdfDocument): Promise<number | null> {
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

/** How a seal is drawn so that the document stays what it says it is; nothing for one that says nothing. */
export async function archiveDrawing(document: PdfDocument): Promise<AppearanceOptions> {
  const part = await archivePart(document);
  if (part === null) return {};
  return { hardMasks: part === 1, calibrated: !(await hasRgbIntent(document)) };
}

/** Whether an output intent for archives says what DeviceRGB means (ISO 19005-2, 6.2.3): by a profile of three parts. */
async function hasRgbIntent(document: PdfDocument): Promise<boolean> {
  try {
    const intents = await document.get(await document.catalogue(), 'OutputIntents');
    for (const item of intents.kind === 'array' ? intents.items : []) {
      const intent = dictionaryOf(await document.resolve(item));
      if (intent === null || nameOf(await document.get(intent, 'S')) !== 'GTS_PDFA1') continue;
      const profile = await document.get(intent, 'DestOutputProfile');
      if (profile.kind === 'stream' && integerOf(await document.get(profile.dictionary, 'N')) === 3)
        return true;
    }
    return false;
  } catch (error) {
    if (error instanceof FormatError) return false;
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
