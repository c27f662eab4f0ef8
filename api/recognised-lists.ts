// Trust lists and anchors of others that this installation recognises: what was seen of each, so that nothing older counts.
import { labelledDigest } from '../crypto/algorithms.ts';
import { fromBase64, toBase64 } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import type { Actor } from '../storage/actor.ts';
import type { AuditAction } from '../storage/audit-log.ts';
import type { Reader } from '../storage/database.ts';
import { VerificationError } from '../verification/errors.ts';
import { nodeSignatureVerifier } from '../verification/signature-verifier-node.ts';
import { followTrustList, type TrustList } from '../verification/trust-list.ts';
import { ApiError } from './errors.ts';
import type { Installation } from './installation.ts';

type Parts = Pick<Installation, 'database' | 'audit' | 'clock' | 'suite'>;

/** A list as it was last seen. */
export interface SeenList {
  readonly name: string;
  readonly operatorKeys: readonly Uint8Array[];
  readonly sequence: number;
  readonly jws: string;
  readonly nextUpdate: Date;
  readonly ended: boolean;
}

/** A certificate trusted as it is; nobody confirms what stands behind it. */
export interface NamedAnchor {
  readonly name: string;
  readonly certificate: Uint8Array;
}

const namePattern = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,59}$/u;

/** @throws ApiError `request-invalid`. */
function checkedName(name: string): string {
  if (!namePattern.test(name))
    throw new ApiError('request-invalid', 'A name is 1 to 60 letters, digits, blanks, dots and hyphens.');
  return name;
}

/** Every list ever recognised, by name; ended ones keep what was seen of them. */
export async function seenLists(db: Reader): Promise<readonly SeenList[]> {
  const rows = await db.selectFrom('recognised_list').selectAll().orderBy('name').execute();
  return rows.map((row) => ({
    name: row.name,
    operatorKeys: (JSON.parse(row.operator_keys) as readonly string[]).map(fromBase64),
    sequence: row.sequence,
    jws: row.jws,
    nextUpdate: new Date(row.next_update),
    ended: row.ended_at !== null,
  }));
}

export async function namedAnchors(db: Reader): Promise<readonly NamedAnchor[]> {
  const rows = await db
    .selectFrom('trust_anchor')
    .selectAll()
    .where('ended_at', 'is', null)
    .orderBy('name')
    .execute();
  return rows.map(({ name, certificate }) => ({ name, certificate: fromBase64(certificate) }));
}

/**
 * Takes in another operator's list: a first time under keys pinned by hand, later under those the last edition seen
 * handed over to. Keys given again pin anew, for an operator that lost his; the sequence counts on all the same.
 * @param text editions, a compact JWS a line, oldest first @param operatorKeys SubjectPublicKeyInfo, DER
 * @throws ApiError `request-invalid` (no key for a list not seen before); VerificationError as `followTrustList`.
 */
export async function recogniseList(
  parts: Parts,
  actor: Pick<Actor, 'id' | 'department'>,
  wanted: { readonly name: string; readonly text: string; readonly operatorKeys: readonly Uint8Array[] },
): Promise<TrustList> {
  const name = checkedName(wanted.name);
  const known = (await seenLists(parts.database.reader)).find((each) => each.name === name);
  const operatorKeys = wanted.operatorKeys.length > 0 ? wanted.operatorKeys : (known?.operatorKeys ?? []);
  if (operatorKeys.length === 0)
    throw new ApiError('request-invalid', 'A list not seen before needs the key of its operator.');
  const at = parts.clock();
  const followed = await followTrustList(wanted.text, {
    verifier: nodeSignatureVerifier,
    operatorKeys,
    time: at,
    lowestSequence: known?.sequence ?? 0,
  });
  const { list } = followed;
  const row = {
    operator_keys: JSON.stringify(followed.operatorKeys.map(toBase64)),
    sequence: list.sequence,
    jws:
      wanted.text
        .trim()
        .split(/\s*\n\s*/)
        .at(-1) ?? '',
    issued_at: list.issued.toISOString(),
    next_update: list.nextUpdate.toISOString(),
    seen_at: at.toISOString(),
    ended_at: null,
  };
  await parts.database.write(async (tx) => {
    const written = await tx
      .insertInto('recognised_list')
      .values({ name, recognised_at: at.toISOString(), ...row })
      .onConflict((conflict) =>
        conflict
          .column('name')
          .doUpdateSet(row)
          // Somebody else may have taken in a later edition meanwhile.
          .where('recognised_list.sequence', '<=', list.sequence),
      )
      .executeTakeFirst();
    if (written.numInsertedOrUpdatedRows !== 1n)
      throw new VerificationError('trust-list-rollback', 'A later edition of the list was seen meanwhile.');
    const keys = followed.operatorKeys.map((key) => labelledDigest(parts.suite.digest, key));
    await parts.audit.append(tx, {
      at,
      actor,
      action: 'trust-list.recognised',
      subject: name,
      details: { sequence: String(list.sequence), territory: list.territory, keys: keys.join(' ') },
    });
  });
  return list;
}

/**
 * Trusts a certificate under a name. What leads to it is called unconfirmed: no list says who stands behind it.
 * @throws ApiError `request-invalid` (a name in use for another certificate); VerificationError `anchor-malformed`.
 */
export async function addAnchor(
  parts: Parts,
  actor: Pick<Actor, 'id' | 'department'>,
  anchor: NamedAnchor,
): Promise<void> {
  const name = checkedName(anchor.name);
  try {
    parseCertificate(anchor.certificate);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new VerificationError('anchor-malformed', 'The anchor is not a certificate.', { cause });
  }
  const at = parts.clock();
  const certificate = toBase64(anchor.certificate);
  await parts.database.write(async (tx) => {
    const written = await tx
      .insertInto('trust_anchor')
      .values({ name, certificate, added_at: at.toISOString(), ended_at: null })
      .onConflict((conflict) =>
        conflict
          .column('name')
          .doUpdateSet({ ended_at: null })
          .where('trust_anchor.certificate', '=', certificate),
      )
      .executeTakeFirst();
    if (written.numInsertedOrUpdatedRows !== 1n)
      throw new ApiError(
        'request-invalid',
        `The name ${JSON.stringify(name)} stands for another certificate.`,
      );
    await parts.audit.append(tx, {
      at,
      actor,
      action: 'trust-anchor.added',
      subject: name,
      details: { certificate: labelledDigest(parts.suite.digest, anchor.certificate) },
    });
  });
}

/** Recognises a list or an anchor no more. What was seen of a list stays, so that it cannot come back older. @throws ApiError `not-found` */
export async function endTrust(
  parts: Parts,
  actor: Pick<Actor, 'id' | 'department'>,
  what: 'list' | 'anchor',
  name: string,
): Promise<void> {
  const at = parts.clock();
  const [table, action]: ['recognised_list' | 'trust_anchor', AuditAction] =
    what === 'list' ? ['recognised_list', 'trust-list.ended'] : ['trust_anchor', 'trust-anchor.ended'];
  await parts.database.write(async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable(table)
      .set({ ended_at: at.toISOString() })
      .where('name', '=', name)
      .where('ended_at', 'is', null)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) throw new ApiError('not-found', `No ${what} of this name is recognised.`);
    await parts.audit.append(tx, { at, actor, action, subject: name, details: {} });
  });
}
