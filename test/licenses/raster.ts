// Pages as pixels, through a renderer that shares nothing with what drew them.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pixels } from '../../licenses/code-reader.ts';
import { run } from '../programs.ts';

/** A grey picture; 255 is white. */
export interface GreyPicture {
  readonly width: number;
  readonly height: number;
  readonly grey: Uint8Array;
}

/** Renders the first page. @param pdftoppm path of the program */
export async function rasterise(pdftoppm: string, pdf: Uint8Array, dpi: number): Promise<GreyPicture> {
  const folder = await mkdtemp(join(tmpdir(), 'yinxin-raster-'));
  try {
    await writeFile(join(folder, 'page.pdf'), pdf);
    run(pdftoppm, [
      '-gray',
      '-r',
      String(dpi),
      '-singlefile',
      join(folder, 'page.pdf'),
      join(folder, 'page'),
    ]);
    const file = await readFile(join(folder, 'page.pgm'));
    const [head, width, height] =
      /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(file.subarray(0, 40).toString('latin1')) ?? [];
    if (head === undefined) throw new Error('not a PGM picture');
    return { width: Number(width), height: Number(height), grey: new Uint8Array(file.subarray(head.length)) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The picture as a decoder of codes takes it. */
export function asPixels({ width, height, grey }: GreyPicture): Pixels {
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  grey.forEach((value, at) => data.fill(value, at * 4, at * 4 + 3));
  return { width, height, data };
}

/** The picture as a PGM file, for programs. */
export function asPgm({ width, height, grey }: GreyPicture): Uint8Array {
  return Buffer.concat([Buffer.from(`P5 ${width} ${height} 255\n`), grey]);
}

/** Sum of darkness in a rectangle of points measured from the lower left corner, in square points. */
export function inkIn(
  picture: GreyPicture,
  dpi: number,
  box: { readonly left: number; readonly bottom: number; readonly right: number; readonly top: number },
): number {
  const scale = dpi / 72;
  let ink = 0;
  const row = (y: number): number => Math.round(picture.height - y * scale);
  for (let y = row(box.top); y < row(box.bottom); y++) {
    for (let x = Math.round(box.left * scale); x < Math.round(box.right * scale); x++) {
      ink += 255 - (picture.grey[y * picture.width + x] ?? 255);
    }
  }
  return ink / 255 / scale ** 2;
}
