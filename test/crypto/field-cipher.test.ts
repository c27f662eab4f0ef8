// Personal data at rest: ciphertexts that open in their place only, and indexes that tell nothing without the key.
import assert from 'node:assert/strict';
import { createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { openBox, sealBox } from '../../crypto/aead.ts';
import { labelledDigest, labelledMac, parseLabelledDigest } from '../../crypto/algorithms.ts';
import { createBlindIndex } from '../../crypto/blind-index.ts';
import { CryptoError } from '../../crypto/errors.ts';
import { createFieldCipher } from '../../crypto/field-cipher.ts';
import { MasterKey } from '../../crypto/master-key.ts';
import { suiteNamed } from '../../crypto/suite.ts';
import { scale } from '../scale.ts';

function refusal(code: string): (error: unknown) => boolean {
  return (error) => error instanceof CryptoError && error.code === code;
}

const place = { table: 'license', column: 'holder', row: 'lic_1' };

for (const [name, digest] of [
  ['aes-256-gcm', 'sha256'],
  ['sm4-ctr-hmac-sm3', 'sm3'],
] as const)
  describe(`field cipher, ${name}`, () => {
    const master = new MasterKey(randomBytes(32), digest);
    const cipher = createFieldCipher({ masterKeys: [master], random: randomBytes, cipher: name });

    it('opens what it sealed, whatever the text', () => {
      fc.assert(
        fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
          assert.equal(cipher.open(place, cipher.seal(place, text)), text);
        }),
        { numRuns: scale(200) },
      );
    });

    it('names algorithm and key, and never repeats itself', () => {
      const one = cipher.seal(place, '120105199001010012');
      assert.match(one, new RegExp(`^${name}:${master.id}:[A-Za-z0-9_-]+$`));
      assert.notEqual(one, cipher.seal(place, '120105199001010012'));
    });

    it('does not open anywhere else', () => {
      const sealed = cipher.seal(place, 'value');
      const others = [
        { ...place, table: 'case' },
        { ...place, column: 'agent' },
        { ...place, row: 'lic_2' },
        { table: 'licen', column: 'seholder', row: 'lic_1' },
        { table: 'license","holder', column: '', row: 'lic_1' },
      ];
      for (const other of others)
        assert.throws(() => cipher.open(other, sealed), refusal('ciphertext-damaged'));
    });

    it('refuses every cut, every flipped bit, and every other spelling', () => {
      const sealed = cipher.seal(place, 'v');
      const start = sealed.lastIndexOf(':') + 1;
      for (let length = 0; length < sealed.length; length += 1) {
        assert.throws(() => cipher.open(place, sealed.slice(0, length)), CryptoError);
      }
      const bytes = Buffer.from(sealed.slice(start), 'base64url');
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const changed = Buffer.from(bytes);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        assert.throws(
          () => cipher.open(place, sealed.slice(0, start) + changed.toString('base64url')),
          refusal('ciphertext-damaged'),
        );
      }
      for (const text of [
        '',
        'v',
        `${sealed}=`,
        `${sealed}A`,
        ` ${sealed}`,
        sealed.replace(name, 'sm4-gcm'),
        sealed.replace(name, name === 'aes-256-gcm' ? 'sm4-ctr-hmac-sm3' : 'aes-256-gcm'),
      ]) {
        assert.throws(() => cipher.open(place, text), refusal('ciphertext-damaged'));
      }
    });

    it('keeps the halves of two ciphertexts apart', () => {
      const [one, two] = [cipher.seal(place, 'one'), cipher.seal(place, 'two')];
      const body = (text: string): Buffer => Buffer.from(text.slice(text.lastIndexOf(':') + 1), 'base64url');
      const mixed = Buffer.concat([body(one).subarray(0, 60), body(two).subarray(60)]).toString('base64url');
      assert.throws(
        () => cipher.open(place, `aes-256-gcm:${master.id}:${mixed}`),
        refusal('ciphertext-damaged'),
      );
    });

    it('opens under an older master key, and knows when a key is missing', () => {
      const newer = new MasterKey(randomBytes(32));
      const sealed = cipher.seal(place, 'value');
      const both = createFieldCipher({ masterKeys: [newer, master], random: randomBytes });
      assert.equal(both.open(place, sealed), 'value');
      assert.ok(both.seal(place, 'value').startsWith(`aes-256-gcm:${newer.id}:`));
      const alone = createFieldCipher({ masterKeys: [newer], random: randomBytes });
      assert.throws(() => alone.open(place, sealed), refusal('master-key-unknown'));
      const renamed = sealed.replace(master.id, newer.id);
      assert.throws(() => alone.open(place, renamed), refusal('ciphertext-damaged'));
    });
  });

describe('blind index', () => {
  const master = new MasterKey(randomBytes(32));

  it('is equal for equal values of one purpose under one key, and only then', () => {
    const index = createBlindIndex(master);
    const value = '120105199001010012';
    const one = index.of('license.holder', value);
    assert.match(one, /^hmac-sha256:[0-9a-f]{64}$/);
    assert.equal(createBlindIndex(master).of('license.holder', value), one);
    assert.notEqual(index.of('case.applicant', value), one);
    assert.notEqual(index.of('license.holder', '120105199001010013'), one);
    assert.notEqual(createBlindIndex(new MasterKey(randomBytes(32))).of('license.holder', value), one);
  });
});

describe('known answers', () => {
  it('HMAC-SHA-256 (RFC 4231 §4.3) and SHA-256 (FIPS 180-4 "abc")', () => {
    assert.equal(
      labelledMac('sha256', Buffer.from('Jefe'), 'what do ya want for nothing?'),
      'hmac-sha256:5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
    assert.equal(
      labelledDigest('sha256', 'abc'),
      'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it('HKDF as the master key uses it (RFC 5869 with an empty salt)', () => {
    const secret = Buffer.alloc(32, 7);
    const prk = createHmac('sha256', Buffer.alloc(32)).update(secret).digest();
    const okm = createHmac('sha256', prk).update('yinxin use').update(Uint8Array.of(1)).digest();
    assert.deepEqual(Buffer.from(new MasterKey(secret).derive('use')), okm);
    assert.ok(hkdfSync('sha256', secret, '', 'yinxin use', 32).byteLength === 32);
  });

  it('AES-256-GCM (GCM specification, test case 16)', () => {
    const key = Buffer.from('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308', 'hex');
    const nonce = Buffer.from('cafebabefacedbaddecaf888', 'hex');
    const plaintext = Buffer.from(
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
      'hex',
    );
    // The vector's associated data is no UTF-8, so the box is compared in its ciphertext, which does not depend on it.
    const box = sealBox(key, '', plaintext, () => nonce);
    assert.equal(
      Buffer.from(box.subarray(12, -16)).toString('hex'),
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662',
    );
    assert.deepEqual(openBox(key, '', box), plaintext);
    assert.equal(openBox(key, 'other', box), null);
    assert.equal(openBox(Buffer.alloc(32), '', box), null);
    assert.equal(openBox(key, '', box.subarray(0, 27)), null);
  });

  it('AES-256-GCM with nothing to hide (GCM specification, test case 13: the tag alone)', () => {
    const box = sealBox(Buffer.alloc(32), '', new Uint8Array(0), () => Buffer.alloc(12));
    assert.equal(Buffer.from(box.subarray(12)).toString('hex'), '530f8afbc74536b9a963b4f1c4cb738b');
  });
});

describe('names', () => {
  it('takes labelled digests apart strictly', () => {
    const text = labelledDigest('sha384', 'abc');
    assert.equal(parseLabelledDigest(text).algorithm.name, 'sha384');
    assert.equal(parseLabelledDigest(text).value.length, 48);
    const wrong = [
      '',
      'sha256',
      'sha256:',
      text.replace('384', '256'),
      text.toUpperCase(),
      `${text}0`,
      'md5:00',
      '__proto__:00',
    ];
    for (const bad of wrong) assert.throws(() => parseLabelledDigest(bad), refusal('algorithm-unknown'));
  });

  it('has the two suites, and no third', () => {
    assert.equal(suiteNamed('international').digest, 'sha256');
    assert.equal(suiteNamed('gm').digest, 'sm3');
    assert.throws(() => suiteNamed('toString'), refusal('algorithm-unknown'));
  });
});

describe('the boxes', () => {
  const context = 'where it lies';

  it('of SM4 are CTR under a key of their own and HMAC-SM3 over length, context, nonce and ciphertext', () => {
    const key = randomBytes(32);
    const box = Buffer.from(sealBox(key, context, Buffer.from('天津'), randomBytes, 'sm4-ctr-hmac-sm3'));
    const keys = Buffer.from(hkdfSync('sm3', key, new Uint8Array(0), 'yinxin sm4-ctr-hmac-sm3', 48));
    const [nonce, ciphertext, tag] = [box.subarray(0, 16), box.subarray(16, -32), box.subarray(-32)];
    const decipher = createDecipheriv('sm4-ctr', keys.subarray(0, 16), nonce);
    assert.equal(Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString(), '天津');
    const length = Buffer.alloc(8);
    length.writeUInt8(context.length, 7);
    const over = Buffer.concat([length, Buffer.from(context), nonce, ciphertext]);
    assert.deepEqual(createHmac('sm3', keys.subarray(16)).update(over).digest(), tag);
  });

  it('open under no other key, context or cipher', () => {
    const key = randomBytes(32);
    for (const cipher of ['aes-256-gcm', 'sm4-ctr-hmac-sm3'] as const) {
      const box = sealBox(key, context, Buffer.from('value'), randomBytes, cipher);
      assert.deepEqual(openBox(key, context, box, cipher), Buffer.from('value'));
      const other = cipher === 'aes-256-gcm' ? 'sm4-ctr-hmac-sm3' : 'aes-256-gcm';
      assert.equal(openBox(key, context, box, other), null);
      assert.equal(openBox(randomBytes(32), context, box, cipher), null);
      assert.equal(openBox(key, `${context} `, box, cipher), null);
      for (let at = 0; at < box.length; at += 1) {
        const changed = Uint8Array.from(box);
        changed[at] = (changed[at] ?? 0) ^ 0x80;
        assert.equal(openBox(key, context, changed, cipher), null, `${cipher} octet ${at}`);
        assert.equal(openBox(key, context, box.subarray(0, at), cipher), null);
      }
    }
  });
});
