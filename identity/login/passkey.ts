// Passkeys (WebAuthn level 3): user verified, no attestation asked for, found without a name so that nobody can ask who has one.
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { fromBase64, toBase64 } from '../../formats/bytes.ts';
import { decodeBase64url } from '../../formats/cose/base64url.ts';
import type { Actor } from '../../storage/actor.ts';
import { IdentityError } from '../errors.ts';
import type { Rung } from '../levels.ts';
import { attemptRules, countAttempt, returnAttemptIn } from './attempts.ts';
import {
  authenticatorByLookup,
  authenticatorsOf,
  enrolAuthenticator,
  useAuthenticator,
  type Authenticator,
} from './authenticators.ts';
import { consumeChallenge, makeChallenge, type ChallengeKind } from './challenges.ts';
import { failed, succeeded } from './outcome.ts';
import type { AttemptSource, Factor, LoginParts } from './parts.ts';

/** Whose passkeys they are: the host name of this service and the origin of its pages. */
export interface PasskeyParts extends LoginParts {
  /** Without trailing slash. */
  readonly origin: string;
}

const seconds = 5 * 60;
/** ES256, EdDSA, RS256 (COSE). */
const algorithms = [-7, -8, -257];
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(decodeBase64url(text));
const lookupOf = (credential: string): string => `passkey:${credential}`;

function hostOf(parts: PasskeyParts): string {
  return new URL(parts.origin).hostname;
}

/** Begins an enrolment; what the account has already is named, so that no device is enrolled twice. */
export async function beginPasskey(
  parts: PasskeyParts,
  begun: { readonly account: string; readonly boundTo: string; readonly name: string },
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const { account, boundTo } = begun;
  const { nonce } = await makeChallenge(parts, { kind: 'passkey-enrol', boundTo, seconds, payload: account });
  const enrolled = await authenticatorsOf(parts.database.reader, account, 'passkey');
  return generateRegistrationOptions({
    rpName: '印信 Yinxin',
    rpID: hostOf(parts),
    // The handle is the account's random identifier: it says nothing about the person.
    userID: new TextEncoder().encode(account),
    userName: begun.name,
    challenge: bytesOf(nonce),
    timeout: seconds * 1000,
    attestationType: 'none',
    supportedAlgorithmIDs: algorithms,
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    excludeCredentials: enrolled.map(({ publicPart }) => ({ id: String(publicPart['credential']) })),
  });
}

/** Ends an enrolment. @returns the authenticator's identifier. @throws IdentityError `challenge-refused`, `passkey-refused`, `authenticator-exists`. */
export async function finishPasskey(
  parts: PasskeyParts,
  actor: Pick<Actor, 'id' | 'department'>,
  finished: {
    readonly account: string;
    readonly boundTo: string;
    readonly label: string;
    readonly rung: Rung | 0;
    readonly response: RegistrationResponseJSON;
  },
): Promise<string> {
  const { account, boundTo, response, rung } = finished;
  const nonce = nonceOf(response.response.clientDataJSON);
  const owner = await consumeChallenge(parts, { kind: 'passkey-enrol', nonce, boundTo });
  if (owner !== account) throw new IdentityError('challenge-refused', 'The enrolment is another account’s.');
  const info = await verifyRegistrationResponse({
    response,
    expectedChallenge: nonce,
    expectedOrigin: parts.origin,
    expectedRPID: hostOf(parts),
    requireUserVerification: true,
    supportedAlgorithmIDs: algorithms,
  }).then(
    ({ registrationInfo }) => registrationInfo,
    (error: unknown) => {
      throw new IdentityError('passkey-refused', 'The passkey cannot be enrolled.', { cause: error });
    },
  );
  if (info === undefined) throw new IdentityError('passkey-refused', 'The passkey cannot be enrolled.');
  const { credential, credentialDeviceType } = info;
  return parts.database.write((tx) =>
    enrolAuthenticator(parts, tx, actor, {
      account,
      kind: 'passkey',
      label: finished.label,
      aal: 3,
      // What the authenticator says of itself: without attestation nobody vouches for it.
      deviceBound: credentialDeviceType === 'singleDevice',
      attested: false,
      rung,
      lookup: lookupOf(credential.id),
      publicPart: { credential: credential.id, key: toBase64(credential.publicKey), aaguid: info.aaguid },
      secret: null,
      counter: credential.counter,
    }),
  );
}

/** Begins a login. No credential is named: the browser asks which of its own to use. */
export async function beginPasskeyLogin(
  parts: PasskeyParts,
  begun: { readonly boundTo: string; readonly kind?: 'passkey' | 'passkey-scan' },
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const { nonce } = await makeChallenge(parts, {
    kind: begun.kind ?? 'passkey',
    boundTo: begun.boundTo,
    seconds,
  });
  return generateAuthenticationOptions({
    rpID: hostOf(parts),
    challenge: bytesOf(nonce),
    timeout: seconds * 1000,
    userVerification: 'required',
  });
}

/**
 * Ends a login. The nonce is consumed before anything is looked at: no answer is tried twice.
 * @throws IdentityError `challenge-refused`, `passkey-refused`, `login-refused`, `login-delayed`.
 */
export async function finishPasskeyLogin(
  parts: PasskeyParts,
  source: AttemptSource,
  finished: {
    readonly boundTo: string;
    readonly response: AuthenticationResponseJSON;
    readonly kind?: Extract<ChallengeKind, 'passkey' | 'passkey-scan'>;
  },
): Promise<Factor> {
  const scope = { rule: attemptRules.challenge, subject: `passkey ${source.address}` };
  await countAttempt(parts, [scope]);
  const { boundTo, response, kind = 'passkey' } = finished;
  const nonce = nonceOf(response.response.clientDataJSON);
  await consumeChallenge(parts, { kind, nonce, boundTo });
  const enrolled = await authenticatorByLookup(parts.database.reader, lookupOf(response.id));
  if (enrolled?.kind !== 'passkey') return failed(parts, 'passkey', null, 'unknown', 'passkey-refused');
  const counter = await verified(parts, enrolled, nonce, response);
  if (counter === null) return failed(parts, 'passkey', enrolled.account, 'signature', 'passkey-refused');
  const used = await parts.database.write((tx) =>
    // Many devices count nothing and say 0 for ever.
    useAuthenticator(tx, enrolled.id, parts.clock(), counter === 0 ? undefined : counter),
  );
  if (!used) return failed(parts, 'passkey', enrolled.account, 'counter', 'passkey-refused');
  return succeeded(parts, kind === 'passkey' ? 'passkey' : 'scan', factorOf(enrolled), (tx) =>
    returnAttemptIn(tx, parts, scope),
  );
}

/** @returns the new signature counter, or null where the answer does not hold. */
async function verified(
  parts: PasskeyParts,
  enrolled: Authenticator,
  nonce: string,
  response: AuthenticationResponseJSON,
): Promise<number | null> {
  // A discoverable credential brings its account back; one that names another is none of ours.
  const handle = response.response.userHandle;
  if (handle !== undefined && new TextDecoder().decode(bytesOf(handle)) !== enrolled.account) return null;
  try {
    const { verified: holds, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: nonce,
      expectedOrigin: parts.origin,
      expectedRPID: hostOf(parts),
      requireUserVerification: true,
      credential: {
        id: String(enrolled.publicPart['credential']),
        publicKey: new Uint8Array(fromBase64(String(enrolled.publicPart['key']))),
        counter: enrolled.counter,
      },
    });
    return holds && authenticationInfo.userVerified ? authenticationInfo.newCounter : null;
  } catch {
    // The library throws plain errors for every answer that does not hold: malformed, foreign origin, no UV.
    return null;
  }
}

function factorOf(enrolled: Authenticator): Factor {
  return {
    account: enrolled.account,
    authenticator: enrolled.id,
    certificate: null,
    used: {
      kind: 'passkey',
      userVerified: true,
      originBound: true,
      keyStorage: null,
      enrolledRung: enrolled.enrolledRung,
      ceiling: null,
    },
  };
}

/** The challenge inside clientDataJSON, or text that no challenge is. */
function nonceOf(clientDataJson: string): string {
  try {
    const data = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(clientDataJson)),
    ) as unknown;
    const challenge =
      typeof data === 'object' && data !== null && 'challenge' in data ? data.challenge : null;
    return typeof challenge === 'string' ? challenge : '';
  } catch {
    return '';
  }
}
