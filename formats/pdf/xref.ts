// Where the objects of a PDF are: cross-reference sections of every style, and the chain they form (ISO 32000-2, 7.5).
import type { PdfLimits } from './limits.ts';
import type { PdfDictionary } from './objects.ts';
import type { ByteSource } from './source.ts';
import type { XrefEntry, XrefSection } from './xref-section.ts';
import { FormatError } from '../errors.ts';
import { parseAt } from './indirect.ts';
import { entry, numberOf } from './objects.ts';
import { readXrefStream } from './xref-stream.ts';
import { readXrefTable } from './xref-table.ts';

/** A section together with the /XRefStm of a hybrid file (7.5.8.4). */
export interface ChainedSection {
  readonly section: XrefSection;
  readonly hidden: XrefSection | null;
}

/** Entry of one link of the chain; of a hybrid one, what the table frees the stream may still name (7.5.8.4). */
export async function readEntry(link: ChainedSection, number: number): Promise<XrefEntry | null> {
  const open = link.section.has(number) ? await link.section.read(number) : null;
  if (link.hidden === null || (open !== null && open.type !== 'free')) return open;
  return (link.hidden.has(number) ? await link.hidden.read(number) : null) ?? open;
}

/**
 * The sections from the newest at `startxref` back along /Prev.
 * @param encrypted whether a trailer may hold /Encrypt; sections themselves never are encrypted
 * @returns newest first.
 * @throws FormatError `pdf-encrypted` where one does and may not, `pdf-malformed` for a damaged or circular chain.
 */
export async function readChain(
  source: ByteSource,
  startxref: number,
  limits: PdfLimits,
  encrypted: 'refused' | 'allowed',
): Promise<readonly ChainedSection[]> {
  const chain: ChainedSection[] = [];
  const visited = new Set<number>();
  const hiddenOnes = new Map<number, XrefSection>();
  let inflated = 0;
  const read = async (offset: number): Promise<XrefSection> => {
    if (visited.has(offset)) throw new FormatError('pdf-malformed', 'The cross-reference chain is circular.');
    visited.add(offset);
    if (visited.size > limits.revisions)
      throw new FormatError('pdf-limit', 'The PDF has too many revisions.');
    const section = await readSection(source, offset, limits);
    inflated += section.inflated;
    if (inflated > limits.inflatedTotal) throw new FormatError('pdf-limit', 'The PDF inflates to too much.');
    if (encrypted === 'refused' && entry(section.trailer, 'Encrypt').kind !== 'null') {
      throw new FormatError('pdf-encrypted', 'The PDF is encrypted.');
    }
    return section;
  };
  // Writers that copy the trailer of a hybrid file into the next save name the same stream again.
  const readHidden = async (offset: number): Promise<XrefSection> => {
    const hidden = hiddenOnes.get(offset) ?? (await read(offset));
    hiddenOnes.set(offset, hidden);
    return hidden;
  };
  for (let offset: number | null = startxref; offset !== null;) {
    const section: XrefSection = await read(offset);
    const hiddenOffset = section.style === 'table' ? offsetEntry(section.trailer, 'XRefStm') : null;
    chain.push({ section, hidden: hiddenOffset === null ? null : await readHidden(hiddenOffset) });
    offset = offsetEntry(section.trailer, 'Prev');
  }
  return chain;
}

async function readSection(source: ByteSource, offset: number, limits: PdfLimits): Promise<XrefSection> {
  const first = await parseAt(source, offset, limits, (lexer) => lexer.readWord());
  if (first === 'xref') return readXrefTable(source, offset, limits);
  if (/^\d+$/.test(first)) return readXrefStream(source, offset, limits);
  throw new FormatError('pdf-malformed', `No cross-reference section stands at byte ${offset}.`);
}

function offsetEntry(trailer: PdfDictionary, key: string): number | null {
  const object = entry(trailer, key);
  if (object.kind === 'null') return null;
  const value = numberOf(object);
  if (value === null || !Number.isSafeInteger(value) || value < 0) {
    throw new FormatError('pdf-malformed', `A trailer has an impossible /${key}.`);
  }
  return value;
}
