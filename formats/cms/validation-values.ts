// Certificates and revocation data that CAdES keeps in unsigned attributes (RFC 5126 6.3.3, 6.3.4; ETSI EN 319 122-2 A.1).
import { FormatError } from '../errors.ts';
import { TAG, readDer } from '../x509/der.ts';
import type { DerReader } from '../x509/der.ts';
import { encodeOcspResponseOf } from '../x509/ocsp.ts';
import { OID } from '../x509/oid.ts';
import type { CmsAttribute } from './attributes.ts';

/** Nothing vouches for any of it. */
export interface ValidationValues {
  readonly certificates: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  /** OCSPResponse around each BasicOCSPResponse stored. */
  readonly ocspResponses: readonly Uint8Array[];
}

const LIMITS = { maxBytes: 1 << 24, maxDepth: 40, setOrder: 'any' } as const;
const CODE = 'cms-malformed';
/** Of each kind in one value; what goes beyond it is passed over. */
const MAX_VALUES = 200;
const NOTHING: ValidationValues = { certificates: [], crls: [], ocspResponses: [] };

function elements(reader: DerReader): readonly Uint8Array[] {
  return reader
    .sequence((list) => list.every((each) => each.element(TAG.sequence).bytes))
    .slice(0, MAX_VALUES);
}

function readRevocationValues(reader: DerReader): ValidationValues {
  return reader.sequence((fields) => {
    const crls = fields.optional(0xa0, elements) ?? [];
    const basic = fields.optional(0xa1, elements) ?? [];
    // otherRevVals: kinds nobody has defined.
    if (fields.peek() === 0xa2) fields.skip();
    return { certificates: [], crls, ocspResponses: basic.map(encodeOcspResponseOf) };
  });
}

/** What one unsigned attribute carries along, value by value; one that is of another type or damaged carries nothing. */
export function validationValuesOf(type: CmsAttribute['type'], value: Uint8Array): ValidationValues {
  if (type !== OID.certificateValues && type !== OID.revocationValues) return NOTHING;
  try {
    return readDer(value, LIMITS, CODE, (top) =>
      type === OID.revocationValues
        ? readRevocationValues(top)
        : { certificates: elements(top), crls: [], ocspResponses: [] },
    );
  } catch (error) {
    if (error instanceof FormatError) return NOTHING;
    throw error;
  }
}
