// PNG files (ISO/IEC 15948) as photos come: grey or RGB, 8 bits, opaque; written again without anything but the picture.
import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { FormatError } from '../errors.ts';

/** A picture without metadata. */
export interface PngPicture {
  readonly width: number;
  readonly height: number;
  readonly components: 1 | 3;
  /** The filtered rows, packed: what IDAT holds, and what PDF takes with predictor 15. */
  readonly packed: Uint8Array;
  /** The file, of IHDR, IDAT and IEND alone. */
  readonly file: Uint8Array;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Judged before anything is unpacked: a small file may hold a very large picture. */
const MOST_PIXELS = 4_000_000;

function malformed(message: string, cause?: unknown): FormatError {
  return new FormatError('picture-malformed', message, { cause });
}

/** Pixels, and samples a pixel. */
type Size = Pick<PngPicture, 'width' | 'height' | 'components'>;

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

function chunksOf(bytes: Uint8Array): readonly Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!SIGNATURE.every((byte, index) => bytes[index] === byte)) throw malformed('It is not a PNG file.');
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE.length; at < bytes.length;) {
    if (at + 12 > bytes.length) throw malformed('The PNG is cut.');
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > bytes.length) throw malformed('A chunk of the PNG is cut.');
    const named = bytes.subarray(at + 4, end - 4);
    if (crc32(named) !== view.getUint32(end - 4)) throw malformed('A chunk of the PNG is damaged.');
    chunks.push({ type: String.fromCharCode(...named.subarray(0, 4)), data: named.subarray(4) });
    at = end;
    if (chunks.at(-1)?.type === 'IEND' && at !== bytes.length)
      throw malformed('Bytes follow the end of the PNG.');
  }
  if (chunks.at(-1)?.type !== 'IEND') throw malformed('The PNG is cut.');
  return chunks;
}

/** 11.2.2: size, bits, colour, and how it is packed. */
function headerOf(chunk: Chunk | undefined): Size {
  if (chunk?.type !== 'IHDR' || chunk.data.length !== 13)
    throw malformed('The PNG does not begin with its header.');
  const { data } = chunk;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [bits, colour, compression, filter, interlace] = data.subarray(8);
  if (compression !== 0 || filter !== 0) throw malformed('The PNG is packed in an unknown way.');
  if (width === 0 || height === 0 || width * height > MOST_PIXELS)
    throw malformed('The PNG has no usable size.');
  if (bits !== 8 || (colour !== 0 && colour !== 2))
    throw malformed('A PNG photo is grey or RGB with 8 bits, without palette and transparency.');
  if (interlace !== 0) throw malformed('A PNG photo is not interlaced.');
  return { width, height, components: colour === 0 ? 1 : 3 };
}

function rowsOf(chunks: readonly Chunk[], size: Size): Uint8Array {
  const packed = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data));
  const row = 1 + size.width * size.components;
  const expected = row * size.height;
  let rows: Uint8Array;
  try {
    rows = new Uint8Array(inflateSync(packed, { maxOutputLength: expected + 1 }));
  } catch (cause) {
    throw malformed('The picture of the PNG cannot be unpacked.', cause);
  }
  if (rows.length !== expected)
    throw malformed('The picture of the PNG has another size than its header says.');
  for (let at = 0; at < expected; at += row)
    if ((rows[at] ?? 0) > 4) throw malformed('A row of the PNG has an unknown filter.');
  return rows;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(named.length + 8);
  framed.writeUInt32BE(data.length, 0);
  named.copy(framed, 4);
  framed.writeUInt32BE(crc32(named), named.length + 4);
  return framed;
}

/**
 * Reads a PNG file and drops its metadata (texts, times, profiles).
 * @throws FormatError `picture-malformed`: damaged, cut, with bytes behind its end, or of a kind photos do not have
 */
export function readPng(bytes: Uint8Array): PngPicture {
  const chunks = chunksOf(bytes);
  const size = headerOf(chunks[0]);
  // Critical chunks (5.4: first letter a capital) that are not known change how the picture looks; PLTE is only a hint here.
  const known = new Set(['IHDR', 'PLTE', 'IDAT', 'IEND']);
  if (chunks.some(({ type }) => /^[A-Z]/.test(type) && !known.has(type)))
    throw malformed('The PNG has a part that is not known.');
  if (chunks.some(({ type }) => type === 'tRNS')) throw malformed('A PNG photo is not transparent.');
  const packed = new Uint8Array(deflateSync(rowsOf(chunks, size), { level: 9 }));
  return { ...size, packed, file: fileOf(size, packed) };
}

/** Header, rows, end. */
function fileOf({ width, height, components }: Size, packed: Uint8Array): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = components === 1 ? 0 : 2;
  const end = chunk('IEND', new Uint8Array());
  return new Uint8Array(Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', packed), end]));
}

/**
 * Writes a PNG file.
 * @param samples row by row, 8 bits each, `width × height × components` of them
 * @throws FormatError `picture-malformed` where there are more or fewer
 */
export function encodePng(size: Size, samples: Uint8Array): Uint8Array {
  const row = size.width * size.components;
  if (samples.length !== row * size.height) throw malformed('The samples do not fill the picture.');
  const rows = new Uint8Array((row + 1) * size.height);
  for (let y = 0; y < size.height; y++) rows.set(samples.subarray(y * row, (y + 1) * row), y * (row + 1) + 1);
  return fileOf(size, new Uint8Array(deflateSync(rows, { level: 9 })));
}
