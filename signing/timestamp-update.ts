// A document time-stamp (EN 319 142-1 §5.4.3, ISO 32000-2 12.8.5) prepared, with the validation data it is to protect.
import { beginUpdate, type IncrementalUpdate } from '../formats/pdf/append.ts';
import type { PdfDocument } from '../formats/pdf/document.ts';
import { addSignatureField } from '../formats/pdf/fields.ts';
import { readFields } from '../formats/pdf/form.ts';
import { pdfDictionary, pdfName } from '../formats/pdf/objects.ts';
import { readPage } from '../formats/pdf/pages.ts';
import { addValidationData, type RelatedData } from '../formats/pdf/security-store.ts';
import type { ByteSource } from '../formats/pdf/source.ts';
import { appearanceForArchive } from './archive-appearance.ts';
import { SigningError } from './errors.ts';
import {
  checkCapacity,
  documentId,
  preparedOf,
  setSignature,
  type PreparedSignature,
} from './prepared-update.ts';
import { withDocument } from './signing-document.ts';

/** What the update is to hold. */
export interface EvidenceUpdate {
  readonly related: readonly RelatedData[];
  readonly time: Date;
  readonly password?: string;
}

/** Validation data alone. @returns the bytes to append; null where the document lacks nothing. */
export function validationDataUpdate(source: ByteSource, about: EvidenceUpdate): Promise<Uint8Array | null> {
  return withDocument(source, about.password, async (document) => {
    const update = await beginUpdate(document);
    if (!(await addValidationData(document, update, about.related, about.time))) return null;
    return update.build(documentId(document, 'DSS', about.time)).before;
  });
}

/** Validation data, as far as it is missing, and a document time-stamp over all of it, in one update. */
export async function prepareTimestamp(
  source: ByteSource,
  about: EvidenceUpdate & { readonly capacity: number },
): Promise<PreparedSignature> {
  checkCapacity(about.capacity);
  return withDocument(source, about.password, async (document) => {
    const update = await beginUpdate(document);
    await addValidationData(document, update, about.related, about.time);
    const fieldName = await addTimestampField(document, update, about.capacity);
    return preparedOf(document, update, { fieldName, capacity: about.capacity, time: about.time });
  });
}

async function addTimestampField(
  document: PdfDocument,
  update: IncrementalUpdate,
  capacity: number,
): Promise<string> {
  const page = await readPage(document, 0);
  if (page === null) throw new SigningError('page-not-found', 'The document has no page.');
  const taken = new Set((await readFields(document)).map((field) => field.fullName.split('.', 1)[0]));
  let name = 'Timestamp1';
  for (let number = 2; taken.has(name); number++) name = `Timestamp${number}`;
  const value = update.allocate();
  setSignature(update, value, {
    entries: pdfDictionary({
      Type: pdfName('DocTimeStamp'),
      Filter: pdfName('Adobe.PPKLite'),
      SubFilter: pdfName('ETSI.RFC3161'),
    }),
    rest: pdfDictionary(),
    capacity,
  });
  await addSignatureField(document, update, {
    page,
    name,
    rectangle: { left: 0, bottom: 0, right: 0, top: 0 },
    value,
    appearance: await appearanceForArchive(document, update),
  });
  return name;
}
