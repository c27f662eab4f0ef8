// Public keys that must not be certified: too short, made by broken software, known to everybody, or no proper key at all.
import { ed25519 } from '@noble/curves/ed25519.js';
import { sameBytes, shortLived, toHex } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import type { KeyType, SubjectPublicKeyInfo } from '../formats/x509/algorithm.ts';
import { readDer } from '../formats/x509/der.ts';
import { SM2_CURVE } from './sm2-parameters.ts';

/** NIST SP 800-131A section 3; more costs every verifier too much. */
const RSA_BITS = { least: 2048, most: 8192 };

const number = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes) || '0'}`);

function primesBelow(limit: number): readonly bigint[] {
  const found: bigint[] = [];
  for (let candidate = 2; candidate < limit; candidate += 1) {
    if (found.every((prime) => candidate % Number(prime) !== 0)) found.push(BigInt(candidate));
  }
  return found;
}

/** CA/Browser Forum BR section 6.1.6: no factor smaller than 752. */
const SMALL_PRIMES = primesBelow(752);

/** Powers of 65537 modulo each odd prime to 167: what moduli of the broken library are (CVE-2017-15361, ROCA). */
const ROCA_RESIDUES: readonly (readonly [bigint, ReadonlySet<bigint>])[] = SMALL_PRIMES.filter(
  (prime) => prime > 2n && prime <= 167n,
).map((prime) => {
  const powers = new Set<bigint>();
  for (let power = 1n; !powers.has(power); power = (power * 65537n) % prime) powers.add(power);
  return [prime, powers] as const;
});

function squareRoot(value: bigint): bigint {
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** Whether the two primes lie so close that Fermat's method finds them in 100 rounds (CVE-2022-26320). */
function closePrimes(modulus: bigint): boolean {
  let middle = squareRoot(modulus);
  if (middle * middle < modulus) middle += 1n;
  for (let round = 0; round < 100; round += 1, middle += 1n) {
    const rest = middle * middle - modulus;
    // Squares end in 0, 1, 4 or 9 to the base 16: most rounds need no root.
    if (![0n, 1n, 4n, 9n].includes(rest & 15n)) continue;
    const root = squareRoot(rest);
    if (rest === 0n || root * root === rest) return true;
  }
  return false;
}

function rsaWeakness(publicKey: Uint8Array): string | null {
  const [modulus, exponent] = readDer(publicKey, { maxBytes: 4096, maxDepth: 2 }, 'der-malformed', (reader) =>
    reader.sequence((fields) => [fields.integer(2048), fields.integer(2048)] as const),
  );
  if ((modulus[0] ?? 0x80) >= 0x80 || (exponent[0] ?? 0x80) >= 0x80) return 'a negative modulus or exponent';
  const n = number(modulus);
  const e = number(exponent);
  const bits = n.toString(2).length;
  if (bits < RSA_BITS.least || bits > RSA_BITS.most) return `${bits} bits; 2048 to 8192 are taken`;
  if (bits % 8 !== 0) return 'a modulus whose bits are no multiple of 8';
  // FIPS 186-5 appendix A.1.1 (b): odd, above 2^16 and below 2^256.
  if (e < 65537n || e % 2n === 0n || e >= 1n << 256n)
    return 'an exponent below 65537, even, or over 256 bits';
  if (SMALL_PRIMES.some((prime) => n % prime === 0n)) return 'a modulus with a small factor';
  if (ROCA_RESIDUES.every(([prime, residues]) => residues.has(n % prime)))
    return 'a modulus as broken chips made them (ROCA)';
  return closePrimes(n) ? 'two primes so close that anybody finds them' : null;
}

interface Curve {
  readonly size: number;
  readonly p: bigint;
  readonly a: bigint;
  readonly b: bigint;
  readonly gx: bigint;
  readonly gy: bigint;
}

const curve = (size: number, p: string, b: string, gx: string, gy: string): Curve => {
  const prime = BigInt(`0x${p}`);
  // All three curves have a = −3.
  return {
    size,
    p: prime,
    a: prime - 3n,
    b: BigInt(`0x${b}`),
    gx: BigInt(`0x${gx}`),
    gy: BigInt(`0x${gy}`),
  };
};

/** SP 800-186 section 3.2.1; GB/T 32918.5 clause 2. */
const curves: Readonly<Partial<Record<KeyType, Curve>>> = {
  p256: curve(
    32,
    'ffffffff00000001000000000000000000000000ffffffffffffffffffffffff',
    '5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b',
    '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296',
    '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
  ),
  p384: curve(
    48,
    'fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff',
    'b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef',
    'aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7',
    '3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f',
  ),
  sm2: curve(32, SM2_CURVE.p, SM2_CURVE.b, SM2_CURVE.gx, SM2_CURVE.gy),
};

function modulo(value: bigint, p: bigint): bigint {
  const rest = value % p;
  return rest < 0n ? rest + p : rest;
}

function inverse(value: bigint, p: bigint): bigint {
  let [low, high, lowFactor, highFactor] = [modulo(value, p), p, 1n, 0n];
  while (low > 1n) {
    const quotient = high / low;
    [low, high] = [high - quotient * low, low];
    [lowFactor, highFactor] = [highFactor - quotient * lowFactor, lowFactor];
  }
  return modulo(lowFactor, p);
}

/** Private keys of test suites, of typing errors, of the point itself: 1 to 32, and their negatives. */
const KNOWN_SCALARS = 32;
const knownX = new Map<Curve, ReadonlySet<bigint>>();

/** First coordinates of G, 2G … 32G, each reckoned from the one before. */
function knownPoints(of: Curve): ReadonlySet<bigint> {
  const known = knownX.get(of);
  if (known !== undefined) return known;
  const { p, a, gx, gy } = of;
  const xs = new Set([gx]);
  let [x, y] = [gx, gy];
  for (let scalar = 2; scalar <= KNOWN_SCALARS; scalar += 1) {
    const slope =
      x === gx ? modulo((3n * x * x + a) * inverse(2n * y, p), p) : modulo((gy - y) * inverse(gx - x, p), p);
    const next = modulo(slope * slope - x - gx, p);
    y = modulo(slope * (x - next) - y, p);
    x = next;
    xs.add(x);
  }
  knownX.set(of, xs);
  return xs;
}

function pointWeakness(of: Curve, publicKey: Uint8Array): string | null {
  const { size, p, a, b } = of;
  if (publicKey.length !== 1 + 2 * size || publicKey[0] !== 4) return 'a point that is not uncompressed';
  const x = number(publicKey.subarray(1, 1 + size));
  const y = number(publicKey.subarray(1 + size));
  if (x >= p || y >= p || modulo(y * y - (x * x + a) * x - b, p) !== 0n)
    return 'a point that is not on its curve';
  return knownPoints(of).has(x) ? 'a private key that everybody knows' : null;
}

/** RFC 8032 section 5.1.3; points of small order verify what nobody signed. */
function edwardsWeakness(publicKey: Uint8Array): string | null {
  if (publicKey.length !== 32) return 'a length that is not 32';
  try {
    return ed25519.Point.fromBytes(publicKey).isSmallOrder() ? 'a point of small order' : null;
  } catch {
    return 'no point of its curve';
  }
}

/** What was found last: a key to certify is looked at in the request, and again in the certificate made of it. */
let last: { readonly der: Uint8Array; readonly weakness: string | null } | null = null;

/** What is wrong with a public key, as the end of "The key has …"; null where nothing is known against it. */
export function keyWeakness(key: SubjectPublicKeyInfo): string | null {
  if (last === null || !sameBytes(last.der, key.der)) {
    const der = shortLived(key.der.length);
    der.set(key.der);
    last = { der, weakness: foundWeakness(key) };
  }
  return last.weakness;
}

function foundWeakness({ keyType, publicKey }: SubjectPublicKeyInfo): string | null {
  try {
    if (keyType === 'rsa' || keyType === 'rsa-pss') return rsaWeakness(publicKey);
  } catch (error) {
    if (error instanceof FormatError) return 'no modulus and exponent in DER';
    throw error;
  }
  if (keyType === 'ed25519') return edwardsWeakness(publicKey);
  const found = keyType === null ? undefined : curves[keyType];
  // Other kinds are refused by every profile.
  return found === undefined ? null : pointWeakness(found, publicKey);
}
