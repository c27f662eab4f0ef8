// OCSP (RFC 6960, nonce by RFC 9654): requests and responses, both ways.
import { toHex } from '../bytes.ts';
import { readAlgorithm, type AlgorithmIdentifier } from './algorithm.ts';
import { TAG, readDer, type DerReader } from './der.ts';
import {
  bitString,
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
} from './der-writer.ts';
import { encodeReason, readReason, type RevocationReason } from './crl.ts';
import { encodeExtensions, extension, readExtension, readExtensions, type Extension } from './extensions.ts';
import { readName, type Name } from './name.ts';
import { OID } from './oid.ts';
import { encodeGeneralizedTime, readGeneralizedTime } from './time.ts';

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

function encodeCertStatus(status: OcspCertStatus): Uint8Array {
  if (status.kind === 'good') return implicitPrimitive(0, new Uint8Array(0));
  if (status.kind === 'unknown') return implicitPrimitive(2, new Uint8Array(0));
  return implicitConstructed(
    1,
    encodeGeneralizedTime(status.at, false),
    ...(status.reason === null ? [] : [explicit(0, encodeReason(status.reason))]),
  );
}

export function encodeTbsOcspResponse(tbs: TbsOcspResponse): Uint8Array {
  const extensions = [
    ...(tbs.nonce === null ? [] : [extension(OID.ocspNonce, false, octetString(tbs.nonce))]),
    ...(tbs.extendedRevoke ? [extension(OID.ocspExtendedRevoke, false, nullValue())] : []),
  ];
  return sequence(
    explicit(2, octetString(tbs.responderKeyHash)),
    encodeGeneralizedTime(tbs.producedAt, false),
    sequence(
      ...tbs.responses.map(({ certId, status, thisUpdate, nextUpdate }) =>
        sequence(
          certId,
          encodeCertStatus(status),
          encodeGeneralizedTime(thisUpdate, false),
          explicit(0, encodeGeneralizedTime(nextUpdate, false)),
        ),
      ),
    ),
    ...(extensions.length === 0 ? [] : [explicit(1, encodeExtensions(extensions))]),
  );
}

/** A successful OCSPResponse around signed ResponseData. */
export function encodeOcspResponse(
  tbs: Uint8Array,
  signatureAlgorithm: Uint8Array,
  signature: Uint8Array,
  certificates: readonly Uint8Array[],
): Uint8Array {
  const basic = sequence(
    tbs,
    signatureAlgorithm,
    bitString(signature),
    ...(certificates.length === 0 ? [] : [explicit(0, sequence(...certificates))]),
  );
  return sequence(
    tagged(TAG.enumerated, Uint8Array.of(0)),
    explicit(0, sequence(oid(OID.ocspBasic), octetString(basic))),
  );
}

/** An unsigned OCSPResponse that says why there is no answer. */
export function encodeOcspFailure(status: Exclude<OcspResponseStatus, 'successful'>): Uint8Array {
  return sequence(integer(STATUSES[status], TAG.enumerated));
}
