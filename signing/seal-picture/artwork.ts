// A supplied picture read and fitted into a box of millimetres.
import { fromBase64 } from '../../formats/bytes.ts';
import { FormatError } from '../../formats/errors.ts';
import { SigningError } from '../errors.ts';
import type { Artwork } from './description.ts';
import { then, type Affine, type Mark } from './drawing.ts';
import { readPng } from './png-reader.ts';
import { clearShare, inkOnPaper, type RasterImage } from './raster.ts';
import { readSvg } from './svg-reader.ts';

export interface ArtworkBox {
  /** Millimetres, from the middle of the drawing. */
  readonly centre: readonly [number, number];
  readonly width: number;
  readonly height: number;
}

/**
 * The artwork as marks, as large as fits into `box` with its own proportions.
 * @param paper what is done about a PNG on opaque paper: `refuse` for impressions, which are filed with their
 *   transparency; `clear` for signatures, whose ink alone is kept
 * @throws SigningError `picture-refused`
 */
export function artworkMarks(artwork: Artwork, box: ArtworkBox, paper: 'refuse' | 'clear'): Mark[] {
  if (artwork.format === 'svg') return svgMarks(artwork.data, box);
  const image = readPng(pngBytes(artwork.data));
  const shown = withoutPaper(image, paper);
  const scale = Math.min(box.width / image.width, box.height / image.height);
  const [width, height] = [image.width * scale, image.height * scale];
  const [x, y] = box.centre;
  return [{ kind: 'image', image: shown, place: [width, 0, 0, height, x - width / 2, y - height / 2] }];
}

function withoutPaper(image: RasterImage, paper: 'refuse' | 'clear'): RasterImage {
  if (clearShare(image) >= 0.02) return image;
  if (paper === 'clear') return inkOnPaper(image);
  throw new SigningError(
    'picture-refused',
    'The PNG has no transparent ground: on a page it would cover what it stands on.',
  );
}

function svgMarks(text: string, box: ArtworkBox): Mark[] {
  const { viewBox, figures } = readSvg(text);
  const [left, top, width, height] = viewBox;
  const scale = Math.min(box.width / width, box.height / height);
  const [x, y] = box.centre;
  // SVG counts downwards.
  const place: Affine = [scale, 0, 0, -scale, x - (left + width / 2) * scale, y + (top + height / 2) * scale];
  return figures.map((figure) => ({ kind: 'figure', ...figure, place: then(figure.place, place) }));
}

function pngBytes(base64: string): Uint8Array {
  try {
    return fromBase64(base64);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new SigningError('picture-refused', 'The PNG is not given in base64.', { cause: error });
  }
}
