// Nonces that are answered once, ever: made for one interaction, consumed by one conditional update, on every node.
import { encodeBase64url } from '../../formats/cose/base64url.ts';
import { IdentityError } from '../errors.ts';
import type { LoginParts } from './parts.ts';

/** What a nonce is for; one made for one thing answers no other. */
export type ChallengeKind =
  | 'certificate'
  | 'certificate-tls'
  | 'certificate-tls-answer'
  | 'certificate-enrol'
  | 'passkey'
  | 'passkey-enrol'
  | 'passkey-scan'
  | 'totp-enrol'
  | 'upstream'
  | 'upstream-answer';

type ChallengeParts = Pick<LoginParts, 'database' | 'clock' | 'random' | 'index' | 'cipher'>;

/** Random bytes in a nonce: 256 bits (ASVS 5.0 6.7.2 asks for 64). */
const nonceBytes = 32;
const noncePattern = /^[A-Za-z0-9_-]{43}$/;

export interface Challenge {
  /** 43 characters of base64url. */
  readonly nonce: string;
  readonly expires: Date;
}

/**
 * Makes a nonce.
 * @param made.boundTo - the interaction (or session) that alone may answer
 * @param made.payload - what must be known again when it is answered; encrypted
 * @param made.seconds - how long it counts
 */
export async function makeChallenge(
  parts: ChallengeParts,
  made: {
    readonly kind: ChallengeKind;
    readonly boundTo: string;
    readonly seconds: number;
    readonly payload?: string;
  },
): Promise<Challenge> {
  const nonce = encodeBase64url(parts.random(nonceBytes));
  const mac = macOf(parts, made.kind, nonce);
  const now = parts.clock();
  const expires = new Date(now.getTime() + made.seconds * 1000);
  const row = {
    nonce_mac: mac,
    kind: made.kind,
    bound_to: made.boundTo,
    payload_cipher: parts.cipher.seal(placeOf(mac), made.payload ?? ''),
    created_at: now.toISOString(),
    expires_at: expires.toISOString(),
    consumed_at: null,
  };
  await parts.database.write(async (tx) => {
    await tx.insertInto('login_challenge').values(row).execute();
  });
  return { nonce, expires };
}

/**
 * Consumes a nonce: of any number of answers at the same time, on any number of nodes, one is the first.
 * @returns its payload.
 * @throws IdentityError `challenge-refused` for one that is unknown, used, expired, of another kind, or of another
 *   interaction, all alike.
 */
export async function consumeChallenge(
  parts: ChallengeParts,
  asked: { readonly kind: ChallengeKind; readonly nonce: string; readonly boundTo: string },
): Promise<string> {
  const mac = noncePattern.test(asked.nonce) ? macOf(parts, asked.kind, asked.nonce) : '';
  const now = parts.clock().toISOString();
  const consumed = await parts.database.write((tx) =>
    tx
      .updateTable('login_challenge')
      .set({ consumed_at: now })
      .where('nonce_mac', '=', mac)
      .where('kind', '=', asked.kind)
      .where('bound_to', '=', asked.boundTo)
      .where('consumed_at', 'is', null)
      .where('expires_at', '>', now)
      .returning('payload_cipher')
      .executeTakeFirst(),
  );
  if (consumed === undefined) {
    throw new IdentityError('challenge-refused', 'The challenge was used, has expired or is another one.');
  }
  return parts.cipher.open(placeOf(mac), consumed.payload_cipher);
}

/**
 * As `consumeChallenge`, for an answer that arrives where its interaction is not known: on another host name, or from
 * another provider. @returns also what it was bound to.
 */
export async function consumeAnywhere(
  parts: ChallengeParts,
  asked: { readonly kind: ChallengeKind; readonly nonce: string },
): Promise<{ readonly boundTo: string; readonly payload: string }> {
  const mac = noncePattern.test(asked.nonce) ? macOf(parts, asked.kind, asked.nonce) : '';
  const row = await parts.database.reader
    .selectFrom('login_challenge')
    .select('bound_to')
    .where('nonce_mac', '=', mac)
    .executeTakeFirst();
  const boundTo = row?.bound_to ?? '';
  return { boundTo, payload: await consumeChallenge(parts, { ...asked, boundTo }) };
}

function macOf(parts: ChallengeParts, kind: ChallengeKind, nonce: string): string {
  return parts.index.of(`login-challenge ${kind}`, nonce);
}

function placeOf(mac: string): { readonly table: string; readonly column: string; readonly row: string } {
  return { table: 'login_challenge', column: 'payload_cipher', row: mac };
}
