// The signature value put into its hole: a prepared signature and a CMS become the bytes to append.
import { parseCertificate, type Certificate } from '../formats/x509/certificate.ts';
import { SigningError } from './errors.ts';
import type { PreparedSignature } from './prepared-update.ts';

/**
 * @param cms ContentInfo, DER, made over H(original ‖ before ‖ after).
 * @returns the bytes to append to the original: before ‖ `<` hex, padded with zeros `>` ‖ after.
 * @throws SigningError `placeholder-too-small` where the CMS does not fit: prepare again with more room.
 */
export function finishSignature(prepared: PreparedSignature, cms: Uint8Array): Uint8Array {
  if (cms.length > prepared.contentsCapacity) {
    const sizes = `${cms.length} bytes, the room ${prepared.contentsCapacity}`;
    throw new SigningError('placeholder-too-small', `The signature value has ${sizes}.`);
  }
  const { before, after, contentsCapacity } = prepared;
  const appended = new Uint8Array(before.length + contentsCapacity * 2 + 2 + after.length);
  appended.set(before);
  let position = before.length;
  appended[position++] = 0x3c;
  const hexadecimal = Buffer.from(cms.buffer, cms.byteOffset, cms.length).toString('hex');
  position += Buffer.from(appended.buffer).write(hexadecimal, position, 'latin1');
  const close = appended.length - after.length - 1;
  appended.fill(0x30, position, close);
  appended[close] = 0x3e;
  appended.set(after, close + 1);
  return appended;
}

/** Headers, OIDs, version numbers, algorithm identifiers and signed attributes of a SignerInfo, with those other signers add. */
const frameSize = 520;
/** Bytes of a signature by a key: of RSA as long as its modulus, of the others with the frame of two numbers. */
function signatureSize({ subjectPublicKeyInfo: { keyType, publicKey } }: Certificate): number {
  if (keyType !== 'rsa') return keyType === 'p384' ? 104 : 72;
  // The modulus with a few bytes around it.
  return publicKey.length;
}

/**
 * Room for the CMS of one PAdES signature.
 * @param chain certificates to be embedded, DER, the signer's first.
 * @param timestampSize bytes of the time-stamp token, as a first answer of the service measured it; 0 without one.
 *   A tenth is added, since a service may change its certificate.
 */
export function placeholderCapacity(about: {
  readonly chain: readonly Uint8Array[];
  readonly timestampSize: number;
}): number {
  const [signer] = about.chain;
  const certificate = signer === undefined ? null : parseCertificate(signer);
  const identifier =
    certificate === null ? 0 : certificate.issuer.der.length + certificate.serialNumber.length;
  const signature = certificate === null ? 512 : signatureSize(certificate);
  const certificates = about.chain.reduce((sum, der) => sum + der.length, 0);
  const timestamp = about.timestampSize === 0 ? 0 : Math.ceil(about.timestampSize * 1.1) + 64;
  return certificates + identifier + frameSize + signature + timestamp;
}
