// One revocation list made: number taken, entries of one snapshot signed, written and verified, then recorded as complete.
import { encodeSignatureAlgorithm } from '../formats/x509/algorithm.ts';
import type { CrlFrame } from '../formats/x509/crl.ts';
import type { DocumentStore } from '../storage/documents.ts';
import { completeCrl, intendCrl, type StoredCrl } from './crl-store.ts';
import { changesSource, scopeSource, writeCrl } from './crl-writer.ts';
import { CaError } from './errors.ts';
import { crlAddress, deltaCrlAddress, type Authority, type CaParts } from './parts.ts';
import { changesOfAll, WHOLE, type CrlScope } from './revocation-store.ts';

export type CrlParts = Pick<CaParts, 'database' | 'clock'> & {
  /** Where large lists lie. */
  readonly documents: DocumentStore;
};

/** A list of the whole authority has its delta beside it too. */
function deltaOf(publicUrl: string, authority: string, shard: number): string {
  return shard === WHOLE
    ? `${publicUrl}/crl/${authority}.delta.crl`
    : deltaCrlAddress(publicUrl, authority, shard);
}

function frameOf(
  authority: Authority,
  { shard }: CrlScope,
  list: {
    readonly number: number;
    readonly thisUpdate: Date;
    readonly nextUpdate: Date;
    readonly baseNumber: number | null;
  },
): CrlFrame {
  const { certificate, key, name, publicUrl } = authority;
  if (certificate.subjectKeyIdentifier === null) {
    throw new CaError('hierarchy-damaged', `The authority ${name} has no key identifier.`);
  }
  const root = authority.kind === 'root';
  return {
    signatureAlgorithm: encodeSignatureAlgorithm(key.algorithm),
    issuer: certificate.subject.der,
    thisUpdate: list.thisUpdate,
    nextUpdate: list.nextUpdate,
    authorityKeyIdentifier: certificate.subjectKeyIdentifier,
    crlNumber: list.number,
    deltaBase: list.baseNumber,
    // A root has one list, for itself too, which names no address.
    scope: root
      ? { uri: null, onlyContainsCaCerts: true }
      : shard === WHOLE
        ? null
        : // The same address as in the certificates, byte for byte (RFC 5280 section 6.3.3 step b.2.i).
          { uri: crlAddress(publicUrl, name, shard), onlyContainsCaCerts: false },
    freshestCrl: root || list.baseNumber !== null ? null : deltaOf(publicUrl, name, shard),
    // Entries stay after expiry: what was signed before is verified for longer.
    expiredCertsOnCrl: certificate.notBefore,
  };
}

/**
 * Makes a full list, or with a base the delta to it. A crash in between leaves a number unused.
 * @param life - milliseconds until nextUpdate.
 * @returns null where another node published meanwhile, in an order that contradicts this list's: try again.
 * @throws CaError `self-check-failed`, `root-offline`; StorageError, CryptoError.
 */
export async function makeCrl(
  { database, clock, documents }: CrlParts,
  authority: Authority,
  scope: CrlScope,
  base: StoredCrl | null,
  life: number,
): Promise<StoredCrl | null> {
  const thisUpdate = clock();
  const nextUpdate = new Date(thisUpdate.getTime() + life);
  const list = { thisUpdate, nextUpdate, baseNumber: base?.number ?? null };
  const number = await database.write((tx) => intendCrl(tx, scope, list));
  const frame = frameOf(authority, scope, { ...list, number });
  const { der, ...written } = await database.reader
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (snapshot) => {
      const change = (await changesOfAll(snapshot)).get(scope.authority) ?? 0;
      const source =
        base === null
          ? await scopeSource(snapshot, scope)
          : await changesSource(snapshot, scope, base.change);
      return { ...(await writeCrl(documents, authority.key, frame, source)), entries: source.count, change };
    });
  const stored: StoredCrl = { ...scope, ...list, number, ...written };
  return (await database.write((tx) => completeCrl(tx, scope, { ...stored, der }))) ? stored : null;
}
