// PKCS #12 (RFC 7292): the shell of a file and the bags inside, read strictly; nothing is decrypted here.
import { joinBytes } from '../bytes.ts';
import { FormatError } from '../errors.ts';
import { readAlgorithm, type AlgorithmIdentifier } from '../x509/algorithm.ts';
import { berToDer } from '../x509/ber.ts';
import { TAG, readDer, type DerReader } from '../x509/der.ts';

/** PFX with password integrity (RFC 7292 section 4). */
export interface Pfx {
  /** The AuthenticatedSafe's octets: what the MAC is over. */
  readonly authenticatedSafe: Uint8Array;
  readonly mac: Pkcs12Mac;
}

export interface Pkcs12Mac {
  readonly digestAlgorithm: AlgorithmIdentifier;
  readonly value: Uint8Array;
  readonly salt: Uint8Array;
  readonly iterations: number;
}

/** One part of the AuthenticatedSafe: SafeContents in clear, or encrypted with the password. */
export type Pkcs12Part =
  | { readonly kind: 'plain'; readonly contents: Uint8Array }
  | ({ readonly kind: 'encrypted' } & Pkcs12Encrypted);

export interface Pkcs12Encrypted {
  readonly algorithm: AlgorithmIdentifier;
  readonly ciphertext: Uint8Array;
}

interface BagNames {
  /** Null where absent. */
  readonly friendlyName: string | null;
  readonly localKeyId: Uint8Array | null;
}

export type Pkcs12Bag =
  | ({ readonly kind: 'key'; readonly pkcs8: Uint8Array } & BagNames)
  | ({ readonly kind: 'shrouded-key' } & Pkcs12Encrypted & BagNames)
  | ({ readonly kind: 'certificate'; readonly der: Uint8Array } & BagNames);

/** What stretches a password, by the parameters that a ciphertext carries; the iterations are what costs time. */
export type Pkcs12Encryption =
  | {
      readonly scheme: 'pbes2';
      readonly iterations: number;
      readonly cipher: string;
      readonly prf: string | null;
    }
  | {
      readonly scheme: 'pkcs12';
      readonly oid: string;
      readonly salt: Uint8Array;
      readonly iterations: number;
    };

const PKCS7 = '1.2.840.113549.1.7';
const BAG = '1.2.840.113549.1.12.10.1';
const PKCS12_PBE = '1.2.840.113549.1.12.1.';
const PKCS5 = '1.2.840.113549.1.5';
const PKCS9 = '1.2.840.113549.1.9';

const CODE = 'pkcs12-malformed';
/** A key, a chain, and room: files of browsers and operating systems are below 20 kB. */
export const PKCS12_MAX_BYTES = 1_000_000;
const LIMITS = { maxBytes: PKCS12_MAX_BYTES, maxDepth: 24, setOrder: 'any' } as const;
const MAX_PARTS = 16;
const MAX_BAGS = 64;

/** DER, or the BER that RFC 7292 section 4 lets writers use, made into DER first. */
function readLenient<T>(bytes: Uint8Array, read: (reader: DerReader) => T): T {
  try {
    return readDer(bytes, LIMITS, CODE, read);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return readDer(berToDer(bytes, LIMITS), LIMITS, CODE, read);
  }
}

/** An iteration count: positive, and small enough to be a number. */
function iterationsOf(reader: DerReader): number {
  const count = reader.smallInteger();
  if (count < 1) throw reader.refusal('An iteration count is not positive.');
  return count;
}

/** @throws FormatError `pkcs12-malformed` (also where the file has no MAC of a password) and the reader's codes. */
export function parsePfx(bytes: Uint8Array): Pfx {
  return readLenient(bytes, (top) =>
    top.sequence((fields) => {
      if (fields.smallInteger() !== 3) throw fields.refusal('The PKCS #12 file has an unknown version.');
      const authenticatedSafe = fields.sequence((info) => {
        if (info.oid() !== `${PKCS7}.1`)
          throw info.refusal('The PKCS #12 file is not protected by a password.');
        return info.inside(0xa0, (inner) => inner.octetString());
      });
      return { authenticatedSafe, mac: fields.sequence(readMac) };
    }),
  );
}

function readMac(fields: DerReader): Pkcs12Mac {
  const { digestAlgorithm, value } = fields.sequence((info) => ({
    digestAlgorithm: readAlgorithm(info),
    value: info.octetString(),
  }));
  const salt = fields.octetString();
  return { digestAlgorithm, value, salt, iterations: fields.peek() === null ? 1 : iterationsOf(fields) };
}

/** @throws FormatError `pkcs12-malformed` and the reader's codes. */
export function parseAuthenticatedSafe(bytes: Uint8Array): readonly Pkcs12Part[] {
  return readLenient(bytes, (top) => {
    const parts = top.sequence((list) => list.every((each) => each.sequence(readPart)));
    if (parts.length > MAX_PARTS) throw top.refusal('The PKCS #12 file has too many parts.');
    return parts;
  });
}

function readPart(info: DerReader): Pkcs12Part {
  const type = info.oid();
  if (type === `${PKCS7}.1`) {
    return { kind: 'plain', contents: info.inside(0xa0, (inner) => inner.octetString()) };
  }
  if (type !== `${PKCS7}.6`)
    throw info.refusal('A part of the PKCS #12 file is not protected by a password.');
  return info.inside(0xa0, (inner) =>
    inner.sequence((data) => {
      if (data.smallInteger() !== 0) throw data.refusal('EncryptedData has an unknown version.');
      return data.sequence((content) => {
        if (content.oid() !== `${PKCS7}.1`)
          throw content.refusal('EncryptedData holds another kind of content.');
        const algorithm = readAlgorithm(content);
        return { kind: 'encrypted', algorithm, ciphertext: implicitOctets(content) };
      });
    }),
  );
}

/** `[0] IMPLICIT OCTET STRING`, whole or (BER) in pieces: only its place says that it is a string. */
function implicitOctets(reader: DerReader): Uint8Array {
  if (reader.peek() === 0x80) return reader.element().content;
  return reader.inside(0xa0, (pieces) => joinBytes(pieces.every((piece) => piece.octetString())));
}

/** Bags of decrypted SafeContents. @throws FormatError `pkcs12-malformed` and the reader's codes. */
export function parseSafeContents(bytes: Uint8Array): readonly Pkcs12Bag[] {
  return readLenient(bytes, (top) => {
    const bags = top.sequence((list) => list.every((each) => each.sequence(readBag)));
    if (bags.length > MAX_BAGS) throw top.refusal('The PKCS #12 file has too many bags.');
    return bags;
  });
}

function readBag(fields: DerReader): Pkcs12Bag {
  const type = fields.oid();
  const value = fields.inside(0xa0, (inner) => inner.element(TAG.sequence));
  const names = fields.optional(TAG.set, readNames) ?? { friendlyName: null, localKeyId: null };
  if (type === `${BAG}.1`) return { kind: 'key', pkcs8: value.bytes, ...names };
  if (type === `${BAG}.2`) return { kind: 'shrouded-key', ...encryptedKeyOf(value.bytes), ...names };
  if (type !== `${BAG}.3`) throw fields.refusal('A bag is neither a key nor a certificate.');
  const content = fields.over(value.content);
  if (content.oid() !== `${PKCS9}.22.1`)
    throw fields.refusal('A certificate bag holds no X.509 certificate.');
  const der = content.inside(0xa0, (inner) => inner.octetString());
  content.end();
  return { kind: 'certificate', der, ...names };
}

function encryptedKeyOf(bytes: Uint8Array): Pkcs12Encrypted {
  return readDer(bytes, LIMITS, CODE, (top) =>
    top.sequence((fields) => ({ algorithm: readAlgorithm(fields), ciphertext: fields.octetString() })),
  );
}

function readNames(set: DerReader): BagNames {
  let friendlyName: string | null = null;
  let localKeyId: Uint8Array | null = null;
  set.every((each) =>
    each.sequence((attribute) => {
      const type = attribute.oid();
      attribute.inside(TAG.set, (values) => {
        if (type === `${PKCS9}.20`) friendlyName = bmpText(values);
        else if (type === `${PKCS9}.21`) localKeyId = values.octetString();
        else values.every((value) => value.element());
      });
    }),
  );
  return { friendlyName, localKeyId };
}

function bmpText(reader: DerReader): string {
  const { content } = reader.element(TAG.bmpString);
  if (content.length % 2 !== 0 || content.length > 1024)
    throw reader.refusal('A friendly name is no BMPString.');
  let text = '';
  for (let at = 0; at < content.length; at += 2) {
    text += String.fromCharCode((content[at] ?? 0) * 256 + (content[at + 1] ?? 0));
  }
  return text;
}

/**
 * How a ciphertext's password is stretched.
 * @returns null for a scheme that is none of PBES2 with PBKDF2 (RFC 8018) and RFC 7292 appendix C.
 * @throws FormatError `pkcs12-malformed` and the reader's codes.
 */
export function pkcs12EncryptionOf({ oid, parameters }: AlgorithmIdentifier): Pkcs12Encryption | null {
  if (parameters === null) return null;
  if (oid.startsWith(PKCS12_PBE)) {
    return readDer(parameters, LIMITS, CODE, (top) =>
      top.sequence((fields) => ({
        scheme: 'pkcs12',
        oid,
        salt: fields.octetString(),
        iterations: iterationsOf(fields),
      })),
    );
  }
  if (oid !== `${PKCS5}.13`) return null;
  const { derivation, encryption } = readDer(parameters, LIMITS, CODE, (top) =>
    top.sequence((fields) => ({ derivation: readAlgorithm(fields), encryption: readAlgorithm(fields) })),
  );
  if (derivation.oid !== `${PKCS5}.12` || derivation.parameters === null) return null;
  return readDer(derivation.parameters, LIMITS, CODE, (top) =>
    top.sequence((fields): Pkcs12Encryption => {
      fields.octetString();
      const iterations = iterationsOf(fields);
      if (fields.peek() === TAG.integer) fields.smallInteger();
      const prf = fields.peek() === null ? null : readAlgorithm(fields).oid;
      return { scheme: 'pbes2', iterations, cipher: encryption.oid, prf };
    }),
  );
}
