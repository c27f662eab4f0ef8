// SM3 and the check of SM2 signatures without Node, as pages do them.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { generateKey, importPrivateKey, signatureEngine } from '../../crypto/key-engine.ts';
import { sm2Example } from '../../crypto/sm2-parameters.ts';
import { verifySm2Message } from '../../crypto/sm2-portable.ts';
import { sm3Portable } from '../../crypto/sm3-portable.ts';
import { verifySignature } from '../../crypto/verify-signature.ts';
import { fromHex, toHex } from '../../formats/bytes.ts';
import { webSignatureVerifier } from '../../verification/signature-verifier-web.ts';

describe('SM3 and SM2 for pages', () => {
  it('gives the digests of the examples in GB/T 32905 annex A', () => {
    const text = new TextEncoder();
    assert.equal(
      toHex(sm3Portable(text.encode('abc'))),
      '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0',
    );
    assert.equal(
      toHex(sm3Portable(text.encode('abcd'.repeat(16)))),
      'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732',
    );
  });

  it('agrees with node:crypto at every length round the block, and on long ones', () => {
    for (const length of [...Array.from({ length: 200 }, (_, at) => at), 4096, 65_537, 300_000]) {
      const bytes = randomBytes(length);
      assert.equal(toHex(sm3Portable(bytes)), createHash('sm3').update(bytes).digest('hex'), String(length));
    }
    assert.equal(toHex(sm3Portable(new Uint8Array(64).subarray(3, 3))), createHash('sm3').digest('hex'));
  });

  it('accepts the signature of GB/T 32918.5 and the same that the server accepts', async () => {
    const { spki, message, signature } = sm2Example;
    assert.equal(verifySm2Message(spki, message, signature), true);
    const { publicKey, pkcs8 } = await generateKey('SM2SM3');
    const engine = signatureEngine({
      algorithm: 'SM2SM3',
      privateKey: importPrivateKey(pkcs8),
      publicKey,
      random: (length) => new Uint8Array(randomBytes(length)),
    });
    for (let round = 0; round < 8; round += 1) {
      const text = randomBytes(round * 37);
      const made = await engine.sign(text);
      assert.equal(verifySm2Message(publicKey, text, made), true);
      const changed = new Uint8Array(made);
      changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
      for (const candidate of [changed, made.subarray(1), new Uint8Array(0)]) {
        const check = { algorithm: 'SM2SM3', publicKey, message: text, signature: candidate };
        assert.equal(verifySm2Message(publicKey, text, candidate), verifySignature(check));
      }
      assert.equal(verifySm2Message(spki, text, made), false);
    }
  });

  it('is false, and never an exception, for scalars out of range, other curves and what is no key', async () => {
    const { spki, message, signature } = sm2Example;
    // SEQUENCE { 0, 0 }.
    assert.equal(verifySm2Message(spki, message, fromHex('3006020100020100')), false);
    const { publicKey: p256 } = await generateKey('ES256');
    const { publicKey: rsa } = await generateKey('RS256');
    for (const key of [p256, rsa, new Uint8Array(10)]) {
      assert.equal(await webSignatureVerifier.verify('SM2SM3', key, message, signature), false);
    }
    assert.equal(await webSignatureVerifier.verify('SM2SM3', spki, message, signature), true);
    assert.equal(await webSignatureVerifier.verify('ES256', spki, message, signature), false);
    assert.equal(
      toHex(await webSignatureVerifier.digest('sm3', message)),
      createHash('sm3').update(message).digest('hex'),
    );
  });
});
