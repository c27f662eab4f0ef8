// Time-stamp protocol (RFC 3161 with RFC 5816): requests, responses and the TSTInfo inside a token.
import { FormatError } from '../errors.ts';
import {
  readAlgorithm,
  encodeDigestAlgorithm,
  type AlgorithmIdentifier,
  type DigestName,
} from '../x509/algorithm.ts';
import { TAG, bitsOf, readDer, type DerReader } from '../x509/der.ts';
import {
  boolean,
  explicit,
  implicitPrimitive,
  integer,
  integerContent,
  namedBits,
  octetString,
  oid,
  sequence,
  unsignedInteger,
  utf8String,
} from '../x509/der-writer.ts';
import { readExtensions, type Extension } from '../x509/extensions.ts';
import { stringOf } from '../x509/name.ts';
import { encodeGeneralizedTime, readGeneralizedTime } from '../x509/time.ts';

interface MessageImprint {
  readonly algorithm: AlgorithmIdentifier;
  readonly hashedMessage: Uint8Array;
  /** The whole MessageImprint as it stands: a token repeats it byte for byte. */
  readonly der: Uint8Array;
}

export interface TimestampRequest {
  readonly messageImprint: MessageImprint;
  readonly policy: string | null;
  /** Two's-complement content, null where absent. */
  readonly nonce: Uint8Array | null;
  /** Whether the token shall carry the authority's certificate. */
  readonly certificateRequested: boolean;
  readonly extensions: ReadonlyMap<string, Extension>;
}

/** PKIFailureInfo (RFC 3161 section 2.4.2), by bit. */
const FAILURES = {
  badAlg: 0,
  badRequest: 2,
  badDataFormat: 5,
  timeNotAvailable: 14,
  unacceptedPolicy: 15,
  unacceptedExtension: 16,
  addInfoNotAvailable: 17,
  systemFailure: 25,
} as const;
export type TimestampFailure = keyof typeof FAILURES;

export interface TimestampResponse {
  /** PKIStatus: 0 granted, 1 granted with modifications, 2 and above no token. */
  readonly status: number;
  readonly statusText: readonly string[];
  readonly failures: readonly TimestampFailure[];
  /** ContentInfo DER, null where none was granted. */
  readonly token: Uint8Array | null;
}

export interface TstInfo {
  readonly policy: string;
  readonly messageImprint: MessageImprint;
  /** Two's-complement content. */
  readonly serialNumber: Uint8Array;
  readonly genTime: Date;
  /** Milliseconds either side of `genTime`, fractions for microseconds; null where not said. */
  readonly accuracy: number | null;
  readonly ordering: boolean;
  readonly nonce: Uint8Array | null;
  /** GeneralName of the authority as it stands. */
  readonly tsa: Uint8Array | null;
  readonly extensions: ReadonlyMap<string, Extension>;
}

const CODE = 'timestamp-malformed';
const LIMITS = { maxBytes: 1 << 16, maxDepth: 16 } as const;
const RESPONSE_LIMITS = { maxBytes: 1 << 20, maxDepth: 40, setOrder: 'any' } as const;
/** A nonce or serial number of 160 bits plus sign octet, with room. */
const MAX_INTEGER = 33;

function readMessageImprint(reader: DerReader): MessageImprint {
  const { bytes, content } = reader.element(TAG.sequence);
  const inner = reader.over(content);
  const imprint = { algorithm: readAlgorithm(inner), hashedMessage: inner.octetString(), der: bytes };
  inner.end();
  return imprint;
}

function requireVersionOne(reader: DerReader): void {
  if (reader.smallInteger() !== 1) throw reader.refusal('The time-stamp structure has an unknown version.');
}

function readImplicitExtensions(reader: DerReader, tag: number): ReadonlyMap<string, Extension> {
  if (reader.peek() !== tag) return new Map();
  const bytes = Uint8Array.from(reader.element().bytes);
  bytes[0] = TAG.sequence;
  return readExtensions(reader.over(bytes));
}

/**
 * @throws FormatError `timestamp-version` for a sound value that starts with another version, `timestamp-malformed`,
 *   `der-…`, `trailing-bytes`, `ber-indefinite-length`.
 */
export function parseTimestampRequest(der: Uint8Array): TimestampRequest {
  return readDer(der, LIMITS, CODE, (top) =>
    top.sequence((fields): TimestampRequest => {
      if (fields.smallInteger() !== 1) {
        throw new FormatError('timestamp-version', 'The time-stamp request has another version than 1.');
      }
      return {
        messageImprint: readMessageImprint(fields),
        policy: fields.peek() === TAG.oid ? fields.oid() : null,
        nonce: fields.peek() === TAG.integer ? fields.integer(MAX_INTEGER) : null,
        certificateRequested: fields.peek() === TAG.boolean ? fields.boolean() : false,
        extensions: readImplicitExtensions(fields, 0xa0),
      };
    }),
  );
}

/** @param request.nonce - unsigned big-endian bytes, 8 or more from a secure source. */
export function encodeTimestampRequest(request: {
  readonly digestAlgorithm: DigestName;
  readonly digest: Uint8Array;
  readonly policy?: string;
  readonly nonce?: Uint8Array;
  readonly certificateRequested: boolean;
}): Uint8Array {
  return sequence(
    integer(1),
    sequence(encodeDigestAlgorithm(request.digestAlgorithm), octetString(request.digest)),
    ...(request.policy === undefined ? [] : [oid(request.policy)]),
    ...(request.nonce === undefined ? [] : [unsignedInteger(request.nonce)]),
    ...(request.certificateRequested ? [boolean(true)] : []),
  );
}

/** @throws FormatError `timestamp-malformed` (also for a grant without token or a refusal with one), `der-…`, `trailing-bytes`. */
export function parseTimestampResponse(der: Uint8Array): TimestampResponse {
  return readDer(der, RESPONSE_LIMITS, CODE, (top) =>
    top.sequence((fields): TimestampResponse => {
      const status = fields.sequence((info) => ({
        status: info.smallInteger(),
        statusText:
          info.optional(TAG.sequence, (texts) =>
            texts.every((each) => {
              const { tag, content } = each.element(TAG.utf8String);
              return stringOf(tag, content, each) ?? '';
            }),
          ) ?? [],
        failures: info.peek() === TAG.bitString ? failuresOf(info.element().content) : [],
      }));
      const token = fields.peek() === null ? null : fields.element(TAG.sequence).bytes;
      if (status.status < 2 !== (token !== null)) {
        throw fields.refusal('The status of a time-stamp response contradicts the presence of a token.');
      }
      return { ...status, token };
    }),
  );
}

function failuresOf(content: Uint8Array): readonly TimestampFailure[] {
  const bits = bitsOf(content);
  return (Object.keys(FAILURES) as TimestampFailure[]).filter((name) => bits.has(FAILURES[name]));
}

/** TimeStampResp: granted with a token, or rejected (status 2) with one reason. */
export function encodeTimestampResponse(
  response: { readonly token: Uint8Array } | { readonly failure: TimestampFailure; readonly text: string },
): Uint8Array {
  if ('token' in response) return sequence(sequence(integer(0)), response.token);
  return sequence(
    sequence(integer(2), sequence(utf8String(response.text)), namedBits([FAILURES[response.failure]])),
  );
}

function readAccuracy(reader: DerReader): number {
  const part = (tag: number, least: number): number => {
    if (reader.peek() !== tag) return 0;
    const { content } = reader.element();
    const value = content.reduce((sum, octet) => sum * 256 + octet, 0);
    if (content.length === 0 || content.length > 4 || (content[0] ?? 0) >= 128) {
      throw reader.refusal('An accuracy is not a small number.');
    }
    // millis and micros are 1 to 999 (RFC 3161 section 2.4.2).
    if (tag !== TAG.integer && (value < least || value > 999))
      throw reader.refusal('An accuracy is out of range.');
    return value;
  };
  const seconds = part(TAG.integer, 0);
  const millis = part(0x80, 1);
  return seconds * 1000 + millis + part(0x81, 1) / 1000;
}

/** @throws FormatError `timestamp-malformed`, `der-…`, `trailing-bytes`. */
export function parseTstInfo(der: Uint8Array): TstInfo {
  return readDer(der, LIMITS, CODE, (top) =>
    top.sequence((fields): TstInfo => {
      requireVersionOne(fields);
      return {
        policy: fields.oid(),
        messageImprint: readMessageImprint(fields),
        serialNumber: fields.integer(MAX_INTEGER),
        genTime: readGeneralizedTime(fields, true),
        accuracy: fields.optional(TAG.sequence, readAccuracy),
        ordering: fields.peek() === TAG.boolean ? fields.boolean() : false,
        nonce: fields.peek() === TAG.integer ? fields.integer(MAX_INTEGER) : null,
        tsa: fields.optional(0xa0, (inner) => inner.element().bytes),
        extensions: readImplicitExtensions(fields, 0xa1),
      };
    }),
  );
}

/** Accuracy of whole milliseconds. */
export function encodeAccuracy(milliseconds: number): Uint8Array {
  const seconds = Math.floor(milliseconds / 1000);
  const rest = milliseconds % 1000;
  return sequence(
    ...(seconds === 0 ? [] : [integer(seconds)]),
    ...(rest === 0 ? [] : [implicitPrimitive(0, integer(rest).subarray(2))]),
  );
}

/** TSTInfo with `ordering` FALSE; `tsa` left out (RFC 5816: the signed attribute names the signer). */
export function encodeTstInfo(info: {
  readonly policy: string;
  /** The request's MessageImprint, byte for byte. */
  readonly messageImprint: Uint8Array;
  /** Unsigned big-endian. */
  readonly serialNumber: Uint8Array;
  readonly genTime: Date;
  /** Whole milliseconds. */
  readonly accuracy: number;
  /** The request's nonce content. */
  readonly nonce: Uint8Array | null;
  /** A GeneralName. */
  readonly tsa?: Uint8Array;
}): Uint8Array {
  return sequence(
    integer(1),
    oid(info.policy),
    info.messageImprint,
    unsignedInteger(info.serialNumber),
    encodeGeneralizedTime(info.genTime, true),
    encodeAccuracy(info.accuracy),
    ...(info.nonce === null ? [] : [integerContent(info.nonce)]),
    ...(info.tsa === undefined ? [] : [explicit(0, info.tsa)]),
  );
}
