// From template and values to placed words: every refusal of a page happens here, before anything is drawn.
import { modulePoints, POINTS_PER_DOT, QUIET_ZONE } from './code-picture.ts';
import { LicenseError, type Complaint } from './errors.ts';
import { LayoutBuilder, POINTS_PER_MM, type Complaints, type PageLayout } from './layout-builder.ts';
import { placeCode, placeField, placeTable, placeText } from './page-elements.ts';
import type { PageFonts } from './page-fonts.ts';
import { partsOfList, placeList, type ListPart, type ListRow } from './page-list.ts';
import type { ListElement, PageTemplate, TemplatePage } from './template.ts';

/** What the pages show: a plain value that crosses to the worker. */
export interface PageContent {
  readonly template: PageTemplate;
  /** Printed words by short name. */
  readonly values: Readonly<Record<string, string>>;
  /** Rows of the lists by short name. */
  readonly lists?: Readonly<Record<string, readonly ListRow[]>>;
  /** `样章` on everything a demonstration makes; null on real licenses. */
  readonly mark: string | null;
  /** Printed above the frame of every page: that this is no original. Null on what is issued here. */
  readonly notice?: string | null;
  /** Host printed beside the code. */
  readonly host: string;
}

/** Modules across the largest symbol a page makes room for (version 20). */
const ROOM_FOR_MODULES = 97;
/** Pages of one license, annexes that continue included. */
const MOST_PAGES = 30;

/** One page to be drawn: its template, and which rows of its continuing list it shows. */
interface PlannedPage {
  readonly template: TemplatePage;
  readonly part: ListPart | null;
}

function rowsOf(content: PageContent, { source }: ListElement): readonly ListRow[] {
  return content.lists?.[source] ?? [];
}

function planPages(content: PageContent, fonts: PageFonts, complaints: Complaints): readonly PlannedPage[] {
  const planned = content.template.pages.flatMap((template): PlannedPage[] => {
    const list = template.elements.find((element) => element.kind === 'list' && element.continues === true);
    if (list?.kind !== 'list') return [{ template, part: null }];
    const builder = new LayoutBuilder(template.page.height, content.values, fonts, complaints);
    return partsOfList(builder, list, rowsOf(content, list)).map((part) => ({ template, part }));
  });
  if (planned.length > MOST_PAGES)
    complaints.overflow.push({
      field: 'template',
      reason: `The license fills more than ${MOST_PAGES} pages.`,
    });
  return planned.slice(0, MOST_PAGES);
}

/**
 * Places every word of every page.
 * @param modules modules a side of the code; while it is not known yet, room for the largest is assumed
 * @throws LicenseError `glyph-missing`, `text-overflow`, each naming its fields
 */
export function layoutPages(
  content: PageContent,
  fonts: PageFonts,
  modules: number = ROOM_FOR_MODULES,
): readonly PageLayout[] {
  const complaints: Complaints = { missing: [], overflow: [] };
  const planned = planPages(content, fonts, complaints);
  const layouts = planned.map((page, index) => {
    const values = { ...content.values, YM: `第${index + 1}页 共${planned.length}页` };
    return layoutPage({ ...content, values }, page, fonts, complaints, modules);
  });
  refuseAny('glyph-missing', complaints.missing);
  refuseAny('text-overflow', complaints.overflow);
  return layouts;
}

/** Every refused field is named, each once. */
function refuseAny(code: 'glyph-missing' | 'text-overflow', all: readonly Complaint[]): void {
  const complaints = [...new Map(all.map((complaint) => [JSON.stringify(complaint), complaint])).values()];
  if (complaints.length === 0) return;
  const message = complaints.map(({ field, reason }) => `${field}: ${reason}`).join(' ');
  throw new LicenseError(code, message, { complaints });
}

function layoutPage(
  content: PageContent,
  { template, part }: PlannedPage,
  fonts: PageFonts,
  complaints: Complaints,
  modules: number,
): PageLayout {
  const { page } = template;
  const builder = new LayoutBuilder(page.height, content.values, fonts, complaints);
  const codeSide = ((modules + 2 * QUIET_ZONE) * modulePoints(modules)) / POINTS_PER_MM;
  let code: PageLayout['code'] = null;
  let photo: PageLayout['photo'] = null;
  let seal: PageLayout['seal'] = null;
  for (const element of template.elements) {
    switch (element.kind) {
      case 'text':
        placeText(builder, element);
        break;
      case 'field':
        placeField(builder, element);
        break;
      case 'table':
        placeTable(builder, element);
        break;
      case 'list':
        if (element.continues === true && part !== null) placeList(builder, element, part);
        else
          for (const whole of partsOfList(builder, element, rowsOf(content, element)).slice(0, 1))
            placeList(builder, element, whole);
        break;
      case 'rule': {
        const { from, to } = element;
        builder.rule([from.x, from.y], [to.x, to.y], element.thickness, element.colour ?? 'black');
        break;
      }
      case 'code':
        code = { x: onDots(element.x), y: onDots(page.height - element.y) };
        if (element.x + codeSide > page.width || element.y + codeSide > page.height)
          builder.overflows('code', 'The code does not fit the page at its place.');
        placeCode(builder, element, content.host, codeSide);
        break;
      case 'photo': {
        const { x, y, width, height } = element.box;
        photo = {
          x: x * POINTS_PER_MM,
          y: (page.height - y - height) * POINTS_PER_MM,
          width: width * POINTS_PER_MM,
          height: height * POINTS_PER_MM,
        };
        break;
      }
      case 'seal':
        seal = { x: element.x, y: element.y };
        break;
    }
  }
  if (content.mark !== null) placeMark(builder, page.width, content.mark);
  if (content.notice !== undefined && content.notice !== null)
    placeNotice(builder, page.width, content.notice);
  return {
    width: page.width * POINTS_PER_MM,
    height: page.height * POINTS_PER_MM,
    border: template.border,
    texts: builder.texts,
    rules: builder.rules,
    code,
    photo,
    seal,
  };
}

/** Millimetres to points, on whole printer dots. */
function onDots(millimetres: number): number {
  return Math.round((millimetres * POINTS_PER_MM) / POINTS_PER_DOT) * POINTS_PER_DOT;
}

function placeMark(builder: LayoutBuilder, pageWidth: number, mark: string): void {
  const box = { x: pageWidth - 42, y: 13, width: 26, height: 9 };
  const style = {
    size: 16,
    minSize: 8,
    weight: 'bold',
    colour: 'red',
    align: 'centre',
    middle: true,
  } as const;
  builder.place('mark', mark, box, style);
}

/** In the margin, where no template puts anything. */
function placeNotice(builder: LayoutBuilder, pageWidth: number, notice: string): void {
  const box = { x: 8, y: 1.2, width: pageWidth - 16, height: 6 };
  const style = {
    size: 10,
    minSize: 4,
    weight: 'bold',
    colour: 'red',
    align: 'centre',
    middle: true,
  } as const;
  builder.place('notice', notice, box, style);
}
