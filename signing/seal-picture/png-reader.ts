// PNG (ISO/IEC 15948) into dots: strict, bounded, and nothing of the file's extras is kept.
import { crc32, inflateSync } from 'node:zlib';
import { SigningError } from '../errors.ts';
import { unfiltered } from './png-filters.ts';
import type { RasterImage } from './raster.ts';

/** Bytes of a file, dots along one side, and dots in all: a seal of 60 mm at 1200 dpi has 2835 along a side. */
const largestFile = 4 * 1024 * 1024;
const longestSide = 4000;
const mostDots = 8_000_000;
const mostChunks = 10_000;

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: 'grey' | 'rgb' | 'palette' | 'grey-alpha' | 'rgb-alpha';
  readonly interlaced: boolean;
}

interface Chunks {
  readonly header: Header;
  readonly palette: Uint8Array | null;
  readonly transparency: Uint8Array | null;
  readonly data: Uint8Array;
}

/**
 * Every colour type and depth, interlaced or not; 16 bits become 8.
 * @throws SigningError `picture-refused` for anything that is not one whole, sound PNG within the limits
 */
export function readPng(bytes: Uint8Array): RasterImage {
  const chunks = readChunks(bytes);
  const { header } = chunks;
  const rows = scanLines(header, inflated(chunks));
  const dots = header.width * header.height;
  const image = { colours: new Uint8Array(dots * 3), opacity: new Uint8Array(dots).fill(255) };
  const paint = painter(chunks);
  for (const { samples, y, xs } of rows) {
    xs.forEach((x, index) => {
      const at = y * header.width + x;
      image.opacity[at] = paint(samples, index, image.colours, at * 3);
    });
  }
  const { width, height } = header;
  const opaque = image.opacity.every((opacity) => opacity === 255);
  return { width, height, colours: image.colours, opacity: opaque ? null : image.opacity };
}

function readChunks(bytes: Uint8Array): Chunks {
  if (bytes.length > largestFile) throw refused(`The PNG is larger than ${largestFile} bytes.`);
  if (!signature.every((value, index) => bytes[index] === value)) throw refused('The picture is no PNG.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: Header | null = null;
  let palette: Uint8Array | null = null;
  let transparency: Uint8Array | null = null;
  const data: Uint8Array[] = [];
  let position = signature.length;
  for (let count = 0; ; count++) {
    if (count > mostChunks) throw refused('The PNG has too many chunks.');
    if (position + 12 > bytes.length) throw refused('The PNG ends before its end chunk.');
    const length = view.getUint32(position);
    const end = position + 12 + length;
    if (length > largestFile || end > bytes.length) throw refused('A chunk of the PNG runs over its end.');
    const type = String.fromCharCode(...bytes.subarray(position + 4, position + 8));
    const content = bytes.subarray(position + 8, position + 8 + length);
    if (crc32(bytes.subarray(position + 4, position + 8 + length)) !== view.getUint32(end - 4)) {
      throw refused('A chunk of the PNG is damaged.');
    }
    position = end;
    if ((header === null) !== (type === 'IHDR')) throw refused('The PNG does not begin with one header.');
    if (type === 'IHDR') header = readHeader(content);
    else if (type === 'PLTE') palette = content;
    else if (type === 'tRNS') transparency = content;
    else if (type === 'IDAT') data.push(content);
    else if (type === 'acTL') throw refused('The PNG is animated.');
    else if (type === 'IEND') break;
    else if (((bytes[end - length - 8] ?? 0) & 0x20) === 0)
      throw refused('The PNG has an unknown critical chunk.');
  }
  if (position !== bytes.length) throw refused('Bytes follow the end of the PNG.');
  if (header === null || data.length === 0) throw refused('The PNG has no picture data.');
  if (header.colour === 'palette' && (palette === null || palette.length % 3 !== 0)) {
    throw refused('The PNG has no sound palette.');
  }
  return { header, palette, transparency, data: new Uint8Array(Buffer.concat(data)) };
}

const colourTypes: Readonly<
  Record<number, { readonly colour: Header['colour']; readonly depths: readonly number[] }>
> = {
  0: { colour: 'grey', depths: [1, 2, 4, 8, 16] },
  2: { colour: 'rgb', depths: [8, 16] },
  3: { colour: 'palette', depths: [1, 2, 4, 8] },
  4: { colour: 'grey-alpha', depths: [8, 16] },
  6: { colour: 'rgb-alpha', depths: [8, 16] },
};

const channels: Readonly<Record<Header['colour'], number>> = {
  grey: 1,
  rgb: 3,
  palette: 1,
  'grey-alpha': 2,
  'rgb-alpha': 4,
};

function readHeader(content: Uint8Array): Header {
  if (content.length !== 13) throw refused('The header of the PNG has a wrong size.');
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth = 0, colour = 0, compression, filter, interlace] = content.subarray(8);
  if (width === 0 || height === 0) throw refused('The PNG has no dots.');
  if (width > longestSide || height > longestSide || width * height > mostDots) {
    throw refused(`The PNG has more than ${longestSide} dots along a side or ${mostDots} in all.`);
  }
  const type = colourTypes[colour];
  if (type?.depths.includes(depth) !== true) throw refused('The PNG has an unknown colour type.');
  if (compression !== 0 || filter !== 0 || (interlace !== 0 && interlace !== 1)) {
    throw refused('The PNG uses an unknown method.');
  }
  return { width, height, depth, colour: type.colour, interlaced: interlace === 1 };
}

/** The passes of Adam7 (clause 8): start and step, across and down; one pass without interlacing. */
const adam7 = [
  [0, 8, 0, 8],
  [4, 8, 0, 8],
  [0, 4, 4, 8],
  [2, 4, 0, 4],
  [0, 2, 2, 4],
  [1, 2, 0, 2],
  [0, 1, 1, 2],
] as const;

interface ScanLine {
  readonly samples: Uint8Array;
  readonly y: number;
  /** Columns of the line's dots. */
  readonly xs: readonly number[];
}

interface Pass {
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  readonly rowBytes: number;
}

function passesOf(header: Header): Pass[] {
  const bits = channels[header.colour] * header.depth;
  return (header.interlaced ? adam7 : ([[0, 1, 0, 1]] as const))
    .map(([x, stepX, y, stepY]) => ({
      xs: sequence(x, stepX, header.width),
      ys: sequence(y, stepY, header.height),
    }))
    .filter(({ xs, ys }) => xs.length > 0 && ys.length > 0)
    .map((pass) => ({ ...pass, rowBytes: Math.ceil((pass.xs.length * bits) / 8) }));
}

function sequence(first: number, step: number, below: number): number[] {
  const values: number[] = [];
  for (let value = first; value < below; value += step) values.push(value);
  return values;
}

function inflated({ header, data }: Chunks): Uint8Array {
  const size = passesOf(header).reduce((sum, { ys, rowBytes }) => sum + ys.length * (rowBytes + 1), 0);
  try {
    const out = inflateSync(data, { maxOutputLength: size + 1 });
    if (out.length !== size) throw refused('The PNG has too many or too few dots.');
    return out;
  } catch (error) {
    throw error instanceof SigningError ? error : refused('The data of the PNG are damaged.', error);
  }
}

function* scanLines(header: Header, data: Uint8Array): Generator<ScanLine> {
  const dotBytes = Math.max(1, (channels[header.colour] * header.depth) >> 3);
  let position = 0;
  for (const { xs, ys, rowBytes } of passesOf(header)) {
    let above = new Uint8Array(rowBytes);
    for (const y of ys) {
      const filter = data[position] ?? 0;
      if (filter > 4) throw refused('The PNG names an unknown filter.');
      const samples = unfiltered(
        filter,
        data.subarray(position + 1, position + 1 + rowBytes),
        above,
        dotBytes,
      );
      yield { samples, y, xs };
      position += rowBytes + 1;
      above = samples;
    }
  }
}

type Paint = (samples: Uint8Array, index: number, colours: Uint8Array, at: number) => number;

/** Writes the colour of a line's dot and answers its opacity. */
function painter({ header, palette, transparency }: Chunks): Paint {
  const { depth, colour } = header;
  const wide = depth === 16 ? 2 : 1;
  const narrow = (samples: Uint8Array, index: number): number => {
    if (depth >= 8) return samples[index * wide] ?? 0;
    const bit = index * depth;
    return ((samples[bit >> 3] ?? 0) >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
  };
  const full = depth < 8 ? 255 / ((1 << depth) - 1) : 1;
  /** Whether all of a dot's `count` samples, at full depth, are the colour that tRNS makes clear. */
  const isClear = (samples: Uint8Array, first: number, count: number): boolean => {
    if (transparency?.length !== count * 2) return false;
    for (let i = 0; i < count; i++) {
      const high = transparency[i * 2] ?? 0;
      const low = transparency[i * 2 + 1] ?? 0;
      const sample =
        depth === 16
          ? (samples[(first + i) * 2] ?? 0) * 256 + (samples[(first + i) * 2 + 1] ?? 0)
          : narrow(samples, first + i);
      if (sample !== high * 256 + low) return false;
    }
    return true;
  };
  const grey = (value: number, colours: Uint8Array, at: number): void => {
    colours.fill(Math.round(value * full), at, at + 3);
  };
  switch (colour) {
    case 'palette':
      return (samples, index, colours, at) => {
        const entry = narrow(samples, index);
        if (entry * 3 >= (palette?.length ?? 0)) throw refused('The PNG uses a colour outside its palette.');
        colours.set(palette?.subarray(entry * 3, entry * 3 + 3) ?? [], at);
        return transparency?.[entry] ?? 255;
      };
    case 'grey':
      return (samples, index, colours, at) => {
        grey(narrow(samples, index), colours, at);
        return isClear(samples, index, 1) ? 0 : 255;
      };
    case 'grey-alpha':
      return (samples, index, colours, at) => {
        grey(samples[index * 2 * wide] ?? 0, colours, at);
        return samples[(index * 2 + 1) * wide] ?? 255;
      };
    case 'rgb':
    case 'rgb-alpha': {
      const count = channels[colour];
      return (samples, index, colours, at) => {
        for (let i = 0; i < 3; i++) colours[at + i] = samples[(index * count + i) * wide] ?? 0;
        if (colour === 'rgb-alpha') return samples[(index * count + 3) * wide] ?? 255;
        return isClear(samples, index * 3, 3) ? 0 : 255;
      };
    }
  }
}

function refused(message: string, cause?: unknown): SigningError {
  return new SigningError('picture-refused', message, cause === undefined ? {} : { cause });
}
