// Key files: encrypted, bound to their purpose, durable, private.
import assert from 'node:assert/strict';
import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CryptoError } from '../../crypto/errors.ts';
import { openKeyFiles, type KeyFiles } from '../../crypto/key-files.ts';
import { ensurePassphraseFile, readPassphraseFile } from '../../crypto/passphrase.ts';
import { verifySignature } from '../../crypto/verify-signature.ts';
import { requireProgram, run } from '../programs.ts';

function refusal(code: string): (error: unknown) => boolean {
  return (error) => error instanceof CryptoError && error.code === code;
}

describe('key files', () => {
  let folder: string;
  const passphrase = '口令 with spaces';
  const open = (phrase = passphrase): Promise<KeyFiles> =>
    openKeyFiles({ folder: join(folder, 'keys'), passphrase: phrase, random: randomBytes, cost: 1024 });
  const fileOf = (id: string): string => join(folder, 'keys', `${id.replace(':', '-')}.key.json`);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yinxin-test-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  for (const [algorithm, digest, curve] of [
    ['ES256', 'sha256', 'prime256v1'],
    ['ES384', 'sha384', 'secp384r1'],
  ] as const) {
    it(`makes ${algorithm} keys that sign after a restart`, async () => {
      const made = await (await open()).generate('seal', algorithm);
      const key = await (await open()).open(made.id, 'seal', [new Uint8Array([1])]);
      assert.deepEqual([key.id, key.purpose, key.algorithm], [made.id, 'seal', algorithm]);
      assert.deepEqual(key.chain, [new Uint8Array([1])]);
      const message = randomBytes(100);
      const signature = await key.sign(message);
      const publicKey = createPublicKey({ key: Buffer.from(key.publicKey), format: 'der', type: 'spki' });
      assert.equal(publicKey.asymmetricKeyDetails?.namedCurve, curve);
      assert.ok(verify(digest, message, publicKey, signature));
      assert.ok(!verify(digest, randomBytes(100), publicKey, signature));
    });
  }

  for (const algorithm of ['RS256', 'PS256', 'Ed25519', 'SM2SM3'] as const) {
    it(`makes ${algorithm} keys, in files of either cipher, whose signatures hold whole and in pieces`, async () => {
      for (const cipher of ['aes-256-gcm', 'sm4-ctr-hmac-sm3'] as const) {
        const options = { folder: join(folder, cipher), passphrase, random: randomBytes, cost: 1024 };
        const made = await (await openKeyFiles({ ...options, cipher })).generate('issuing-ca', algorithm);
        assert.match(made.id, algorithm === 'SM2SM3' ? /^sm3:/ : /^sha256:/);
        const key = await (await openKeyFiles(options)).open(made.id, 'issuing-ca', []);
        const message = randomBytes(3_000_000);
        async function* pieces(): AsyncGenerator<Uint8Array> {
          await Promise.resolve();
          for (let at = 0; at < message.length; at += 1_250_000) yield message.subarray(at, at + 1_250_000);
        }
        const { publicKey } = key;
        for (const signature of [await key.sign(message), await key.signPieces(pieces())]) {
          assert.ok(verifySignature({ algorithm, publicKey, message, signature }));
          assert.ok(!verifySignature({ algorithm, publicKey, message: randomBytes(9), signature }));
        }
        const text = await readFile(join(folder, cipher, `${made.id.replace(':', '-')}.key.json`), 'utf8');
        assert.equal((JSON.parse(text) as { readonly cipher: string }).cipher, cipher);
      }
    });
  }

  it('makes signatures that openssl accepts', async function () {
    const openssl = requireProgram(this, 'openssl');
    const keys = await open();
    const made = await keys.generate('timestamp', 'ES256');
    const key = await keys.open(made.id, 'timestamp', []);
    const [message, signature, publicKey] = ['message', 'signature', 'public'].map((name) =>
      join(folder, name),
    );
    assert.ok(message !== undefined && signature !== undefined && publicKey !== undefined);
    await writeFile(message, 'the message');
    await writeFile(signature, await key.sign(Buffer.from('the message')));
    await writeFile(publicKey, key.publicKey);
    run(openssl, [
      'dgst',
      '-sha256',
      '-keyform',
      'DER',
      '-verify',
      publicKey,
      '-signature',
      signature,
      message,
    ]);
  });

  it('keeps files of mode 0600 in a folder of mode 0700, without a private key in clear', async () => {
    const made = await (await open()).generate('seal', 'ES256');
    await (await open()).masterKeys();
    assert.equal((await stat(join(folder, 'keys'))).mode & 0o777, 0o700);
    const names = await readdir(join(folder, 'keys'));
    assert.deepEqual(
      names.sort(),
      [`${made.id.replace(':', '-')}.key.json`, 'master.key.json', 'vault.json'].sort(),
    );
    for (const name of names) {
      assert.equal((await stat(join(folder, 'keys', name))).mode & 0o777, 0o600);
      const text = await readFile(join(folder, 'keys', name), 'utf8');
      assert.ok(!text.includes('PRIVATE') && !text.includes(passphrase));
      // The PKCS#8 prefix of an EC key: version, id-ecPublicKey.
      const decoded = [...text.matchAll(/"([\w-]{40,})"/g)].map((match) =>
        Buffer.from(match[1] ?? '', 'base64url'),
      );
      assert.ok(
        decoded.every((bytes) => !bytes.includes(Buffer.from('020100301306072a8648ce3d0201', 'hex'))),
      );
    }
  });

  it('never shows the private half through the handle', async () => {
    const keys = await open();
    const key = await keys.open((await keys.generate('seal', 'ES256')).id, 'seal', []);
    assert.deepEqual(Object.keys(key).sort(), [
      'algorithm',
      'as',
      'chain',
      'id',
      'publicKey',
      'purpose',
      'sign',
      'signPieces',
    ]);
    assert.equal(Object.keys(keys).length, 0);
  });

  it('opens a key for its own purpose only', async () => {
    const made = await (await open()).generate('seal', 'ES256');
    await assert.rejects((await open()).open(made.id, 'issuing-ca', []), refusal('key-purpose'));
  });

  it('refuses a file whose purpose, algorithm, name or content was changed', async () => {
    const keys = await open();
    const made = await keys.generate('seal', 'ES256');
    const other = await keys.generate('seal', 'ES256');
    const text = await readFile(fileOf(made.id), 'utf8');
    const box = /"box":"([^"]+)"/.exec(text)?.[1] ?? '';
    const flipped = Buffer.from(box, 'base64url');
    flipped[40]! ^= 1;
    const changes: readonly (readonly [string, string])[] = [
      [text.replace('"seal"', '"issuing-ca"'), 'issuing-ca'],
      [text.replace('"ES256"', '"ES384"'), 'seal'],
      [text.replace(box, flipped.toString('base64url')), 'seal'],
      [text.replace(box, box.slice(0, 20)), 'seal'],
      [text.replace(box, ''), 'seal'],
      [text.slice(0, 50), 'seal'],
      ['', 'seal'],
      ['null', 'seal'],
      ['{}', 'seal'],
    ];
    for (const [content, purpose] of changes) {
      await writeFile(fileOf(made.id), content);
      await assert.rejects((await open()).open(made.id, purpose as 'seal', []), refusal('key-damaged'));
    }
    await copyFile(fileOf(other.id), fileOf(made.id));
    await assert.rejects((await open()).open(made.id, 'seal', []), refusal('key-damaged'));
    // Another public half beside the right box.
    const otherPublic = /"publicKey":"([^"]+)"/.exec(await readFile(fileOf(other.id), 'utf8'))?.[1] ?? '';
    await writeFile(fileOf(made.id), text.replace(/"publicKey":"[^"]+"/, `"publicKey":"${otherPublic}"`));
    await assert.rejects((await open()).open(made.id, 'seal', []), refusal('key-damaged'));
  });

  it('tells a wrong passphrase from a damaged vault', async () => {
    await open();
    await assert.rejects(open('wrong'), refusal('key-locked'));
    await assert.rejects(open(''), refusal('passphrase-invalid'));
    const path = join(folder, 'keys', 'vault.json');
    const text = await readFile(path, 'utf8');
    for (const content of [text.replace(/.$/m, ''), text.slice(0, 30), '', text.replace('1024', '2048')]) {
      await writeFile(path, content);
      await assert.rejects(open(), refusal('key-damaged'));
    }
  });

  it('knows no key that is not there, nor a name that is none', async () => {
    const keys = await open();
    for (const id of ['0'.repeat(64), '', '../vault', 'master']) {
      await assert.rejects(keys.open(id, 'seal', []), refusal('key-not-found'));
    }
  });

  it('makes one vault and one master key when several start at once', async () => {
    const opened = await Promise.all([open(), open(), open()]);
    const ids = await Promise.all(opened.map(async (keys) => (await keys.masterKeys()).first.id));
    assert.equal(new Set(ids).size, 1);
    const made = await opened[0].generate('seal', 'ES256');
    for (const keys of opened) assert.equal((await keys.open(made.id, 'seal', [])).id, made.id);
    assert.ok((await readdir(join(folder, 'keys'))).every((name) => !name.startsWith('.')));
  });

  it('says when the folder cannot be used', async () => {
    const options = {
      folder: join(import.meta.filename, 'keys'),
      passphrase,
      random: randomBytes,
      cost: 1024,
    };
    await assert.rejects(openKeyFiles(options), refusal('key-store-unavailable'));
  });

  it('makes a passphrase file once, mode 0600, and refuses one open to others', async () => {
    const path = join(folder, 'secret', 'passphrase');
    const first = await ensurePassphraseFile(path, randomBytes);
    const second = await ensurePassphraseFile(path, randomBytes);
    assert.deepEqual([first.created, second.created], [true, false]);
    assert.equal(first.passphrase, second.passphrase);
    assert.match(first.passphrase, /^[A-Za-z0-9_-]{43}$/);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await writeFile(join(folder, 'open'), 'x', { mode: 0o644 });
    await assert.rejects(readPassphraseFile(join(folder, 'open')), refusal('passphrase-invalid'));
    await writeFile(join(folder, 'empty'), '\n', { mode: 0o600 });
    await assert.rejects(readPassphraseFile(join(folder, 'empty')), refusal('passphrase-invalid'));
    await assert.rejects(readPassphraseFile(join(folder, 'absent')), refusal('passphrase-invalid'));
  });
});
