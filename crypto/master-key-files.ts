// The files of the master keys: the first one made with the installation, further ones by rotation, numbered.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RandomBytes } from './clock.ts';
import { createDurably } from './durable-file.ts';
import { CryptoError } from './errors.ts';
import type { KeyVault } from './key-vault.ts';
import { MasterKey } from './master-key.ts';
import type { MasterKeys } from './master-keys.ts';

const SIZE = 32;
/** More rotations than an installation sees; a folder is read whole. */
const HIGHEST = 9999;
const namePattern = /^master(?:-([2-9]|[1-9]\d{1,3}))?\.key\.json$/;

function nameOf(number: number): string {
  return number === 1 ? 'master.key.json' : `master-${number}.key.json`;
}

/** What a box is bound to: a file under another number does not open. The first has the name it had when it was alone. */
function whatOf(number: number): string {
  return number === 1 ? 'yinxin master key 1' : `yinxin master key 1|${number}`;
}

function damaged(cause?: unknown): CryptoError {
  return new CryptoError('key-damaged', 'The file of a master key is damaged: restore it from a backup.', {
    cause,
  });
}

/**
 * The master keys of a key folder. Small and seldom read, so it is read at once where a value names a key that is not
 * known yet: another node, or a command, may have made it a moment ago.
 */
export class MasterKeyFiles implements MasterKeys {
  readonly #folder: string;
  readonly #vault: KeyVault;
  readonly #random: RandomBytes;
  /** By number. */
  readonly #keys = new Map<number, MasterKey>();

  private constructor(folder: string, vault: KeyVault, random: RandomBytes) {
    this.#folder = folder;
    this.#vault = vault;
    this.#random = random;
  }

  /** Opens them, making the first where there is none. @throws CryptoError `key-damaged`, `key-store-unavailable` */
  static async open(folder: string, vault: KeyVault, random: RandomBytes): Promise<MasterKeyFiles> {
    const files = new MasterKeyFiles(folder, vault, random);
    files.refresh();
    if (!files.#keys.has(1)) await files.#make(1);
    return files;
  }

  get current(): MasterKey {
    return this.#numbered(Math.max(...this.#keys.keys()));
  }

  get first(): MasterKey {
    return this.#numbered(1);
  }

  /** How many there are. */
  get size(): number {
    return this.#keys.size;
  }

  find(id: string): MasterKey | null {
    const known = (): MasterKey | undefined => [...this.#keys.values()].find((key) => key.id === id);
    const found = known();
    if (found !== undefined) return found;
    this.refresh();
    return known() ?? null;
  }

  /** Reads keys that were added meanwhile. @throws CryptoError `key-damaged`, `key-store-unavailable` */
  refresh(): void {
    let names: readonly string[];
    try {
      names = readdirSync(this.#folder);
    } catch (error) {
      throw unavailable(error);
    }
    for (const name of names) {
      const match = namePattern.exec(name);
      if (match === null) continue;
      const number = Number(match[1] ?? 1);
      if (!this.#keys.has(number)) this.#keys.set(number, this.#read(number));
    }
  }

  /**
   * The same keys, the newest looked for each time it is asked for: one that another process made a moment ago counts. For
   * what is wrapped once and not looked at for long.
   * @throws CryptoError `key-damaged`, `key-store-unavailable`, of its `current`
   */
  upToDate(): MasterKeys {
    const newest = (): MasterKey => this.#newest();
    return {
      get current() {
        return newest();
      },
      first: this.first,
      find: (id) => this.find(id),
    };
  }

  /** Numbers follow each other: asking for one name is enough, however many keys the folder holds. */
  #newest(): MasterKey {
    for (;;) {
      const next = Math.max(...this.#keys.keys()) + 1;
      if (!existsSync(join(this.#folder, nameOf(next)))) return this.current;
      this.#keys.set(next, this.#read(next));
    }
  }

  /** Adds a key, durable when it resolves: it seals from now on. @throws CryptoError `key-store-unavailable` */
  async add(): Promise<MasterKey> {
    this.refresh();
    return this.#make(Math.max(...this.#keys.keys()) + 1);
  }

  #numbered(number: number): MasterKey {
    const key = this.#keys.get(number);
    if (key === undefined) throw damaged();
    return key;
  }

  async #make(number: number): Promise<MasterKey> {
    if (number > HIGHEST) throw new CryptoError('key-store-unavailable', 'There are too many master keys.');
    const { cipher } = this.#vault;
    const box = Buffer.from(this.#vault.seal(whatOf(number), this.#random(SIZE))).toString('base64url');
    const content = JSON.stringify({ format: 'yinxin-master-key', version: 1, cipher, box });
    try {
      await createDurably(join(this.#folder, nameOf(number)), `${content}\n`, this.#random);
    } catch (error) {
      throw unavailable(error);
    }
    // Another process may have been first: what lies there now is what everybody uses.
    const key = this.#read(number);
    this.#keys.set(number, key);
    return key;
  }

  #read(number: number): MasterKey {
    let text: string;
    try {
      text = readFileSync(join(this.#folder, nameOf(number)), 'utf8');
    } catch (error) {
      throw unavailable(error);
    }
    const box = /"box":"([A-Za-z0-9_-]+)"/.exec(text)?.[1];
    const secret = box === undefined ? null : this.#vault.open(whatOf(number), Buffer.from(box, 'base64url'));
    if (secret?.length !== SIZE) throw damaged();
    return new MasterKey(secret, this.#vault.cipher === 'sm4-ctr-hmac-sm3' ? 'sm3' : 'sha256');
  }
}

function unavailable(cause: unknown): CryptoError {
  return new CryptoError('key-store-unavailable', 'The master key cannot be read or made.', { cause });
}
