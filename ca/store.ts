// Rows of the CA's tables, read and changed; the only file of this room that knows their columns.
import type { RevocationReason } from '../formats/x509/crl.ts';
import { fromBase64, toBase64 } from '../formats/bytes.ts';
import type { Reader, Writer } from '../storage/database.ts';
import type { AuthorityName, ProfileName } from './profile.ts';

/** A certificate that was signed. */
export interface StoredCertificate {
  readonly serial: string;
  readonly authority: string;
  readonly profile: string;
  readonly keyId: string;
  readonly der: Uint8Array;
  readonly state: 'issued' | 'revoked';
  readonly reason: RevocationReason | null;
  readonly notAfter: Date;
  readonly issuedAt: Date;
  readonly revokedAt: Date | null;
}

interface Row {
  serial: string;
  authority: string;
  profile: string;
  key_id: string;
  der: string | null;
  state: string;
  reason: string | null;
  not_after: string;
  issued_at: string | null;
  revoked_at: string | null;
}

function storedOf(row: Row): StoredCertificate | null {
  if (row.der === null || row.issued_at === null) return null;
  return {
    serial: row.serial,
    authority: row.authority,
    profile: row.profile,
    keyId: row.key_id,
    der: fromBase64(row.der),
    state: row.state === 'revoked' ? 'revoked' : 'issued',
    reason: row.reason as RevocationReason | null,
    notAfter: new Date(row.not_after),
    issuedAt: new Date(row.issued_at),
    revokedAt: row.revoked_at === null ? null : new Date(row.revoked_at),
  };
}

/** Records a serial before it is signed. @throws StorageError `unique-violation` for a serial used before. */
export async function insertIntention(
  tx: Writer,
  intention: {
    readonly serial: string;
    readonly authority: AuthorityName;
    readonly profile: ProfileName;
    readonly subject: string;
    readonly keyId: string;
    readonly notBefore: Date;
    readonly notAfter: Date;
    readonly at: Date;
  },
): Promise<void> {
  await tx
    .insertInto('ca_certificate')
    .values({
      serial: intention.serial,
      authority: intention.authority,
      profile: intention.profile,
      subject: intention.subject,
      key_id: intention.keyId,
      der: null,
      state: 'intended',
      reason: null,
      not_before: intention.notBefore.toISOString(),
      not_after: intention.notAfter.toISOString(),
      intended_at: intention.at.toISOString(),
      issued_at: null,
      revoked_at: null,
    })
    .execute();
}

/** @returns whether the intention was still open. */
export async function completeIntention(
  tx: Writer,
  serial: string,
  der: Uint8Array,
  at: Date,
): Promise<boolean> {
  const result = await tx
    .updateTable('ca_certificate')
    .set({ state: 'issued', der: toBase64(der), issued_at: at.toISOString() })
    .where('serial', '=', serial)
    .where('state', '=', 'intended')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Marks open intentions from before `before` as abandoned. @returns how many. */
export async function abandonIntentions(tx: Writer, before: Date): Promise<number> {
  const result = await tx
    .updateTable('ca_certificate')
    .set({ state: 'abandoned' })
    .where('state', '=', 'intended')
    .where('intended_at', '<', before.toISOString())
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** @returns whether the certificate was issued and not yet revoked. */
export async function markRevoked(
  tx: Writer,
  serial: string,
  reason: RevocationReason,
  at: Date,
): Promise<boolean> {
  const result = await tx
    .updateTable('ca_certificate')
    .set({ state: 'revoked', reason, revoked_at: at.toISOString() })
    .where('serial', '=', serial)
    .where('state', '=', 'issued')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** A signed certificate by its serial, null where none was signed under it. */
export async function findCertificate(reader: Reader, serial: string): Promise<StoredCertificate | null> {
  const row = await reader
    .selectFrom('ca_certificate')
    .selectAll()
    .where('serial', '=', serial)
    .executeTakeFirst();
  return row === undefined ? null : storedOf(row);
}

/** Signed certificates of a profile by an authority, newest first. */
export async function certificatesOf(
  reader: Reader,
  profile: ProfileName,
  authority: AuthorityName,
): Promise<readonly StoredCertificate[]> {
  const rows = await reader
    .selectFrom('ca_certificate')
    .selectAll()
    .where('profile', '=', profile)
    .where('authority', '=', authority)
    .where('der', 'is not', null)
    .orderBy('issued_at', 'desc')
    .orderBy('serial')
    .execute();
  return rows.map(storedOf).filter((row) => row !== null);
}

/** Revoked certificates of an authority, in a stable order. */
export async function revokedOf(
  reader: Reader,
  authority: AuthorityName,
): Promise<readonly { readonly serial: string; readonly reason: RevocationReason; readonly at: Date }[]> {
  const rows = await reader
    .selectFrom('ca_certificate')
    .select(['serial', 'reason', 'revoked_at'])
    .where('authority', '=', authority)
    .where('state', '=', 'revoked')
    .orderBy('revoked_at')
    .orderBy('serial')
    .execute();
  return rows.flatMap(({ serial, reason, revoked_at }) =>
    revoked_at === null ? [] : [{ serial, reason: reason as RevocationReason, at: new Date(revoked_at) }],
  );
}

export async function findAuthority(
  reader: Reader,
  name: AuthorityName,
): Promise<{ readonly keyId: string; readonly serial: string } | null> {
  const row = await reader
    .selectFrom('ca_authority')
    .select(['key_id', 'certificate'])
    .where('name', '=', name)
    .executeTakeFirst();
  return row === undefined ? null : { keyId: row.key_id, serial: row.certificate };
}

export async function insertAuthority(
  tx: Writer,
  authority: {
    readonly name: AuthorityName;
    readonly keyId: string;
    readonly serial: string;
    readonly at: Date;
  },
): Promise<void> {
  await tx
    .insertInto('ca_authority')
    .values({
      name: authority.name,
      key_id: authority.keyId,
      certificate: authority.serial,
      created_at: authority.at.toISOString(),
    })
    .execute();
}
