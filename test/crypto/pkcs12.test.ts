// PKCS #12: openssl and certtool read ours, we read openssl's, and files that would cost too much are refused at once.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPublicKey, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pkcs12Key, pkcs12KeySync, PKCS12_KEY_ID } from '../../crypto/pkcs12-kdf.ts';
import { openLegacyPkcs12 } from '../../crypto/pkcs12-legacy.ts';
import { makePkcs12, openPkcs12, type Pkcs12Input } from '../../crypto/pkcs12.ts';
import { CryptoError } from '../../crypto/errors.ts';
import { fromHex, joinBytes, sameBytes, toHex } from '../../formats/bytes.ts';
import { FormatError } from '../../formats/errors.ts';
import { parseAuthenticatedSafe, parsePfx } from '../../formats/pkcs12/pfx.ts';
import { readDer } from '../../formats/x509/der.ts';
import { integer, sequence, tagged } from '../../formats/x509/der-writer.ts';
import { requireProgram, run } from '../programs.ts';
import { scale } from '../scale.ts';
import { pem } from '../ca/district.ts';
import { ALGORITHMS, certified, type Certified } from './certified.ts';

const PASSWORD = '口令：河北区 §8 🔑';
const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

let folder = '';
let root: Certified;
let holder: Certified;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yinxin-p12-'));
  root = await certified('ES256', '印信测试根', { ca: true });
  holder = await certified('ES256', '张三', { issuer: root });
});
after(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** A quick file: the counts are what one test below looks at. */
function quick(of: Certified, more: Partial<Pkcs12Input> = {}): Promise<Uint8Array> {
  return makePkcs12({
    privateKey: of.pkcs8,
    chain: of.chain,
    friendlyName: '张三 签名',
    password: PASSWORD,
    random,
    iterations: 1000,
    ...more,
  });
}

function refuses(code: string): (error: unknown) => boolean {
  return (error) => (error instanceof CryptoError || error instanceof FormatError) && error.code === code;
}

/** A file of openssl's with `of`'s key and chain. */
async function opensslFile(openssl: string, of: Certified, extra: readonly string[]): Promise<Uint8Array> {
  const key = await file('in.key', pem('PRIVATE KEY', of.pkcs8));
  const certificate = await file('in.pem', pem('CERTIFICATE', of.certificate));
  const above = await file(
    'above.pem',
    of.chain
      .slice(1)
      .map((der) => pem('CERTIFICATE', der))
      .join(''),
  );
  const password = await file('password', PASSWORD);
  const out = join(folder, 'theirs.p12');
  const args = ['pkcs12', '-export', '-inkey', key, '-in', certificate, '-certfile', above, '-out', out];
  const result = spawnSync(openssl, [...args, '-name', '他人的', '-passout', `file:${password}`, ...extra], {
    encoding: 'utf8',
  });
  assert.equal(result.status, 0, result.stderr);
  return new Uint8Array(await readFile(out));
}

describe('PKCS #12 of ours', () => {
  for (const algorithm of ALGORITHMS) {
    it(`with a key for ${algorithm} is read by openssl, and by ourselves`, async function () {
      const openssl = requireProgram(this, 'openssl');
      const of = await certified(algorithm, '张三', { issuer: root });
      const path = await file('ours.p12', await quick(of));
      const password = await file('password', PASSWORD);
      const read = run(openssl, ['pkcs12', '-in', path, '-passin', `file:${password}`, '-nodes']);
      const key = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/.exec(read)?.[0] ?? '';
      const publicKey = createPublicKey({ key, format: 'pem' }).export({ format: 'der', type: 'spki' });
      assert.ok(publicKey.equals(of.publicKey));
      const certificates = read.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g);
      assert.deepEqual(
        certificates,
        of.chain.map((der) => pem('CERTIFICATE', der)),
      );
      const opened = await openPkcs12(new Uint8Array(await readFile(path)), PASSWORD);
      assert.deepEqual(opened.publicKey, of.publicKey);
      assert.deepEqual(opened.chain, of.chain);
      assert.equal(opened.friendlyName, '张三 签名');
      assert.ok(sameBytes(opened.privateKey, of.pkcs8));
    });
  }

  it('is stretched 600 000 times at every place, encrypted with AES-256, and read by certtool', async function () {
    const openssl = requireProgram(this, 'openssl');
    const certtool = requireProgram(this, 'certtool');
    const { pkcs8: privateKey, chain } = holder;
    let longest = 0;
    let last = performance.now();
    const watch = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    const der = await makePkcs12({ privateKey, chain, friendlyName: '张三', password: PASSWORD, random });
    clearInterval(watch);
    assert.ok(longest < 200, `the event loop waited ${longest} ms`);
    const path = await file('full.p12', der);
    const password = await file('password', PASSWORD);
    const args = ['pkcs12', '-info', '-noout', '-in', path, '-passin', `file:${password}`];
    const { status, stderr } = spawnSync(openssl, args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /MAC: sha256, Iteration 600000/);
    const schemes = stderr.match(/PBES2, PBKDF2, AES-256-CBC, Iteration 600000, PRF hmacWithSHA256/g);
    assert.equal(schemes?.length, 2, stderr);
    const info = run(certtool, ['--p12-info', '--inder', '--infile', path, '--password', PASSWORD]);
    assert.match(info, /BEGIN CERTIFICATE/);
    assert.match(info, /Iteration count: 600000/);
    assert.doesNotMatch(info, /error/);
    assert.deepEqual((await openPkcs12(der, PASSWORD)).chain, chain);
  });

  it('is DER, has fresh salts, and orders the chain whatever the order it was given', async () => {
    const [first, second] = [await quick(holder), await quick(holder, { chain: holder.chain.toReversed() })];
    assert.notDeepEqual(first, second);
    assert.deepEqual((await openPkcs12(second, PASSWORD)).chain, holder.chain);
    const { mac } = parsePfx(first);
    assert.notDeepEqual(mac.salt, parsePfx(second).mac.salt);
    requireDer(first);
  });

  it('comes back for any password and name', async () => {
    const text = fc.string({ unit: 'grapheme', minLength: 8, maxLength: 40 });
    const wellFormed = text.filter(
      (each) => each.isWellFormed() && Array.from(each.normalize('NFC')).length >= 8,
    );
    await fc.assert(
      fc.asyncProperty(
        wellFormed,
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
        async (password, name) => {
          const der = await quick(holder, { password, friendlyName: name, iterations: 1 });
          const opened = await openPkcs12(der, password.normalize('NFD'));
          assert.equal(opened.friendlyName, name);
          await assert.rejects(openPkcs12(der, `${password}x`), refuses('pkcs12-password'));
        },
      ),
      { numRuns: scale(25) },
    );
  });

  it('is refused to be made with a short password, a foreign certificate or an unsound key', async () => {
    await assert.rejects(quick(holder, { password: '七个字口令啊' }), refuses('passphrase-invalid'));
    await assert.rejects(quick(holder, { password: 'x'.repeat(2000) }), refuses('passphrase-invalid'));
    await assert.rejects(quick(holder, { chain: root.chain }), refuses('pkcs12-unsupported'));
    await assert.rejects(quick(holder, { chain: [] }), refuses('pkcs12-unsupported'));
    await assert.rejects(quick(holder, { privateKey: random(50) }), refuses('pkcs12-unsupported'));
    await assert.rejects(quick(holder, { friendlyName: '长'.repeat(300) }), refuses('pkcs12-unsupported'));
  });
});

/** Every layer is DER, SETs sorted: the strict reader alone takes it. */
function requireDer(der: Uint8Array): void {
  const strict = { maxBytes: 100_000, maxDepth: 20 };
  const { authenticatedSafe } = parsePfx(der);
  for (const layer of [der, authenticatedSafe]) {
    readDer(layer, strict, 'pkcs12-malformed', (reader) => reader.element());
  }
  const plain = parseAuthenticatedSafe(authenticatedSafe).find(({ kind }) => kind === 'plain');
  assert.ok(plain?.kind === 'plain');
  readDer(plain.contents, strict, 'pkcs12-malformed', (reader) => reader.element());
}

describe('PKCS #12 of openssl', () => {
  for (const algorithm of ALGORITHMS) {
    it(`with a key for ${algorithm} is read`, async function () {
      const openssl = requireProgram(this, 'openssl');
      const of = await certified(algorithm, '李四', { issuer: root });
      const opened = await openPkcs12(await opensslFile(openssl, of, []), PASSWORD);
      assert.deepEqual(opened.publicKey, of.publicKey);
      assert.deepEqual(opened.chain, of.chain);
      assert.equal(opened.friendlyName, '他人的');
    });
  }

  it('is read with the key in clear, other ciphers and digests, and refused without a MAC', async function () {
    const openssl = requireProgram(this, 'openssl');
    for (const extra of [
      ['-keypbe', 'NONE'],
      ['-certpbe', 'NONE'],
      ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-192-CBC', '-macalg', 'sha512'],
      ['-macalg', 'sha1', '-iter', '1'],
    ]) {
      const opened = await openPkcs12(await opensslFile(openssl, holder, extra), PASSWORD);
      assert.deepEqual(opened.chain, holder.chain, extra.join(' '));
    }
    const bare = await opensslFile(openssl, holder, ['-nomac']);
    await assert.rejects(openPkcs12(bare, PASSWORD), refuses('pkcs12-malformed'));
    for (const extra of [
      ['-keypbe', 'SM4-CBC'],
      ['-macalg', 'sm3'],
    ]) {
      const other = await opensslFile(openssl, holder, extra);
      await assert.rejects(openPkcs12(other, PASSWORD), refuses('pkcs12-unsupported'), extra.join(' '));
    }
  });

  it('of old encryption is opened on its own thread only, whatever the key', async function () {
    const openssl = requireProgram(this, 'openssl');
    for (const extra of [
      ['-legacy'],
      ['-legacy', '-keypbe', 'PBE-SHA1-2DES', '-certpbe', 'PBE-SHA1-RC2-128'],
      ['-legacy', '-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'AES-256-CBC'],
    ]) {
      for (const of of [holder, await certified('RS256', '王五', { issuer: root })]) {
        const old = await opensslFile(openssl, of, extra);
        await assert.rejects(openPkcs12(old, PASSWORD), refuses('pkcs12-legacy'));
        const opened = await openLegacyPkcs12(old, PASSWORD);
        assert.deepEqual(opened.publicKey, of.publicKey);
        assert.deepEqual(opened.chain, of.chain);
        assert.equal(opened.friendlyName, '他人的');
        await assert.rejects(openLegacyPkcs12(old, `${PASSWORD}x`), refuses('pkcs12-password'));
        await assert.rejects(openLegacyPkcs12(old.subarray(1), PASSWORD), FormatError);
      }
    }
    const rc4 = await opensslFile(openssl, holder, ['-legacy', '-certpbe', 'PBE-SHA1-RC4-128']);
    await assert.rejects(openLegacyPkcs12(rc4, PASSWORD), refuses('pkcs12-unsupported'));
  });
});

describe('PKCS #12 that is hostile', () => {
  /** The file with the bytes of one INTEGER put in another's place; lengths follow where they must. */
  function withIterations(der: Uint8Array, from: string, to: string, nth: number): Uint8Array {
    const hex = toHex(der);
    let at = -1;
    for (let left = nth; left >= 0; left -= 1) at = hex.indexOf(from, at + 1);
    assert.ok(at > 0);
    return fromHex(hex.slice(0, at) + to + hex.slice(at + from.length));
  }

  it('asks for too many rounds and is refused at once, at any of its three places', async () => {
    const der = await quick(holder, { iterations: 0x010001 });
    const started = performance.now();
    for (const nth of [0, 1, 2]) {
      const hostile = withIterations(der, '0203010001', '02037fffff', nth);
      await assert.rejects(openPkcs12(hostile, PASSWORD), refuses('pkcs12-limit'));
    }
    await assert.rejects(
      openPkcs12(withMacIterations(der, 1_000_000_000), PASSWORD),
      refuses('pkcs12-limit'),
    );
    await assert.rejects(openPkcs12(withMacIterations(der, 2 ** 40), PASSWORD), refuses('pkcs12-malformed'));
    await assert.rejects(openPkcs12(withMacIterations(der, 0), PASSWORD), refuses('pkcs12-malformed'));
    // Two parts of 0x1fffff rounds each are too many together, though neither is alone.
    const both = withIterations(
      withIterations(der, '0203010001', '02031fffff', 0),
      '0203010001',
      '02031fffff',
      0,
    );
    await assert.rejects(openPkcs12(both, PASSWORD), refuses('pkcs12-limit'));
    assert.ok(performance.now() - started < 500);
  });

  /** The file with another count in its MacData, the last of its members. */
  function withMacIterations(der: Uint8Array, count: number): Uint8Array {
    return readDer(der, { maxBytes: 100_000, maxDepth: 20 }, 'pkcs12-malformed', (top) =>
      top.sequence((fields) => {
        const [version, safe] = [fields.element().bytes, fields.element().bytes];
        const mac = fields.sequence((data) => [
          data.element().bytes,
          data.element().bytes,
          data.element().bytes,
        ]);
        return sequence(version, safe, sequence(mac[0]!, mac[1]!, integer(count)));
      }),
    );
  }

  it('has a wrong MAC, is cut, or is changed anywhere', async () => {
    const der = await quick(holder, { iterations: 1 });
    await fc.assert(
      fc.asyncProperty(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const damaged = der.with(at, (der[at] ?? 0) ^ change);
        const opened = await openPkcs12(damaged, PASSWORD).catch((error: unknown) => {
          assert.ok(error instanceof CryptoError || error instanceof FormatError, String(error));
          return null;
        });
        // What no MAC covers is the shell: it may change its form, never what comes out.
        if (opened !== null) assert.deepEqual(opened.chain, holder.chain);
        await assert.rejects(openPkcs12(der.subarray(0, at), PASSWORD));
      }),
      { numRuns: scale(300) },
    );
  });

  it('is too large, or has more after it', async () => {
    const large = tagged(0x30, new Uint8Array(1_000_001));
    await assert.rejects(openPkcs12(large, PASSWORD), refuses('pkcs12-limit'));
    await assert.rejects(openLegacyPkcs12(large, PASSWORD), refuses('pkcs12-limit'));
    const der = await quick(holder, { iterations: 1 });
    await assert.rejects(openPkcs12(joinBytes([der, Uint8Array.of(0)]), PASSWORD), refuses('trailing-bytes'));
    const manyValues = tagged(
      0x30,
      new Uint8Array(900_000).map((_, at) => (at % 2 === 0 ? 5 : 0)),
    );
    await assert.rejects(openPkcs12(manyValues, PASSWORD), FormatError);
  });

  it('takes an old-encryption thread longer than it is given', async function () {
    const openssl = requireProgram(this, 'openssl');
    const old = await opensslFile(openssl, holder, ['-legacy', '-iter', '900000']);
    await assert.rejects(openLegacyPkcs12(old, PASSWORD, 50), refuses('pkcs12-limit'));
    // The thread that was stopped keeps nobody waiting.
    const next = await opensslFile(openssl, holder, ['-legacy']);
    assert.deepEqual((await openLegacyPkcs12(next, PASSWORD)).chain, holder.chain);
  });

  it('is written in BER, and read all the same', async () => {
    const der = await quick(holder, { iterations: 1 });
    const length = der[1]! < 0x80 ? 2 : 2 + (der[1]! & 0x7f);
    const indefinite = joinBytes([Uint8Array.of(0x30, 0x80), der.subarray(length), Uint8Array.of(0, 0)]);
    assert.deepEqual((await openPkcs12(indefinite, PASSWORD)).chain, holder.chain);
    const padded = joinBytes([
      Uint8Array.of(0x30, 0x84, 0, 0, ...lengthOctets(der.length - length)),
      der.subarray(length),
    ]);
    assert.deepEqual((await openPkcs12(padded, PASSWORD)).chain, holder.chain);
    const deep = joinBytes([
      ...Array.from({ length: 5000 }, () => Uint8Array.of(0x30, 0x80)),
      new Uint8Array(10_000),
    ]);
    await assert.rejects(openPkcs12(deep, PASSWORD), refuses('der-too-deep'));
  });
});

function lengthOctets(length: number): readonly number[] {
  return [length >> 8, length & 0xff];
}

describe('key derivation of PKCS #12', () => {
  it('gives the values of a known example', () => {
    // RFC 7292 has none; these are the widely used ones of the Java and Bouncy Castle test suites.
    const derive = (
      id: 1 | 2 | 3,
      salt: string,
      iterations: number,
      size: number,
      password: string,
    ): string =>
      toHex(pkcs12KeySync({ digest: 'sha1', id, salt: fromHex(salt), iterations, size, password }));
    assert.equal(PKCS12_KEY_ID.encryption, 1);
    assert.equal(
      derive(1, '0a58cf64530d823f', 1, 24, 'smeg'),
      '8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3',
    );
    assert.equal(derive(2, '0a58cf64530d823f', 1, 8, 'smeg'), '79993dfe048d3b76');
    assert.equal(
      derive(1, '05dec959acff72f7', 1000, 24, 'queeg'),
      'ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4',
    );
    assert.equal(derive(2, '05dec959acff72f7', 1000, 8, 'queeg'), '11dedad7758d4860');
    assert.equal(
      derive(3, '263216fcc2fab31c', 1000, 20, 'queeg'),
      '5ec4c7a80df652294c3925b6489a7ab857c83476',
    );
  });

  it('gives the same on another thread, for many who ask together', async () => {
    const order = {
      digest: 'sha256',
      id: 3,
      salt: Uint8Array.of(1, 2, 3),
      size: 32,
      password: PASSWORD,
    } as const;
    const counts = [1, 9999, 10_001, 20_000, 30_000, 40_000, 50_000];
    assert.deepEqual(
      (await Promise.all(counts.map((iterations) => pkcs12Key({ ...order, iterations })))).map(toHex),
      counts.map((iterations) => toHex(pkcs12KeySync({ ...order, iterations }))),
    );
  });
});
