// What a certificate signs to log in: one text, read by people and machines, that no other protocol of ours can be taken for.
import { FormatError } from '../errors.ts';

/** Everything an answer is bound to. */
export interface CertificateLogin {
  /** Origin of the page that asked, as its browser says: `https://host[:port]`. */
  readonly origin: string;
  /** The server's nonce, 43 characters of base64url. */
  readonly nonce: string;
  /** The client on whose behalf the login is asked for: an answer for one serves no other. */
  readonly client: string;
  /** The interaction it belongs to. */
  readonly interaction: string;
  /** SHA-256 of the certificate, lower-case hexadecimal: the signature speaks for this certificate alone. */
  readonly certificate: string;
}

/** The first line: says what is signed, and that it is no document. */
const HEAD = 'yinxin certificate login v1: this signs you in, it is no signature under a document';

const patterns: Readonly<Record<keyof CertificateLogin, RegExp>> = {
  origin: /^https?:\/\/[a-z0-9.:[\]-]{1,255}$/,
  nonce: /^[A-Za-z0-9_-]{43}$/,
  client: /^[\x21-\x7e]{1,200}$/,
  interaction: /^[A-Za-z0-9_-]{1,100}$/,
  certificate: /^[0-9a-f]{64}$/,
};

/**
 * The bytes that are signed: UTF-8, one line a fact, in this order, a line feed after each.
 * @throws FormatError `value-out-of-range` for a fact with a line break or anything else that does not belong there, so
 *   that two different logins never have one text.
 */
export function certificateLoginBytes(login: CertificateLogin): Uint8Array {
  const names = ['origin', 'nonce', 'client', 'interaction', 'certificate'] as const;
  const lines = names.map((name) => {
    const value = login[name];
    if (!patterns[name].test(value)) {
      throw new FormatError('value-out-of-range', `The ${name} of a certificate login does not hold.`);
    }
    return `${name}: ${value}\n`;
  });
  return new TextEncoder().encode(`${HEAD}\n${lines.join('')}`);
}
