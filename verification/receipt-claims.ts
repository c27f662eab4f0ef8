// The claims of a receipt 核验回执 as values, and read strictly from a token's payload.
import type { JsonObject } from '../formats/cose/jws.ts';
import type { Acceptance } from './acceptance.ts';
import type { Conclusion } from './report.ts';

/** Of the license that was verified. */
export interface ReceiptLicense {
  /** Lower-case hex of the code's `cti`. */
  readonly id: string;
  readonly version: number;
  readonly type: string;
  /** Credit code of the issuing authority. */
  readonly issuer: string;
  /** `<digest>:<hex>` of the record, as far as the code says it. */
  readonly recordDigest: string;
  /** ISO 8601; null where it has no end. */
  readonly expires: string | null;
  /** Where its status is published and what was read there; null for a type whose status is not public. */
  readonly status: {
    readonly list: number;
    readonly index: number;
    readonly value: number;
    readonly asOf: string;
  } | null;
}

/** Whom it is about: a commitment for this audience alone, and how the verifying department knew. */
export interface ReceiptHolder {
  /** `hmac-<digest>:<salt>:<tag>`: `holder.ts`. */
  readonly commitment: string;
  /** `record`: the signed record names this holder. */
  readonly binding: 'record';
}

/** What was verified, and with what result. */
export interface ReceiptResult {
  /** What sort of thing it was, in the report's words. */
  readonly kind: string;
  readonly conclusion: Conclusion;
  readonly subIndication: string | null;
  readonly policy: { readonly id: string; readonly version: string };
  readonly document: { readonly digest: string; readonly size: number } | null;
  /** Edition of the trust list it was judged by. */
  readonly trustListSequence: number | null;
  readonly license: ReceiptLicense | null;
}

/** A receipt that was relied upon instead of the thing itself. */
export interface ReceiptBasis {
  readonly iss: string;
  readonly jti: string;
}

export interface ReceiptClaims {
  /** Credit code of the verifying department. */
  readonly iss: string;
  /** Credit code of the department that may rely on it. */
  readonly aud: string;
  readonly jti: string;
  /** Seconds since 1970. */
  readonly iat: number;
  readonly exp: number;
  readonly case: string;
  readonly matter: string;
  readonly holder: ReceiptHolder | null;
  readonly result: ReceiptResult;
  readonly basis: ReceiptBasis | null;
  /** What the issuer's acceptance rule for the matter said of the license; null where it is about none or no rule fits. */
  readonly acceptance: Acceptance | null;
  /** The holder's grant 授权 under which the license was seen; null where none was needed or grants are not kept. */
  readonly grant: string | null;
  /** Where the receipt stands in its operator's public log; null where there is none. */
  readonly logIndex: number | null;
}

/**
 * As a token's payload. Holder and basis are left out where there is none; acceptance, grant and log index are told as null,
 * so that a reader sees that the issuer knows of them. Both ways are read as the same.
 */
export function receiptPayload({ holder, basis, ...claims }: ReceiptClaims): JsonObject {
  return { ...claims, ...(holder === null ? {} : { holder }), ...(basis === null ? {} : { basis }) };
}

class Malformed extends Error {}

function refuse(): never {
  throw new Malformed();
}

function object(value: unknown): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse();
  return value as JsonObject;
}

function text(value: unknown, form: RegExp): string {
  return typeof value === 'string' && form.test(value) ? value : refuse();
}

function whole(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : refuse();
}

function orNull<T>(value: unknown, read: (value: unknown) => T): T | null {
  return value === null || value === undefined ? null : read(value);
}

const creditCode = /^[0-9A-Z]{18}$/;
const token = /^[\x21-\x7e]{1,200}$/;
const anyDigest = /^(sha256|sm3):[0-9a-f]{32,64}$/;
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/;
const conclusions: readonly Conclusion[] = ['TOTAL-PASSED', 'TOTAL-FAILED', 'INDETERMINATE'];

function oneOf<T extends string>(value: unknown, known: readonly T[]): T {
  return known.find((each) => each === value) ?? refuse();
}

function licenseOf(value: unknown): ReceiptLicense {
  const { id, version, type, issuer, recordDigest, expires, status } = object(value);
  return {
    id: text(id, /^[0-9a-f]{32}$/),
    version: whole(version),
    type: text(type, token),
    issuer: text(issuer, creditCode),
    recordDigest: text(recordDigest, anyDigest),
    expires: orNull(expires, (each) => text(each, instant)),
    status: orNull(status, (each) => {
      const { list, index, value: state, asOf } = object(each);
      return { list: whole(list), index: whole(index), value: whole(state), asOf: text(asOf, instant) };
    }),
  };
}

function resultOf(value: unknown): ReceiptResult {
  const { kind, conclusion, subIndication, policy, document, trustListSequence, license } = object(value);
  const { id, version } = object(policy);
  return {
    kind: text(kind, /^[a-z-]{1,30}$/),
    conclusion: oneOf(conclusion, conclusions),
    subIndication: orNull(subIndication, (each) => text(each, token)),
    policy: { id: text(id, token), version: text(version, token) },
    document: orNull(document, (each) => {
      const { digest, size } = object(each);
      return { digest: text(digest, anyDigest), size: whole(size) };
    }),
    trustListSequence: orNull(trustListSequence, whole),
    license: orNull(license, licenseOf),
  };
}

function acceptanceOf(value: unknown): Acceptance {
  const { rule, outcome } = object(value);
  const { id, version } = object(rule);
  return {
    rule: { id: text(id, token), version: text(version, token) },
    outcome: oneOf(outcome, ['accepted', 'refused']),
  };
}

/** @returns null where it is not a receipt's payload, whatever it is. */
export function readReceiptClaims(payload: JsonObject): ReceiptClaims | null {
  try {
    const { iss, aud, jti, iat, exp, case: caseNumber, matter, holder, result, basis } = payload;
    const { acceptance, grant, logIndex } = payload;
    return {
      iss: text(iss, creditCode),
      aud: text(aud, creditCode),
      jti: text(jti, token),
      iat: whole(iat),
      exp: whole(exp),
      case: text(caseNumber, token),
      matter: text(matter, token),
      holder: orNull(holder, (each) => {
        const { commitment, binding } = object(each);
        return {
          commitment: text(commitment, /^hmac-(sha256|sm3):[0-9a-f]{32}:[0-9a-f]{64}$/),
          binding: oneOf(binding, ['record']),
        };
      }),
      result: resultOf(result),
      basis: orNull(basis, (each) => {
        const { iss: before, jti: id } = object(each);
        return { iss: text(before, creditCode), jti: text(id, token) };
      }),
      acceptance: orNull(acceptance, acceptanceOf),
      grant: orNull(grant, (each) => text(each, token)),
      logIndex: orNull(logIndex, whole),
    };
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}
