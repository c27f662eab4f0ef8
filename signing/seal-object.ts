// Making a SESeal (GB/T 38540-2020 clause 6.2): maker's certificate looked at, content assembled, signed, read back, packed.
import { labelledDigest } from '../crypto/algorithms.ts';
import type { SigningKey } from '../crypto/signing-key.ts';
import { verifySignature } from '../crypto/verify-signature.ts';
import { fromBase64 } from '../formats/bytes.ts';
import { encodeSealInformation, type SealPicture } from '../formats/eseal/seal-information.ts';
import { encodeSeal, parseSeal } from '../formats/eseal/seal.ts';
import { FormatError } from '../formats/errors.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import { OID } from '../formats/x509/oid.ts';
import { SigningError } from './errors.ts';
import { sizeOf, type SealPictureDescription } from './seal-picture/description.ts';
import { drawSeal } from './seal-picture/draw-seal.ts';
import { svgPicture } from './seal-picture/svg.ts';
import type { SealType } from './seal.ts';

/** SES_Header.Vid: who wrote the seal. */
const vendor = 'YINXIN';

/** What a seal is to say. */
export interface SealContent {
  /** esID: the 14-digit code. */
  readonly code: string;
  readonly name: string;
  readonly type: SealType;
  readonly picture: SealPictureDescription;
  /** DER: who may use it. */
  readonly signerCertificate: Uint8Array;
  readonly at: Date;
  readonly validUntil: Date;
}

/**
 * Makes the seal and signs it as its maker.
 * @param maker of purpose `seal-making`, SM2, with its certificate first in its chain
 * @returns SESeal, DER, and the digest that names it
 * @throws SigningError `seal-maker-unusable` (no certificate, outside its term, another algorithm), `seal-input-invalid`
 *   (a text that the structure has no room for), `self-check-failed`, and what drawing throws
 */
export async function makeSealObject(
  maker: SigningKey,
  content: SealContent,
): Promise<{ readonly eseal: Uint8Array; readonly digest: string; readonly makerSerial: string }> {
  const certificate = makerCertificate(maker, content.at);
  const information = informationOf(content);
  const signature = await maker.sign(information);
  const eseal = encodeSeal({
    information,
    makerCertificate: certificate.der,
    signatureAlgorithm: OID.sm2WithSm3,
    signature,
  });
  checkSealObject(eseal, content);
  return { eseal, digest: labelledDigest('sm3', eseal), makerSerial: certificate.serialHex };
}

/** Clause 6.2 a): the maker's certificate is in its term and may sign. Its chain and status are the authority's, which is ours. */
function makerCertificate(maker: SigningKey, at: Date): ReturnType<typeof parseCertificate> {
  const [own] = maker.chain;
  if (own === undefined || maker.algorithm !== 'SM2SM3' || maker.purpose !== 'seal-making')
    throw new SigningError('seal-maker-unusable', 'The seal maker has no SM2 key with a certificate.');
  const certificate = parseCertificate(own);
  if (at < certificate.notBefore || at > certificate.notAfter)
    throw new SigningError('seal-maker-unusable', 'The seal maker’s certificate is outside its term.');
  if (certificate.keyUsage?.has('digitalSignature') !== true)
    throw new SigningError('seal-maker-unusable', 'The seal maker’s certificate is not one for signing.');
  return certificate;
}

function informationOf(content: SealContent): Uint8Array {
  const { picture, signerCertificate, at, validUntil } = content;
  try {
    return encodeSealInformation({
      version: 4,
      vendor,
      id: content.code,
      property: {
        type: Number(content.type),
        name: content.name,
        signers: { kind: 'certificates', certificates: [signerCertificate] },
        createDate: at,
        validStart: at,
        validEnd: validUntil,
      },
      picture: impressionOf(picture, content.name),
      extensions: [],
    });
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new SigningError('seal-input-invalid', 'The seal does not fit the structure of GB/T 38540.', {
      cause,
    });
  }
}

/** The impression (印模): a filed PNG as it was filed, everything else as the vector drawing that is stamped. */
function impressionOf(picture: SealPictureDescription, name: string): SealPicture {
  const { width, height } = sizeOf(picture);
  const size = { width: Math.round(width), height: Math.round(height) };
  if (picture.kind === 'filed' && picture.artwork?.format === 'png' && !picture.demonstration)
    return { type: 'png', data: fromBase64(picture.artwork.data), ...size };
  const data = new TextEncoder().encode(svgPicture(drawSeal(picture), name));
  return { type: 'svg', data, ...size };
}

/** Read back and verified with the public key of the certificate it carries, before it leaves. */
function checkSealObject(eseal: Uint8Array, content: SealContent): void {
  const seal = parseSeal(eseal);
  const { property, id } = seal.information;
  const sound =
    seal.version === 4 &&
    id === content.code &&
    property.type === Number(content.type) &&
    property.name === content.name &&
    verifySignature({
      algorithm: 'SM2SM3',
      publicKey: parseCertificate(seal.makerCertificate).subjectPublicKeyInfo.der,
      message: seal.signed,
      signature: seal.signature,
    });
  if (!sound)
    throw new SigningError('self-check-failed', 'The seal just made does not verify: it is not kept.');
}
