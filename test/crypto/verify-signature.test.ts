// The one entrance for signatures: known answers, and everything that must not pass.
import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { CryptoError } from '../../crypto/errors.ts';
import { verifySignature, type SignatureCheck } from '../../crypto/verify-signature.ts';
import { rawToDer } from '../../formats/x509/ecdsa-signature.ts';
import { scale } from '../scale.ts';

function refusal(code: string): (error: unknown) => boolean {
  return (error) => error instanceof CryptoError && error.code === code;
}

function spki(key: KeyObject): Uint8Array {
  return key.export({ format: 'der', type: 'spki' });
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

const message = Buffer.from('决定书 演示');

/** DER from the two integers' content octets, as they are: also wrong ones. */
function pair(r: Buffer, s: Buffer): Buffer {
  const integer = (value: Buffer): Buffer => Buffer.concat([Buffer.from([0x02, value.length]), value]);
  const body = Buffer.concat([integer(r), integer(s)]);
  return Buffer.concat([
    Buffer.from(body.length < 128 ? [0x30, body.length] : [0x30, 0x81, body.length]),
    body,
  ]);
}

describe('known answers', () => {
  it('ECDSA P-256 with SHA-256, "sample" (RFC 6979 A.2.5)', () => {
    const publicKey = hex(
      '3059301306072a8648ce3d020106082a8648ce3d03010703420004' +
        '60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6' +
        '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
    );
    const signature = rawToDer(
      hex(
        'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716' +
          'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
      ),
    );
    const check = { algorithm: 'ES256', publicKey, message: Buffer.from('sample'), signature };
    assert.ok(verifySignature(check));
    assert.ok(!verifySignature({ ...check, message: Buffer.from('samplf') }));
  });

  it('Ed25519 (RFC 8032 §7.1, tests 1 and 2)', () => {
    const tests = [
      [
        'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
        '',
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
      ],
      [
        '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
        '72',
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
      ],
    ] as const;
    for (const [key, text, signature] of tests) {
      const publicKey = hex(`302a300506032b6570032100${key}`);
      const check = { algorithm: 'Ed25519', publicKey, message: hex(text), signature: hex(signature) };
      assert.ok(verifySignature(check));
      assert.ok(!verifySignature({ ...check, signature: hex(`${signature}00`) }));
      assert.ok(!verifySignature({ ...check, message: hex(`${text}00`) }));
    }
  });
});

describe('ECDSA signatures in the wrong form', () => {
  const order = hex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  // A signature whose integers are 32 octets each, without a leading zero.
  let raw = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  while ((raw[0] ?? 0) >= 0x80 || (raw[32] ?? 0) >= 0x80 || raw[0] === 0 || raw[32] === 0) {
    raw = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  }
  const r = raw.subarray(0, 32);
  const s = raw.subarray(32);
  const good = pair(r, s);
  const check = (signature: Uint8Array): boolean =>
    verifySignature({ algorithm: 'ES256', publicKey: spki(publicKey), message, signature });
  const plusOrder = (value: Buffer): Buffer => {
    const sum = BigInt(`0x${value.toString('hex')}`) + BigInt(`0x${order.toString('hex')}`);
    const digits = sum.toString(16);
    return hex(digits.padStart(digits.length + (digits.length % 2), '0').padStart(66, '0'));
  };

  it('accepts the right form', () => {
    assert.ok(check(good));
  });

  const zero = Buffer.from([0]);
  const one = Buffer.from([1]);
  const positive = (value: Buffer): Buffer => Buffer.concat([zero, value]);
  const cases: readonly (readonly [string, Buffer])[] = [
    ['nothing', Buffer.alloc(0)],
    ['an empty sequence', hex('3000')],
    ['a byte after the end', Buffer.concat([good, zero])],
    ['a byte inside after s', Buffer.concat([Buffer.from([0x30, good[1]! + 1]), good.subarray(2), zero])],
    ['a cut end', good.subarray(0, -1)],
    ['a length in the long form', Buffer.concat([hex('3081'), good.subarray(1)])],
    ['an indefinite length', Buffer.concat([hex('3080'), good.subarray(2), hex('0000')])],
    ['a needless zero before r', pair(positive(r), s)],
    ['a needless zero before s', pair(r, positive(s))],
    ['a set for a sequence', Buffer.concat([hex('31'), good.subarray(1)])],
    ['a third integer', Buffer.concat([Buffer.from([0x30, good[1]! + 3]), good.subarray(2), hex('020101')])],
    ['raw r and s', raw],
    ['r = 0', pair(zero, s)],
    ['s = 0', pair(r, zero)],
    ['r = s = 0', pair(zero, zero)],
    ['r = 0, s = 1', pair(zero, one)],
    ['r = s = 1', pair(one, one)],
    ['r = n', pair(positive(order), s)],
    ['s = n', pair(r, positive(order))],
    ['r + n', pair(plusOrder(r), s)],
    ['s + n', pair(r, plusOrder(s))],
    ['a negative r', pair(Buffer.concat([Buffer.from([0x80]), r.subarray(1)]), s)],
    ['a negative s', pair(r, Buffer.concat([Buffer.from([0xff]), s]))],
    ['an empty integer', hex('30040200020101')],
    ['halves exchanged', pair(s, r)],
    ['a length beyond the end', hex('304502ff00')],
  ];
  for (const [name, signature] of cases) {
    it(`refuses ${name}`, () => {
      assert.equal(check(signature), false);
    });
  }

  it('accepts no changed signature', () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (position, mask) => {
        const changed = Buffer.from(good);
        changed[position]! ^= mask;
        assert.equal(check(changed), false);
      }),
      { numRuns: scale(500) },
    );
  });
});

describe('algorithms and keys', () => {
  const p256 = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
  const k256 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const edwards = generateKeyPairSync('ed25519');
  const checkOf = (key: KeyObject, algorithm: string, signature: Uint8Array): SignatureCheck => ({
    algorithm,
    publicKey: spki(key),
    message,
    signature,
  });

  it('checks RSA PKCS#1 v1.5 and PSS with each digest', () => {
    for (const bits of ['256', '384', '512']) {
      const plain = sign(`sha${bits}`, message, rsa.privateKey);
      assert.ok(verifySignature(checkOf(rsa.publicKey, `RS${bits}`, plain)));
      assert.ok(!verifySignature(checkOf(rsa.publicKey, `PS${bits}`, plain)));
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      const pss = sign(`sha${bits}`, message, { key: rsa.privateKey, padding, saltLength: Number(bits) / 8 });
      assert.ok(verifySignature(checkOf(rsa.publicKey, `PS${bits}`, pss)));
      assert.ok(!verifySignature(checkOf(rsa.publicKey, `RS${bits}`, pss)));
      const salted = sign(`sha${bits}`, message, { key: rsa.privateKey, padding, saltLength: 20 });
      assert.ok(!verifySignature(checkOf(rsa.publicKey, `PS${bits}`, salted)));
      assert.ok(verifySignature({ ...checkOf(rsa.publicKey, `PS${bits}`, salted), saltLength: 20 }));
    }
    const plain = sign('sha256', message, rsa.privateKey);
    assert.ok(!verifySignature(checkOf(rsa.publicKey, 'RS256', plain.subarray(1))));
    assert.ok(!verifySignature(checkOf(rsa.publicKey, 'RS256', Buffer.concat([Buffer.alloc(1), plain]))));
  });

  it('ties ECDSA digests to curves for JOSE, and not for X.509', () => {
    const signature = sign('sha256', message, p384.privateKey);
    assert.throws(
      () => verifySignature(checkOf(p384.publicKey, 'ES256', signature)),
      refusal('algorithm-refused'),
    );
    assert.ok(verifySignature({ ...checkOf(p384.publicKey, 'ES256', signature), pairing: 'x509' }));
    assert.ok(!verifySignature({ ...checkOf(p384.publicKey, 'ES384', signature), pairing: 'x509' }));
    assert.ok(verifySignature(checkOf(p384.publicKey, 'ES384', sign('sha384', message, p384.privateKey))));
    const p521 = generateKeyPairSync('ec', { namedCurve: 'secp521r1' });
    assert.ok(verifySignature(checkOf(p521.publicKey, 'ES512', sign('sha512', message, p521.privateKey))));
  });

  it('refuses keys too short, of another kind or on another curve', () => {
    const refusals: readonly (readonly [KeyObject, string, Uint8Array])[] = [
      [short.publicKey, 'RS256', sign('sha256', message, short.privateKey)],
      [k256.publicKey, 'ES256', sign('sha256', message, k256.privateKey)],
      [rsa.publicKey, 'ES256', sign('sha256', message, rsa.privateKey)],
      [p256.publicKey, 'RS256', sign('sha256', message, p256.privateKey)],
      [edwards.publicKey, 'ES256', sign(null, message, edwards.privateKey)],
      [p256.publicKey, 'Ed25519', sign('sha256', message, p256.privateKey)],
    ];
    for (const [key, algorithm, signature] of refusals) {
      for (const pairing of ['jose', 'x509'] as const) {
        assert.throws(
          () => verifySignature({ ...checkOf(key, algorithm, signature), pairing }),
          refusal('algorithm-refused'),
        );
      }
    }
  });

  it('refuses SHA-1 by name, and names it does not know', () => {
    for (const name of ['RS1', 'ES1', 'PS1']) {
      assert.throws(
        () => verifySignature(checkOf(rsa.publicKey, name, sign('sha1', message, rsa.privateKey))),
        refusal('algorithm-refused'),
      );
    }
    for (const name of ['', 'none', 'HS256', 'es256', 'toString', '__proto__']) {
      assert.throws(
        () => verifySignature(checkOf(rsa.publicKey, name, message)),
        refusal('algorithm-unknown'),
      );
    }
    assert.throws(
      () => verifySignature(checkOf(p256.publicKey, 'SM2SM3', message)),
      refusal('algorithm-refused'),
    );
  });

  it('refuses public keys that are cut, followed by bytes, off the curve, or nothing', () => {
    const good = Buffer.from(spki(p256.publicKey));
    const off = Buffer.from(good);
    off[off.length - 1]! ^= 1;
    for (const publicKey of [
      good.subarray(0, -1),
      Buffer.concat([good, Buffer.alloc(1)]),
      off,
      Buffer.alloc(0),
    ]) {
      assert.throws(
        () =>
          verifySignature({
            algorithm: 'ES256',
            publicKey,
            message,
            signature: sign('sha256', message, p256.privateKey),
          }),
        refusal('algorithm-refused'),
      );
    }
  });
});
