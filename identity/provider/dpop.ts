// Proof of possession at our own APIs (RFC 9449 section 7): the key a token is bound to signs this very request, once.
import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify, type JWK } from 'jose';
import { IdentityError } from '../errors.ts';
import type { RecordDependencies } from './records.ts';
import { rememberOnce } from './replay.ts';

/** Seconds a proof may be old, or ahead of our clock. */
const window = 60;
const tolerance = 10;
const longest = 4096;
const algorithms = ['ES256', 'ES384', 'PS256', 'Ed25519', 'EdDSA'];

/** The request as the proof must name it. */
export interface ProvenRequest {
  /** The DPoP header. */
  readonly proof: string;
  readonly method: string;
  /** Scheme, host and path, without query and fragment. */
  readonly address: string;
  readonly token: string;
}

/**
 * Checks a proof.
 * @returns the thumbprint of its key (RFC 7638), which must be the one the token is bound to.
 * @throws IdentityError `proof-refused` for one that is malformed, of another request or token, old, or used before.
 */
export async function provenKey(dependencies: RecordDependencies, request: ProvenRequest): Promise<string> {
  if (request.proof.length > longest) throw refused();
  let verified: Awaited<ReturnType<typeof jwtVerify>>;
  try {
    verified = await jwtVerify(request.proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms,
      requiredClaims: ['jti', 'htm', 'htu', 'iat', 'ath'],
      maxTokenAge: window,
      clockTolerance: tolerance,
      currentDate: dependencies.clock(),
    });
  } catch (error) {
    throw refused(error);
  }
  const { payload, protectedHeader } = verified;
  const hash = createHash('sha256').update(request.token).digest('base64url');
  const { jti, iat } = payload;
  const named =
    payload['htm'] === request.method &&
    typeof payload['htu'] === 'string' &&
    sameAddress(payload['htu'], request.address) &&
    payload['ath'] === hash;
  if (!named || typeof jti !== 'string' || jti.length > 200 || typeof iat !== 'number') throw refused();
  const thumbprint = await calculateJwkThumbprint(protectedHeader.jwk as JWK);
  if (!(await rememberOnce(dependencies, `dpop ${thumbprint}`, jti, iat + window + tolerance)))
    throw refused();
  return thumbprint;
}

/** RFC 9449 4.3: normalised as addresses are, query and fragment left out. */
function sameAddress(given: string, wanted: string): boolean {
  const [one, other] = [URL.parse(given), URL.parse(wanted)];
  return one !== null && other !== null && one.origin === other.origin && one.pathname === other.pathname;
}

function refused(cause?: unknown): IdentityError {
  return new IdentityError('proof-refused', 'The proof of possession is not of this request.', { cause });
}
