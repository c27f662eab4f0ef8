// The SM2 revision of a stamp: the seal used on the document (SES_Signature, GB/T 38540-2020 clause 7, or CMS), before PAdES covers it.
import type { Clock } from '../crypto/clock.ts';
import { digest } from '../crypto/algorithms.ts';
import type { SigningKey } from '../crypto/signing-key.ts';
import { verifySignature } from '../crypto/verify-signature.ts';
import { sameBytes } from '../formats/bytes.ts';
import { parseSeal } from '../formats/eseal/seal.ts';
import { encodeSealSignature, encodeSignedPart, parseSealSignature } from '../formats/eseal/signature.ts';
import type { ByteSource } from '../formats/pdf/source.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import { OID } from '../formats/x509/oid.ts';
import { SigningError } from './errors.ts';
import type { GrowingCopy } from './growing-copy.ts';
import { prepareSignature, type SignatureOptions } from './prepare.ts';
import type { PreparedSignature } from './prepared-update.ts';
import type { SealObject } from './seal-edition.ts';
import { appendSignature } from './sealed-copy.ts';

/**
 * How the value is announced in the signature dictionary. GM/T 0112-2021 rules seals in PDF and its text is not public; these
 * names are our choice for SES_Signature, and what readers find for CMS (docs/seals.md).
 */
const sealHandlers = {
  ses: { filter: 'GM.PKILite', subFilter: 'GM.SES' },
  cms: { filter: 'Adobe.PPKLite', subFilter: 'adbe.pkcs7.detached' },
} as const;

/** What an SM2 revision needs to be made. */
export interface PlannedSm2 {
  readonly form: 'ses' | 'cms';
  readonly object: SealObject;
  readonly prepared: PreparedSignature;
  readonly options: Omit<SignatureOptions, 'contentsCapacity'>;
}

/** Structures around seal, certificate and token: versions, times, digest, property, algorithm, value, lengths. */
const frame = 420;

/** Room for one use of the seal. @param timestampSize bytes of a token; 0 without one */
export function sealUseCapacity(object: SealObject, timestampSize: number): number {
  const [own] = object.chain;
  const token = timestampSize === 0 ? 0 : Math.ceil(timestampSize * 1.1) + 64;
  return object.eseal.length + (own?.length ?? 0) + frame + token;
}

/**
 * Step 2 for SM2: everything of the revision but its value.
 * @throws SigningError as `prepareSignature`
 */
export async function planSm2(
  source: ByteSource,
  about: {
    readonly form: 'ses' | 'cms';
    readonly object: SealObject;
    readonly capacity: number;
    readonly options: Omit<SignatureOptions, 'contentsCapacity' | 'handler'>;
  },
): Promise<PlannedSm2> {
  const { form, object, capacity } = about;
  const options = { ...about.options, handler: sealHandlers[form] };
  const prepared = await prepareSignature(source, { ...options, contentsCapacity: capacity });
  return { form, object, prepared, options };
}

/** The document with the revision in it, its value still zeros: what the next revision is prepared against. */
export function withRevision(source: ByteSource, prepared: PreparedSignature): ByteSource {
  const { before, after, contentsCapacity } = prepared;
  const appended = new Uint8Array(before.length + contentsCapacity * 2 + 2 + after.length).fill(0x30);
  appended.set(before);
  appended[before.length] = 0x3c;
  appended[appended.length - after.length - 1] = 0x3e;
  appended.set(after, appended.length - after.length);
  const end = source.size;
  return {
    size: end + appended.length,
    async read(position, length) {
      if (position >= end) return appended.subarray(position - end, position - end + length);
      const first = await source.read(position, Math.min(length, end - position));
      if (position + length <= end) return first;
      const rest = appended.subarray(0, position + length - end);
      const both = new Uint8Array(first.length + rest.length);
      both.set(first);
      both.set(rest, first.length);
      return both;
    },
  };
}

/** Answers a token over a digest; null where the stamp has none. */
export type TokenOver = (value: Uint8Array) => Promise<Uint8Array | null>;

/** Makes the CMS of the other form: as PAdES makes it, with the SM2 key. */
export type CmsMaker = (key: SigningKey, messageDigest: Uint8Array) => Promise<Uint8Array>;

/**
 * Step 4 for SM2: signs and appends the revision to a copy whose SM3 is kept running. Nothing was appended where it throws.
 * @returns what was appended: field and byte range
 * @throws SigningError `self-check-failed`, `placeholder-too-small`; CryptoError; what token and CMS makers throw
 */
export async function appendSm2(
  copy: GrowingCopy,
  planned: PlannedSm2,
  making: {
    readonly key: SigningKey;
    readonly clock: Clock;
    readonly tokenOver: TokenOver;
    readonly cms: CmsMaker;
  },
): Promise<PreparedSignature> {
  const { form, object, options } = planned;
  let byteRange = planned.prepared.byteRange;
  return appendSignature(copy, {
    algorithm: 'sm3',
    prepared: planned.prepared,
    prepare: async (capacity) => {
      const again = await prepareSignature(copy, {
        ...options,
        contentsCapacity: capacity ?? planned.prepared.contentsCapacity,
      });
      byteRange = again.byteRange;
      return again;
    },
    make: (dataHash) =>
      form === 'cms' ? making.cms(making.key, dataHash) : useSeal(object, { ...making, dataHash, byteRange }),
  });
}

/**
 * Step 4 for SM2 where the value was made elsewhere, over the document as it was planned.
 * @param value SES_Signature or CMS, checked when it was made
 * @throws SigningError `placeholder-too-small`: prepare anew
 */
export async function appendMadeSm2(
  copy: GrowingCopy,
  { prepared }: PlannedSm2,
  value: Uint8Array,
): Promise<void> {
  await appendSignature(copy, {
    algorithm: 'sm3',
    prepared,
    prepare: () => Promise.reject(new SigningError('placeholder-too-small', 'The room was made before.')),
    make: () => Promise.resolve(value),
  });
}

/** One use of the seal (clause 7.2), verified with the public key before it leaves. */
async function useSeal(
  object: SealObject,
  making: {
    readonly key: SigningKey;
    readonly clock: Clock;
    readonly tokenOver: TokenOver;
    readonly dataHash: Uint8Array;
    readonly byteRange: readonly number[];
  },
): Promise<Uint8Array> {
  const { key, dataHash, byteRange } = making;
  if (key.algorithm !== 'SM2SM3') throw withoutSm2();
  const signedPart = sealUseToSign(object, { signingTime: making.clock(), dataHash, byteRange });
  const signature = await key.sign(signedPart);
  return sealUseOf(object, { signedPart, signature, timestamp: await making.tokenOver(signature), dataHash });
}

/**
 * `TBS_Sign`, DER: what the seal's key signs, here or elsewhere.
 * @throws SigningError `seal-object-missing` (no SM2 certificate, or one that the seal does not list)
 */
export function sealUseToSign(
  object: SealObject,
  about: {
    readonly signingTime: Date;
    readonly dataHash: Uint8Array;
    readonly byteRange: readonly number[];
  },
): Uint8Array {
  requireListed(object, ownCertificate(object));
  return encodeSignedPart({
    version: parseSeal(object.eseal).version === 5 ? 5 : 4,
    seal: object.eseal,
    signingTime: about.signingTime,
    dataHash: about.dataHash,
    // GM/T 0031-2025 clause 7.1 wants the protected range at least; GB/T 38540 leaves the text free.
    propertyInformation: `ByteRange[${about.byteRange.join(' ')}]`,
  });
}

/**
 * `SES_Signature`, DER, read back and verified.
 * @throws SigningError `self-check-failed`, `seal-object-missing`
 */
export function sealUseOf(
  object: SealObject,
  made: {
    readonly signedPart: Uint8Array;
    readonly signature: Uint8Array;
    readonly timestamp: Uint8Array | null;
    readonly dataHash: Uint8Array;
  },
): Uint8Array {
  const own = ownCertificate(object);
  const use = encodeSealSignature({
    signedPart: made.signedPart,
    signerCertificate: own,
    signatureAlgorithm: OID.sm2WithSm3,
    signature: made.signature,
    ...(made.timestamp === null ? {} : { timestamp: made.timestamp }),
  });
  checkUse(use, object, own, made.dataHash);
  return use;
}

function ownCertificate(object: SealObject): Uint8Array {
  const [own] = object.chain;
  if (own === undefined) throw withoutSm2();
  return own;
}

function withoutSm2(): SigningError {
  return new SigningError('seal-object-missing', 'The seal has no SM2 key with a certificate.');
}

/** Clause 7.2 c): the signer's certificate stands in the seal's list, byte for byte or by its digest. */
export function requireListed(object: Pick<SealObject, 'eseal'>, certificate: Uint8Array): void {
  const { signers } = parseSeal(object.eseal).information.property;
  const listed =
    signers.kind === 'certificates'
      ? signers.certificates.some((each) => sameBytes(each, certificate))
      : signers.digests.some(
          ({ value }) =>
            sameBytes(value, digest('sm3', certificate)) || sameBytes(value, digest('sha256', certificate)),
        );
  if (!listed)
    throw new SigningError(
      'seal-object-missing',
      'The seal does not list the certificate: it must be made anew with the certificate in use.',
    );
}

function checkUse(use: Uint8Array, object: SealObject, own: Uint8Array, dataHash: Uint8Array): void {
  const read = parseSealSignature(use);
  const sound =
    sameBytes(read.seal.der, object.eseal) &&
    sameBytes(read.signerCertificate, own) &&
    sameBytes(read.dataHash, dataHash) &&
    verifySignature({
      algorithm: 'SM2SM3',
      publicKey: parseCertificate(own).subjectPublicKeyInfo.der,
      message: read.signed,
      signature: read.signature,
    });
  if (!sound)
    throw new SigningError(
      'self-check-failed',
      'The use of the seal just made does not verify: nothing is given out.',
    );
}
