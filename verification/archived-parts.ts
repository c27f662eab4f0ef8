// The members of a CAdES signature that an archive time-stamp may cover, and what certificates and status each brings along.
import { toHex } from '../formats/bytes.ts';
import type { SignedData, SignerInfo } from '../formats/cms/signed-data.ts';
import { validationValuesOf } from '../formats/cms/validation-values.ts';
import { OID } from '../formats/x509/oid.ts';
import { readSignedData } from './facts-cms.ts';
import type { SignatureVerifier } from './signature-verifier.ts';

interface Common {
  /** As it stands. */
  readonly bytes: Uint8Array;
  /** Lower-case hex SHA-256 of each certificate, list and OCSP response in it. */
  readonly carries: readonly string[];
}

export type ArchivedPart =
  | (Common & {
      readonly kind: 'certificates' | 'revocation';
      readonly type: '';
      readonly attribute: Uint8Array;
    })
  | (Common & {
      readonly kind: 'attributes';
      /** The attribute's type, and the whole of it. */
      readonly type: string;
      readonly attribute: Uint8Array;
      /** Which value of the signer's unsigned attributes it is, counted through. */
      readonly place: number;
    });

/** Certificates and status data that something in a signature brings along. */
export interface Carrier {
  readonly certificates: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  readonly ocspResponses: readonly Uint8Array[];
}

const tokenTypes: ReadonlySet<string> = new Set([OID.signatureTimeStamp, OID.archiveTimeStampV3]);
const carryingTypes: ReadonlySet<string> = new Set([
  ...tokenTypes,
  OID.certificateValues,
  OID.revocationValues,
]);

/** Values of the unsigned attributes of one signer that are looked into for what they carry. */
const maxCarriers = 64;

/** Every value of the unsigned attributes in order, with what it brings along. */
export function unsignedValues({ unsignedAttributes }: SignerInfo): readonly {
  readonly type: string;
  readonly value: Uint8Array;
  readonly attribute: Uint8Array;
  readonly carried: readonly Carrier[];
}[] {
  let left = maxCarriers;
  return unsignedAttributes.flatMap(({ type, values, der }) =>
    values.map((value) => {
      const looked = carryingTypes.has(type) && left > 0;
      if (looked) left -= 1;
      return { type, value, attribute: der, carried: looked ? carriedBy(type, value) : [] };
    }),
  );
}

/** What one value of an unsigned attribute brings along: a time-stamp token in itself and beside its signature, or stored values. */
function carriedBy(type: string, value: Uint8Array): readonly Carrier[] {
  if (!tokenTypes.has(type)) {
    const values = validationValuesOf(type, value);
    return values.certificates.length + values.crls.length + values.ocspResponses.length === 0
      ? []
      : [values];
  }
  const { signedData } = readSignedData(value);
  if (signedData === null) return [];
  const beside = signedData.signerInfos.flatMap(({ unsignedAttributes }) =>
    unsignedAttributes.flatMap((each) => each.values.map((item) => validationValuesOf(each.type, item))),
  );
  return [signedData, ...beside];
}

/** Certificates, lists and answers that are named for one signature, in all. */
const maxCarried = 4096;

/** Every member in the order of the signature; one more than `limit` where there are more. */
export async function archivedParts(
  signer: SignerInfo,
  signedData: SignedData,
  verifier: SignatureVerifier,
  limit: number,
): Promise<readonly ArchivedPart[]> {
  let named = 0;
  const names = async (ders: readonly Uint8Array[]): Promise<string[]> => {
    const digests: string[] = [];
    for (const der of ders) {
      named += 1;
      if (named > maxCarried) break;
      digests.push(toHex(await verifier.digest('sha256', der)));
    }
    return digests;
  };
  const parts: ArchivedPart[] = [];
  const members = [
    ...signedData.certificateSet.map((der) => ({ kind: 'certificates', der, value: der }) as const),
    ...signedData.revocationSet.map(({ der, value }) => ({ kind: 'revocation', der, value }) as const),
  ];
  for (const { kind, der, value } of members) {
    if (parts.length > limit) return parts;
    parts.push({ kind, type: '', attribute: der, bytes: der, carries: await names([value]) });
  }
  for (const [place, { type, value, attribute, carried }] of unsignedValues(signer).entries()) {
    if (parts.length > limit) return parts;
    const carries = await names(
      carried.flatMap(({ certificates, crls, ocspResponses }) => [
        ...certificates,
        ...crls,
        ...ocspResponses,
      ]),
    );
    parts.push({ kind: 'attributes', type, attribute, bytes: value, place, carries });
  }
  return parts;
}
