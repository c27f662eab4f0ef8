// JPEG files (ISO/IEC 10918-1) as photos come: read segment by segment, and written again without anything but the picture.
import { FormatError } from '../errors.ts';

/** A picture without metadata. */
export interface JpegPicture {
  readonly width: number;
  readonly height: number;
  /** Grey, or YCbCr as JFIF has it. */
  readonly components: 1 | 3;
  /** The file, of the segments that make the picture alone. */
  readonly file: Uint8Array;
}

const MOST_SCANS = 64;
const START = 0xd8;
const END = 0xd9;
const SCAN = 0xda;
/** DHT, DQT, DRI: tables and restart interval. */
const TABLES: ReadonlySet<number> = new Set([0xc4, 0xdb, 0xdd]);
/** Baseline, extended sequential and progressive, all Huffman (SOF0, SOF1, SOF2). */
const FRAMES: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2]);

function malformed(message: string): FormatError {
  return new FormatError('picture-malformed', message);
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly components: 1 | 3;
}

/** B.2.2: precision, lines, samples, components. */
function frameOf(segment: Uint8Array): Frame {
  const [precision, h1 = 0, h0 = 0, w1 = 0, w0 = 0, components = 0] = segment;
  if (precision !== 8) throw malformed('A JPEG photo has 8 bits a sample.');
  if (components !== 1 && components !== 3) throw malformed('A JPEG photo is grey or has three colours.');
  if (segment.length !== 6 + 3 * components) throw malformed('The frame of the JPEG has another length.');
  const [height, width] = [h1 * 256 + h0, w1 * 256 + w0];
  if (width === 0 || height === 0) throw malformed('The JPEG does not say how large it is.');
  const ids = [...Array(components).keys()].map((index) => segment[6 + 3 * index] ?? 0);
  // Readers take components called R, G and B for what they say once the Adobe segment is gone.
  if (String.fromCharCode(...ids) === 'RGB') throw malformed('The JPEG holds RGB instead of YCbCr.');
  return { width, height, components };
}

/** Orientation of an Exif segment (CIPA DC-008 4.6.4, tag 0x0112); 1 where it says none. */
function orientationOf(segment: Uint8Array): number {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  if (segment.length < 14 || String.fromCharCode(...segment.subarray(0, 6)) !== 'Exif\0\0') return 1;
  const little = view.getUint16(6) === 0x4949;
  const directory = 6 + view.getUint32(10, little);
  if (directory + 2 > segment.length) return 1;
  const count = view.getUint16(directory, little);
  for (let entry = 0; entry < count; entry++) {
    const at = directory + 2 + 12 * entry;
    if (at + 12 > segment.length) return 1;
    if (view.getUint16(at, little) === 0x0112) return view.getUint16(at + 8, little);
  }
  return 1;
}

/** What the metadata says that decides how the picture looks: without it the picture would look otherwise. */
function checkMetadata(marker: number, segment: Uint8Array): void {
  if (marker === 0xe1 && orientationOf(segment) !== 1)
    throw malformed('The JPEG lies on its side by its metadata: save it upright.');
  const adobe = marker === 0xee && String.fromCharCode(...segment.subarray(0, 5)) === 'Adobe';
  // 1 is YCbCr; a grey picture says 0.
  if (adobe && segment.length >= 12 && segment[11] === 2) throw malformed('The JPEG holds four colours.');
}

function adobeRgb(marker: number, segment: Uint8Array): boolean {
  return marker === 0xee && String.fromCharCode(...segment.subarray(0, 5)) === 'Adobe' && segment[11] === 0;
}

/** Position of the marker after entropy-coded data: not a stuffed byte, not a restart. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = from; at + 1 < bytes.length; at++) {
    if (bytes[at] !== 0xff) continue;
    const next = bytes[at + 1] ?? 0;
    if (next !== 0 && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  throw malformed('The JPEG ends inside its picture.');
}

/**
 * Reads a JPEG file and drops its metadata (Exif, places, thumbnails, comments).
 * @throws FormatError `picture-malformed`: damaged, cut, with bytes behind its end, or of a kind photos do not have
 */
export function readJpeg(bytes: Uint8Array): JpegPicture {
  const kept: Uint8Array[] = [Uint8Array.of(0xff, START)];
  let frame: Frame | null = null;
  let rgb = false;
  let scans = 0;
  let at = 2;
  if (bytes[0] !== 0xff || bytes[1] !== START) throw malformed('It is not a JPEG file.');
  for (;;) {
    if (bytes[at] !== 0xff) throw malformed('The JPEG has no marker where one must stand.');
    // Fill bytes before a marker (B.1.1.2).
    while (bytes[at + 1] === 0xff) at++;
    const marker = bytes[at + 1];
    if (marker === undefined) throw malformed('The JPEG is cut.');
    if (marker === END) break;
    const length = (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0);
    const end = at + 2 + length;
    if (length < 2 || end > bytes.length) throw malformed('A segment of the JPEG is cut.');
    const segment = bytes.subarray(at + 4, end);
    const whole = bytes.subarray(at, end);
    at = end;
    if ((marker >= 0xe0 && marker <= 0xef) || marker === 0xfe) {
      checkMetadata(marker, segment);
      rgb ||= adobeRgb(marker, segment);
    } else if (TABLES.has(marker)) kept.push(whole);
    else if (FRAMES.has(marker)) {
      if (frame !== null) throw malformed('The JPEG has two frames.');
      frame = frameOf(segment);
      kept.push(whole);
    } else if (marker === SCAN) {
      if (frame === null) throw malformed('The JPEG has a picture before its frame.');
      if (++scans > MOST_SCANS) throw malformed(`The JPEG has more than ${MOST_SCANS} scans.`);
      at = endOfScan(bytes, end);
      kept.push(whole, bytes.subarray(end, at));
    } else throw malformed('The JPEG is of a kind that photos do not have.');
  }
  if (frame === null || scans === 0) throw malformed('The JPEG has no picture.');
  if (at + 2 !== bytes.length) throw malformed('Bytes follow the end of the JPEG.');
  if (rgb && frame.components === 3) throw malformed('The JPEG holds RGB instead of YCbCr.');
  kept.push(Uint8Array.of(0xff, END));
  return { ...frame, file: new Uint8Array(Buffer.concat(kept)) };
}
