// Text anchors (关键字定位): the match that is asked for, looked up page by page, and its place as millimetres of the page.
import type { PdfDocument } from '../formats/pdf/document.ts';
import { FormatError } from '../formats/errors.ts';
import type { Page, Rectangle } from '../formats/pdf/pages.ts';
import { pageGlyphs, TextFonts } from '../formats/pdf/text-content.ts';
import { findText } from '../formats/pdf/text-search.ts';
import { SigningError } from './errors.ts';
import { chosenPages } from './page-choice.ts';
import type { AnchorPlace } from './placement-order.ts';
import { shownArea, type ShownArea } from './placement.ts';

/** A text found on a page. */
export interface AnchorHit {
  readonly page: Page;
  /** Its number in reading order, from 1; null where the search came from behind and did not count. */
  readonly occurrence: number | null;
  /** Millimetres on the page as displayed. */
  readonly area: ShownArea;
  /** Whether the text shows; what was recognised under a scan does not. */
  readonly visible: boolean;
}

/** Seals that one anchor with `all` may make. */
const mostHits = 1000;

/**
 * The matches asked for: one, or with `all` every one. Pages behind the wanted match are not read, and from behind none
 * before it.
 * @throws SigningError `anchor-not-found`, `anchor-unreadable` (a page on the way cannot be read: which match is meant
 *   would be a guess), `page-not-found`, `placement-invalid` (too many matches)
 */
export async function findAnchor(
  document: PdfDocument,
  { text, occurrence = 1, pages = 'all' }: AnchorPlace['anchor'],
): Promise<readonly AnchorHit[]> {
  const chosen = await chosenPages(document, pages);
  const fonts = new TextFonts(document);
  const backwards = occurrence !== 'all' && occurrence < 0;
  const order = backwards ? [...chosen].reverse() : chosen;
  const all: AnchorHit[] = [];
  let seen = 0;
  for (const page of order) {
    const hits = await hitsOn(document, page, fonts, text);
    if (occurrence === 'all') {
      for (const hit of hits) all.push({ ...hit, occurrence: all.length + 1 });
      if (all.length > mostHits)
        throw new SigningError('placement-invalid', `The text stands at over ${mostHits} places.`);
      continue;
    }
    const wanted = Math.abs(occurrence) - seen;
    if (hits.length >= wanted) {
      const hit = hits[backwards ? hits.length - wanted : wanted - 1];
      if (hit !== undefined) return [{ ...hit, occurrence: backwards ? null : occurrence }];
    }
    seen += hits.length;
  }
  if (all.length > 0) return all;
  throw new SigningError(
    'anchor-not-found',
    seen === 0
      ? `The text does not stand on the ${chosen.length} pages searched.`
      : `The text stands at ${seen} places on the ${chosen.length} pages searched, fewer than asked for.`,
  );
}

/** The page's matches from top to bottom, then from left to right, as displayed; what lies outside the page is none. */
async function hitsOn(
  document: PdfDocument,
  page: Page,
  fonts: TextFonts,
  text: string,
): Promise<readonly Omit<AnchorHit, 'occurrence'>[]> {
  let matches: ReturnType<typeof findText>;
  try {
    matches = findText(await pageGlyphs(document, page, fonts), text);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new SigningError('anchor-unreadable', `The text of page ${page.index + 1} cannot be read.`, {
      cause: error,
    });
  }
  return matches
    .filter(({ box }) => isOn(page.cropBox, box))
    .map(({ box, visible }) => ({ page, visible, area: shownArea(page, box) }))
    .sort((a, b) => {
      // Lines are told apart by half a character's height.
      const apart = a.area.centreY - b.area.centreY;
      const least = Math.min(a.area.height, b.area.height) / 2;
      return Math.abs(apart) > least ? apart : a.area.centreX - b.area.centreX;
    });
}

function isOn(shown: Rectangle, box: Rectangle): boolean {
  const [x, y] = [(box.left + box.right) / 2, (box.bottom + box.top) / 2];
  return x >= shown.left && x <= shown.right && y >= shown.bottom && y <= shown.top;
}
