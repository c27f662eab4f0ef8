// Opening the encryption of a PDF: every save must encrypt alike, and the password must fit.
import type { PdfPassword } from './encryption.ts';
import type { PdfDictionary, PdfObject } from './objects.ts';
import type { Revision } from './revisions.ts';
import type { XrefEntry } from './xref-section.ts';
import { sameBytes } from '../bytes.ts';
import { FormatError } from '../errors.ts';
import { Decryption } from './encryption.ts';
import { fileKeyOf } from './encryption-key.ts';
import { readEncryption } from './encryption-parameters.ts';
import { entry } from './objects.ts';

/** What is asked of a document of which nothing is decrypted yet. */
interface PdfAsItStands {
  readonly revisions: readonly Revision[];
  trailer(): PdfDictionary;
  locate(number: number, asOfRevision?: number): Promise<{ readonly entry: XrefEntry } | null>;
  resolve(object: PdfObject): Promise<PdfObject>;
}

/**
 * @param document the file as it stands, nothing of it decrypted
 * @returns null where it is not encrypted.
 * @throws FormatError `pdf-password` where the password does not open it, `pdf-encrypted` where none was given and it needs
 *   one, `pdf-unsupported` for another handler or cipher, `pdf-malformed` where the dictionary is damaged, was changed, or is not
 *   the same in every save.
 */
export async function openEncryption(
  document: PdfAsItStands,
  given: PdfPassword,
): Promise<Decryption | null> {
  const value = entry(document.trailer(), 'Encrypt');
  const sections = document.revisions.flatMap((revision) => revision.sections);
  const named = sections.flatMap(({ section, hidden }) => [
    section.trailer,
    hidden?.trailer ?? section.trailer,
  ]);
  if (named.every((trailer) => entry(trailer, 'Encrypt').kind === 'null')) return null;
  const identifier = identifierOf(document.trailer());
  // The older section of a linearised file and the hidden one of a hybrid file need not repeat it; a save's own trailer must.
  const repeated = named.filter((trailer) => entry(trailer, 'Encrypt').kind !== 'null');
  for (const trailer of [...document.revisions.map((revision) => revision.trailer), ...repeated]) {
    if (!sameEncryption(entry(trailer, 'Encrypt'), value) || !sameBytes(identifierOf(trailer), identifier))
      throw changed();
  }
  const dictionary = await dictionaryIn(document, value);
  const parameters = readEncryption(dictionary);
  const { password, ciphers } = given;
  let key;
  try {
    key = fileKeyOf(parameters, identifier, password, ciphers);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError('pdf-unsupported', 'The PDF is encrypted with ciphers that are forbidden here.', {
      cause: error,
    });
  }
  if (key === null) {
    throw password === ''
      ? new FormatError('pdf-encrypted', 'The PDF is encrypted and needs a password.')
      : new FormatError('pdf-password', 'The password does not open the PDF.');
  }
  return new Decryption(parameters, key, value.kind === 'reference' ? value.number : null, ciphers);
}

function changed(): FormatError {
  return new FormatError('pdf-malformed', 'The encryption of the PDF is not the same in every revision.');
}

/** 7.5.5: never encrypted, and with it the first of the two is what keys are made with. */
function identifierOf(trailer: PdfDictionary): Uint8Array {
  const object = entry(trailer, 'ID');
  const [first] = object.kind === 'array' ? object.items : [];
  return first?.kind === 'string' ? first.bytes : new Uint8Array();
}

/** Written alike: where a save changed how the file is encrypted, what an earlier one signed would be read differently. */
function sameEncryption(a: PdfObject, b: PdfObject): boolean {
  if (a.kind === 'reference' && b.kind === 'reference')
    return a.number === b.number && a.generation === b.generation;
  if (a.kind === 'dictionary' && b.kind === 'dictionary') {
    return (
      a.duplicateKeys.length + b.duplicateKeys.length === 0 &&
      a.entries.size === b.entries.size &&
      [...a.entries].every(([key, item]) => sameEncryption(item, entry(b, key)))
    );
  }
  if (a.kind === 'string' && b.kind === 'string') return sameBytes(a.bytes, b.bytes);
  return a.kind === b.kind && 'value' in a && 'value' in b && a.value === b.value;
}

/** The dictionary, direct or an object of its own that no later save wrote again. */
async function dictionaryIn(document: PdfAsItStands, value: PdfObject): Promise<PdfDictionary> {
  if (value.kind === 'reference') {
    const first = await document.locate(value.number, 0);
    // 7.5.7: never in an object stream, which would be encrypted itself.
    if (first?.entry.type !== 'offset') {
      throw new FormatError('pdf-malformed', 'The PDF has no encryption dictionary.');
    }
    for (const { index } of document.revisions) {
      const found = await document.locate(value.number, index);
      if (found?.entry.type !== 'offset' || found.entry.offset !== first.entry.offset) throw changed();
    }
  }
  const dictionary = await document.resolve(value);
  if (dictionary.kind !== 'dictionary') {
    throw new FormatError('pdf-malformed', 'The PDF has no encryption dictionary.');
  }
  return dictionary;
}
