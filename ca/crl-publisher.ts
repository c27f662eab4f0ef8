// Full revocation lists, one per authority: numbers rise strictly, each list is kept, none is behind a revocation.
import { encodeSignatureAlgorithm } from '../formats/x509/algorithm.ts';
import { fromBase64, fromHex, toBase64 } from '../formats/bytes.ts';
import { encodeSigned } from '../formats/x509/certificate.ts';
import { encodeTbsCrl } from '../formats/x509/crl.ts';
import type { Writer } from '../storage/database.ts';
import { isUniqueViolation } from '../storage/errors.ts';
import { signChecked } from './checked-signing.ts';
import { CaError } from './errors.ts';
import type { Hierarchy } from './hierarchy.ts';
import type { Authority, CaParts } from './parts.ts';
import { days, type AuthorityName } from './profile.ts';
import { revokedOf } from './store.ts';

/** Days a list lives, and after how many a new one is made though nothing changed. */
const LIFE: Readonly<Record<'root' | 'issuing', { readonly days: number; readonly renewAfter: number }>> = {
  root: { days: 180, renewAfter: 90 },
  issuing: { days: 7, renewAfter: 1 },
};
const ATTEMPTS = 5;

function lifeOf(name: AuthorityName): { readonly days: number; readonly renewAfter: number } {
  return name === 'root' ? LIFE.root : LIFE.issuing;
}

export class CrlPublisher {
  readonly #parts: CaParts;
  readonly #hierarchy: Hierarchy;
  readonly #publishing = new Map<string, Promise<Uint8Array>>();
  /** The list of each authority read last: what a number names never changes. */
  readonly #read = new Map<AuthorityName, { readonly number: number; readonly der: Uint8Array }>();

  constructor(parts: CaParts, hierarchy: Hierarchy) {
    this.#parts = parts;
    this.#hierarchy = hierarchy;
  }

  /**
   * The authority's list as DER: the newest one, or a new one where a certificate was revoked since or it grew old.
   * @throws CaError `authority-not-found`, `self-check-failed`; StorageError, CryptoError.
   */
  async currentCrl(name: string): Promise<Uint8Array> {
    const authority = this.#hierarchy.authority(name);
    return (await this.#fresh(authority)) ?? this.#publishOnce(authority);
  }

  async #fresh({ name }: Authority): Promise<Uint8Array | null> {
    const { reader } = this.#parts.database;
    const newest = await reader
      .selectFrom('ca_crl')
      .select((list) => [
        'number',
        'this_update',
        'entries',
        list
          .selectFrom('ca_certificate')
          .select((certificate) => certificate.fn.countAll<number | string>().as('count'))
          .where('ca_certificate.authority', '=', name)
          .where('ca_certificate.state', '=', 'revoked')
          .as('revoked'),
      ])
      .where('authority', '=', name)
      .where('der', 'is not', null)
      .orderBy('number', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (newest === undefined) return null;
    const now = this.#parts.clock().getTime();
    if (now >= Date.parse(newest.this_update) + days(lifeOf(name).renewAfter)) return null;
    return Number(newest.revoked) === newest.entries ? this.#list(name, newest.number) : null;
  }

  async #list(name: AuthorityName, number: number): Promise<Uint8Array | null> {
    const known = this.#read.get(name);
    if (known?.number === number) return known.der;
    const row = await this.#parts.database.reader
      .selectFrom('ca_crl')
      .select('der')
      .where('authority', '=', name)
      .where('number', '=', number)
      .executeTakeFirst();
    if (row === undefined || row.der === null) return null;
    const der = fromBase64(row.der);
    this.#read.set(name, { number, der });
    return der;
  }

  /** Callers that arrive while a list is being made read again after it, since it may be behind what they saw. */
  async #publishOnce(authority: Authority): Promise<Uint8Array> {
    const running = this.#publishing.get(authority.name);
    if (running !== undefined) {
      await running;
      return this.currentCrl(authority.name);
    }
    const publishing = this.#publish(authority).finally(() => this.#publishing.delete(authority.name));
    this.#publishing.set(authority.name, publishing);
    return publishing;
  }

  async #publish(authority: Authority): Promise<Uint8Array> {
    const { certificate, key, name } = authority;
    const revoked = await revokedOf(this.#parts.database.reader, name);
    const thisUpdate = this.#parts.clock();
    const nextUpdate = new Date(thisUpdate.getTime() + days(lifeOf(name).days));
    const number = await this.#intend(name, thisUpdate, nextUpdate, revoked.length);
    if (certificate.subjectKeyIdentifier === null) {
      throw new CaError('hierarchy-damaged', `The authority ${name} has no key identifier.`);
    }
    const signatureAlgorithm = encodeSignatureAlgorithm(key.algorithm);
    const tbs = encodeTbsCrl({
      signatureAlgorithm,
      issuer: certificate.subject.der,
      thisUpdate,
      nextUpdate,
      revoked: revoked.map(({ serial, reason, at }) => ({
        serialNumber: fromHex(serial),
        revocationDate: at,
        reason,
      })),
      authorityKeyIdentifier: certificate.subjectKeyIdentifier,
      crlNumber: number,
    });
    const der = encodeSigned(tbs, signatureAlgorithm, await signChecked(key, tbs));
    await this.#parts.database.write(async (tx) => {
      await tx
        .updateTable('ca_crl')
        .set({ der: toBase64(der) })
        .where('authority', '=', name)
        .where('number', '=', number)
        .execute();
    });
    return der;
  }

  /** Takes the next number before the key is used; another node may take the same one first. */
  async #intend(authority: AuthorityName, from: Date, until: Date, entries: number): Promise<number> {
    const attempt = async (tx: Writer): Promise<number> => {
      const last = await tx
        .selectFrom('ca_crl')
        .select('number')
        .where('authority', '=', authority)
        .orderBy('number', 'desc')
        .limit(1)
        .executeTakeFirst();
      const number = (last?.number ?? 0) + 1;
      await tx
        .insertInto('ca_crl')
        .values({
          authority,
          number,
          der: null,
          this_update: from.toISOString(),
          next_update: until.toISOString(),
          entries,
        })
        .execute();
      return number;
    };
    for (let left = ATTEMPTS; ; left -= 1) {
      try {
        return await this.#parts.database.write(attempt);
      } catch (error) {
        if (left <= 1 || !isUniqueViolation(error, 'ca_crl')) throw error;
      }
    }
  }
}
