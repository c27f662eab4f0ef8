// OCSP (RFC 6960, nonce by RFC 9654): requests and responses, both ways.
import { toHex } from '../bytes.ts';
import { readAlgorithm, type AlgorithmIdentifier } from './algorithm.ts';
import { TAG, readDer, type DerReader } from './der.ts';
import {
  DerSink,
  explicit,
  implicitConstructed,
  implicitPrimitive,
  integer,
  integerContent,
  nullValue,
  octetString,
  oid,
  sequence,
  tagged,
  taggedSize,
} from './der-writer.ts';
import { encodeReason, readReason, type RevocationReason } from './crl.ts';
import { encodeExtensions, extension, readExtension, readExtensions, type Extension } from './extensions.ts';
import { readName, type Name } from './name.ts';
import { OID } from './oid.ts';
import {
  encodeGeneralizedTime,
  GENERALIZED_TIME_SIZE,
  putGeneralizedTime,
  readGeneralizedTime,
} from './time.ts';

export interface CertId {
  readonly hashAlgorithm: AlgorithmIdentifier;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  /** Two's-complement content. */
  readonly serialNumber: Uint8Array;
  readonly serialHex: string;
  /** The whole CertID as it stands: an answer repeats it byte for byte. */
  readonly der: Uint8Array;
}

export interface OcspRequest {
  readonly requests: readonly CertId[];
  /** Octets of the nonce, null where absent. */
  readonly nonce: Uint8Array | null;
  readonly extensions: ReadonlyMap<string, Extension>;
}

export type OcspCertStatus =
  | { readonly kind: 'good' }
  | { readonly kind: 'revoked'; readonly at: Date; readonly reason: RevocationReason | null }
  | { readonly kind: 'unknown' };

export interface OcspSingleResponse {
  readonly certId: CertId;
  readonly status: OcspCertStatus;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | null;
  readonly extensions: ReadonlyMap<string, Extension>;
}

export interface BasicOcspResponse {
  /** ResponseData as it stands: what the signature is over. */
  readonly tbs: Uint8Array;
  readonly responder:
    | { readonly kind: 'name'; readonly name: Name }
    /** SHA-1 of the responder's public key bits. */
    | { readonly kind: 'key'; readonly keyHash: Uint8Array };
  readonly producedAt: Date;
  readonly responses: readonly OcspSingleResponse[];
  readonly nonce: Uint8Array | null;
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  /** Certificates carried along, DER; nothing vouches for them. */
  readonly certificates: readonly Uint8Array[];
}

const STATUSES = {
  successful: 0,
  malformedRequest: 1,
  internalError: 2,
  tryLater: 3,
  sigRequired: 5,
  unauthorized: 6,
} as const;
export type OcspResponseStatus = keyof typeof STATUSES;

export interface OcspResponse {
  readonly status: OcspResponseStatus;
  /** Null where the status is not successful. */
  readonly basic: BasicOcspResponse | null;
}

const CODE = 'ocsp-malformed';
const REQUEST_LIMITS = { maxBytes: 1 << 14, maxDepth: 16 };
const RESPONSE_LIMITS = { maxBytes: 1 << 20, maxDepth: 20 };
const MAX_REQUESTS = 50;

function readCertId(reader: DerReader): CertId {
  const { bytes, content } = reader.element(TAG.sequence);
  const inner = reader.over(content);
  const hashAlgorithm = readAlgorithm(inner);
  const issuerNameHash = inner.octetString();
  const issuerKeyHash = inner.octetString();
  const serialNumber = inner.integer();
  inner.end();
  return {
    hashAlgorithm,
    issuerNameHash,
    issuerKeyHash,
    serialNumber,
    serialHex: toHex(serialNumber),
    der: bytes,
  };
}

/** A CertID. @param id.serialNumber - two's-complement content as in the certificate. */
export function encodeCertId(id: {
  /** AlgorithmIdentifier DER. */
  readonly hashAlgorithm: Uint8Array;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  readonly serialNumber: Uint8Array;
}): Uint8Array {
  return sequence(
    id.hashAlgorithm,
    octetString(id.issuerNameHash),
    octetString(id.issuerKeyHash),
    integerContent(id.serialNumber),
  );
}

/** The nonce is an OCTET STRING inside extnValue, 1 to 128 octets (RFC 9654 section 2.1). */
function readNonce(extensions: ReadonlyMap<string, Extension>): Uint8Array | null {
  return readExtension(extensions, OID.ocspNonce, CODE, (reader) => {
    const nonce = reader.octetString();
    if (nonce.length < 1 || nonce.length > 128) throw reader.refusal('An OCSP nonce is not 1 to 128 octets.');
    return nonce;
  });
}

/** Reads a request; an optional signature on it is passed over unread. @throws FormatError `ocsp-malformed`, `der-…`, `trailing-bytes`. */
export function parseOcspRequest(der: Uint8Array): OcspRequest {
  return readDer(der, REQUEST_LIMITS, CODE, (top) =>
    top.sequence((outer) => {
      const request = outer.sequence((fields): OcspRequest => {
        const version = fields.optional(0xa0, (inner) => inner.smallInteger()) ?? 0;
        if (version !== 0) throw fields.refusal('The OCSP request has an unknown version.');
        fields.optional(0xa1, (inner) => inner.element());
        const requests = fields.sequence((list) =>
          list.every((each) =>
            each.sequence((single) => {
              const certId = readCertId(single);
              single.optional(0xa0, readExtensions);
              return certId;
            }),
          ),
        );
        if (requests.length === 0 || requests.length > MAX_REQUESTS) {
          throw fields.refusal(`An OCSP request asks for 1 to ${MAX_REQUESTS} certificates.`);
        }
        const extensions = fields.optional(0xa2, readExtensions) ?? new Map<string, Extension>();
        return { requests, nonce: readNonce(extensions), extensions };
      });
      outer.optional(0xa0, (signature) => signature.element());
      return request;
    }),
  );
}

/** A request for `certIds` (complete CertID values). */
export function encodeOcspRequest(certIds: readonly Uint8Array[], nonce: Uint8Array | null): Uint8Array {
  return sequence(
    sequence(
      sequence(...certIds.map((certId) => sequence(certId))),
      ...(nonce === null
        ? []
        : [explicit(2, encodeExtensions([extension(OID.ocspNonce, false, octetString(nonce))]))]),
    ),
  );
}

function readCertStatus(reader: DerReader): OcspCertStatus {
  const tag = reader.peek();
  if (tag === 0xa1) {
    return reader.inside(0xa1, (fields) => ({
      kind: 'revoked',
      at: readGeneralizedTime(fields, false),
      reason: fields.optional(0xa0, readReason),
    }));
  }
  const { content } = reader.element();
  if ((tag !== 0x80 && tag !== 0x82) || content.length !== 0)
    throw reader.refusal('An OCSP status is unknown.');
  return { kind: tag === 0x80 ? 'good' : 'unknown' };
}

function readSingleResponse(reader: DerReader): OcspSingleResponse {
  return reader.sequence((fields) => ({
    certId: readCertId(fields),
    status: readCertStatus(fields),
    thisUpdate: readGeneralizedTime(fields, false),
    nextUpdate: fields.optional(0xa0, (inner) => readGeneralizedTime(inner, false)),
    extensions: fields.optional(0xa1, readExtensions) ?? new Map<string, Extension>(),
  }));
}

function readBasicResponse(reader: DerReader): BasicOcspResponse {
  return reader.sequence((outer) => {
    const tbs = outer.element(TAG.sequence);
    const signatureAlgorithm = readAlgorithm(outer);
    const signature = outer.bitStringOctets();
    const certificates =
      outer.optional(0xa0, (inner) =>
        inner.sequence((list) => list.every((each) => each.element(TAG.sequence).bytes)),
      ) ?? [];
    const fields = outer.over(tbs.content);
    const version = fields.optional(0xa0, (inner) => inner.smallInteger()) ?? 0;
    if (version !== 0) throw fields.refusal('The OCSP response has an unknown version.');
    const responder =
      fields.peek() === 0xa1
        ? ({ kind: 'name', name: fields.inside(0xa1, readName) } as const)
        : ({ kind: 'key', keyHash: fields.inside(0xa2, (inner) => inner.octetString()) } as const);
    const producedAt = readGeneralizedTime(fields, true);
    const responses = fields.sequence((list) => list.every(readSingleResponse));
    const extensions = fields.optional(0xa1, readExtensions) ?? new Map<string, Extension>();
    fields.end();
    return {
      tbs: tbs.bytes,
      responder,
      producedAt,
      responses,
      nonce: readNonce(extensions),
      extensions,
      signatureAlgorithm,
      signature,
      certificates,
    };
  });
}

/** Nothing is judged: signature, responder and dates are the verifier's matter. @throws FormatError `ocsp-malformed`, `der-…`, `trailing-bytes`. */
export function parseOcspResponse(der: Uint8Array): OcspResponse {
  return readDer(der, RESPONSE_LIMITS, CODE, (top) =>
    top.sequence((fields): OcspResponse => {
      const code = fields.smallInteger(TAG.enumerated);
      const status = (Object.keys(STATUSES) as OcspResponseStatus[]).find((name) => STATUSES[name] === code);
      if (status === undefined) throw fields.refusal('The OCSP response has an unknown status.');
      const bytes = fields.optional(0xa0, (inner) =>
        inner.sequence((wrapped) => {
          if (wrapped.oid() !== OID.ocspBasic)
            throw wrapped.refusal('The OCSP response has an unknown type.');
          return wrapped.octetString();
        }),
      );
      if ((status === 'successful') !== (bytes !== null)) {
        throw fields.refusal('The status of an OCSP response contradicts the presence of an answer.');
      }
      return {
        status,
        basic: bytes === null ? null : readDer(bytes, RESPONSE_LIMITS, CODE, readBasicResponse),
      };
    }),
  );
}

/** ResponseData to be signed. */
export interface TbsOcspResponse {
  /** SHA-1 of the responder's public key bits (RFC 6960 section 4.2.1, KeyHash). */
  readonly responderKeyHash: Uint8Array;
  readonly producedAt: Date;
  readonly responses: readonly {
    /** CertID DER. */
    readonly certId: Uint8Array;
    readonly status: OcspCertStatus;
    readonly thisUpdate: Date;
    readonly nextUpdate: Date;
  }[];
  readonly nonce: Uint8Array | null;
  /** Says that a serial never issued is answered as revoked (RFC 6960 section 4.4.8). */
  readonly extendedRevoke: boolean;
}

const GOOD = implicitPrimitive(0, new Uint8Array(0));
const UNKNOWN = implicitPrimitive(2, new Uint8Array(0));
const NONCE = oid(OID.ocspNonce);
const EXTENDED_REVOKE = encodeExtensions([extension(OID.ocspExtendedRevoke, false, nullValue())]).subarray(2);
const BASIC = oid(OID.ocspBasic);
const SUCCESSFUL = tagged(TAG.enumerated, Uint8Array.of(STATUSES.successful));

function encodeCertStatus(status: OcspCertStatus): Uint8Array {
  if (status.kind === 'good') return GOOD;
  if (status.kind === 'unknown') return UNKNOWN;
  return implicitConstructed(
    1,
    encodeGeneralizedTime(status.at, false),
    ...(status.reason === null ? [] : [explicit(0, encodeReason(status.reason))]),
  );
}

/** The members of Extensions. */
function encodeResponseExtensions({ nonce, extendedRevoke }: TbsOcspResponse): Uint8Array {
  const revoke = extendedRevoke ? EXTENDED_REVOKE : new Uint8Array(0);
  if (nonce === null) return revoke;
  const value = taggedSize(nonce.length);
  const content = NONCE.length + taggedSize(value);
  const sink = new DerSink(taggedSize(content) + revoke.length)
    .header(TAG.sequence, content)
    .raw(NONCE)
    .header(TAG.octetString, value)
    .header(TAG.octetString, nonce.length)
    .raw(nonce);
  return sink.raw(revoke).bytes;
}

export function encodeTbsOcspResponse(tbs: TbsOcspResponse): Uint8Array {
  const statuses = tbs.responses.map(({ status }) => encodeCertStatus(status));
  const times = GENERALIZED_TIME_SIZE + taggedSize(GENERALIZED_TIME_SIZE);
  const sizes = tbs.responses.map(({ certId }, at) => certId.length + (statuses[at]?.length ?? 0) + times);
  const list = sizes.reduce((sum, size) => sum + taggedSize(size), 0);
  const keyHash = taggedSize(tbs.responderKeyHash.length);
  const extensions = encodeResponseExtensions(tbs);
  const sequenceOf = taggedSize(extensions.length);
  const content =
    taggedSize(keyHash) +
    GENERALIZED_TIME_SIZE +
    taggedSize(list) +
    (extensions.length === 0 ? 0 : taggedSize(sequenceOf));
  const sink = new DerSink(taggedSize(content))
    .header(TAG.sequence, content)
    .header(0xa2, keyHash)
    .header(TAG.octetString, tbs.responderKeyHash.length)
    .raw(tbs.responderKeyHash);
  putGeneralizedTime(sink, tbs.producedAt);
  sink.header(TAG.sequence, list);
  tbs.responses.forEach(({ certId, thisUpdate, nextUpdate }, at) => {
    sink
      .header(TAG.sequence, sizes[at] ?? 0)
      .raw(certId)
      .raw(statuses[at] ?? UNKNOWN);
    putGeneralizedTime(sink, thisUpdate);
    sink.header(0xa0, GENERALIZED_TIME_SIZE);
    putGeneralizedTime(sink, nextUpdate);
  });
  if (extensions.length > 0)
    sink.header(0xa1, sequenceOf).header(TAG.sequence, extensions.length).raw(extensions);
  return sink.bytes;
}

/** A successful OCSPResponse around signed ResponseData. */
export function encodeOcspResponse(
  tbs: Uint8Array,
  signatureAlgorithm: Uint8Array,
  signature: Uint8Array,
  certificates: readonly Uint8Array[],
): Uint8Array {
  const bits = signature.length + 1;
  const list = certificates.reduce((sum, { length }) => sum + length, 0);
  const basic =
    tbs.length +
    signatureAlgorithm.length +
    taggedSize(bits) +
    (list === 0 ? 0 : taggedSize(taggedSize(list)));
  const wrapped = BASIC.length + taggedSize(taggedSize(basic));
  const whole = SUCCESSFUL.length + taggedSize(taggedSize(wrapped));
  const sink = new DerSink(taggedSize(whole))
    .header(TAG.sequence, whole)
    .raw(SUCCESSFUL)
    .header(0xa0, taggedSize(wrapped))
    .header(TAG.sequence, wrapped)
    .raw(BASIC)
    .header(TAG.octetString, taggedSize(basic))
    .header(TAG.sequence, basic)
    .raw(tbs)
    .raw(signatureAlgorithm)
    .header(TAG.bitString, bits)
    .octet(0)
    .raw(signature);
  if (list > 0) {
    sink.header(0xa0, taggedSize(list)).header(TAG.sequence, list);
    for (const certificate of certificates) sink.raw(certificate);
  }
  return sink.bytes;
}

/** A successful OCSPResponse around a whole BasicOCSPResponse, which CAdES stores bare. @param basic - DER, not looked at. */
export function encodeOcspResponseOf(basic: Uint8Array): Uint8Array {
  return sequence(SUCCESSFUL, explicit(0, sequence(BASIC, octetString(basic))));
}

/** An unsigned OCSPResponse that says why there is no answer. */
export function encodeOcspFailure(status: Exclude<OcspResponseStatus, 'successful'>): Uint8Array {
  return sequence(integer(STATUSES[status], TAG.enumerated));
}
