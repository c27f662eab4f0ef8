// Stream data decoded: FlateDecode with its predictors (ISO 32000-2, 7.4.4), the filter of every structural stream, and older ones.
import type { PdfDictionary, PdfObject } from './objects.ts';
import { inflateSync } from 'node:zlib';
import { FormatError } from '../errors.ts';
import { entry, integerOf, nameOf, pdfNull } from './objects.ts';
import { decodeOldFilter } from './old-filters.ts';

/**
 * @param dictionary the stream's, whose /Filter and /DecodeParms must stand in it directly.
 * @param maximum bytes the result may have.
 * @throws FormatError `pdf-unsupported` for a filter of pictures, `pdf-limit` over `maximum`, `pdf-malformed` for damaged data.
 */
export function decodeStream(dictionary: PdfDictionary, data: Uint8Array, maximum: number): Uint8Array {
  const filterEntry = entry(dictionary, 'Filter');
  const filters = filterEntry.kind === 'array' ? filterEntry.items : [filterEntry];
  const parametersEntry = entry(dictionary, 'DecodeParms');
  const parameters = parametersEntry.kind === 'array' ? parametersEntry.items : [parametersEntry];
  if (filters.length > 4) throw new FormatError('pdf-limit', 'A stream has too many filters.');
  let decoded = data;
  filters.forEach((filter, index) => {
    if (filter.kind === 'null') return;
    const filterName = nameOf(filter);
    const own = parameters[index] ?? pdfNull;
    decoded = unfiltered(filterName ?? '', decoded, maximum, own);
    if (own.kind === 'dictionary') decoded = undoPredictor(own, decoded);
    else if (own.kind !== 'null')
      throw new FormatError('pdf-malformed', 'A stream has unreadable parameters.');
  });
  if (decoded.length > maximum) throw new FormatError('pdf-limit', 'A stream is too large.');
  return decoded;
}

function unfiltered(name: string, data: Uint8Array, maximum: number, parameters: PdfObject): Uint8Array {
  if (name === 'FlateDecode' || name === 'Fl') return inflate(data, maximum);
  const early = parameters.kind === 'dictionary' ? integerOf(entry(parameters, 'EarlyChange')) : null;
  const decoded = decodeOldFilter(name, data, maximum, early !== 0);
  if (decoded === null) {
    throw new FormatError('pdf-unsupported', 'A stream needed here uses a filter that is not read.');
  }
  return decoded;
}

function inflate(data: Uint8Array, maximum: number): Uint8Array {
  try {
    return inflateSync(data, { maxOutputLength: maximum });
  } catch (error) {
    if (error instanceof RangeError) throw new FormatError('pdf-limit', 'A stream inflates to too much.');
    throw new FormatError('pdf-malformed', 'A compressed stream is damaged.', { cause: error });
  }
}

function parameter(parameters: PdfDictionary, key: string, standard: number, maximum: number): number {
  const object = entry(parameters, key);
  const value = object.kind === 'null' ? standard : integerOf(object);
  if (value === null || value < 1 || value > maximum) {
    throw new FormatError('pdf-malformed', `A stream has an impossible /${key}.`);
  }
  return value;
}

function undoPredictor(parameters: PdfDictionary, data: Uint8Array): Uint8Array {
  const predictor = parameter(parameters, 'Predictor', 1, 15);
  if (predictor === 1) return data;
  const colors = parameter(parameters, 'Colors', 1, 32);
  const bits = parameter(parameters, 'BitsPerComponent', 8, 16);
  const columns = parameter(parameters, 'Columns', 1, 1 << 20);
  const rowLength = Math.ceil((colors * bits * columns) / 8);
  const pixelLength = Math.max(1, (colors * bits) >> 3);
  if (predictor >= 10) return undoPng(data, rowLength, pixelLength);
  if (predictor !== 2 || bits !== 8) {
    throw new FormatError('pdf-unsupported', 'A stream uses an unusual predictor.');
  }
  const rows = data.slice();
  for (let i = 0; i < rows.length; i++) {
    if (i % rowLength >= pixelLength) rows[i] = (rows[i] ?? 0) + (rows[i - pixelLength] ?? 0);
  }
  return rows;
}

/** The PNG filters (RFC 2083, 6): each row begins with the number of its filter. */
function undoPng(data: Uint8Array, rowLength: number, pixelLength: number): Uint8Array {
  const rows = Math.ceil(data.length / (rowLength + 1));
  const result = new Uint8Array(Math.max(0, data.length - rows));
  for (let row = 0; row < rows; row++) {
    const from = row * (rowLength + 1);
    const to = row * rowLength;
    const filter = data[from] ?? 0;
    if (filter > 4) throw new FormatError('pdf-malformed', 'A stream row names an unknown filter.');
    const length = Math.min(rowLength, data.length - from - 1);
    for (let i = 0; i < length; i++) {
      const left = i >= pixelLength ? (result[to + i - pixelLength] ?? 0) : 0;
      const up = row > 0 ? (result[to + i - rowLength] ?? 0) : 0;
      const upLeft = row > 0 && i >= pixelLength ? (result[to + i - rowLength - pixelLength] ?? 0) : 0;
      result[to + i] = (data[from + 1 + i] ?? 0) + pngPrediction(filter, left, up, upLeft);
    }
  }
  return result;
}

function pngPrediction(filter: number, left: number, up: number, upLeft: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const estimate = left + up - upLeft;
  const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - upLeft)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : upLeft;
}
