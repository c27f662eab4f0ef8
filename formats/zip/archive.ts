// ZIP archives, written as they go (APPNOTE 6.3): entries stored or deflated, sizes known beforehand, ZIP64 where it is needed.
import { crc32, deflateRawSync } from 'node:zlib';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const LIMIT_32 = 0xffffffff;
const LIMIT_16 = 0xffff;
/** Names are UTF-8 (bit 11). */
const FLAGS = 0x0800;
const DEFLATED = 8;

export interface ZipEntry {
  /** Path within the archive, with `/`: no leading slash, no `.` or `..`, 1 to 200 characters. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Whether it is worth compressing: texts are, PDFs are not. */
  readonly compress: boolean;
}

interface Written {
  readonly name: Uint8Array;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

/** Refuses names that a reader could take out of its folder. @throws RangeError */
function nameBytes(name: string): Uint8Array {
  const parts = name.split('/');
  if (
    name === '' ||
    name.length > 200 ||
    /[\\:\p{Cc}]/u.test(name) ||
    parts.some((part) => part === '' || part === '.' || part === '..')
  ) {
    throw new RangeError('A name in an archive is a plain relative path of 1 to 200 characters.');
  }
  return new TextEncoder().encode(name);
}

/** DOS date and time, two seconds fine, of the instant in UTC. */
function dosTime(at: Date): { readonly time: number; readonly date: number } {
  const year = Math.min(Math.max(at.getUTCFullYear(), 1980), 2107);
  return {
    time: (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1),
    date: ((year - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
  };
}

/** Numbers in a row, little-endian: [value, bytes] each. */
function fields(...values: readonly (readonly [number | bigint, 2 | 4 | 8])[]): Uint8Array {
  const out = Buffer.alloc(values.reduce((sum, [, width]) => sum + width, 0));
  let at = 0;
  for (const [value, width] of values) {
    if (width === 8) out.writeBigUInt64LE(BigInt(value), at);
    else if (width === 4) out.writeUInt32LE(Number(value) >>> 0, at);
    else out.writeUInt16LE(Number(value), at);
    at += width;
  }
  return out;
}

function localHeader(entry: Written, at: Date): Uint8Array {
  const { time, date } = dosTime(at);
  // An entry stands in memory whole: its own size never needs 64 bits.
  return Buffer.concat([
    fields([LOCAL, 4], [20, 2], [FLAGS, 2], [entry.method, 2], [time, 2], [date, 2], [entry.crc, 4]),
    fields([entry.packed, 4], [entry.size, 4], [entry.name.length, 2], [0, 2]),
    entry.name,
  ]);
}

function centralHeader(entry: Written, at: Date): Uint8Array {
  const { time, date } = dosTime(at);
  const far = entry.offset >= LIMIT_32;
  const extra = far ? fields([1, 2], [8, 2], [entry.offset, 8]) : new Uint8Array(0);
  return Buffer.concat([
    // Made on UNIX, so that the mode counts: a regular file its owner alone may read.
    fields(
      [CENTRAL, 4],
      [(3 << 8) | 45, 2],
      [far ? 45 : 20, 2],
      [FLAGS, 2],
      [entry.method, 2],
      [time, 2],
      [date, 2],
    ),
    fields(
      [entry.crc, 4],
      [entry.packed, 4],
      [entry.size, 4],
      [entry.name.length, 2],
      [extra.length, 2],
      [0, 2],
    ),
    fields([0, 2], [0, 2], [0o100600 * 0x10000, 4], [far ? LIMIT_32 : entry.offset, 4]),
    entry.name,
    extra,
  ]);
}

function ending(count: number, size: number, offset: number): Uint8Array {
  const large = count >= LIMIT_16 || size >= LIMIT_32 || offset >= LIMIT_32;
  const end = fields(
    [END, 4],
    [0, 2],
    [0, 2],
    [Math.min(count, LIMIT_16), 2],
    [Math.min(count, LIMIT_16), 2],
    [Math.min(size, LIMIT_32), 4],
    [Math.min(offset, LIMIT_32), 4],
    [0, 2],
  );
  if (!large) return end;
  return Buffer.concat([
    fields(
      [END_64, 4],
      [44, 8],
      [45, 2],
      [45, 2],
      [0, 4],
      [0, 4],
      [count, 8],
      [count, 8],
      [size, 8],
      [offset, 8],
    ),
    fields([LOCATOR_64, 4], [0, 4], [offset + size, 8], [1, 4]),
    end,
  ]);
}

/**
 * The bytes of an archive, in pieces: no more than one entry stands in memory at a time.
 * @param at what every entry is dated
 * @throws RangeError for a name that is no plain relative path, or comes twice
 */
export async function* zipArchive(
  entries: AsyncIterable<ZipEntry> | Iterable<ZipEntry>,
  at: Date,
): AsyncGenerator<Uint8Array> {
  const written: Written[] = [];
  const names = new Set<string>();
  let offset = 0;
  for await (const { name, bytes, compress } of entries) {
    if (names.has(name)) throw new RangeError('A name stands in an archive once.');
    names.add(name);
    const packed = compress ? deflateRawSync(bytes) : bytes;
    const entry: Written = {
      name: nameBytes(name),
      method: compress ? DEFLATED : 0,
      crc: crc32(bytes),
      packed: packed.length,
      size: bytes.length,
      offset,
    };
    written.push(entry);
    const header = localHeader(entry, at);
    yield header;
    yield packed;
    offset += header.length + packed.length;
  }
  const start = offset;
  for (const entry of written) {
    const header = centralHeader(entry, at);
    yield header;
    offset += header.length;
  }
  yield ending(written.length, offset - start, start);
}
