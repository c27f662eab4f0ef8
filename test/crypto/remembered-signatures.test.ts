// Remembered signatures: the same answers as the check itself, whatever was asked before.
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'mocha';
import { CryptoError } from '../../crypto/errors.ts';
import { verifyRemembered } from '../../crypto/remembered-signatures.ts';
import type { SignatureCheck } from '../../crypto/verify-signature.ts';

describe('verifyRemembered', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const message = Buffer.from('message');
  const sound: SignatureCheck = {
    algorithm: 'ES256',
    publicKey: spki,
    message,
    signature: sign('sha256', message, privateKey),
  };

  it('holds again what held', () => {
    // Checked, checked and kept, remembered.
    for (let time = 0; time < 3; time += 1) assert.equal(verifyRemembered(sound), true);
  });

  it('lets nothing else hold after it', () => {
    for (let time = 0; time < 3; time += 1) assert.equal(verifyRemembered(sound), true);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    const otherKey = other.export({ format: 'der', type: 'spki' });
    assert.equal(verifyRemembered({ ...sound, publicKey: otherKey }), false);
    assert.equal(verifyRemembered({ ...sound, message: Buffer.from('messagf') }), false);
    assert.equal(verifyRemembered({ ...sound, pairing: 'x509', algorithm: 'ES384' }), false);
    for (let at = 0; at < sound.signature.length; at += 1) {
      const signature = Uint8Array.from(sound.signature);
      signature[at] = (signature[at] ?? 0) ^ 1;
      assert.equal(verifyRemembered({ ...sound, signature }), false);
    }
    // Bytes moved from one part to the next are another check.
    const joined = Buffer.concat([sound.signature, message]);
    const shifted = { signature: joined.subarray(0, -1), message: joined.subarray(-1) };
    assert.equal(verifyRemembered({ ...sound, ...shifted }), false);
    assert.throws(
      () => verifyRemembered({ ...sound, algorithm: 'ES384' }),
      (error: unknown) => error instanceof CryptoError && error.code === 'algorithm-refused',
    );
    assert.throws(() => verifyRemembered({ ...sound, algorithm: 'ES1' }), CryptoError);
  });

  it('says no each time to what does not hold, and yes after it was signed', () => {
    const text = Buffer.from('later');
    const signature = sign('sha256', text, privateKey);
    const wrong = Uint8Array.from(signature);
    const last = wrong.length - 1;
    wrong[last] = (wrong[last] ?? 0) ^ 1;
    assert.equal(verifyRemembered({ ...sound, message: text, signature: wrong }), false);
    assert.equal(verifyRemembered({ ...sound, message: text, signature: wrong }), false);
    assert.equal(verifyRemembered({ ...sound, message: text, signature }), true);
  });

  it('goes on beyond what it keeps', function () {
    this.timeout(60_000);
    for (let number = 0; number < 4200; number += 1) {
      const text = Buffer.from(`message ${number}`);
      const signature = sign('sha256', text, privateKey);
      assert.equal(verifyRemembered({ ...sound, message: text, signature }), true);
    }
    assert.equal(verifyRemembered(sound), true);
  });
});
