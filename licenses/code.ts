// The code of a license: claims from its record, signed as COSE, spelled as digits.
import { createHmac } from 'node:crypto';
import { digest, signingAlgorithm, type DigestName } from '../crypto/algorithms.ts';
import type { SigningKey } from '../crypto/signing-key.ts';
import { verifySignature } from '../crypto/verify-signature.ts';
import { fromHex } from '../formats/bytes.ts';
import type { CborValue } from '../formats/cose/cbor.ts';
import { encodeClaims, type LicenseClaims, type StatusReference } from '../formats/cose/cwt.ts';
import { encodeProtectedHeader, encodeSign1, keyIdOf, sign1Input } from '../formats/cose/sign1.ts';
import { encodeEnvelope } from '../formats/qr/license-code.ts';
import { FACE } from '../formats/qr/labels.ts';
import { derToRaw } from '../formats/x509/ecdsa-signature.ts';
import type { CodeText } from './code-picture.ts';
import { LicenseError } from './errors.ts';
import { maskedName, type Holder } from './face.ts';
import { recordHash, type LicenseRecord } from './record.ts';
import type { LicenseType } from './type.ts';

/** Bytes of the record's hash in a code. */
const RECORD_HASH_LENGTH = 16;

export interface CodeParts {
  readonly type: LicenseType;
  readonly record: LicenseRecord;
  readonly holder: Holder;
  readonly issuedAt: Date;
  readonly expiresAt: Date | null;
  readonly status: StatusReference | null;
  /** What record and holder are told by: the digest that goes with the algorithm the code is signed with. */
  readonly digest: DigestName;
}

/** Keyed by the record's salt: who holds the record can open it, nobody can guess it. */
function holderCommitment({ record, holder, digest: algorithm }: CodeParts): Uint8Array {
  const opening = JSON.stringify(['yinxin holder', holder.name, holder.code]);
  return new Uint8Array(
    createHmac(algorithm, fromHex(record['salt'] ?? ''))
      .update(opening)
      .digest()
      .subarray(0, 16),
  );
}

/** What the record of a copy for a purpose has besides. */
const copyKeys = [
  [FACE.copyGrant, 'grant'],
  [FACE.copyOffice, 'grantOffice'],
  [FACE.copyMatter, 'grantMatter'],
  [FACE.copyWords, 'grantWords'],
] as const;

/** Of a resident a code says a masked name and a commitment; the printed number could name the person, so it stays out. */
function faceOf(parts: CodeParts): Map<number, CborValue> {
  const { type, record, holder } = parts;
  const face = new Map<number, CborValue>([
    [FACE.typeCode, type.typeCode],
    [FACE.holder, maskedName(holder.kind, holder.name)],
  ]);
  if (holder.kind === 'resident') face.set(FACE.holderCommitment, holderCommitment(parts));
  else if (record['ZZBH'] !== undefined) face.set(FACE.licenseNumber, record['ZZBH']);
  if (type.mark !== null) face.set(FACE.mark, type.mark);
  const { trust } = record;
  if (trust !== undefined) face.set(FACE.trust, trust);
  for (const [key, name] of copyKeys) {
    const value = record[name];
    if (value !== undefined) face.set(key, value);
  }
  for (const field of type.fields) {
    const value = record[field.name];
    if (field.codeKey !== null && value !== undefined) face.set(field.codeKey, value);
  }
  return face;
}

/** The claims of a license's code. */
export function codeClaims(parts: CodeParts): LicenseClaims {
  return {
    issuer: parts.type.issuer.creditCode,
    issuedAt: parts.issuedAt,
    expires: parts.expiresAt,
    id: fromHex(parts.record['codeId'] ?? ''),
    version: Number(parts.record['version']),
    status: parts.status,
    recordHash: recordHash(parts.record, parts.digest).subarray(0, RECORD_HASH_LENGTH),
    face: faceOf(parts),
  };
}

/**
 * Signs the claims and spells them behind the address.
 * @param prefix `https://host/v#`
 * @throws LicenseError `code-too-long`; `page-failed` where the key's own signature does not verify
 */
export async function signCode(key: SigningKey, prefix: string, claims: LicenseClaims): Promise<CodeText> {
  if (key.algorithm !== 'ES256' && key.algorithm !== 'SM2SM3')
    throw new LicenseError('page-failed', 'License codes are signed with ES256, or with SM2.');
  const payload = encodeClaims(claims);
  const keyId = keyIdOf(digest(signingAlgorithm(key.algorithm).digest, key.publicKey));
  const protectedHeader = encodeProtectedHeader(key.algorithm, keyId);
  const message = sign1Input(protectedHeader, payload);
  const signature = await key.sign(message);
  // What leaves was verified with the public key first.
  if (!verifySignature({ algorithm: key.algorithm, publicKey: key.publicKey, message, signature })) {
    throw new LicenseError('page-failed', 'The code signature does not verify with its own key.');
  }
  try {
    const envelope = encodeSign1({ protectedHeader, payload, signature: derToRaw(signature, 32) });
    return { prefix, digits: encodeEnvelope(envelope) };
  } catch (cause) {
    throw new LicenseError('code-too-long', 'The face is too long for a printed code.', { cause });
  }
}
