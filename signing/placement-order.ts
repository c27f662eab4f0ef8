// Where a seal is asked to stand: what a request says, checked, and as the plain value that a request's digest is over.
import { foldText } from '../formats/pdf/text-fold.ts';
import { longestAnchor } from '../formats/pdf/text-search.ts';
import { SigningError } from './errors.ts';
import type { Plain } from './request-digest.ts';

/** All lengths are millimetres; pages count from 1, and from −1 backwards from the last. */
export interface PagePlace {
  readonly page: number;
  /** The seal's middle, from the left and top edge of the page as displayed. */
  readonly centreX: number;
  readonly centreY: number;
}

/** 关键字: the seal's middle stands on the middle of a text, or so far to the right of it and below. */
export interface AnchorPlace {
  readonly anchor: {
    readonly text: string;
    /** Which match, in reading order: 1 the first (the default), −1 the last, `all` every one. */
    readonly occurrence?: number | 'all';
    /** Where it is looked for; everywhere by default. */
    readonly pages?: PageChoice;
    readonly offsetX?: number;
    readonly offsetY?: number;
  };
}

/** A prepared empty signature field, by its full name. The seal stands in its middle, smaller only where it does not fit. */
export interface FieldPlace {
  readonly field: string;
}

/** The same place on several pages, in one signature. */
export interface PagesPlace {
  readonly pages: PageChoice;
  readonly centreX: number;
  readonly centreY: number;
}

/** 骑缝章: the seal cut into slices over the edges of the pages, as if it were pressed on their fanned edges. */
export interface RidingPlace {
  readonly riding: RidingOrder;
}

export interface RidingOrder {
  /** Default `right`. */
  readonly edge?: 'left' | 'right' | 'top' | 'bottom';
  /** The seal's middle along the edge, from the top or left; by default the middle of the smallest page. */
  readonly position?: number;
  /** Default all. */
  readonly pages?: PageChoice;
  /** Most slices that one seal is cut into; more pages get the seal again. By default as many as leave 2 mm a slice. */
  readonly pagesPerSeal?: number;
  /** Double-sided: every second page has its slice on the opposite edge. */
  readonly alternate?: boolean;
}

/** Every page, from one to another, or each by number. */
export type PageChoice = 'all' | { readonly from: number; readonly to: number } | readonly number[];

export type SealPlace = PagePlace | AnchorPlace | FieldPlace | PagesPlace | RidingPlace;

/** All that is asked about places. */
export interface Placing {
  readonly place: SealPlace;
  /** A riding seal besides, in the same signature. */
  readonly riding?: RidingOrder;
  /** Whether the seal may cover form fields. Default no. */
  readonly overFields?: boolean;
}

/** Pages that a list may name. */
const mostListed = 10_000;

/** @throws SigningError `placement-invalid` for what is no place whatever the document */
export function checkPlacing({ place, riding }: Placing): void {
  if ('anchor' in place) checkAnchor(place.anchor);
  else if ('field' in place) {
    if (place.field === '' || place.field.length > 500)
      throw invalid('The name of a field has 1 to 500 characters.');
  } else if ('riding' in place) {
    checkRiding(place.riding);
    if (riding !== undefined) throw invalid('A stamp has one riding seal.');
  } else {
    checkLengths(place.centreX, place.centreY);
    if ('pages' in place) checkPages(place.pages);
    else checkPage(place.page);
  }
  if (riding !== undefined) checkRiding(riding);
}

function checkAnchor({ text, occurrence, pages, offsetX, offsetY }: AnchorPlace['anchor']): void {
  const folded = foldText(text);
  if (folded.length < 1 || folded.length > longestAnchor) {
    throw invalid(`An anchor text has 1 to ${longestAnchor} characters besides blanks.`);
  }
  if (occurrence !== undefined && occurrence !== 'all' && !isPage(occurrence)) {
    throw invalid('An occurrence is a whole number, from 1, or from −1 backwards.');
  }
  checkLengths(offsetX ?? 0, offsetY ?? 0);
  checkPages(pages ?? 'all');
}

function checkRiding({ position, pages, pagesPerSeal }: RidingOrder): void {
  checkLengths(position ?? 0);
  checkPages(pages ?? 'all');
  if (pagesPerSeal !== undefined && !(Number.isInteger(pagesPerSeal) && pagesPerSeal >= 2)) {
    throw invalid('A riding seal is cut into at least 2 slices.');
  }
}

function checkPages(pages: PageChoice): void {
  if (pages === 'all') return;
  if (isList(pages)) {
    if (pages.length < 1 || pages.length > mostListed)
      throw invalid(`A list of pages names 1 to ${mostListed}.`);
    pages.forEach(checkPage);
    if (new Set(pages).size !== pages.length) throw invalid('A list of pages names none twice.');
  } else {
    checkPage(pages.from);
    checkPage(pages.to);
  }
}

/** Whether a choice is a list of numbers. */
export function isList(pages: PageChoice): pages is readonly number[] {
  return Array.isArray(pages);
}

function checkPage(page: number): void {
  if (!isPage(page)) throw invalid('A page is a whole number, from 1, or from −1 backwards.');
}

function isPage(page: number): boolean {
  return Number.isSafeInteger(page) && page !== 0 && Math.abs(page) <= 1_000_000;
}

function checkLengths(...lengths: readonly number[]): void {
  if (!lengths.every((length) => Math.abs(length) <= 100_000))
    throw invalid('A length is a finite number of millimetres.');
}

function invalid(message: string): SigningError {
  return new SigningError('placement-invalid', message);
}

/** What a request's digest is over; a plain page and place as it always was. */
export function plainPlacing({ place, riding, overFields }: Placing): Readonly<Record<string, Plain>> {
  return {
    place: plain({ ...place }),
    ...(riding === undefined ? {} : { riding: plain({ ...riding }) }),
    ...(overFields === undefined ? {} : { overFields }),
  };
}

/** Without the members that are undefined, which JSON does not know. */
function plain(value: object): Plain {
  return JSON.parse(JSON.stringify(value)) as Plain;
}
