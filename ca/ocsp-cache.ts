// What the OCSP responder keeps: statuses read and answers made, dropped as soon as any node records a change.
import type { Clock } from '../crypto/clock.ts';
import type { OcspCertStatus } from '../formats/x509/ocsp.ts';
import type { Database } from '../storage/database.ts';
import { changedSerials, changesOfAll } from './revocation-store.ts';
import { newsOf } from './status-news.ts';

/** A change on another node shows after this many milliseconds at most. */
const ASKED_EVERY = 250;
/** Beyond so many changes at once everything is dropped. */
const DROPPED_SINGLY = 5_000;
const KEPT_ANSWERS = 20_000;
const KEPT_STATUSES = 50_000;

/** An answer made before, as long as nothing it says changed. */
export interface KeptAnswer {
  readonly authority: string;
  readonly serials: readonly string[];
  /** The responder key it is signed with. */
  readonly keyId: string;
  /** Milliseconds since 1970 after which a new one is made. */
  readonly useUntil: number;
  readonly der: Uint8Array;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly entityTag: string;
}

/** A map of bounded size: what was longest not used goes first. */
class Recent<V> {
  readonly #limit: number;
  readonly #values = new Map<string, V>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): V | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  set(key: string, value: V): void {
    this.#values.set(key, value);
    const oldest = this.#values.keys().next();
    if (this.#values.size > this.#limit && oldest.done !== true) this.#values.delete(oldest.value);
  }

  delete(key: string): void {
    this.#values.delete(key);
  }

  clear(): void {
    this.#values.clear();
  }

  dropWhere(unwanted: (value: V) => boolean): void {
    for (const [key, value] of this.#values) if (unwanted(value)) this.#values.delete(key);
  }
}

export class OcspCache {
  readonly #database: Database;
  readonly #clock: Clock;
  /** By the raw bytes of the request. */
  readonly #answers = new Recent<KeptAnswer>(KEPT_ANSWERS);
  /** By authority and serial. */
  readonly #statuses = new Recent<OcspCertStatus>(KEPT_STATUSES);
  /** The last change of each authority that was taken in. */
  readonly #seen = new Map<string, number>();
  #askedAt = -Infinity;
  #news = -1;
  #asking: Promise<void> | null = null;
  #epoch = 0;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Rises whenever something was dropped: what was read before is not kept after. */
  get epoch(): number {
    return this.#epoch;
  }

  /** To be awaited before anything kept is used; null where nothing needs to be asked now. */
  settled(): Promise<void> | null {
    const since = this.#clock().getTime() - this.#askedAt;
    if (since >= 0 && since < ASKED_EVERY && this.#news === newsOf(this.#database)) return null;
    this.#asking ??= this.#ask().finally(() => (this.#asking = null));
    return this.#asking;
  }

  answer(request: string): KeptAnswer | undefined {
    return this.#answers.get(request);
  }

  status(authority: string, serial: string): OcspCertStatus | undefined {
    return this.#statuses.get(`${authority} ${serial}`);
  }

  /** @param epoch - as it was before the database was read. */
  keepAnswer(request: string, answer: KeptAnswer, epoch: number): void {
    if (epoch === this.#epoch) this.#answers.set(request, answer);
  }

  /** @param epoch - as it was before the database was read. */
  keepStatus(authority: string, serial: string, status: OcspCertStatus, epoch: number): void {
    if (epoch === this.#epoch) this.#statuses.set(`${authority} ${serial}`, status);
  }

  async #ask(): Promise<void> {
    const news = newsOf(this.#database);
    const at = this.#clock().getTime();
    const changes = await changesOfAll(this.#database.reader);
    for (const [authority, latest] of changes) {
      const seen = this.#seen.get(authority);
      if (seen !== undefined && latest > seen) await this.#drop(authority, seen);
      this.#seen.set(authority, latest);
    }
    this.#news = news;
    this.#askedAt = at;
  }

  async #drop(authority: string, seen: number): Promise<void> {
    const serials = await changedSerials(this.#database.reader, authority, seen, DROPPED_SINGLY + 1);
    this.#epoch += 1;
    if (serials.length > DROPPED_SINGLY) {
      this.#statuses.clear();
      this.#answers.dropWhere((answer) => answer.authority === authority);
      return;
    }
    const changed = new Set(serials);
    for (const serial of serials) this.#statuses.delete(`${authority} ${serial}`);
    this.#answers.dropWhere((answer) => answer.serials.some((serial) => changed.has(serial)));
  }
}
