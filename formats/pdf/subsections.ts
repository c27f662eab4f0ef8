// Runs of consecutive object numbers in a cross-reference section, found by number without listing every object.
import type { PdfLimits } from './limits.ts';
import { FormatError } from '../errors.ts';

interface Subsection<Place> {
  readonly first: number;
  readonly count: number;
  readonly place: Place;
}

/** Filled once with `add`, then `close`d; `place` says where the entries of a run stand. */
export class Subsections<Place> {
  readonly #runs: Subsection<Place>[] = [];
  readonly #limits: PdfLimits;

  constructor(limits: PdfLimits) {
    this.#limits = limits;
  }

  add(first: number, count: number, place: Place): void {
    if (this.#runs.length >= this.#limits.subsections) {
      throw new FormatError('pdf-limit', 'A cross-reference section has too many subsections.');
    }
    // 8,388,607 objects is what ISO 32000-1, Annex C calls the limit of a whole file.
    if (first + count > 2 ** 31) throw new FormatError('pdf-malformed', 'An object number is out of range.');
    if (count > 0) this.#runs.push({ first, count, place });
  }

  /** @throws FormatError `pdf-malformed` where two runs name the same object: readers would disagree. */
  close(): void {
    this.#runs.sort((a, b) => a.first - b.first);
    this.#runs.forEach((run, index) => {
      const next = this.#runs[index + 1];
      if (next !== undefined && run.first + run.count > next.first) {
        throw new FormatError('pdf-malformed', 'A cross-reference section names an object twice.');
      }
    });
  }

  /** One more than the highest number, 0 when empty. */
  get highest(): number {
    const last = this.#runs.at(-1);
    return last === undefined ? 0 : last.first + last.count;
  }

  find(number: number): { readonly place: Place; readonly index: number } | null {
    let low = 0;
    let high = this.#runs.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const run = this.#runs[middle];
      if (run === undefined) return null;
      if (number < run.first) high = middle - 1;
      else if (number >= run.first + run.count) low = middle + 1;
      else return { place: run.place, index: number - run.first };
    }
    return null;
  }

  *numbers(): Generator<number> {
    for (const run of this.#runs) {
      for (let index = 0; index < run.count; index++) yield run.first + index;
    }
  }
}
