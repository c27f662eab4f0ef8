// SES_SealInfo: what the maker of a seal signs (GM/T 0031-2014, GB/T 38540-2020 clause 6.1, GM/T 0031-2025).
import { TAG, type DerReader } from '../x509/der.ts';
import {
  ia5String,
  integer,
  octetString,
  printableString,
  sequence,
  utf8String,
} from '../x509/der-writer.ts';
import { stringOf } from '../x509/name.ts';
import { encodeGeneralizedTime, readGeneralizedTime, readTime } from '../x509/time.ts';
import {
  SEAL_LIMITS,
  SealFormatError,
  encodeExtensions,
  part,
  readExtensions,
  readIa5,
  readUtf8,
  type ExtensionData,
} from './parts.ts';

/** 1 = GM/T 0031-2014, 4 = GB/T 38540-2020, 5 = GM/T 0031-2025. */
export type SealVersion = 1 | 4 | 5;

/** CertDigestObj: a signer certificate named by its digest. */
export interface CertificateDigest {
  /** Free text: an identifier of the digest, or its name. */
  readonly type: string;
  readonly value: Uint8Array;
}

/** Who may use the seal: whole certificates (1) or their digests (2); nothing but `certListType` tells them apart. */
export type SignerList =
  | { readonly kind: 'certificates'; readonly certificates: readonly Uint8Array[] }
  | { readonly kind: 'digests'; readonly digests: readonly CertificateDigest[] };

export interface SealProperty {
  /** Kind of seal as its maker numbers it. */
  readonly type: number;
  readonly name: string;
  readonly signers: SignerList;
  readonly createDate: Date;
  readonly validStart: Date;
  readonly validEnd: Date;
}

export interface SealPicture {
  /** `png`, `ofd`, `gif`, `bmp`, `jpg`, `svg` in any case: as it stands. */
  readonly type: string;
  readonly data: Uint8Array;
  /** Millimetres. */
  readonly width: number;
  readonly height: number;
}

export interface SealInformation {
  readonly header: {
    /** As it stands; GM/T 0031-2014 shows 11 in its own example. */
    readonly version: number;
    readonly vendor: string;
  };
  /** esID; 14 digits for seals of authorities. */
  readonly id: string;
  readonly property: SealProperty;
  readonly picture: SealPicture;
  readonly extensions: readonly ExtensionData[];
}

/** SES_Header.ID. */
const HEADER = 'ES';

function readHeader(reader: DerReader): SealInformation['header'] {
  return reader.sequence((fields) => {
    if (readIa5(fields) !== HEADER) throw fields.refusal('The header of a seal does not begin with ES.');
    return { version: part('version', () => fields.smallInteger()), vendor: readIa5(fields) };
  });
}

function readDigest(reader: DerReader): CertificateDigest {
  return reader.sequence((fields) => {
    const { tag, content } = fields.element();
    const type = tag === TAG.printableString ? stringOf(tag, content, fields) : null;
    if (type === null || type.length > SEAL_LIMITS.maxText)
      throw fields.refusal('The type of a certificate digest is no short PrintableString.');
    return { type, value: fields.octetString() };
  });
}

function readSigners(reader: DerReader, version: SealVersion): SignerList {
  const type =
    version === 1
      ? 1
      : part('certificate-list-type', () => {
          const found = reader.smallInteger();
          if (found !== 1 && found !== 2)
            throw reader.refusal('certListType is neither 1 (certificates) nor 2 (digests).');
          return found;
        });
  return part('certificate-list', () => {
    const bounded = <T>(list: readonly T[]): readonly T[] => {
      if (list.length === 0) throw reader.refusal('A seal lists no signer certificate.');
      if (list.length > SEAL_LIMITS.maxCertificates)
        throw reader.refusal('A seal lists too many signer certificates.');
      return list;
    };
    return reader.sequence((list): SignerList =>
      type === 1
        ? { kind: 'certificates', certificates: bounded(list.every((each) => each.octetString())) }
        : { kind: 'digests', digests: bounded(list.every(readDigest)) },
    );
  });
}

function readProperty(reader: DerReader, version: SealVersion): SealProperty {
  return reader.sequence((fields) => {
    const type = fields.smallInteger();
    const name = readUtf8(fields);
    const signers = readSigners(fields, version);
    // GM/T 0031-2014 writes UTCTime, the later ones GeneralizedTime.
    const time = (): Date => (version === 1 ? readTime(fields) : readGeneralizedTime(fields, false));
    const [createDate, validStart, validEnd] = part('period', () => [time(), time(), time()] as const);
    return { type, name, signers, createDate, validStart, validEnd };
  });
}

function readPicture(reader: DerReader): SealPicture {
  return reader.sequence((fields) => {
    const picture = {
      type: readIa5(fields),
      data: fields.octetString(),
      width: fields.smallInteger(),
      height: fields.smallInteger(),
    };
    if (picture.data.length === 0 || picture.width === 0 || picture.height === 0)
      throw fields.refusal('The picture of a seal is empty.');
    return picture;
  });
}

/**
 * Reads the content of an `eSealInfo`.
 * @param version - tells the version of the structure by the header's, which stands first.
 */
export function readSealInformation(
  fields: DerReader,
  version: (headerVersion: number) => SealVersion,
): { readonly version: SealVersion; readonly information: SealInformation } {
  const header = part('header', () => readHeader(fields));
  const structure = part('version', () => version(header.version));
  const information = {
    header,
    id: part('identifier', () => readIa5(fields)),
    property: part('property', () => readProperty(fields, structure)),
    picture: part('picture', () => readPicture(fields)),
    extensions: readExtensions(fields),
  };
  return { version: structure, information };
}

/** What a seal to make says of itself. */
export interface SealInformationInput extends Omit<SealInformation, 'header'> {
  readonly version: 4 | 5;
  readonly vendor: string;
}

function encodeSigners(signers: SignerList): readonly [type: Uint8Array, list: Uint8Array] {
  return signers.kind === 'certificates'
    ? [integer(1), sequence(...signers.certificates.map(octetString))]
    : [
        integer(2),
        sequence(
          ...signers.digests.map(({ type, value }) => sequence(printableString(type), octetString(value))),
        ),
      ];
}

/**
 * SES_SealInfo as DER: what the maker's signature is over, to the byte.
 * @throws SealFormatError where a list, picture or period is one that would not be read again; FormatError
 *   `value-out-of-range` for texts and numbers outside their types.
 */
export function encodeSealInformation(input: SealInformationInput): Uint8Array {
  const { property, picture } = input;
  const { signers } = property;
  const listed = signers.kind === 'certificates' ? signers.certificates.length : signers.digests.length;
  if (listed === 0 || listed > SEAL_LIMITS.maxCertificates)
    throw new SealFormatError('certificate-list', 'A seal lists no signer certificate, or too many.');
  if (picture.data.length === 0 || picture.width < 1 || picture.height < 1)
    throw new SealFormatError('picture', 'The picture of a seal is empty.');
  if (property.validStart.getTime() > property.validEnd.getTime())
    throw new SealFormatError('period', 'The validity of a seal ends before it begins.');
  return sequence(
    sequence(ia5String(HEADER), integer(input.version), ia5String(input.vendor)),
    ia5String(input.id),
    sequence(
      integer(property.type),
      utf8String(property.name),
      ...encodeSigners(signers),
      ...[property.createDate, property.validStart, property.validEnd].map((date) =>
        encodeGeneralizedTime(date, false),
      ),
    ),
    sequence(
      ia5String(picture.type),
      octetString(picture.data),
      integer(picture.width),
      integer(picture.height),
    ),
    // Untagged, as GB/T 38540 clause 6.1 has it here and vendors write it; in TBS_Sign it stands under [0].
    ...(input.extensions.length === 0 ? [] : [encodeExtensions(input.extensions)]),
  );
}
