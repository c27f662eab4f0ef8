// Public keys refused: what broken software, test suites and attackers make; and good ones taken.
import assert from 'node:assert/strict';
import { createECDH, generateKeyPairSync } from 'node:crypto';
import { generateKey } from '../../crypto/key-engine.ts';
import { keyWeakness } from '../../crypto/sound-key.ts';
import { parseSubjectPublicKeyInfo, type KeyType } from '../../formats/x509/algorithm.ts';
import { sequence, unsignedInteger } from '../../formats/x509/der-writer.ts';
import { fromHex } from '../../formats/bytes.ts';

const algorithm = { oid: '', parameters: null, der: new Uint8Array() };
const weakness = (keyType: KeyType, publicKey: Uint8Array): string | null =>
  keyWeakness({ der: publicKey, algorithm, publicKey, keyType });
const bytes = (value: bigint): Uint8Array => {
  const hex = value.toString(16);
  return fromHex(hex.length % 2 === 0 ? hex : `0${hex}`);
};
const rsa = (n: bigint, e = 65537n): string | null =>
  weakness('rsa', sequence(unsignedInteger(bytes(n)), unsignedInteger(bytes(e))));

function modulusOf(bits: number): bigint {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  const { n = '' } = publicKey.export({ format: 'jwk' });
  return BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`);
}

function nextPrime(from: bigint): bigint {
  const power = (base: bigint, exponent: bigint, m: bigint): bigint => {
    let result = 1n;
    for (let b = base % m, e = exponent; e > 0n; e >>= 1n, b = (b * b) % m)
      if ((e & 1n) === 1n) result = (result * b) % m;
    return result;
  };
  for (let candidate = from | 1n; ; candidate += 2n)
    if (power(2n, candidate - 1n, candidate) === 1n) return candidate;
}

describe('sound keys', () => {
  it('are taken, of every kind', async () => {
    for (const name of ['ES256', 'ES384', 'RS256', 'Ed25519', 'SM2SM3'] as const) {
      const { publicKey } = await generateKey(name);
      assert.equal(keyWeakness(parseSubjectPublicKeyInfo(publicKey)), null, name);
    }
    assert.equal(rsa(modulusOf(2048)), null);
  });

  it('are not: short, even, of a bad exponent, of a small factor', () => {
    const good = modulusOf(2048);
    assert.match(rsa(modulusOf(1024)) ?? '', /1024 bits/);
    assert.match(rsa(good << 6200n) ?? '', /bits; 2048 to 8192/);
    assert.match(rsa(good - 1n) ?? '', /small factor/);
    assert.match(rsa((good / 751n) * 751n) ?? '', /small factor/);
    assert.match(rsa(modulusOf(2052)) ?? '', /multiple of 8/);
    for (const e of [1n, 3n, 65536n, 65538n, (1n << 256n) + 1n]) assert.match(rsa(good, e) ?? '', /exponent/);
    assert.match(weakness('rsa', Uint8Array.of(5, 0)) ?? '', /no modulus/);
    assert.match(
      weakness('rsa', sequence(Uint8Array.of(2, 1, 0x80), Uint8Array.of(2, 1, 3))) ?? '',
      /negative/,
    );
  });

  it('are not: two primes near each other', () => {
    const p = nextPrime(3n << 1022n);
    assert.match(rsa(p * nextPrime(p + 2n)) ?? '', /close/);
  });

  it('are not: a modulus with the fingerprint of ROCA', () => {
    const primes = Array.from({ length: 166 }, (_, at) => at + 2).filter((candidate) =>
      Array.from({ length: candidate - 2 }, (_, at) => at + 2).every((divisor) => candidate % divisor !== 0),
    );
    const primorial = primes.reduce((product, prime) => product * BigInt(prime), 1n);
    let residue = 1n;
    for (let power = 0; power < 1234; power += 1) residue = (residue * 65537n) % primorial;
    // 2048 bits, and no factor below 752.
    for (let k = (1n << 2047n) / primorial + 1n; ; k += 1n) {
      const found = rsa(k * primorial + residue);
      if (found?.includes('small factor') === true) continue;
      assert.match(found ?? '', /ROCA/);
      break;
    }
  });

  it('are not: points off their curve, compressed, or with a private key of 1 to 32', () => {
    for (const [keyType, name, size] of [
      ['p256', 'prime256v1', 32],
      ['p384', 'secp384r1', 48],
      ['sm2', 'SM2', 32],
    ] as const) {
      const curve = createECDH(name);
      for (const scalar of [1, 2, 3, 31, 32]) {
        curve.setPrivateKey(Buffer.concat([Buffer.alloc(size - 1), Buffer.of(scalar)]));
        assert.match(weakness(keyType, curve.getPublicKey()) ?? '', /everybody knows/, `${name} ${scalar}`);
      }
      curve.generateKeys();
      const point = new Uint8Array(curve.getPublicKey());
      assert.equal(weakness(keyType, point), null);
      point[size * 2] = (point[size * 2] ?? 0) ^ 1;
      assert.match(weakness(keyType, point) ?? '', /not on its curve/);
      assert.match(weakness(keyType, curve.getPublicKey(null, 'compressed')) ?? '', /uncompressed/);
      assert.match(weakness(keyType, Uint8Array.of(0)) ?? '', /uncompressed/);
    }
  });

  it('are not: points of small order on the Edwards curve', () => {
    for (const hex of [
      '0100000000000000000000000000000000000000000000000000000000000000',
      'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      '0000000000000000000000000000000000000000000000000000000000000000',
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    ])
      assert.match(weakness('ed25519', fromHex(hex)) ?? '', /small order/, hex);
    assert.match(weakness('ed25519', fromHex('02'.padEnd(64, '0'))) ?? '', /no point/);
    assert.match(weakness('ed25519', new Uint8Array(31)) ?? '', /length/);
  });
});
