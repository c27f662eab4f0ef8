// A seal put where it was asked for: its widget, its other showings as annotations of the same revision, and a report of all.
import type { Appearance } from '../formats/pdf/appearance.ts';
import { addAnnotation } from '../formats/pdf/fields.ts';
import { FormPool, type FormPart } from '../formats/pdf/form-pool.ts';
import type { FormField } from '../formats/pdf/form.ts';
import {
  pdfArray,
  pdfDictionary,
  pdfInteger,
  pdfName,
  pdfReal,
  type PdfReference,
} from '../formats/pdf/objects.ts';
import type { Page, Rectangle } from '../formats/pdf/pages.ts';
import { findAnchor, type AnchorHit } from './anchor.ts';
import { archiveDrawing } from './archive-appearance.ts';
import { fieldAreas } from './field-areas.ts';
import { preparedPlace } from './field-place.ts';
import { chosenPages, pageNumbered } from './page-choice.ts';
import { placeOnPage, refuseOverlap, shownArea, type Placement } from './placement.ts';
import { checkPlacing, type Placing } from './placement-order.ts';
import type { PlacedSignature, PlacingWork } from './prepare.ts';
import { rideOver, type Slice } from './riding-seal.ts';

/** The seal to be placed. */
export interface SealToPlace {
  readonly appearance: Appearance;
  /** Real size, millimetres. */
  readonly size: { readonly width: number; readonly height: number };
}

/** Where the seal, or a part of it, came to stand. */
export interface Showing {
  /** From 1. */
  readonly page: number;
  /** The signature's own widget, or an annotation beside it. */
  readonly as: 'widget' | 'annotation';
  /** Millimetres of the page as displayed. */
  readonly centreX: number;
  readonly centreY: number;
  readonly width: number;
  readonly height: number;
  /** Of a riding seal: which slice of how many. */
  readonly slice?: { readonly number: number; readonly of: number };
  /** Of a text anchor: which match (null: counted from behind), where it stands, and whether it can be seen. */
  readonly anchor?: {
    readonly occurrence: number | null;
    readonly centreX: number;
    readonly centreY: number;
    readonly visible: boolean;
  };
}

export interface PlacedSeal {
  readonly placed: PlacedSignature;
  readonly showings: readonly Showing[];
}

/** One place decided on, before anything is drawn. */
interface Spot {
  readonly page: Page;
  readonly placement: Placement;
  /** Absent for the whole seal. */
  readonly slice?: Slice;
  readonly about?: Pick<Showing, 'slice' | 'anchor'>;
}

/**
 * Decides on every place first, draws then: what is refused leaves nothing in the update. The drawing itself is written
 * once, however often it shows.
 * @throws SigningError `placement-invalid`, `page-not-found`, `anchor-not-found`, `anchor-unreadable`, `field-not-found`,
 *   `field-already-signed`, `riding-impossible`, `seal-off-page`, `seal-over-field`
 */
export async function placeSeal(work: PlacingWork, seal: SealToPlace, placing: Placing): Promise<PlacedSeal> {
  checkPlacing(placing);
  const { document, fields, update } = work;
  const { place, riding } = placing;
  const prepared = 'field' in place ? await preparedPlace(document, fields, place.field) : null;
  const spots = [
    ...(await spotsOf(work, seal, placing)),
    ...(riding === undefined ? [] : await ridingSpots(work, seal, { riding })),
  ];
  const rectangles = await rectanglesOf(work, spots, prepared?.field ?? null, placing.overFields ?? false);
  const pool = new FormPool(update, seal.appearance, await archiveDrawing(document));
  const showings: Showing[] = [];
  let widget: PlacedSignature | null =
    prepared === null
      ? null
      : {
          page: prepared.page,
          rectangle: prepared.rectangle,
          appearance: prepared.draw(pool, seal.size),
          field: prepared.field.fullName,
        };
  if (widget !== null && prepared !== null) {
    showings.push({
      page: prepared.page.index + 1,
      as: 'widget',
      ...rounded(shownArea(prepared.page, prepared.rectangle)),
    });
  }
  for (const [index, spot] of spots.entries()) {
    const { rectangle, matrix } = rectangles[index] ?? placeOnPage(spot.page, spot.placement);
    const form =
      spot.slice !== undefined
        ? pool.part(partOf(seal.appearance, spot.slice), matrix)
        : spots.length === 1 && prepared === null
          ? pool.only(matrix)
          : pool.whole(matrix);
    showings.push({
      page: spot.page.index + 1,
      as: widget === null ? 'widget' : 'annotation',
      ...rounded(spot.placement),
      ...spot.about,
    });
    if (widget === null) widget = { page: spot.page, rectangle, appearance: form };
    else await addStampAnnotation(work, spot.page, rectangle, form);
  }
  if (widget === null) throw new TypeError('A place has at least one page.');
  return { placed: widget, showings };
}

/** The step of preparing that places a seal, and what it did: it may run again where a value needs more room. */
export function sealPlacing(
  seal: SealToPlace,
  placing: Placing,
): {
  readonly place: (work: PlacingWork) => Promise<PlacedSignature>;
  readonly showings: () => readonly Showing[];
} {
  let done: readonly Showing[] = [];
  return {
    async place(work) {
      const { placed, showings } = await placeSeal(work, seal, placing);
      done = showings;
      return placed;
    },
    showings: () => done,
  };
}

/** What the books keep of a place: what was asked, and what came of it. */
export function recordedPlacing(
  { place, riding, overFields }: Placing,
  showings: readonly Showing[],
): { readonly asked: Placing; readonly showings: readonly Showing[] } {
  const asked: Placing = {
    place,
    ...(riding === undefined ? {} : { riding }),
    ...(overFields === undefined ? {} : { overFields }),
  };
  return { asked, showings };
}

/** The showings in what `recordedPlacing` made; none in older rows. */
export function showingsOf(recorded: unknown): readonly Showing[] {
  if (typeof recorded !== 'object' || recorded === null || !('showings' in recorded)) return [];
  return recorded.showings as readonly Showing[];
}

async function spotsOf(work: PlacingWork, seal: SealToPlace, { place }: Placing): Promise<readonly Spot[]> {
  const { document } = work;
  if ('field' in place) return [];
  if ('riding' in place) return ridingSpots(work, seal, place);
  if ('anchor' in place) {
    const { offsetX = 0, offsetY = 0 } = place.anchor;
    return (await findAnchor(document, place.anchor)).map((hit): Spot => ({
      page: hit.page,
      placement: { centreX: hit.area.centreX + offsetX, centreY: hit.area.centreY + offsetY, ...seal.size },
      about: { anchor: anchorOf(hit) },
    }));
  }
  const pages =
    'pages' in place ? await chosenPages(document, place.pages) : [await pageNumbered(document, place.page)];
  const placement = { centreX: place.centreX, centreY: place.centreY, ...seal.size };
  return pages.map((page) => ({ page, placement }));
}

async function ridingSpots(
  { document }: PlacingWork,
  seal: SealToPlace,
  { riding }: { readonly riding: Parameters<typeof rideOver>[2] },
): Promise<readonly Spot[]> {
  const pages = await chosenPages(document, riding.pages ?? 'all');
  return rideOver(pages, seal.size, riding).map(({ page, placement, slice, number, of }): Spot => ({
    page,
    placement,
    ...(of === 1 ? {} : { slice }),
    about: { slice: { number, of } },
  }));
}

function anchorOf({ area, occurrence, visible }: AnchorHit): NonNullable<Showing['anchor']> {
  const { centreX, centreY } = rounded(area);
  return { occurrence, centreX, centreY, visible };
}

async function rectanglesOf(
  { document, fields }: PlacingWork,
  spots: readonly Spot[],
  own: FormField | null,
  overFields: boolean,
): Promise<readonly ReturnType<typeof placeOnPage>[]> {
  const areas = fieldAreas(document, fields, own);
  const placed: ReturnType<typeof placeOnPage>[] = [];
  for (const { page, placement } of spots) {
    const there = placeOnPage(page, placement);
    if (!overFields) refuseOverlap(there.rectangle, await areas.on(page));
    placed.push(there);
  }
  return placed;
}

/** Print, ReadOnly and Locked (Table 167): it is part of the seal, printed with it, and not moved. */
const annotationFlags = 4 + 64 + 128;

/** ISO 32000-2 gives a signature field one widget, so the seal's other showings are stamp annotations (12.5.6.12). */
async function addStampAnnotation(
  { update }: PlacingWork,
  page: Page,
  { left, bottom, right, top }: Rectangle,
  form: PdfReference,
): Promise<void> {
  const reference = update.allocate();
  update.set(
    reference,
    pdfDictionary({
      Type: pdfName('Annot'),
      Subtype: pdfName('Stamp'),
      F: pdfInteger(annotationFlags),
      Rect: pdfArray([left, bottom, right, top].map((value) => pdfReal(Math.round(value * 1e3) / 1e3))),
      AP: pdfDictionary({ N: form }),
    }),
  );
  await addAnnotation(update, page.reference, reference);
}

function partOf({ boundingBox }: Appearance, slice: Slice): FormPart {
  const [left, bottom, right, top] = boundingBox;
  const x = (share: number): number => left + share * (right - left);
  const y = (share: number): number => bottom + share * (top - bottom);
  return [x(slice.left), y(slice.bottom), x(slice.right), y(slice.top)];
}

/** To micrometres: enough for people, and the same on every machine. */
function rounded(area: Placement): Placement {
  const r = (value: number): number => Math.round(value * 1e3) / 1e3;
  return { centreX: r(area.centreX), centreY: r(area.centreY), width: r(area.width), height: r(area.height) };
}
