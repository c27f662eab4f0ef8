// What a seal picture says: the data it is drawn from, kept with the seal and checked once.
import { SigningError } from '../errors.ts';
import { checkPrintable, invalidPicture } from './printable.ts';

/**
 * What is drawn (国发〔1999〕25号 for the seals of organs; the others as is customary):
 *
 * | kind | what | size, mm |
 * |---|---|---|
 * | `official` | 法定名称章, a star | 42 round |
 * | `government` | of a district's government, with its emblem | 45 round |
 * | `special-purpose` | 专用章, purpose in a straight line | 40 round |
 * | `finance` | 财务专用章, a star | 38 round |
 * | `contract` | 合同专用章, a star | 40 round |
 * | `invoice` | 发票专用章, tax number in the middle | 40 × 30 oval |
 * | `personal` | 名章 of a legal representative | 20 square |
 * | `handwritten` | a person's signature | as told |
 * | `filed` | the impression that was filed, as it is | as told |
 */
export type SealPictureKind =
  | 'official'
  | 'government'
  | 'special-purpose'
  | 'finance'
  | 'contract'
  | 'invoice'
  | 'personal'
  | 'handwritten'
  | 'filed';

/** A picture that was supplied: an SVG as text, a PNG in base64. */
export interface Artwork {
  readonly format: 'svg' | 'png';
  readonly data: string;
}

export interface SealPictureDescription {
  readonly kind: SealPictureKind;
  /** Statutory name, 4 to 30 characters, set from left to right along the ring; of `personal`, the person's, 2 to 12. */
  readonly name: string;
  /** Purpose in a straight line, 2 to 12 characters, e.g. 行政许可专用章; only of a `special-purpose` seal. */
  readonly purpose: string | null;
  /** 14-digit seal code along the lower edge of round seals. */
  readonly code: string;
  /** What stands in the middle of a round seal. Null: what is customary for its kind. */
  readonly centre: 'star' | 'none' | null;
  /** Draws 演示样章 into the picture, so that no copy of it can pass for a real organ's seal. */
  readonly demonstration: boolean;
  /** 18-character tax number (the unified social credit code) of an `invoice` seal. */
  readonly taxNumber?: string;
  /** The emblem of a `government` seal, supplied by its owner; the picture of a `filed` or `handwritten` one. */
  readonly artwork?: Artwork;
  /** Side lengths of a `filed` or `handwritten` picture, millimetres. */
  readonly size?: { readonly width: number; readonly height: number };
}

/** What a caller tells of a picture; the code and whether it is a specimen come from the register. */
export type SealPictureRequest = Omit<SealPictureDescription, 'code' | 'demonstration'>;

const drawnSizes: Readonly<
  Record<Exclude<SealPictureKind, 'handwritten' | 'filed'>, readonly [number, number]>
> = {
  official: [42, 42],
  government: [45, 45],
  'special-purpose': [40, 40],
  finance: [38, 38],
  contract: [40, 40],
  invoice: [40, 30],
  personal: [20, 20],
};

/** Smallest and largest side of a supplied picture: the largest seal there is has 60 mm. */
const suppliedSides = [3, 60] as const;
/** Characters of a supplied picture: base64 of 512 kB. */
const largestArtwork = 700_000;

/** Side lengths in millimetres. @throws SigningError `seal-input-invalid` where a supplied picture has none */
export function sizeOf(description: SealPictureDescription): {
  readonly width: number;
  readonly height: number;
} {
  if (description.kind === 'handwritten' || description.kind === 'filed') {
    if (description.size === undefined) throw invalidPicture('A supplied picture needs its size.');
    return description.size;
  }
  const [width, height] = drawnSizes[description.kind];
  return { width, height };
}

/**
 * Refuses what cannot be drawn well.
 * @throws SigningError `name-too-long`, `seal-input-invalid`, `picture-refused` (too large an artwork)
 */
export function checkDescription(description: SealPictureDescription): void {
  const { kind } = description;
  if (kind === 'handwritten' || kind === 'filed') checkSupplied(description);
  else checkNamed(description);
  const wantsPurpose = kind === 'special-purpose';
  if (!wantsPurpose && description.purpose !== null)
    throw invalidPicture(`A seal of this kind carries no purpose.`);
  if (wantsPurpose) checkPurpose(description.purpose ?? '');
  if ((kind === 'invoice') !== (description.taxNumber !== undefined)) {
    throw invalidPicture('An invoice seal carries a tax number, and no other seal does.');
  }
  if (!/^[0-9A-Z]{15,20}$/.test(description.taxNumber ?? '0'.repeat(18))) {
    throw invalidPicture('A tax number is 15 to 20 digits and capital letters.');
  }
  // A supplied picture shows no code of ours, and seals made elsewhere have names of other kinds.
  const supplied = kind === 'handwritten' || kind === 'filed';
  if (!supplied && !/^\d{14}$/.test(description.code)) throw invalidPicture('A seal code is 14 digits.');
}

function checkNamed({ kind, name, artwork, size, demonstration }: SealPictureDescription): void {
  const [shortest, longest] = kind === 'personal' ? [2, 12] : [4, 30];
  const length = Array.from(name).length;
  if (length > longest) {
    throw new SigningError(
      'name-too-long',
      `A seal of this kind takes a name of at most ${longest} characters.`,
    );
  }
  if (length < shortest)
    throw invalidPicture(`A seal of this kind takes a name of at least ${shortest} characters.`);
  checkPrintable(name, 'name');
  if (size !== undefined) throw invalidPicture('The size of a drawn seal follows from its kind.');
  if (kind === 'government') {
    if (artwork === undefined && !demonstration) {
      throw invalidPicture('The emblem of a government seal is supplied by its owner.');
    }
    checkArtwork(artwork);
  } else if (artwork !== undefined) throw invalidPicture('A seal of this kind is drawn, not supplied.');
}

function checkPurpose(purpose: string): void {
  const length = Array.from(purpose).length;
  if (length > 12)
    throw new SigningError('name-too-long', 'A seal takes a purpose of at most 12 characters.');
  if (length < 2) throw invalidPicture('A special-purpose seal needs a purpose of at least 2 characters.');
  checkPrintable(purpose, 'purpose');
}

function checkSupplied({ name, artwork, size }: SealPictureDescription): void {
  if (name.length < 1 || name.length > 100)
    throw invalidPicture('The name of a seal has 1 to 100 characters.');
  const [smallest, largest] = suppliedSides;
  const sound = (side: number | undefined): boolean =>
    side !== undefined && side >= smallest && side <= largest;
  if (artwork === undefined || !sound(size?.width) || !sound(size?.height)) {
    throw invalidPicture(`A supplied picture is given with its size, ${smallest} to ${largest} mm a side.`);
  }
  checkArtwork(artwork);
}

function checkArtwork(artwork: Artwork | undefined): void {
  if ((artwork?.data.length ?? 0) > largestArtwork) {
    throw new SigningError('picture-refused', `A supplied picture has at most ${largestArtwork} characters.`);
  }
}
