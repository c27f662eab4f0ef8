// A PDF opened so that something may be appended to it: within limits, with its password, its broken cross-reference rebuilt.
import { FormatError } from '../formats/errors.ts';
import { openBrokenPdf, openPdf, type PdfDocument } from '../formats/pdf/document.ts';
import { defaultLimits, type PdfLimits } from '../formats/pdf/limits.ts';
import { readPage } from '../formats/pdf/pages.ts';
import type { ByteSource } from '../formats/pdf/source.ts';
import type { XrefSection } from '../formats/pdf/xref-section.ts';
import { nodePdfCiphers } from '../verification/pdf-ciphers-node.ts';
import { SigningError, type SigningErrorCode } from './errors.ts';

/**
 * What is stamped was made by an office's program. One object of many megabytes or a stream of many more is a puzzle, and
 * is refused before it costs everybody's time.
 */
const signingLimits: PdfLimits = {
  ...defaultLimits,
  objectBytes: 1024 * 1024,
  inflatedBytes: 16 * 1024 * 1024,
  inflatedTotal: 64 * 1024 * 1024,
  fields: 20_000,
};
/** Places of a cross-reference that are looked at before it is believed. */
const probes = 16;

/**
 * Opens a document, hands it to `work`, and does so again with a rebuilt cross-reference where the file's own is broken.
 * @throws SigningError `not-a-pdf`, `pdf-encrypted` (and no password was given), `pdf-password`, `pdf-malformed`, and what
 *   `work` throws
 */
export async function withDocument<T>(
  source: ByteSource,
  password: string | undefined,
  work: (document: PdfDocument) => Promise<T>,
): Promise<T> {
  try {
    return await openedOrRebuilt(source, password, work);
  } catch (error) {
    throw error instanceof FormatError ? refusalOf(error) : error;
  }
}

async function openedOrRebuilt<T>(
  source: ByteSource,
  password: string | undefined,
  work: (document: PdfDocument) => Promise<T>,
): Promise<T> {
  let first: FormatError;
  try {
    const given = password === undefined ? null : { password, ciphers: nodePdfCiphers };
    const document = await openPdf(source, signingLimits, given);
    await probe(document);
    return await work(document);
  } catch (error) {
    if (!(error instanceof FormatError) || error.code !== 'pdf-malformed') throw error;
    first = error;
  }
  let rebuilt: PdfDocument;
  try {
    rebuilt = await openBrokenPdf(source, signingLimits);
  } catch (error) {
    // What is wrong with the file says more than why it could not be mended, unless that is a reason of its own.
    throw error instanceof FormatError && / damaged and /.test(error.message) ? error : first;
  }
  return work(rebuilt);
}

/**
 * Looks whether objects are where the cross-reference says: a program that needs one of them would otherwise rebuild it for
 * itself, and perhaps see another document than the signed one.
 * @throws FormatError `pdf-malformed`
 */
async function probe(document: PdfDocument): Promise<void> {
  for (const { sections } of document.revisions) {
    for (const { section } of sections) {
      const step = Math.max(1, Math.ceil(section.highest / probes));
      const numbers: number[] = [];
      for (let number = section.highest - 1; number > 0; number -= step) numbers.push(number);
      // All at once: what counts is the way to the disk and back.
      await Promise.all(numbers.map((number) => probeObject(document.source, section, number)));
    }
  }
  await readPage(document, 0);
}

async function probeObject(source: ByteSource, section: XrefSection, number: number): Promise<void> {
  const entry = section.has(number) ? await section.read(number) : null;
  if (entry?.type !== 'offset') return;
  const text = String.fromCharCode(...(await source.read(entry.offset, 24)));
  const found = /^[\0\t\n\f\r ]*(\d+)[\0\t\n\f\r ]+(\d+)[\0\t\n\f\r ]+obj/.exec(text);
  if (Number(found?.[1] ?? -1) !== number)
    throw new FormatError('pdf-malformed', `Object ${number} is not where the PDF says it is.`);
}

/**
 * Where the document is encrypted and was opened as a user, whether its owner lets it be signed (ISO 32000-2, Table 22).
 * @throws SigningError `signing-forbidden`
 */
export function refuseWithoutPermission(document: PdfDocument, newField: boolean): void {
  const { decryption } = document;
  if (decryption === null || decryption.role === 'owner') return;
  const { permissions } = decryption.parameters;
  const has = (bit: number): boolean => (permissions & (1 << (bit - 1))) !== 0;
  // Bits 4 and 6 together let form fields be made, bit 6 or bit 9 lets those that are there be filled in and signed.
  if (newField ? has(4) && has(6) : has(6) || has(9)) return;
  throw new SigningError(
    'signing-forbidden',
    newField
      ? 'The owner of the encrypted PDF does not let signature fields be added; the owner’s password would.'
      : 'The owner of the encrypted PDF does not let it be signed; the owner’s password would.',
  );
}

const ownCodes: Readonly<Partial<Record<FormatError['code'], SigningErrorCode>>> = {
  'not-a-pdf': 'not-a-pdf',
  'pdf-encrypted': 'pdf-encrypted',
  'pdf-password': 'pdf-password',
};

function refusalOf(error: FormatError): SigningError {
  return new SigningError(ownCodes[error.code] ?? 'pdf-malformed', error.message, { cause: error });
}
