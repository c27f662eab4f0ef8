// What a stamp at a shell shows, and where: a box, a text anchor, the picture of a seal.
import { readFile } from 'node:fs/promises';
import { toBase64 } from '../formats/bytes.ts';
import { parseSeal } from '../formats/eseal/seal.ts';
import { FormatError } from '../formats/errors.ts';
import type { Appearance } from '../formats/pdf/appearance.ts';
import { nameAppearance } from '../signing/name-appearance.ts';
import type { SignatureOptions } from '../signing/prepare.ts';
import { sealAppearance } from '../signing/seal-picture/seal-appearance.ts';
import { UsageError } from './command.ts';

interface Shown {
  readonly visible?: string | undefined;
  readonly anchor?: string | undefined;
  readonly seal?: string | undefined;
}

/** What shows, with its size in millimetres. */
interface Picture {
  readonly appearance: Appearance;
  readonly width: number;
  readonly height: number;
}

/** Box for a name where no size was asked for, mm. */
const nameBox = { width: 60, height: 20 };

/** @throws UsageError; SigningError of the picture */
export async function shownOptions(
  { visible, anchor, seal }: Shown,
  holder: string,
): Promise<Pick<SignatureOptions, 'visible' | 'place'>> {
  if (visible !== undefined && anchor !== undefined)
    throw new UsageError('--visible and --anchor exclude each other.');
  if (visible === undefined && anchor === undefined) {
    if (seal !== undefined) throw new UsageError('--seal needs a place: --visible or --anchor.');
    return {};
  }
  const box = visible === undefined ? null : boxOf(visible);
  const size = box ?? nameBox;
  const { appearance, width, height } =
    seal === undefined ? { ...size, appearance: nameAppearance(holder, size) } : await pictureOf(seal, box);
  if (box !== null) {
    const { page, centreX, centreY } = box;
    return { visible: { page, placement: { centreX, centreY, width, height }, appearance } };
  }
  throw new UsageError('--anchor is not to be had here.');
}

function boxOf(text: string): {
  readonly page: number;
  readonly centreX: number;
  readonly centreY: number;
  readonly width: number;
  readonly height: number;
} {
  const numbers = text.split(',').map(Number);
  const [page = 0, centreX = 0, centreY = 0, width = 0, height = 0] = numbers;
  if (numbers.length !== 5 || !numbers.every(Number.isFinite) || !Number.isInteger(page) || page < 1)
    throw new UsageError('--visible is PAGE,X,Y,W,H: a page from 1, and millimetres.');
  if (width < 5 || height < 3 || width > 500 || height > 500)
    throw new UsageError('--visible shows something from 5 by 3 to 500 by 500 mm.');
  return { page, centreX, centreY, width, height };
}

/** @param box instead of the seal's own size */
async function pictureOf(
  path: string,
  box: { readonly width: number; readonly height: number } | null,
): Promise<Picture> {
  const { picture, property, id } = await readSealFile(path);
  const type = picture.type.toLowerCase();
  if (type !== 'png' && type !== 'svg')
    throw new UsageError(`The picture of the seal is ${picture.type}; PNG and SVG can be drawn.`);
  const appearance = sealAppearance({
    kind: 'filed',
    name: property.name,
    purpose: null,
    code: id,
    centre: null,
    demonstration: false,
    artwork: {
      format: type,
      data: type === 'svg' ? new TextDecoder().decode(picture.data) : toBase64(picture.data),
    },
    size: { width: picture.width, height: picture.height },
  });
  return { appearance, width: box?.width ?? picture.width, height: box?.height ?? picture.height };
}

async function readSealFile(path: string): Promise<ReturnType<typeof parseSeal>['information']> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new UsageError(`The seal ${path} cannot be read.`, { cause });
  }
  try {
    return parseSeal(bytes).information;
  } catch (error) {
    if (error instanceof FormatError)
      throw new UsageError(`${path} is no seal: ${error.message}`, { cause: error });
    throw error;
  }
}
