// What a stamp at a shell shows, and where: a box, a text anchor, the picture of a seal.
import { readFile } from 'node:fs/promises';
import { toBase64 } from '../formats/bytes.ts';
import { parseSeal } from '../formats/eseal/seal.ts';
import type { SealInformation } from '../formats/eseal/seal-information.ts';
import { FormatError } from '../formats/errors.ts';
import type { Appearance } from '../formats/pdf/appearance.ts';
import { nameAppearance } from '../signing/name-appearance.ts';
import type { PagePlace, SealPlace } from '../signing/placement-order.ts';
import type { SignatureOptions } from '../signing/prepare.ts';
import { placeSeal } from '../signing/seal-placing.ts';
import { sealAppearance } from '../signing/seal-picture/seal-appearance.ts';
import { UsageError } from './command.ts';

interface Shown {
  readonly visible?: string | undefined;
  readonly anchor?: string | undefined;
  readonly field?: string | undefined;
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

/** What shows and where; and the seal object, where the seal itself is to be used. */
export interface ShownStamp {
  readonly options: Pick<SignatureOptions, 'place'>;
  /** SESeal, DER; null without `--seal`. */
  readonly eseal: Uint8Array | null;
}

/** @throws UsageError; SigningError of the picture */
export async function shownStamp(shown: Shown, holder: string): Promise<ShownStamp> {
  const { visible, anchor, field, seal } = shown;
  const places = [visible, anchor, field].filter((each) => each !== undefined);
  if (places.length > 1) throw new UsageError('--visible, --anchor and --field exclude each other.');
  if (places.length === 0) {
    if (seal !== undefined) throw new UsageError('--seal needs a place: --visible, --anchor or --field.');
    return { options: {}, eseal: null };
  }
  const box = visible === undefined ? null : boxOf(visible);
  const size = box ?? nameBox;
  const eseal = seal === undefined ? null : await readSealFile(seal);
  const picture =
    eseal === null
      ? { ...size, appearance: nameAppearance(holder, size) }
      : pictureOf(parseSeal(eseal).information, box);
  const toPlace = { appearance: picture.appearance, size: picture };
  const place = placeOf(box, anchor, field);
  return {
    options: { place: async (work) => (await placeSeal(work, toPlace, { place })).placed },
    eseal,
  };
}

function placeOf(box: PagePlace | null, anchor: string | undefined, field: string | undefined): SealPlace {
  if (box !== null) return { page: box.page, centreX: box.centreX, centreY: box.centreY };
  return anchor !== undefined ? { anchor: { text: anchor } } : { field: field ?? '' };
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
function pictureOf(
  { picture, property, id }: SealInformation,
  box: { readonly width: number; readonly height: number } | null,
): Picture {
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

async function readSealFile(path: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new UsageError(`The seal ${path} cannot be read.`, { cause });
  }
  try {
    parseSeal(bytes);
  } catch (error) {
    if (error instanceof FormatError)
      throw new UsageError(`${path} is no seal: ${error.message}`, { cause: error });
    throw error;
  }
  return bytes;
}
