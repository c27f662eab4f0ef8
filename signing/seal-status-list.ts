// The public status list of seals: every seal's number, seal objects and states over time, signed; states, never the seals.
import type { Clock } from '../crypto/clock.ts';
import type { SigningKey } from '../crypto/signing-key.ts';
import type { Database, Reader } from '../storage/database.ts';
import { jwsAlgorithm, readJws, signJws } from '../verification/jws.ts';
import type { SealStatus, SealState as ListedState } from '../verification/seal-status.ts';
import { nodeSignatureVerifier } from '../verification/signature-verifier-node.ts';
import { SigningError } from './errors.ts';

/** A seal as the list tells of it. Owners' and seals' names are public as the seals are. */
export interface ListedSeal {
  /** esID. */
  readonly code: string;
  readonly name: string;
  readonly type: string;
  readonly owner: string;
  readonly ownerName: string;
  readonly state: ListedState;
  readonly since: string;
  readonly validFrom: string;
  readonly validUntil: string;
  /** `sm3:` digests of every SESeal that was made for it, oldest first. */
  readonly objects: readonly string[];
  readonly changes: readonly { readonly state: ListedState; readonly since: string }[];
}

/** An edition of the list. */
export interface SealStatusList {
  /** Compact JWS of type `seal-status-list+jwt`. */
  readonly jws: string;
  readonly issuedAt: Date;
  /** Nobody holds it for current after this. */
  readonly expiresAt: Date;
  /** Changes with the content, so that caches can ask whether theirs is the newest. */
  readonly entityTag: string;
  readonly seals: ReadonlyMap<string, ListedSeal>;
}

const listType = 'seal-status-list+jwt';
/** For readers without a connection; those with one ask again each time. */
const life = 24 * 3_600_000;
/** Signed anew when less than this is left. */
const margin = 12 * 3_600_000;
const mostSeals = 100_000;
const largestList = 64 << 20;

/** What waits for its filing is not public yet. */
function listedState(state: string): ListedState | null {
  return state === 'valid' || state === 'frozen' || state === 'lost' || state === 'cancelled' ? state : null;
}

/** The whole content as the database has it now: two queries and one more for the objects, whatever their number. */
async function contentOf(db: Reader): Promise<readonly ListedSeal[]> {
  const [rows, changes, editions] = await Promise.all([
    db
      .selectFrom('seal')
      .select([
        'id',
        'code',
        'name',
        'type_code',
        'department',
        'department_name',
        'valid_from',
        'valid_until',
      ])
      .where('state', 'in', ['valid', 'frozen', 'lost', 'cancelled'])
      .orderBy('code')
      .limit(mostSeals)
      .execute(),
    db.selectFrom('seal_state_change').select(['seal_id', 'state', 'since']).orderBy('number').execute(),
    db.selectFrom('seal_edition').select(['seal_id', 'eseal_digest']).orderBy('edition').execute(),
  ]);
  const statesOf = grouped(changes);
  const objectsOf = grouped(editions);
  return rows.flatMap((row): ListedSeal[] => {
    const states = (statesOf.get(row.id) ?? []).flatMap(({ state, since }) => {
      const listed = listedState(state);
      return listed === null ? [] : [{ state: listed, since }];
    });
    const last = states.at(-1);
    // One that was cancelled before it was ever filed was never public.
    if (last === undefined || states.every(({ state }) => state === 'cancelled')) return [];
    return [
      {
        code: row.code,
        name: row.name,
        type: row.type_code,
        owner: row.department,
        ownerName: row.department_name,
        state: last.state,
        since: last.since,
        validFrom: row.valid_from,
        validUntil: row.valid_until,
        objects: (objectsOf.get(row.id) ?? []).flatMap(({ eseal_digest }) => eseal_digest ?? []),
        changes: states,
      },
    ];
  });
}

function grouped<T extends { readonly seal_id: string }>(
  rows: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(row.seal_id);
    if (group === undefined) groups.set(row.seal_id, [row]);
    else group.push(row);
  }
  return groups;
}

/** What publishing needs. */
export interface StatusListParts {
  readonly database: Pick<Database, 'reader'>;
  readonly clock: Clock;
  /** The key for status lists, now. */
  readonly key: () => SigningKey;
  /** Who publishes: `https://…`. */
  readonly issuer: string;
}

/** Publishes the list: signed anew where something changed or the last edition grows old; the same edition otherwise. */
export class SealStatusPublisher {
  readonly #parts: StatusListParts;
  #last: SealStatusList | null = null;
  #mark = '';
  #running: Promise<SealStatusList> | null = null;

  constructor(parts: StatusListParts) {
    this.#parts = parts;
  }

  /** A change shows in the very next answer. Calls at once are one. */
  current(): Promise<SealStatusList> {
    return (this.#running ??= this.#refresh().finally(() => (this.#running = null)));
  }

  async #refresh(): Promise<SealStatusList> {
    const { database, clock } = this.#parts;
    const mark = await markOf(database.reader);
    const last = this.#last;
    const now = clock();
    if (last !== null && mark === this.#mark && last.expiresAt.getTime() - now.getTime() > margin)
      return last;
    const made = await this.#publish(now);
    this.#last = made;
    this.#mark = mark;
    return made;
  }

  async #publish(now: Date): Promise<SealStatusList> {
    const key = this.#parts.key();
    const algorithm = jwsAlgorithm(key.algorithm);
    const [certificate] = key.chain;
    if (algorithm === null || certificate === undefined)
      throw new SigningError(
        'self-check-failed',
        'The key of the status list has no certificate, or signs no JWS.',
      );
    const seals = await contentOf(this.#parts.database.reader);
    const issuedAt = new Date(Math.floor(now.getTime() / 1000) * 1000);
    const expiresAt = new Date(issuedAt.getTime() + life);
    const payload = {
      iss: this.#parts.issuer,
      iat: issuedAt.getTime() / 1000,
      exp: expiresAt.getTime() / 1000,
      seals,
    };
    const jws = await signJws(listType, payload, {
      algorithm,
      certificate,
      keyId: key.id,
      sign: (message) => key.sign(message),
    });
    return {
      jws,
      issuedAt,
      expiresAt,
      entityTag: `"${jws.slice(-43)}"`,
      seals: new Map(seals.map((seal) => [seal.code, seal])),
    };
  }
}

/** Changes whenever the content can have changed. */
async function markOf(db: Reader): Promise<string> {
  const [states, editions] = await Promise.all([
    db
      .selectFrom('seal_state_change')
      .select((e) => [e.fn.countAll<number>().as('count'), e.fn.max('since').as('last')])
      .executeTakeFirstOrThrow(),
    db
      .selectFrom('seal_edition')
      .select((e) => [e.fn.countAll<number>().as('count'), e.fn.max('made_at').as('last')])
      .executeTakeFirstOrThrow(),
  ]);
  return [states.count, states.last, editions.count, editions.last].join(' ');
}

/**
 * Reads a list as a relying party: verified with the publisher's keys, and not out of date.
 * @param keys SubjectPublicKeyInfo DER
 * @returns null for what none of them signed, is malformed, or has expired
 */
export async function readSealStatusList(
  jws: string,
  keys: readonly Uint8Array[],
  now: Date,
): Promise<{ readonly issuedAt: Date; readonly seals: ReadonlyMap<string, ListedSeal> } | null> {
  const read = await readJws(jws, listType, keys, nodeSignatureVerifier, largestList);
  if (read.outcome !== 'verified') return null;
  const { iat, exp, seals } = read.payload;
  if (typeof iat !== 'number' || typeof exp !== 'number' || !Array.isArray(seals)) return null;
  if (exp * 1000 <= now.getTime()) return null;
  const listed = seals as readonly ListedSeal[];
  return { issuedAt: new Date(iat * 1000), seals: new Map(listed.map((seal) => [seal.code, seal])) };
}

/** What verification is told of a seal object; null for one that is not of this register. @param digest `sm3:` and hex */
export function statusOfObject(
  list: Pick<SealStatusList, 'seals'>,
  code: string,
  digest: string,
  asOf: Date,
): SealStatus | null {
  const seal = list.seals.get(code);
  if (seal?.objects.includes(digest) !== true) return null;
  return {
    asOf,
    // Times in seals have whole seconds: a use in the second in which a seal became valid was after it.
    changes: seal.changes.map(({ state, since }) => ({
      state,
      since: new Date(state === 'valid' ? Math.floor(Date.parse(since) / 1000) * 1000 : Date.parse(since)),
    })),
  };
}
