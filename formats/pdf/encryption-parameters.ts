// The encryption dictionary of the standard security handler (ISO 32000-2, 7.6.2 to 7.6.5) as checked values.
import type { PdfDictionary, PdfObject } from './objects.ts';
import { FormatError } from '../errors.ts';
import { entry, integerOf, nameOf } from './objects.ts';

/** How one class of data is encrypted; `none` is the Identity filter. */
export type PdfCipher = 'none' | 'rc4' | 'aes-128' | 'aes-256';

export interface EncryptionParameters {
  readonly version: 1 | 2 | 4 | 5;
  readonly revision: 2 | 3 | 4 | 5 | 6;
  /** Of the file key, in bytes. */
  readonly keyLength: number;
  readonly owner: Uint8Array;
  readonly user: Uint8Array;
  /** Of version 5 only: the file key under either password, and the permissions under the file key. */
  readonly ownerKey: Uint8Array;
  readonly userKey: Uint8Array;
  readonly sealedPermissions: Uint8Array;
  /** /P, a signed number of 32 bits. */
  readonly permissions: number;
  readonly encryptsMetadata: boolean;
  readonly streams: PdfCipher;
  readonly strings: PdfCipher;
  readonly embeddedFiles: PdfCipher;
  /** By the names streams may choose. */
  readonly filters: ReadonlyMap<string, PdfCipher>;
}

const revisionsOf: Readonly<Record<EncryptionParameters['version'], readonly number[]>> = {
  1: [2, 3],
  2: [3],
  4: [4],
  // 5 is Adobe's forerunner of 6, deprecated by Table 21 but still met.
  5: [5, 6],
};
/** Crypt filters a file may name. */
const maxFilters = 16;

/** @throws FormatError `pdf-unsupported` for another handler, version or revision, `pdf-malformed` for damaged values. */
export function readEncryption(dictionary: PdfDictionary): EncryptionParameters {
  if (dictionary.duplicateKeys.length > 0) throw malformed('names a key twice');
  if (nameOf(entry(dictionary, 'Filter')) !== 'Standard') {
    throw new FormatError('pdf-unsupported', 'The PDF is encrypted, but not with a password.');
  }
  const version = integerOf(entry(dictionary, 'V'));
  const revision = integerOf(entry(dictionary, 'R'));
  if (!isVersion(version) || !isRevision(revision) || !revisionsOf[version].includes(revision)) {
    throw new FormatError('pdf-unsupported', 'The PDF is encrypted in a way that is not known here.');
  }
  const modern = version === 5;
  const permissions = integerOf(entry(dictionary, 'P'));
  // Some writers give /P as an unsigned number; the 32 bits are the same.
  if (permissions === null || permissions < -0x80000000 || permissions > 0xffffffff)
    throw malformed('has impossible /P');
  const metadata = entry(dictionary, 'EncryptMetadata');
  if (metadata.kind !== 'null' && metadata.kind !== 'boolean')
    throw malformed('has impossible /EncryptMetadata');
  const string = (key: string, length: number): Uint8Array => bytesOf(entry(dictionary, key), key, length);
  const none = new Uint8Array();
  return {
    version,
    revision,
    keyLength: keyLengthOf(dictionary, version, revision),
    owner: string('O', modern ? 48 : 32),
    user: string('U', modern ? 48 : 32),
    ownerKey: modern ? string('OE', 32) : none,
    userKey: modern ? string('UE', 32) : none,
    sealedPermissions: modern ? string('Perms', 16) : none,
    permissions: permissions | 0,
    encryptsMetadata: version < 4 || metadata.kind === 'null' || metadata.value,
    ...filtersOf(dictionary, version),
  };
}

function malformed(what: string): FormatError {
  return new FormatError('pdf-malformed', `The encryption dictionary of the PDF ${what}.`);
}

function isVersion(value: number | null): value is EncryptionParameters['version'] {
  return value === 1 || value === 2 || value === 4 || value === 5;
}

function isRevision(value: number | null): value is EncryptionParameters['revision'] {
  return value !== null && value >= 2 && value <= 6;
}

/** Writers pad these strings with zeros up to 127 bytes; more than their length is never used. */
function bytesOf(object: PdfObject, key: string, length: number): Uint8Array {
  if (object.kind !== 'string' || object.bytes.length < length || object.bytes.length > 127)
    throw malformed(`has impossible /${key}`);
  return object.bytes.slice(0, length);
}

function keyLengthOf(dictionary: PdfDictionary, version: number, revision: number): number {
  if (version === 5) return 32;
  if (version === 4) return 16;
  if (version === 1 || revision === 2) return 5;
  const object = entry(dictionary, 'Length');
  const bits = object.kind === 'null' ? 40 : integerOf(object);
  if (bits === null || bits < 40 || bits > 128 || bits % 8 !== 0)
    throw malformed('has an impossible /Length');
  return bits / 8;
}

function filtersOf(
  dictionary: PdfDictionary,
  version: EncryptionParameters['version'],
): Pick<EncryptionParameters, 'streams' | 'strings' | 'embeddedFiles' | 'filters'> {
  if (version < 4) return { streams: 'rc4', strings: 'rc4', embeddedFiles: 'rc4', filters: new Map() };
  const named = entry(dictionary, 'CF');
  if (named.kind !== 'null' && named.kind !== 'dictionary') throw malformed('has impossible /CF');
  const entries = named.kind === 'null' ? [] : [...named.entries];
  if (entries.length > maxFilters || (named.kind === 'dictionary' && named.duplicateKeys.length > 0))
    throw malformed('has impossible /CF');
  const filters = new Map<string, PdfCipher>();
  for (const [name, filter] of entries) filters.set(name, cipherOf(filter, version));
  // 7.6.6: Identity is not to be defined anew.
  filters.set('Identity', 'none');
  const chosen = (key: string, standard: PdfCipher): PdfCipher => {
    const object = entry(dictionary, key);
    if (object.kind === 'null') return standard;
    const cipher = filters.get(nameOf(object) ?? '');
    if (cipher === undefined) throw malformed(`has impossible /${key}`);
    return cipher;
  };
  const streams = chosen('StmF', 'none');
  return { streams, strings: chosen('StrF', 'none'), embeddedFiles: chosen('EFF', streams), filters };
}

function cipherOf(filter: PdfObject, version: EncryptionParameters['version']): PdfCipher {
  if (filter.kind !== 'dictionary') throw malformed('has impossible /CF');
  const method = nameOf(entry(filter, 'CFM'));
  if (version === 4 && method === 'V2') return 'rc4';
  if (version === 4 && method === 'AESV2') return 'aes-128';
  if (version === 5 && method === 'AESV3') return 'aes-256';
  throw new FormatError('pdf-unsupported', 'The PDF is encrypted with a cipher that is not known here.');
}
