// Opening a PKCS #12 file: every count is looked at before any work is done for it, and the MAC holds before anything is decrypted.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { FormatError } from '../formats/errors.ts';
import {
  PKCS12_MAX_BYTES,
  parseAuthenticatedSafe,
  parsePfx,
  parseSafeContents,
  pkcs12EncryptionOf,
  type Pkcs12Bag,
  type Pkcs12Encrypted,
  type Pkcs12Encryption,
  type Pkcs12Mac,
  type Pkcs12Part,
} from '../formats/pkcs12/pfx.ts';
import { digestOf } from '../formats/x509/algorithm.ts';
import { CryptoError } from './errors.ts';
import { pkcs12Content, type Pkcs12Content } from './pkcs12-content.ts';
import { PKCS12_KEY_ID, pkcs12DigestSize, pkcs12Key, type Pkcs12Digest } from './pkcs12-kdf.ts';

/** Rounds of stretching that one file may ask for in all: twice what ours do, a few seconds. */
const MAX_ROUNDS = 4_000_000;
const MAX_PASSWORD = 1024;

/**
 * Decrypts one part of a file.
 * @returns the plaintext; null where the padding does not hold.
 * @throws CryptoError `pkcs12-unsupported`, `pkcs12-legacy`.
 */
export interface Pkcs12Decrypt {
  (encrypted: Pkcs12Encrypted, encryption: Pkcs12Encryption, password: string): Promise<Uint8Array | null>;
  /** Refuses, before any work, what it cannot decrypt. */
  readonly check: (encryption: Pkcs12Encryption) => void;
}

/** How many rounds are left for a file. */
class Budget {
  #left = MAX_ROUNDS;

  spend(rounds: number): void {
    this.#left -= rounds;
    if (this.#left < 0) {
      throw new CryptoError(
        'pkcs12-limit',
        `The file asks for more than ${MAX_ROUNDS} rounds of stretching.`,
      );
    }
  }
}

/** A password as it is typed: composed characters, so that one password is one sequence of code points everywhere. */
export function pkcs12Password(password: string): string {
  const text = password.normalize('NFC');
  if (text.length > MAX_PASSWORD || !text.isWellFormed()) {
    throw new CryptoError('passphrase-invalid', 'The password is too long or no sound text.');
  }
  return text;
}

function encryptionOf(encrypted: Pkcs12Encrypted, decrypt: Pkcs12Decrypt, budget: Budget): Pkcs12Encryption {
  const encryption = pkcs12EncryptionOf(encrypted.algorithm);
  if (encryption === null) {
    throw new CryptoError('pkcs12-unsupported', 'The file is encrypted in a way that is not known here.');
  }
  decrypt.check(encryption);
  budget.spend(encryption.iterations);
  return encryption;
}

function macDigest({ digestAlgorithm, value }: Pkcs12Mac): Pkcs12Digest {
  const name = digestOf(digestAlgorithm)?.name;
  if (name === undefined || name === 'sm3' || value.length !== pkcs12DigestSize(name)) {
    throw new CryptoError('pkcs12-unsupported', 'The MAC of the file is of a kind that is not known here.');
  }
  return name;
}

async function requireMac(mac: Pkcs12Mac, content: Uint8Array, password: string): Promise<void> {
  const digest = macDigest(mac);
  const { salt, iterations } = mac;
  const size = pkcs12DigestSize(digest);
  const key = await pkcs12Key({ digest, id: PKCS12_KEY_ID.mac, password, salt, iterations, size });
  if (!timingSafeEqual(createHmac(digest, key).update(content).digest(), mac.value)) throw wrongPassword();
}

function wrongPassword(cause?: unknown): CryptoError {
  return new CryptoError('pkcs12-password', 'The password does not open the file, or the file was changed.', {
    cause,
  });
}

/** A bag, with what it costs to open it already paid. */
interface PaidBag {
  readonly bag: Pkcs12Bag;
  readonly encryption: Pkcs12Encryption | null;
}

function paidBags(contents: Uint8Array, decrypt: Pkcs12Decrypt, budget: Budget): readonly PaidBag[] {
  return parseSafeContents(contents).map((bag) => ({
    bag,
    encryption: bag.kind === 'shrouded-key' ? encryptionOf(bag, decrypt, budget) : null,
  }));
}

/**
 * Opens a file with `password`.
 * @throws FormatError `pkcs12-malformed`, `certificate-malformed` and the reader's codes; CryptoError `pkcs12-limit`,
 *   `pkcs12-password`, `pkcs12-unsupported`, `passphrase-invalid`, and what `decrypt` refuses.
 */
export async function readPkcs12(
  bytes: Uint8Array,
  password: string,
  decrypt: Pkcs12Decrypt,
): Promise<Pkcs12Content> {
  if (bytes.length > PKCS12_MAX_BYTES) {
    throw new CryptoError('pkcs12-limit', `The file is larger than ${PKCS12_MAX_BYTES} bytes.`);
  }
  const typed = pkcs12Password(password);
  const { authenticatedSafe, mac } = parsePfx(bytes);
  const budget = new Budget();
  macDigest(mac);
  budget.spend(mac.iterations);
  const parts = parseAuthenticatedSafe(authenticatedSafe).map((part) => payFor(part, decrypt, budget));
  await requireMac(mac, authenticatedSafe, typed);
  const bags: PaidBag[] = [];
  for (const part of parts) {
    if (part.kind === 'plain') bags.push(...part.bags);
    else bags.push(...paidBags(await opened(part.part, part.encryption, typed, decrypt), decrypt, budget));
  }
  return contentOf(bags, typed, decrypt);
}

type PaidPart =
  | { readonly kind: 'plain'; readonly bags: readonly PaidBag[] }
  | { readonly kind: 'encrypted'; readonly part: Pkcs12Encrypted; readonly encryption: Pkcs12Encryption };

function payFor(part: Pkcs12Part, decrypt: Pkcs12Decrypt, budget: Budget): PaidPart {
  return part.kind === 'plain'
    ? { kind: 'plain', bags: paidBags(part.contents, decrypt, budget) }
    : { kind: 'encrypted', part, encryption: encryptionOf(part, decrypt, budget) };
}

async function opened(
  encrypted: Pkcs12Encrypted,
  encryption: Pkcs12Encryption,
  password: string,
  decrypt: Pkcs12Decrypt,
): Promise<Uint8Array> {
  const plaintext = await decrypt(encrypted, encryption, password);
  if (plaintext === null) throw wrongPassword();
  return plaintext;
}

async function contentOf(
  bags: readonly PaidBag[],
  password: string,
  decrypt: Pkcs12Decrypt,
): Promise<Pkcs12Content> {
  const [key, ...more] = bags.filter(({ bag }) => bag.kind !== 'certificate');
  if (key === undefined || more.length > 0) {
    throw new CryptoError('pkcs12-unsupported', 'The file does not hold exactly one key.');
  }
  const { bag, encryption } = key;
  const certificates = bags.flatMap((each) => (each.bag.kind === 'certificate' ? [each.bag.der] : []));
  if (bag.kind === 'key') return pkcs12Content(bag.pkcs8, certificates, bag.friendlyName);
  if (bag.kind !== 'shrouded-key' || encryption === null)
    throw new FormatError('pkcs12-malformed', 'No key.');
  const pkcs8 = await opened(bag, encryption, password, decrypt);
  try {
    return pkcs12Content(pkcs8, certificates, bag.friendlyName);
  } finally {
    // The best that can be done here: copies inside the libraries are theirs.
    pkcs8.fill(0);
  }
}
