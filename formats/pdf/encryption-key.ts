// From a password to the key of the file (ISO 32000-1, 7.6.3.3 and 7.6.3.4; ISO 32000-2, 7.6.4): algorithms 2, 2.A, 2.B, 6, 7 and 13.
import type { PdfCiphers } from './ciphers.ts';
import type { EncryptionParameters } from './encryption-parameters.ts';
import { FormatError } from '../errors.ts';
import { joinBytes, sameBytes } from '../bytes.ts';
import { rc4 } from './ciphers.ts';
import { docEncoded } from './text-string.ts';

/** As whom a password opens the file. */
export type PasswordRole = 'owner' | 'user';

export interface FileKey {
  readonly key: Uint8Array;
  readonly role: PasswordRole;
}

const padding = Uint8Array.of(
  ...[0x28, 0xbf, 0x4e, 0x5e, 0x4e, 0x75, 0x8a, 0x41, 0x64, 0x00, 0x4e, 0x56, 0xff, 0xfa, 0x01, 0x08],
  ...[0x2e, 0x2e, 0x00, 0xb6, 0xd0, 0x68, 0x3e, 0x80, 0x2f, 0x0c, 0xa9, 0xfe, 0x64, 0x53, 0x69, 0x7a],
);
/** Bytes of a password that count since version 5. */
const passwordLimit = 127;
/** Characters looked at; what is longer is cut off below anyway. */
const characterLimit = 1024;

/**
 * @param identifier first element of the trailer's /ID; of no use since version 5
 * @returns null where the password is neither the user's nor the owner's.
 * @throws FormatError `pdf-malformed` where the permissions are not those the key was made for.
 */
export function fileKeyOf(
  parameters: EncryptionParameters,
  identifier: Uint8Array,
  password: string,
  ciphers: PdfCiphers,
): FileKey | null {
  const text = password.slice(0, characterLimit);
  const modern = parameters.version === 5;
  for (const bytes of modern ? modernPasswords(text) : oldPasswords(text)) {
    const found = modern
      ? modernKey(parameters, bytes, ciphers)
      : oldKey(parameters, identifier, bytes, ciphers);
    if (found !== null) return found;
  }
  return null;
}

/** In PDFDocEncoding as 7.6.3.3 says, and in UTF-8 as many writers do where that holds not every character. */
function oldPasswords(text: string): readonly Uint8Array[] {
  const encoded = docEncoded(text);
  const candidates = [...(encoded === null ? [] : [encoded]), new TextEncoder().encode(text)];
  return candidates.map((bytes) => joinBytes([bytes, padding]).slice(0, 32));
}

/** After SASLprep (RFC 4013) as 7.6.4.3.3 says, and without it as writers do that know none. */
function modernPasswords(text: string): readonly Uint8Array[] {
  const mapped = text
    .replace(/[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g, ' ')
    .replace(/[\u00ad\u034f\u1806\u180b-\u180d\u200c\u200d\u2060\ufe00-\ufe0f\ufeff]/g, '')
    .normalize('NFKC');
  return [...new Set([mapped, text])].map((each) => new TextEncoder().encode(each).slice(0, passwordLimit));
}

function oldKey(
  parameters: EncryptionParameters,
  identifier: Uint8Array,
  password: Uint8Array,
  ciphers: PdfCiphers,
): FileKey | null {
  const user = keyOfUser(parameters, identifier, password, ciphers);
  if (opensAsUser(parameters, identifier, user, ciphers)) return { key: user, role: 'user' };
  const owner = keyOfUser(parameters, identifier, userPassword(parameters, password, ciphers), ciphers);
  return opensAsUser(parameters, identifier, owner, ciphers) ? { key: owner, role: 'owner' } : null;
}

/** Algorithm 2. */
function keyOfUser(
  { owner, permissions, revision, encryptsMetadata, keyLength }: EncryptionParameters,
  identifier: Uint8Array,
  password: Uint8Array,
  { md5 }: PdfCiphers,
): Uint8Array {
  const flags = new Uint8Array(4);
  new DataView(flags.buffer).setInt32(0, permissions, true);
  const unencrypted = revision >= 4 && !encryptsMetadata ? new Uint8Array(4).fill(0xff) : new Uint8Array();
  let hash = md5(joinBytes([password, owner, flags, identifier, unencrypted]));
  for (let round = 0; revision >= 3 && round < 50; round++) hash = md5(hash.slice(0, keyLength));
  return hash.slice(0, keyLength);
}

function keyOfRound(key: Uint8Array, round: number): Uint8Array {
  return key.map((byte) => byte ^ round);
}

/** Algorithm 6, by the values of algorithms 4 and 5. */
function opensAsUser(
  { revision, user }: EncryptionParameters,
  identifier: Uint8Array,
  key: Uint8Array,
  { md5 }: PdfCiphers,
): boolean {
  if (revision === 2) return sameBytes(rc4(key, padding), user);
  let value = md5(joinBytes([padding, identifier]));
  for (let round = 0; round < 20; round++) value = rc4(keyOfRound(key, round), value);
  // What fills /U up to 32 bytes is arbitrary.
  return sameBytes(value, user.subarray(0, 16));
}

/** Algorithm 7: the user's password out of the owner's. */
function userPassword(
  { revision, keyLength, owner }: EncryptionParameters,
  password: Uint8Array,
  { md5 }: PdfCiphers,
): Uint8Array {
  let hash = md5(password);
  for (let round = 0; revision >= 3 && round < 50; round++) hash = md5(hash);
  const key = hash.slice(0, keyLength);
  let value = owner;
  for (let round = revision === 2 ? 0 : 19; round >= 0; round--) value = rc4(keyOfRound(key, round), value);
  return value;
}

/** Algorithm 2.A, with the permissions checked by algorithm 13. */
function modernKey(
  parameters: EncryptionParameters,
  password: Uint8Array,
  ciphers: PdfCiphers,
): FileKey | null {
  const { owner, user, ownerKey, userKey } = parameters;
  const hash = (verifier: Uint8Array, from: number, bound: Uint8Array): Uint8Array => {
    const input = joinBytes([password, verifier.subarray(from, from + 8), bound]);
    return parameters.revision === 5 ? ciphers.sha2(256, input) : hardHash(password, input, bound, ciphers);
  };
  const open = (verifier: Uint8Array, wrapped: Uint8Array, bound: Uint8Array): Uint8Array | null =>
    sameBytes(hash(verifier, 32, bound), verifier.subarray(0, 32))
      ? ciphers.decryptCbc(hash(verifier, 40, bound), new Uint8Array(16), wrapped)
      : null;
  const asOwner = open(owner, ownerKey, user);
  const key = asOwner ?? open(user, userKey, new Uint8Array());
  if (key === null) return null;
  checkPermissions(parameters, key, ciphers);
  return { key, role: asOwner === null ? 'user' : 'owner' };
}

/** Algorithm 2.B: at least 64 rounds, and at most 287, because the last byte ends it. */
function hardHash(
  password: Uint8Array,
  input: Uint8Array,
  bound: Uint8Array,
  ciphers: PdfCiphers,
): Uint8Array {
  let key = ciphers.sha2(256, input);
  for (let round = 1, last = 0; round <= 64 || last > round - 1 - 32; round++) {
    const once = joinBytes([password, key, bound]);
    const repeated = joinBytes(Array.from({ length: 64 }, () => once));
    const mixed = ciphers.encryptCbc(key.slice(0, 16), key.slice(16, 32), repeated);
    // 256 leaves 1 when divided by 3, so the number modulo 3 is the sum of its bytes modulo 3.
    const remainder = mixed.subarray(0, 16).reduce((sum, byte) => sum + byte, 0) % 3;
    key = ciphers.sha2(remainder === 0 ? 256 : remainder === 1 ? 384 : 512, mixed);
    last = mixed.at(-1) ?? 0;
  }
  return key.slice(0, 32);
}

function checkPermissions(
  { sealedPermissions, permissions, encryptsMetadata }: EncryptionParameters,
  key: Uint8Array,
  ciphers: PdfCiphers,
): void {
  // One block in ECB is one block in CBC with a vector of zeros.
  const open = ciphers.decryptCbc(key, new Uint8Array(16), sealedPermissions);
  const flags = new DataView(open.buffer, open.byteOffset).getInt32(0, true);
  const [metadata, ...mark] = open.subarray(8, 12);
  const letter = encryptsMetadata ? 0x54 : 0x46;
  if (flags !== permissions || metadata !== letter || String.fromCharCode(...mark) !== 'adb') {
    throw new FormatError('pdf-malformed', 'The encryption dictionary of the PDF was changed.');
  }
}
