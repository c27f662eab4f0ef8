// Entering a use: seal, certificates and authorisation looked at as the write sees them, and the record of who let it be used.
import { findRevocation } from '../ca/revocation-store.ts';
import type { Reader, Writer } from '../storage/database.ts';
import type { SealUseTable } from '../storage/schema/seal-life.ts';
import { countUse } from './authorisation-store.ts';
import { SigningError } from './errors.ts';
import type { Seal } from './seal.ts';
import type { UseApproval } from './use-terms.ts';
import type { UseRight } from './use-rights.ts';

/** A use about to begin. */
export interface UseEntry {
  readonly stampId: string;
  readonly seal: Seal;
  readonly right: UseRight;
  readonly digest: string;
  readonly at: Date;
  /** Of the SM2 revision; null where the stamp has none. */
  readonly sm2: {
    readonly form: 'ses' | 'cms';
    readonly serial: string;
    readonly esealDigest: string;
  } | null;
}

/**
 * Enters a use in the write that enters its intention: it stands before or after a freeze, a loss, a revocation or the last
 * unit of a volume, never beside it.
 * @throws SigningError `seal-not-valid` (frozen, lost, cancelled, renewed or revoked meanwhile), `authorisation-missing`
 *   (revoked meanwhile), `authorisation-used-up`
 */
export async function enterUse(tx: Writer, entry: UseEntry): Promise<void> {
  const { seal, right, at } = entry;
  const state = await sealAsIs(tx, seal);
  for (const serial of certificatesOf(entry)) await requireGood(tx, serial, seal);
  if (right.authorisation !== null) {
    const refused = await countUse(tx, right.authorisation, at);
    if (refused === 'revoked')
      throw new SigningError('authorisation-missing', 'The authorisation was revoked.');
    if (refused === 'used-up')
      throw new SigningError('authorisation-used-up', 'The volume of the authorisation is used up.');
  }
  await tx
    .insertInto('seal_use')
    .values({
      stamp_id: entry.stampId,
      seal_id: seal.id,
      owner: seal.department,
      used_at: at.toISOString(),
      client: right.client,
      requester: right.requester,
      keeper: right.keeper,
      authorisation: right.authorisation?.id ?? null,
      basis: right.basis,
      approvals: JSON.stringify(right.approvals),
      document_digest: entry.digest,
      edition: state.edition,
      certificate_serial: seal.certificateSerial,
      certificate_status: 'good',
      sm2_form: entry.sm2?.form ?? null,
      sm2_serial: entry.sm2?.serial ?? null,
      eseal_digest: entry.sm2?.esealDigest ?? null,
      seal_state: 'valid',
      state_since: state.since,
    })
    .execute();
}

function certificatesOf({ seal, sm2 }: UseEntry): readonly string[] {
  return [...new Set([seal.certificateSerial, ...(sm2 === null ? [] : [sm2.serial])])];
}

/** The seal's row, held until the write ends: a freeze waits for it; other uses do not. */
async function sealAsIs(
  tx: Writer,
  seal: Seal,
): Promise<{ readonly edition: number; readonly since: string }> {
  const row = await tx
    .selectFrom('seal')
    .select(['state', 'state_changed_at', 'certificate_serial'])
    .where('id', '=', seal.id)
    .forShare()
    .executeTakeFirst();
  if (row?.state !== 'valid')
    throw new SigningError('seal-not-valid', `The seal is ${row?.state ?? 'gone'}.`);
  if (row.certificate_serial !== seal.certificateSerial)
    throw new SigningError('seal-not-valid', 'The seal was renewed meanwhile.');
  const edition = await tx
    .selectFrom('seal_edition')
    .select('edition')
    .where('seal_id', '=', seal.id)
    .where('state', '=', 'current')
    .executeTakeFirstOrThrow();
  return { edition: edition.edition, since: row.state_changed_at };
}

/** Our own certificates by our own books; of another authority's, by the newest that was kept of what it said. */
async function requireGood(tx: Writer, serial: string, seal: Seal): Promise<void> {
  const revocation = await findRevocation(tx, serial);
  const revoked = revocation !== null && revocation.state !== 'released';
  if (revoked || (await saidRevoked(tx, serial, seal.foreignCredential)))
    throw new SigningError('seal-not-valid', 'The certificate of the seal is revoked or held.');
}

async function saidRevoked(tx: Writer, serial: string, credential: string | null): Promise<boolean> {
  if (credential === null) return false;
  const newest = await tx
    .selectFrom('ca_foreign_status')
    .select('status')
    .where('credential', '=', credential)
    .where('serial', '=', serial)
    .orderBy('this_update', 'desc')
    .orderBy('received_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return newest?.status === 'revoked';
}

/** One use as its owner sees it. */
export interface SealUse {
  readonly stampId: string;
  readonly usedAt: Date;
  /** What became of the stamp. */
  readonly outcome: 'intended' | 'completed' | 'abandoned';
  readonly client: string;
  readonly requester: string;
  readonly keeper: string | null;
  readonly authorisation: string | null;
  readonly basis: SealUseTable['basis'];
  readonly approvals: readonly UseApproval[];
  readonly digest: string;
  readonly resultDigest: string | null;
  readonly matter: string | null;
  readonly caseNumber: string | null;
  readonly edition: number;
  readonly certificate: string;
  readonly certificateStatus: string;
  readonly sm2Form: 'ses' | 'cms' | null;
  readonly sm2Certificate: string | null;
  readonly esealDigest: string | null;
  readonly sealState: string;
  readonly stateSince: Date;
}

/** Where a page begins: behind an instant, or behind one use of it, since a batch makes several in a millisecond. */
export interface UsesBefore {
  readonly at: Date;
  readonly stampId: string | null;
}

/** Uses of a seal, newest first, from `before` backwards; every one there is, whatever became of it. */
export async function usesOf(
  db: Reader,
  sealId: string,
  page: { readonly limit: number; readonly before: UsesBefore | null },
): Promise<readonly SealUse[]> {
  const rows = await db
    .selectFrom('seal_use')
    .innerJoin('stamp', 'stamp.id', 'seal_use.stamp_id')
    .selectAll('seal_use')
    .select(['stamp.state', 'stamp.matter', 'stamp.case_number', 'stamp.result_digest'])
    .where('seal_use.seal_id', '=', sealId)
    .$if(page.before !== null, (query) => {
      const at = page.before?.at.toISOString() ?? '';
      const stampId = page.before?.stampId ?? null;
      return query.where((e) =>
        e.or([
          e('seal_use.used_at', '<', at),
          ...(stampId === null
            ? []
            : [e.and([e('seal_use.used_at', '=', at), e('seal_use.stamp_id', '>', stampId)])]),
        ]),
      );
    })
    .orderBy('seal_use.used_at', 'desc')
    .orderBy('seal_use.stamp_id')
    .limit(Math.min(page.limit, 500))
    .execute();
  return rows.map((row) => ({
    stampId: row.stamp_id,
    usedAt: new Date(row.used_at),
    outcome: row.state,
    client: row.client,
    requester: row.requester,
    keeper: row.keeper,
    authorisation: row.authorisation,
    basis: row.basis,
    approvals: (
      JSON.parse(row.approvals) as { person: string; level: number; at: string; digest: string }[]
    ).map((approval) => ({ ...approval, at: new Date(approval.at) })),
    digest: row.document_digest,
    resultDigest: row.result_digest,
    matter: row.matter,
    caseNumber: row.case_number,
    edition: row.edition,
    certificate: row.certificate_serial,
    certificateStatus: row.certificate_status,
    sm2Form: row.sm2_form,
    sm2Certificate: row.sm2_serial,
    esealDigest: row.eseal_digest,
    sealState: row.seal_state,
    stateSince: new Date(row.state_since),
  }));
}
