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
  resolve(object: PdfObject, asOfRevision?: number): Promise<PdfObject>;
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
  const sections = document.revisions.flatMap((revision) => revision.sections);
  const trailers = sections.flatMap(({ section, hidden }) =>
    hidden === null ? [section.trailer] : [section.trailer, hidden.trailer],
  );
  if (trailers.every((trailer) => entry(trailer, 'Encrypt').kind === 'null')) return null;
  const dictionary = (await dictionaryOfSave(document, document.trailer(), undefined)).value;
  const identifier = identifierOf(document.trailer());
  const places = new Set<number>();
  const compare = async (trailer: PdfDictionary, revision: number): Promise<void> => {
    const { value, offset } = await dictionaryOfSave(document, trailer, revision);
    if (!sameValue(value, dictionary) || !sameBytes(identifierOf(trailer), identifier)) throw changed();
    if (offset !== null) places.add(offset);
  };
  // The older section of a linearised file and the hidden one of a hybrid file need not repeat it; a save's own trailer must.
  for (const { index, trailer, sections: links } of document.revisions) {
    await compare(trailer, index);
    for (const { section, hidden } of links)
      for (const part of [section, hidden])
        if (part !== null && part.trailer !== trailer && entry(part.trailer, 'Encrypt').kind !== 'null')
          await compare(part.trailer, index);
  }
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
  return new Decryption(parameters, key, places, ciphers);
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

/** Alike in every value, none of them a reference: those could lead elsewhere in a later save. */
function sameValue(a: PdfObject, b: PdfObject): boolean {
  if (a.kind === 'dictionary' && b.kind === 'dictionary') {
    return (
      a.duplicateKeys.length + b.duplicateKeys.length === 0 &&
      a.entries.size === b.entries.size &&
      [...a.entries].every(([key, item]) => sameValue(item, entry(b, key)))
    );
  }
  if (a.kind === 'string' && b.kind === 'string') return sameBytes(a.bytes, b.bytes);
  return a.kind === b.kind && 'value' in a && 'value' in b && a.value === b.value;
}

/** As a save's trailer names it: direct, or an object of its own. Some writers write it again with every save. */
async function dictionaryOfSave(
  document: PdfAsItStands,
  trailer: PdfDictionary,
  revision: number | undefined,
): Promise<{ readonly value: PdfDictionary; readonly offset: number | null }> {
  const named = entry(trailer, 'Encrypt');
  if (named.kind === 'null') throw changed();
  const located = named.kind === 'reference' ? await document.locate(named.number, revision) : null;
  const value = await document.resolve(named, revision);
  // 7.5.7: never in an object stream, which would be encrypted itself.
  const proper = named.kind !== 'reference' || located?.entry.type === 'offset';
  if (value.kind !== 'dictionary' || !proper) {
    throw new FormatError('pdf-malformed', 'The PDF has no encryption dictionary.');
  }
  return { value, offset: located?.entry.type === 'offset' ? located.entry.offset : null };
}
