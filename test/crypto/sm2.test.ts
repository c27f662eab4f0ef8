// SM2: the standard's example on both engines, each engine against the other and against openssl.
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { generateKey, importPrivateKey, signatureEngine } from '../../crypto/key-engine.ts';
import {
  nativeSm2Holds,
  sm2Engine,
  sm2Prefix,
  useSm2Engine,
  verifySm2,
  type Sm2Engine,
} from '../../crypto/sm2.ts';
import { sm2Example } from '../../crypto/sm2-parameters.ts';
import { signSm2Portable } from '../../crypto/sm2-portable.ts';
import { verifySignature } from '../../crypto/verify-signature.ts';
import { joinBytes, toHex } from '../../formats/bytes.ts';
import { derToRaw } from '../../formats/x509/ecdsa-signature.ts';
import { requireProgram, run } from '../programs.ts';
import { scale } from '../scale.ts';

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const engines: readonly Sm2Engine[] = ['node:crypto', 'portable'];

function check(spki: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return verifySignature({ algorithm: 'SM2SM3', publicKey: spki, message, signature });
}

describe('SM2', () => {
  afterEach(() => useSm2Engine(null));

  it('passes the self-test on this Node, which is the engine then', () => {
    assert.equal(nativeSm2Holds(), true);
    assert.equal(sm2Engine(), 'node:crypto');
  });

  it('computes Z_A and verifies the example of GB/T 32918.5, and nothing near it, on both engines', () => {
    const { spki, message, prefix, signature } = sm2Example;
    assert.equal(toHex(sm2Prefix(spki)), toHex(prefix));
    for (const engine of engines) {
      useSm2Engine(engine);
      assert.equal(check(spki, message, signature), true, engine);
      assert.equal(check(spki, joinBytes([message, message]), signature), false, engine);
      for (let at = 0; at < signature.length; at += 1) {
        const changed = new Uint8Array(signature);
        changed[at] = (changed[at] ?? 0) ^ 1;
        assert.equal(check(spki, message, changed), false, `${engine} octet ${at}`);
      }
    }
  });

  it('makes the very signature of the example from its k', () => {
    const { pkcs8, nonce, signature, message, prefix } = sm2Example;
    const digest = Buffer.from('f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640', 'hex');
    const { r, s } = signSm2Portable(pkcs8, digest, () => nonce);
    assert.equal(r.toString(16) + s.toString(16), toHex(derToRaw(signature, 32)));
    assert.equal(prefix.length + message.length, 46);
  });

  it('refuses keys of other curves and compressed points by name', async () => {
    const { publicKey } = await generateKey('ES256');
    assert.throws(() => check(publicKey, Uint8Array.of(1), sm2Example.signature), {
      code: 'algorithm-refused',
    });
    const compressed = joinBytes([
      sm2Example.spki.subarray(0, 24),
      Uint8Array.of(0x22, 0, 3),
      sm2Example.spki.subarray(27, 59),
    ]);
    compressed[1] = compressed.length - 2;
    assert.throws(() => check(compressed, Uint8Array.of(1), sm2Example.signature), {
      code: 'algorithm-refused',
    });
  });

  it('agrees between the engines, whole and in pieces', async () => {
    const { publicKey, pkcs8 } = await generateKey('SM2SM3');
    const privateKey = importPrivateKey(pkcs8);
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 500 }),
        fc.constantFrom(...engines),
        async (message, engine) => {
          useSm2Engine(engine);
          const signer = signatureEngine({ algorithm: 'SM2SM3', privateKey, publicKey, random });
          const half = message.length >> 1;
          async function* pieces(): AsyncGenerator<Uint8Array> {
            yield message.subarray(0, half);
            await Promise.resolve();
            yield message.subarray(half);
          }
          const made = [await signer.sign(message), await signer.signPieces(pieces())];
          for (const other of engines) {
            useSm2Engine(other);
            for (const signature of made) assert.ok(verifySm2(publicKey, key, message, signature), other);
          }
        },
      ),
      { numRuns: scale(30) },
    );
  });

  it('agrees with openssl both ways', async function () {
    const openssl = requireProgram(this, 'openssl');
    const folder = await mkdtemp(join(tmpdir(), 'yinxin-sm2-'));
    try {
      const at = (name: string): string => join(folder, name);
      const id = ['-sm3', '-sigopt', 'distid:1234567812345678'];
      const { publicKey, pkcs8 } = await generateKey('SM2SM3');
      const pem = (label: string, der: Uint8Array): string =>
        `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`;
      await writeFile(at('key.pem'), pem('PRIVATE KEY', pkcs8));
      await writeFile(at('public.pem'), pem('PUBLIC KEY', publicKey));
      const message = random(1000);
      await writeFile(at('message'), message);
      for (const engine of engines) {
        useSm2Engine(engine);
        const privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
        const { sign } = signatureEngine({ algorithm: 'SM2SM3', privateKey, publicKey, random });
        await writeFile(at('ours'), await sign(message));
        const verify = ['dgst', ...id, '-verify', at('public.pem'), '-signature', at('ours'), at('message')];
        assert.match(run(openssl, verify), /Verified OK/);
        run(openssl, ['dgst', ...id, '-sign', at('key.pem'), '-out', at('theirs'), at('message')]);
        const { readFile } = await import('node:fs/promises');
        assert.equal(check(publicKey, message, new Uint8Array(await readFile(at('theirs')))), true, engine);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
