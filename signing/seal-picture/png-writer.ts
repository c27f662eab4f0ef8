// Dots into a PNG (ISO/IEC 15948): true colour with opacity, and nothing else in the file.
import { crc32, deflateSync } from 'node:zlib';
import { joinBytes } from '../../formats/bytes.ts';
import type { RasterImage } from './raster.ts';

/** @returns the same bytes for the same dots */
export function writePng(image: RasterImage): Uint8Array {
  const { width, height, colours, opacity } = image;
  const parts = opacity === null ? 3 : 4;
  const rows = new Uint8Array(height * (1 + width * parts));
  let to = 0;
  for (let y = 0; y < height; y++) {
    // Filter 0: seals are large plain areas, which deflate well as they are.
    to++;
    for (let dot = y * width; dot < (y + 1) * width; dot++) {
      for (let part = 0; part < 3; part++) rows[to++] = colours[dot * 3 + part] ?? 0;
      if (opacity !== null) rows[to++] = opacity[dot] ?? 0;
    }
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, opacity === null ? 2 : 6], 8);
  return joinBytes([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', new Uint8Array()),
  ]);
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const whole = new Uint8Array(content.length + 12);
  const view = new DataView(whole.buffer);
  view.setUint32(0, content.length);
  for (let i = 0; i < 4; i++) whole[4 + i] = type.charCodeAt(i);
  whole.set(content, 8);
  view.setUint32(8 + content.length, crc32(whole.subarray(4, 8 + content.length)));
  return whole;
}
