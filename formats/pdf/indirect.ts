// One indirect object (ISO 32000-2, 7.3.10) at a known offset, read through a window that grows as far as the object needs.
import type { PdfLimits } from './limits.ts';
import type { PdfObject } from './objects.ts';
import type { ByteSource } from './source.ts';
import { FormatError } from '../errors.ts';
import { Lexer, WindowEnd } from './lexer.ts';

export interface IndirectObject {
  readonly number: number;
  readonly generation: number;
  readonly value: PdfObject;
  /** Offset after `endobj`; of a stream, where its data start. */
  readonly end: number;
}

/**
 * Runs `parse` over a window of the file from `offset`, again over a larger one while the window ends inside a token.
 * @throws FormatError `pdf-limit` where more than `limits.objectBytes` would be needed.
 */
export async function parseAt<T>(
  source: ByteSource,
  offset: number,
  limits: PdfLimits,
  parse: (lexer: Lexer) => T,
): Promise<T> {
  if (!Number.isSafeInteger(offset) || offset < 0 || offset >= source.size) {
    throw new FormatError('pdf-malformed', `The PDF points to byte ${offset}, outside the file.`);
  }
  for (let length = 2048; ; length *= 8) {
    const window = await source.read(offset, Math.min(length, limits.objectBytes));
    const complete = offset + window.length >= source.size;
    try {
      return parse(new Lexer(window, 0, { base: offset, complete, depth: limits.depth }));
    } catch (error) {
      if (!(error instanceof WindowEnd)) throw error;
      if (length >= limits.objectBytes) {
        throw new FormatError('pdf-limit', `The object at byte ${offset} is too large.`);
      }
    }
  }
}

/** @throws FormatError `pdf-malformed` where no whole indirect object stands at `offset`. */
export function readIndirect(source: ByteSource, offset: number, limits: PdfLimits): Promise<IndirectObject> {
  return parseAt(source, offset, limits, (lexer) => {
    const number = positiveWord(lexer.readWord());
    const generation = positiveWord(lexer.readWord());
    if (number === null || generation === null || lexer.readWord() !== 'obj') {
      throw new FormatError(
        'pdf-malformed',
        `No object stands at byte ${offset}, where the PDF says one is.`,
      );
    }
    const value = lexer.readObject();
    const word = lexer.readWord();
    if (word === 'endobj') return { number, generation, value, end: offset + lexer.position };
    if (word !== 'stream' || value.kind !== 'dictionary') {
      throw new FormatError('pdf-malformed', `Object ${number} has no proper end.`);
    }
    const start = offset + lexer.readStreamStart();
    return { number, generation, value: { kind: 'stream', dictionary: value, start }, end: start };
  });
}

function positiveWord(word: string): number | null {
  return /^\d{1,10}$/.test(word) ? Number(word) : null;
}
