// The body of a batch of licenses: a table (CSV) or JSON Lines, read row by row into orders.
import type { IncomingMessage } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readCsv } from '../formats/csv.ts';
import { FormatError } from '../formats/errors.ts';
import { rowReader } from '../licenses/batch-columns.ts';
import { MOST_ROWS, type BatchKind, type BatchRow } from '../licenses/batch.ts';
import type { LicenseType } from '../licenses/type.ts';
import { readBytes, requireMediaType } from './body.ts';
import { ApiError } from './errors.ts';
import { jsonLinesLimit, readJsonValues } from './json-lines.ts';
import { batchLine, batchOrderOf } from './license-import-schemas.ts';
import type { Body } from './route.ts';

/** A table of ten thousand rows with long faces is some megabytes. */
const csvLimits = { rows: MOST_ROWS + 1, columns: 80, cell: 2000 } as const;
const rowsATurn = 200;
/** Lines of JSON. */
const lineTypes = ['application/x-ndjson', 'application/jsonl', 'application/json'];

export type TableBody = { readonly csv: string } | { readonly lines: Uint8Array };

/** `text/csv` in UTF-8 or, where the header says so, GB18030; or JSON Lines. */
export const licenseTableBody: Body<TableBody> = {
  content: Object.fromEntries(['text/csv', ...lineTypes].map((type) => [type, 'binary' as const])),
  async read(request) {
    const type = requireMediaType(request, 'text/csv', ...lineTypes);
    const bytes = await readBytes(request, jsonLinesLimit);
    const value = type === 'text/csv' ? { csv: textOf(request, bytes) } : { lines: bytes };
    return { value, dispose: () => Promise.resolve() };
  },
};

/** @throws ApiError `content-type-unsupported` for another charset, `request-invalid` where the bytes are not in it */
function textOf(request: IncomingMessage, bytes: Uint8Array): string {
  const header = request.headers['content-type'] ?? '';
  const charset = (/;\s*charset\s*=\s*"?([\w-]+)"?/i.exec(header)?.[1] ?? 'utf-8').toLowerCase();
  if (!['utf-8', 'utf8', 'gb18030', 'gbk', 'gb2312'].includes(charset))
    throw new ApiError('content-type-unsupported', 'A table is in UTF-8 or GB18030.');
  try {
    return new TextDecoder(charset.startsWith('gb') ? 'gb18030' : 'utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ApiError('request-invalid', `The table is not in ${charset}.`, { cause });
  }
}

/**
 * The rows of a batch. A row that does not hold is refused by itself, with the place and never the value.
 * @param type of every row of a table; of the lines that name none
 * @throws FormatError `csv-malformed`; LicenseError `batch-invalid`; ApiError `json-malformed`, `body-too-large`, `request-invalid`
 */
export async function rowsOf(
  body: TableBody,
  type: LicenseType | null,
  kind: BatchKind,
): Promise<readonly BatchRow[]> {
  if ('csv' in body) {
    if (type === null) throw new ApiError('request-invalid', 'A table names its license type: ?type=…');
    return rowsOfTable(body.csv, type, kind);
  }
  const lines = await readJsonValues(body.lines, batchLine, MOST_ROWS);
  return lines.map((line): BatchRow => {
    if ('refused' in line)
      return { reference: null, refused: { code: 'request-invalid', message: line.refused } };
    const { reference = null } = line.value;
    const order = batchOrderOf(line.value, type?.typeCode);
    return order === null
      ? { reference, refused: { code: 'request-invalid', message: 'The row names no license type.' } }
      : { reference, order };
  });
}

async function rowsOfTable(text: string, type: LicenseType, kind: BatchKind): Promise<readonly BatchRow[]> {
  const table = readCsv(text, csvLimits);
  const header = table.next();
  if (header.done === true) throw new FormatError('csv-malformed', 'The table has no header.');
  const read = rowReader(type, kind, header.value.cells);
  const rows: BatchRow[] = [];
  for (const row of table) {
    rows.push(read(row));
    if (rows.length % rowsATurn === 0) await nextTurn();
  }
  return rows;
}
