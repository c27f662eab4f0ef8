// Revocation lists: one for each shard of an authority and one for all of it, full ones and deltas, made when asked for.
import type { DocumentHandle } from '../storage/documents.ts';
import { makeCrl, type CrlParts } from './crl-making.ts';
import { crlBytes, fullListUnderWay, newestCrl, type CrlKind, type StoredCrl } from './crl-store.ts';
import { CaError } from './errors.ts';
import type { Hierarchy } from './hierarchy.ts';
import type { Authority } from './parts.ts';
import { days } from './profile.ts';
import { countChanges, lastChange, WHOLE, type CrlScope } from './revocation-store.ts';

const HOUR = 3_600_000;

/** How long a list lives, and after how long a new one is made though nothing changed. */
const LIFE = {
  // Renewed by the officers, at half its life.
  root: { life: days(180) },
  full: { life: days(7), renewAfter: days(1) },
  delta: { life: HOUR, renewAfter: HOUR / 2 },
} as const;

/** A full list of up to so many entries is made anew at every change. */
const SMALL = 10_000;
/** A larger one when something changed and it is so old, or so much changed; until then its delta tells. */
const LARGE_RENEWED_AFTER = HOUR;
const DELTA_GROWS_TO = 10_000;
/** Beyond so many entries a delta is no longer made: the full list is, and waited for. */
const DELTA_LIMIT = 50_000;
/** For so long another node's large list is trusted to be under way. */
const PATIENCE = 10 * 60_000;
const ATTEMPTS = 8;
const READ_TOGETHER = 64;

/** A list as it is handed out. */
export interface PublishedCrl {
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** Bytes. */
  readonly size: number;
  /** The list, DER: at once, or for reading piece by piece where it is large; whoever opens it closes it. */
  open(): Promise<Uint8Array | DocumentHandle>;
}

export class CrlPublisher {
  readonly #parts: CrlParts;
  readonly #hierarchy: Pick<Hierarchy, 'authority'>;
  readonly #failed: (error: unknown) => void;
  readonly #publishing = new Map<string, Promise<StoredCrl>>();
  /** Lists read last, by authority and number: what a number names never changes. */
  readonly #read = new Map<string, Uint8Array>();

  /** @param failed - told of a large list that could not be made while the last one was handed out. */
  constructor(
    parts: CrlParts,
    hierarchy: Pick<Hierarchy, 'authority'>,
    failed: (error: unknown) => void = () => undefined,
  ) {
    this.#parts = parts;
    this.#hierarchy = hierarchy;
    this.#failed = failed;
  }

  /**
   * The full list of a shard, or of the whole authority: it names every change where it is small; where it is large, the
   * delta does. A root's is served as it is, since its key is offline.
   * @throws CaError `authority-not-found`, `self-check-failed`, `root-offline` (no root list that still holds);
   *   StorageError, CryptoError.
   */
  async full(name: string, shard: number = WHOLE): Promise<PublishedCrl> {
    const authority = this.#authority(name, shard);
    return this.#published(await this.#fullList(authority, scopeOf(authority, shard)));
  }

  /**
   * What changed since the full list was made; made anew where something changed since the last delta.
   * @throws as `full`; `authority-not-found` for a root, which has none.
   */
  async delta(name: string, shard: number = WHOLE): Promise<PublishedCrl> {
    const authority = this.#authority(name, shard);
    if (authority.kind === 'root')
      throw new CaError('authority-not-found', 'A root publishes full lists alone.');
    return this.#published(await this.#deltaList(authority, scopeOf(authority, shard)));
  }

  /** The bytes of a full list. @throws as `full`. */
  async currentCrl(name: string, shard: number = WHOLE): Promise<Uint8Array> {
    const opened = await (await this.full(name, shard)).open();
    if (opened instanceof Uint8Array) return opened;
    try {
      return await opened.read(0, opened.size);
    } finally {
      await opened.close();
    }
  }

  /**
   * Makes a new list of a root, whose store must be at hand: at the establishment of a hierarchy, after an issuing
   * authority was revoked, and before the last list grows old.
   * @throws CaError `authority-not-found` (no root), `root-offline`, `self-check-failed`; StorageError, CryptoError.
   */
  async publishRootCrl(name: string): Promise<PublishedCrl> {
    const authority = this.#authority(name, WHOLE);
    if (authority.kind !== 'root') throw new CaError('authority-not-found', 'There is no root of this name.');
    return this.#published(await this.#publish(authority, scopeOf(authority, WHOLE), 'full'));
  }

  #authority(name: string, shard: number): Authority {
    const authority = this.#hierarchy.authority(name);
    if (shard !== WHOLE && !(Number.isInteger(shard) && shard >= 0 && shard < authority.shards)) {
      throw new CaError('authority-not-found', 'The authority has no revocation list of this number.');
    }
    return authority;
  }

  async #fullList(authority: Authority, scope: CrlScope): Promise<StoredCrl> {
    const { reader } = this.#parts.database;
    const newest = await this.#newest(scope, 'full');
    const now = this.#parts.clock().getTime();
    if (newest === null || now >= newest.nextUpdate.getTime())
      return this.#publishOnce(authority, scope, 'full');
    if (authority.kind === 'root') return newest;
    const age = now - newest.thisUpdate.getTime();
    const changed = (await lastChange(reader, scope)) > newest.change;
    const grown = changed
      ? await countChanges(reader, scope, newest.change, Math.max(DELTA_GROWS_TO, SMALL) + 1)
      : 0;
    if (newest.entries + grown <= SMALL) {
      return changed || age >= LIFE.full.renewAfter ? this.#publishOnce(authority, scope, 'full') : newest;
    }
    const due =
      age >= LIFE.full.renewAfter || (changed && (age >= LARGE_RENEWED_AFTER || grown > DELTA_GROWS_TO));
    if (due) await this.#renewBehind(authority, scope, now);
    return newest;
  }

  /** Starts a large list and lets the caller have the present one. */
  async #renewBehind(authority: Authority, scope: CrlScope, now: number): Promise<void> {
    const since = new Date(now - PATIENCE);
    if (this.#publishing.has(keyOf(scope, 'full'))) return;
    if (await fullListUnderWay(this.#parts.database.reader, scope, since)) return;
    // This caller has a list that holds; after some patience the next one starts it again.
    this.#publishOnce(authority, scope, 'full').catch(this.#failed);
  }

  async #deltaList(authority: Authority, scope: CrlScope): Promise<StoredCrl> {
    const { reader } = this.#parts.database;
    let base = await this.#fullList(authority, scope);
    if ((await countChanges(reader, scope, base.change, DELTA_LIMIT + 1)) > DELTA_LIMIT) {
      base = await this.#publishOnce(authority, scope, 'full');
    }
    const newest = await this.#newest(scope, 'delta');
    const age = this.#parts.clock().getTime() - (newest?.thisUpdate.getTime() ?? 0);
    const holds =
      newest?.baseNumber === base.number &&
      age < LIFE.delta.renewAfter &&
      (await lastChange(reader, scope)) <= newest.change;
    return holds ? newest : this.#publishOnce(authority, scope, 'delta');
  }

  /** Null also where the list lies in a document store that this node does not see. */
  async #newest(scope: CrlScope, kind: CrlKind): Promise<StoredCrl | null> {
    const newest = await newestCrl(this.#parts.database.reader, scope, kind);
    if (newest === null || newest.document === null) return newest;
    const document = await this.#parts.documents.open(newest.document);
    await document?.close();
    return document === null ? null : newest;
  }

  /** Callers that arrive while a list is being made read again after it, since it may be behind what they saw. */
  async #publishOnce(authority: Authority, scope: CrlScope, kind: CrlKind): Promise<StoredCrl> {
    const key = keyOf(scope, kind);
    const running = this.#publishing.get(key);
    if (running !== undefined) {
      await running;
      return kind === 'full' ? this.#fullList(authority, scope) : this.#deltaList(authority, scope);
    }
    const publishing = this.#publish(authority, scope, kind).finally(() => this.#publishing.delete(key));
    this.#publishing.set(key, publishing);
    return publishing;
  }

  async #publish(authority: Authority, scope: CrlScope, kind: CrlKind): Promise<StoredCrl> {
    const life = LIFE[authority.kind === 'root' ? 'root' : kind].life;
    for (let left = ATTEMPTS; left > 0; left -= 1) {
      const base = kind === 'delta' ? await this.#newest(scope, 'full') : null;
      if (kind === 'delta' && base === null)
        throw new CaError('hierarchy-damaged', `The full list of ${scope.authority} is gone.`);
      const made = await makeCrl(this.#parts, authority, scope, base, life);
      if (made !== null) return made;
    }
    throw new CaError(
      'self-check-failed',
      'Other nodes overtook every attempt to publish a revocation list.',
    );
  }

  #published(list: StoredCrl): PublishedCrl {
    const { number, thisUpdate, nextUpdate, size } = list;
    return { number, thisUpdate, nextUpdate, size, open: () => this.#open(list) };
  }

  async #open({ authority, number, document }: StoredCrl): Promise<Uint8Array | DocumentHandle> {
    if (document !== null) {
      const handle = await this.#parts.documents.open(document);
      if (handle !== null) return handle;
      throw new CaError(
        'hierarchy-damaged',
        `The revocation list ${authority} ${number} is not in the store.`,
      );
    }
    const name = `${authority} ${number}`;
    const known = this.#read.get(name);
    if (known !== undefined) return known;
    const der = await crlBytes(this.#parts.database.reader, authority, number);
    if (der === null)
      throw new CaError('hierarchy-damaged', `The revocation list ${authority} ${number} has no content.`);
    const oldest = this.#read.keys().next();
    if (this.#read.size >= READ_TOGETHER && oldest.done !== true) this.#read.delete(oldest.value);
    this.#read.set(name, der);
    return der;
  }
}

function keyOf({ authority, shard }: CrlScope, kind: CrlKind): string {
  return `${kind} ${authority} ${shard}`;
}

/** A root has one list, whatever it is asked for by. */
function scopeOf({ name, kind }: Authority, shard: number): CrlScope {
  return { authority: name, shard: kind === 'root' ? 0 : shard };
}
