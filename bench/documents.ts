// A document of 20 MB stored and read back, encrypted by either suite, beside the suite's digest over the same bytes in the same run.
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { MasterKey } from '../crypto/master-key.ts';
import { openDocumentFiles } from '../storage/documents-files.ts';
import { measure, ratesInTurn, watchingEventLoop, type Measure } from './measure.ts';

const megabyte = 1024 * 1024;
const size = 20;
const suites = [
  { digest: 'sha256', name: 'SHA-256', cipher: 'aes-256-gcm', words: 'AES-256-GCM' },
  { digest: 'sm3', name: 'SM3', cipher: 'sm4-ctr-hmac-sm3', words: 'SM4-CTR, HMAC-SM3' },
] as const;

export async function* measureDocuments(seconds: number, folder: string): AsyncGenerator<Measure> {
  const piece = randomBytes(megabyte);
  const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
  for (const { digest, name, cipher, words } of suites) {
    const masterKeys = [new MasterKey(random(32), digest)] as const;
    const documents = await openDocumentFiles(join(folder, digest), { masterKeys, random, cipher }, digest);
    const store = async (): Promise<void> => {
      const writer = await documents.create();
      for (let index = 0; index < size; index += 1) await writer.write(piece);
      const stored = await writer.commit();
      const handle = await documents.open(stored.digest);
      if (handle === null) throw new Error('A document just stored is not there.');
      for (let index = 0; index < size; index += 1)
        await handle.readInto(index * megabyte, new Uint8Array(megabyte));
      await handle.close();
    };
    const hash = (): undefined => {
      const whole = createHash(digest);
      for (let index = 0; index < size; index += 1) whole.update(piece);
      whole.digest();
      return undefined;
    };
    const label = `documents of ${size} MB, stored and read back, ${words}`;
    const [stored, hashed] = await ratesInTurn(
      seconds,
      seconds / 10,
      { operation: store, parallel: 1 },
      { operation: hash, parallel: 1 },
    );
    yield measure(label, stored * size, 'MB/s', `${name} of the same bytes`, hashed * size);
    yield (await watchingEventLoop(label, store)).standstill;
  }
}
