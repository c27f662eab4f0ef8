// Certificate login without TLS client authentication: a nonce, answered with a signature over origin, client and interaction.
import { createHash } from 'node:crypto';
import { CryptoError } from '../../crypto/errors.ts';
import { verifySignature } from '../../crypto/verify-signature.ts';
import type { KeyType } from '../../formats/x509/algorithm.ts';
import { certificateLoginBytes } from '../../formats/login/certificate-message.ts';
import { attemptRules, countAttempt, returnAttempt, returnAttemptIn } from './attempts.ts';
import {
  certificateFactor,
  judgeCertificate,
  type CertificateParts,
  type JudgedCertificate,
} from './certificate-judge.ts';
import { consumeAnywhere, consumeChallenge, makeChallenge, type Challenge } from './challenges.ts';
import { failed, succeeded } from './outcome.ts';
import type { AttemptSource, Factor } from './parts.ts';

/** Which algorithms a key of a kind may answer with. */
const algorithmsOf: Readonly<Partial<Record<KeyType, readonly string[]>>> = {
  p256: ['ES256'],
  p384: ['ES384'],
  rsa: ['RS256', 'PS256'],
  ed25519: ['Ed25519'],
  sm2: ['SM2SM3'],
};

const seconds = 3 * 60;

export interface CertificateAnswer {
  readonly nonce: string;
  /** DER of the certificate itself; nothing above it is needed, its issuer is our own. */
  readonly certificate: Uint8Array;
  /** `ES256`, `ES384`, `RS256`, `PS256`, `Ed25519`, `SM2SM3` */
  readonly algorithm: string;
  /** ECDSA and SM2: DER of r and s. */
  readonly signature: Uint8Array;
}

/** Begins a certificate login for one interaction. */
export function beginCertificate(parts: CertificateParts, boundTo: string): Promise<Challenge> {
  return makeChallenge(parts, { kind: 'certificate', boundTo, seconds });
}

/**
 * Ends a certificate login. The nonce is consumed before the answer is looked at.
 * @param asked.origin - our own: what the browser (or the signer, which hears it from the browser) must have signed
 * @throws IdentityError `challenge-refused`, `certificate-refused`, `login-refused`, `login-delayed`.
 */
export async function finishCertificate(
  parts: CertificateParts,
  source: AttemptSource,
  asked: { readonly boundTo: string; readonly client: string; readonly origin: string },
  answer: CertificateAnswer,
): Promise<Factor> {
  const scope = { rule: attemptRules.challenge, subject: `certificate ${source.address}` };
  await countAttempt(parts, [scope]);
  await consumeChallenge(parts, { kind: 'certificate', nonce: answer.nonce, boundTo: asked.boundTo });
  const judged = await judgeCertificate(parts, answer.certificate);
  if (typeof judged === 'string') return failed(parts, 'certificate', null, judged, 'certificate-refused');
  if (!mayAnswer(judged, answer.algorithm)) {
    return failed(parts, 'certificate', null, 'algorithm', 'certificate-refused');
  }
  const message = certificateLoginBytes({
    origin: asked.origin,
    nonce: answer.nonce,
    client: asked.client,
    interaction: asked.boundTo,
    certificate: createHash('sha256').update(answer.certificate).digest('hex'),
  });
  if (!certificateSignatureHolds(judged, { ...answer, message })) {
    return failed(parts, 'certificate', null, 'signature', 'certificate-refused');
  }
  const factor = await certificateFactor(parts, judged);
  if (typeof factor === 'string') return failed(parts, 'certificate', null, factor, 'certificate-refused');
  return succeeded(parts, 'certificate', factor, (tx) => returnAttemptIn(tx, parts, scope));
}

/** Whether a certificate's key signed a message by an algorithm that is its own. */
export function certificateSignatureHolds(
  judged: JudgedCertificate,
  signed: {
    readonly algorithm: string;
    readonly message: Uint8Array;
    readonly signature: Uint8Array;
  },
): boolean {
  const { algorithm, message, signature } = signed;
  if (!mayAnswer(judged, algorithm)) return false;
  const publicKey = judged.certificate.subjectPublicKeyInfo.der;
  try {
    return verifySignature({ algorithm, publicKey, message, signature });
  } catch (error) {
    // A key or algorithm that cannot count is a signature that does not hold.
    if (error instanceof CryptoError) return false;
    throw error;
  }
}

function mayAnswer({ certificate }: JudgedCertificate, algorithm: string): boolean {
  const { keyType } = certificate.subjectPublicKeyInfo;
  return keyType !== null && algorithmsOf[keyType]?.includes(algorithm) === true;
}

/** Begins the fallback by mutual TLS: a ticket for the other host name. */
export async function beginCertificateTls(parts: CertificateParts, boundTo: string): Promise<string> {
  return (await makeChallenge(parts, { kind: 'certificate-tls', boundTo, seconds })).nonce;
}

/**
 * On the other host name: TLS has proved that the browser holds the certificate's key.
 * @returns an answer that the browser brings back to the interaction; it is worth something there alone.
 * @throws IdentityError as `finishCertificate`.
 */
export async function answerCertificateTls(
  parts: CertificateParts,
  source: AttemptSource,
  ticket: string,
  der: Uint8Array,
): Promise<{ readonly answer: string; readonly interaction: string }> {
  const scope = { rule: attemptRules.challenge, subject: `certificate ${source.address}` };
  await countAttempt(parts, [scope]);
  const { boundTo } = await consumeAnywhere(parts, { kind: 'certificate-tls', nonce: ticket });
  const judged = await judgeCertificate(parts, der);
  if (typeof judged === 'string')
    return failed(parts, 'certificate-tls', null, judged, 'certificate-refused');
  await returnAttempt(parts, scope);
  const payload = Buffer.from(der).toString('base64');
  const made = { kind: 'certificate-tls-answer', boundTo, seconds: 60, payload } as const;
  return { answer: (await makeChallenge(parts, made)).nonce, interaction: boundTo };
}

/** Back at the interaction. The certificate is judged again: a minute may have passed. @throws IdentityError as `finishCertificate`. */
export async function finishCertificateTls(
  parts: CertificateParts,
  boundTo: string,
  answer: string,
): Promise<Factor> {
  const payload = await consumeChallenge(parts, { kind: 'certificate-tls-answer', nonce: answer, boundTo });
  const judged = await judgeCertificate(parts, new Uint8Array(Buffer.from(payload, 'base64')));
  const factor = typeof judged === 'string' ? judged : await certificateFactor(parts, judged);
  if (typeof factor === 'string')
    return failed(parts, 'certificate-tls', null, factor, 'certificate-refused');
  return succeeded(parts, 'certificate-tls', factor);
}
