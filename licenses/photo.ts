// The photo on a license 照片: checked and stripped of metadata on the way in, encrypted at rest, drawn into the page, never in the code.
import { labelledDigest, type DigestName } from '../crypto/algorithms.ts';
import type { FieldCipher, FieldPlace } from '../crypto/field-cipher.ts';
import { FormatError } from '../formats/errors.ts';
import { readJpeg } from '../formats/picture/jpeg.ts';
import { readPng } from '../formats/picture/png.ts';
import type { Reader, Writer } from '../storage/database.ts';
import { LicenseError } from './errors.ts';
import type { PagePhoto } from './page-photo.ts';
import type { LicenseType } from './type.ts';

/** A photo as a request gives it. */
export interface PhotoInput {
  readonly mediaType: 'image/jpeg' | 'image/png';
  readonly bytes: Uint8Array;
}

/** A photo that may be kept and drawn. */
export interface Photo extends PhotoInput {
  /** Digest of `bytes`, which hold the picture alone; algorithm named. The record says it as `photo`. */
  readonly digest: string;
  readonly width: number;
  readonly height: number;
  /** As the page takes it. */
  readonly drawn: PagePhoto;
}

/** Bytes of a photo as it comes. */
export const LARGEST_PHOTO = 200_000;
/** Pixels a side. */
const MOST_PIXELS = 2000;

/** Where a photo is encrypted for. */
function photoPlace(license: string): FieldPlace {
  return { table: 'license_photo', column: 'photo', row: license };
}

function refuse(reason: string, cause?: unknown): never {
  throw new LicenseError('photo-invalid', 'The photo cannot be used.', {
    cause,
    complaints: [{ field: 'photo', reason }],
  });
}

function read({ mediaType, bytes }: PhotoInput, digest: DigestName): Photo {
  if (bytes.length > LARGEST_PHOTO) refuse(`It has more than ${LARGEST_PHOTO} bytes.`);
  try {
    if (mediaType === 'image/jpeg') {
      const { file, width, height, components } = readJpeg(bytes);
      const colours = components === 1 ? 'grey' : 'rgb';
      const drawn = { width, height, colours, coding: 'jpeg', data: file } as const;
      return { mediaType, bytes: file, width, height, digest: labelledDigest(digest, file), drawn };
    }
    const { file, width, height, components, packed } = readPng(bytes);
    const colours = components === 1 ? 'grey' : 'rgb';
    const drawn = { width, height, colours, coding: 'png', data: packed } as const;
    return { mediaType, bytes: file, width, height, digest: labelledDigest(digest, file), drawn };
  } catch (error) {
    if (error instanceof FormatError) return refuse(error.message, error);
    throw error;
  }
}

/**
 * Checks a photo against the rule of its type. Only the structure of the file is judged, not what the picture shows.
 * @returns null where the type has no photo, or none was given and none is needed
 * @throws LicenseError `photo-invalid` saying why
 */
export function checkPhoto(
  type: LicenseType,
  input: PhotoInput | undefined,
  digest: DigestName,
): Photo | null {
  const { photo: rule } = type;
  if (input === undefined) return rule?.required === true ? refuse('It is missing.') : null;
  if (rule === undefined) return refuse('Licenses of this type show no photo.');
  const photo = read(input, digest);
  if (photo.width < rule.minimumWidth || photo.height < rule.minimumHeight)
    refuse(`It has less than ${rule.minimumWidth} × ${rule.minimumHeight} pixels.`);
  if (photo.width > MOST_PIXELS || photo.height > MOST_PIXELS)
    refuse(`It has more than ${MOST_PIXELS} pixels a side.`);
  return photo;
}

/** Keeps the photo of a license. @param cipher of the license's record */
export async function insertPhoto(
  tx: Writer,
  cipher: FieldCipher,
  license: string,
  photo: Photo,
): Promise<void> {
  await tx
    .insertInto('license_photo')
    .values({
      license,
      media_type: photo.mediaType,
      digest: photo.digest,
      width: photo.width,
      height: photo.height,
      photo: cipher.seal(photoPlace(license), Buffer.from(photo.bytes).toString('base64')),
    })
    .execute();
}

/** @returns null where the license has no photo; who may see it is decided by who asks */
export async function photoOf(
  db: Reader | Writer,
  cipher: FieldCipher,
  license: string,
): Promise<(PhotoInput & { readonly digest: string }) | null> {
  const row = await db
    .selectFrom('license_photo')
    .selectAll()
    .where('license', '=', license)
    .executeTakeFirst();
  if (row === undefined) return null;
  const bytes = new Uint8Array(Buffer.from(cipher.open(photoPlace(license), row.photo), 'base64'));
  return { mediaType: row.media_type, bytes, digest: row.digest };
}

/** Takes the photos away from licenses that were given up. */
export async function deletePhotos(tx: Writer, licenses: readonly string[]): Promise<void> {
  if (licenses.length === 0) return;
  await tx.deleteFrom('license_photo').where('license', 'in', licenses).execute();
}
