// The page of a copy for a purpose: the words that bind it, the granted fields in a table, its own code, a small seal.
import { trustOf } from './original.ts';
import type { PageContent } from './page-layout.ts';
import type { LicenseRecord } from './record.ts';
import type { ShownLine } from './shown-fields.ts';
import type { PageTemplate } from './template.ts';
import type { LicenseType } from './type.ts';

/** Share of its real size at which the seal stands on a copy, so that nobody takes it for the seal of an original. */
export const SMALL_SEAL = 0.62;
/** The seal's middle, millimetres. */
export const SEAL_PLACE = { x: 160, y: 246 } as const;
/** Characters that one line of the table holds; Latin ones are half as wide. */
const LINE_LENGTH = 26;
const ROW_HEIGHT = 9.5;
const MAX_TABLE = 118;

/** Rows by what they hold: a long value gets the height of its lines. */
function shareOf(value: string): number {
  const width = Array.from(value).reduce((sum, each) => sum + (each < '\u0100' ? 0.5 : 1), 0);
  return Math.min(5, Math.max(1, Math.ceil(width / LINE_LENGTH)));
}

function templateOf(type: LicenseType, lines: readonly ShownLine[]): PageTemplate {
  const shares = lines.map(({ value }) => shareOf(value));
  const height = Math.min(MAX_TABLE, ROW_HEIGHT * shares.reduce((sum, share) => sum + share, 0));
  return {
    pages: [
      {
        page: { width: 210, height: 297 },
        border: { style: 'double', colour: 'grey' },
        elements: [
          {
            kind: 'text',
            box: { x: 25, y: 24, width: 160, height: 13 },
            text: type.name,
            size: 26,
            weight: 'bold',
            align: 'centre',
          },
          {
            kind: 'text',
            box: { x: 25, y: 39, width: 160, height: 9 },
            text: '加　注　件',
            size: 18,
            weight: 'bold',
            colour: 'red',
            align: 'centre',
          },
          {
            kind: 'field',
            box: { x: 28, y: 52, width: 154, height: 24 },
            label: null,
            source: 'YT',
            size: 14,
            minSize: 9,
            colour: 'red',
          },
          {
            kind: 'table',
            box: { x: 25, y: 80, width: 160, height },
            labelWidth: 46,
            size: 12,
            minSize: 7,
            rows: lines.map(({ name, label }, at) => ({
              share: shares[at] ?? 1,
              cells: [{ label, source: name }],
            })),
          },
          { kind: 'code', x: 25, y: 210, wordsWidth: 44 },
          {
            kind: 'field',
            box: { x: 118, y: 226, width: 68, height: 8 },
            label: null,
            source: 'ZZBFJG',
            size: 11,
            minSize: 7,
            align: 'right',
          },
          {
            kind: 'field',
            box: { x: 118, y: 262, width: 68, height: 7 },
            label: null,
            source: 'JZRQ',
            size: 11,
            align: 'right',
          },
          {
            kind: 'field',
            box: { x: 25, y: 272, width: 160, height: 6 },
            label: null,
            source: 'SQBH',
            size: 9,
            colour: 'grey',
            align: 'centre',
          },
          { kind: 'seal', ...SEAL_PLACE },
        ],
      },
    ],
  };
}

function inWords(day: string): string {
  const [year = '', month = '', date = ''] = day.split('-');
  return `${year}年${String(Number(month))}月${String(Number(date))}日`;
}

/** Days are told as people read them, and an absent end as such. */
function printed(line: ShownLine): ShownLine {
  return /^\d{4}-\d{2}-\d{2}$/.test(line.value) ? { ...line, value: inWords(line.value) } : line;
}

/** @param lines the granted fields with their values; @param record of the copy; @param host printed beside the code */
export function copyPage(
  type: LicenseType,
  record: LicenseRecord,
  lines: readonly ShownLine[],
  host: string,
): PageContent {
  const shown = lines.map(printed);
  const until = inWords(record['ZZYXQJZRQ'] ?? '');
  return {
    template: templateOf(type, shown),
    values: {
      ...Object.fromEntries(shown.map(({ name, value }) => [name, value])),
      YT: `仅供${record['grantWords'] ?? ''}使用，有效期至${until}，授权编号${record['grant'] ?? ''}。用于其他用途的无效。`,
      ZZBFJG: record['ZZBFJG'] ?? '',
      JZRQ: `加注日期：${inWords(record['copiedOn'] ?? '')}`,
      SQBH: `授权编号 ${record['grant'] ?? ''}`,
    },
    mark: type.mark,
    notice: noticeOfCopy(record),
    host,
  };
}

/** Of what was itself taken over it also says how far that may be trusted. */
function noticeOfCopy(record: LicenseRecord): string {
  const { trust } = record;
  return trust === undefined
    ? '加注件，不是原件'
    : `加注件，不是原件；所依证照亦非原件，可信等级 ${trustOf(record)}`;
}
