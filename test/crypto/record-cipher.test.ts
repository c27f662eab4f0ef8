// A data key per record: opens its own record only, under old and new master keys, and nothing once it is gone.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { CryptoError } from '../../crypto/errors.ts';
import { createFieldCipher } from '../../crypto/field-cipher.ts';
import { openKeyFiles } from '../../crypto/key-files.ts';
import { MasterKey } from '../../crypto/master-key.ts';
import { createRecordCipher } from '../../crypto/record-cipher.ts';
import { scale } from '../scale.ts';

const refusal =
  (...codes: readonly string[]) =>
  (error: unknown): boolean =>
    error instanceof CryptoError && codes.includes(error.code);

const place = { table: 'license', column: 'record', row: 'lic_1' };

for (const [name, digest] of [
  ['aes-256-gcm', 'sha256'],
  ['sm4-ctr-hmac-sm3', 'sm3'],
] as const)
  describe(`a record's cipher, ${name}`, () => {
    const older = new MasterKey(randomBytes(32), digest);
    const newer = new MasterKey(randomBytes(32), digest);
    const before = createRecordCipher({ masterKeys: [older], random: randomBytes, cipher: name });
    const after = createRecordCipher({ masterKeys: [newer, older], random: randomBytes, cipher: name });

    it('opens what it sealed, whatever the text, and names no master key in it', () => {
      const { cipher, wrapped } = before.makeRecordKey('lic_1');
      fc.assert(
        fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
          const sealed = cipher.seal(place, text);
          assert.match(sealed, new RegExp(`^${name}:record:[A-Za-z0-9_-]+$`));
          assert.equal(before.openRecordKey('lic_1', wrapped).open(place, sealed), text);
        }),
        { numRuns: scale(200) },
      );
    });

    it('is shorter than a value with a key of its own, by that wrapped key', () => {
      const { cipher } = before.makeRecordKey('lic_1');
      assert.ok(before.seal(place, 'x').length - cipher.seal(place, 'x').length > 60);
    });

    it('opens under no other record, name, place or master key', () => {
      const one = before.makeRecordKey('lic_1');
      const other = before.makeRecordKey('lic_2');
      const sealed = one.cipher.seal(place, '样本');
      assert.throws(() => other.cipher.open(place, sealed), refusal('ciphertext-damaged'));
      assert.throws(() => one.cipher.open({ ...place, row: 'lic_2' }, sealed), refusal('ciphertext-damaged'));
      assert.throws(
        () => one.cipher.open({ ...place, column: 'code' }, sealed),
        refusal('ciphertext-damaged'),
      );
      assert.throws(() => before.openRecordKey('lic_2', one.wrapped), refusal('ciphertext-damaged'));
      assert.throws(() => before.open(place, sealed), refusal('ciphertext-damaged'));
      const stranger = createRecordCipher({ masterKeys: [newer], random: randomBytes, cipher: name });
      assert.throws(() => stranger.openRecordKey('lic_1', one.wrapped), refusal('master-key-unknown'));
    });

    it('opens values of a time before there were record keys', () => {
      const old = createFieldCipher({ masterKeys: [older], random: randomBytes, cipher: name });
      const sealed = old.seal(place, '旧值');
      assert.equal(before.makeRecordKey('lic_1').cipher.open(place, sealed), '旧值');
      assert.equal(after.open(place, sealed), '旧值');
    });

    it('is rewrapped under the newest key without touching a value', () => {
      const { wrapped, cipher } = before.makeRecordKey('lic_1');
      const sealed = cipher.seal(place, 'value');
      const again = after.rewrapRecordKey('lic_1', wrapped);
      assert.ok(wrapped.includes(`:${older.id}:`) && again.includes(`:${newer.id}:`));
      assert.equal(after.openRecordKey('lic_1', again).open(place, sealed), 'value');
      assert.equal(after.openRecordKey('lic_1', wrapped).open(place, sealed), 'value');
      assert.throws(() => before.openRecordKey('lic_1', again), refusal('master-key-unknown'));
    });

    it('refuses every flipped bit, cut and other spelling of a wrapped key and of a value', () => {
      const { wrapped, cipher } = before.makeRecordKey('lic_1');
      const sealed = cipher.seal(place, 'v');
      for (const [text, open] of [
        [wrapped, (changed: string) => before.openRecordKey('lic_1', changed)],
        [sealed, (changed: string) => cipher.open(place, changed)],
      ] as const) {
        const start = text.lastIndexOf(':') + 1;
        for (let length = 0; length < text.length; length += 1)
          assert.throws(() => open(text.slice(0, length)), CryptoError);
        const bytes = Buffer.from(text.slice(start), 'base64url');
        for (let bit = 0; bit < bytes.length * 8; bit += 1) {
          const changed = Buffer.from(bytes);
          changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          assert.throws(() => open(text.slice(0, start) + changed.toString('base64url')), CryptoError);
        }
        for (const other of [`${text}=`, ` ${text}`, text.replace(':', '::'), text.toUpperCase()])
          assert.throws(() => open(other), CryptoError);
      }
      // A value is no key, and a key no value.
      assert.throws(() => before.openRecordKey('lic_1', sealed), CryptoError);
      assert.throws(() => cipher.open(place, wrapped), CryptoError);
    });
  });

describe('several master keys in one folder', () => {
  const open = async (folder: string) =>
    (await openKeyFiles({ folder, passphrase: 'master keys', random: randomBytes, cost: 1024 })).masterKeys();

  it('are added durably, 0600, the newest sealing, the first staying what keyed hashes hang on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'yinxin-test-'));
    try {
      const keys = await open(folder);
      const first = keys.current;
      const second = await keys.add();
      const third = await keys.add();
      assert.deepEqual([keys.current.id, keys.first.id, keys.size], [third.id, first.id, 3]);
      assert.equal(keys.find(second.id)?.id, second.id);
      assert.equal(keys.find('0123456789abcdef'), null);
      const again = await open(folder);
      assert.deepEqual([again.current.id, again.first.id], [third.id, first.id]);
      const names = (await readdir(folder)).filter((name) => name.startsWith('master')).sort();
      assert.deepEqual(names, ['master-2.key.json', 'master-3.key.json', 'master.key.json']);
      for (const name of names) assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('are seen by a process that opened them before, and two that add at once agree', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'yinxin-test-'));
    try {
      const one = await open(folder);
      const two = await open(folder);
      const added = await one.add();
      assert.equal(two.find(added.id)?.id, added.id);
      assert.equal(two.current.id, added.id);
      await Promise.all([one.add(), two.add()]);
      one.refresh();
      two.refresh();
      assert.equal(one.current.id, two.current.id);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('are refused where a file was changed, or put under another number', async () => {
    for (const spoil of [
      async (folder: string) =>
        writeFile(
          join(folder, 'master-2.key.json'),
          (await readFile(join(folder, 'master-2.key.json'), 'utf8')).replace(/"box":"./, '"box":"_'),
        ),
      (folder: string) => rename(join(folder, 'master-2.key.json'), join(folder, 'master-3.key.json')),
      (folder: string) => writeFile(join(folder, 'master-7.key.json'), 'not json'),
    ]) {
      const folder = await mkdtemp(join(tmpdir(), 'yinxin-test-'));
      try {
        await (await open(folder)).add();
        await spoil(folder);
        await assert.rejects(open(folder), refusal('key-damaged'));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }
  });
});
