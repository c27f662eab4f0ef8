// Rows of certificates and authorities, read and changed. Status is apart: `revocation-store.ts`.
import { sql, type Selectable } from 'kysely';
import { fromBase64, toBase64 } from '../formats/bytes.ts';
import type { Database, Reader, Writer } from '../storage/database.ts';
import type { CaAuthorityTable, CaCertificateTable } from '../storage/schema/ca.ts';
import type { AuthorityKind, HierarchyName, ProfileName } from './profile.ts';

/** A certificate that was signed. */
export interface StoredCertificate {
  readonly serial: string;
  readonly authority: string;
  readonly profile: string;
  readonly subject: string;
  readonly keyId: string;
  readonly der: Uint8Array;
  readonly shard: number;
  readonly subjectKey: string | null;
  readonly pseudonym: string | null;
  readonly identityCipher: string | null;
  readonly replaces: string | null;
  readonly enrolment: string | null;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly issuedAt: Date;
}

function storedOf(row: Selectable<CaCertificateTable>): StoredCertificate | null {
  if (row.der === null || row.issued_at === null) return null;
  return {
    serial: row.serial,
    authority: row.authority,
    profile: row.profile,
    subject: row.subject,
    keyId: row.key_id,
    der: fromBase64(row.der),
    shard: row.shard,
    subjectKey: row.subject_key,
    pseudonym: row.pseudonym,
    identityCipher: row.identity_cipher,
    replaces: row.replaces,
    enrolment: row.enrolment,
    notBefore: new Date(row.not_before),
    notAfter: new Date(row.not_after),
    issuedAt: new Date(row.issued_at),
  };
}

/** What is recorded before a certificate is signed. */
export interface Intention {
  readonly serial: string;
  readonly authority: string;
  readonly profile: ProfileName;
  readonly subject: string;
  readonly keyId: string;
  readonly shard: number;
  readonly subjectKey: string | null;
  readonly pseudonym: string | null;
  readonly identityCipher: string | null;
  readonly replaces: string | null;
  readonly enrolment: string | null;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly at: Date;
}

/** Records a serial before it is signed. @throws StorageError `unique-violation` for a serial or pseudonym used before. */
export async function insertIntention(tx: Writer, intention: Intention): Promise<void> {
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
      shard: intention.shard,
      subject_key: intention.subjectKey,
      pseudonym: intention.pseudonym,
      identity_cipher: intention.identityCipher,
      replaces: intention.replaces,
      enrolment: intention.enrolment,
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

/** A certificate, or the intention of one, under a key that is to be certified. */
export interface KeyUse {
  readonly serial: string;
  readonly profile: string;
  readonly subject: string;
  readonly subjectKey: string | null;
  /** Whether it was revoked because the key is known to others. */
  readonly compromised: boolean;
}

/**
 * Every use of a key so far. On PostgreSQL whoever else wants to certify the same key waits until this write ends, so
 * that two cannot both find it unused.
 */
export async function usesOfKey(
  tx: Writer,
  engine: Database['engine'],
  keyId: string,
): Promise<readonly KeyUse[]> {
  if (engine === 'postgresql')
    await sql`SELECT pg_advisory_xact_lock(hashtextextended(${keyId}, 0))`.execute(tx);
  const rows = await tx
    .selectFrom('ca_certificate')
    .leftJoin('ca_revocation', 'ca_revocation.serial', 'ca_certificate.serial')
    .select([
      'ca_certificate.serial',
      'profile',
      'subject',
      'subject_key',
      'ca_revocation.reason',
      'ca_revocation.state',
    ])
    .where('key_id', '=', keyId)
    .where('ca_certificate.state', '!=', 'abandoned')
    .execute();
  return rows.map((row) => ({
    serial: row.serial,
    profile: row.profile,
    subject: row.subject,
    subjectKey: row.subject_key,
    compromised: row.state === 'revoked' && row.reason === 'keyCompromise',
  }));
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

/** Signed certificates of a profile by these authorities, newest first. */
export async function certificatesOf(
  reader: Reader,
  profile: ProfileName,
  authorities: readonly string[],
): Promise<readonly StoredCertificate[]> {
  if (authorities.length === 0) return [];
  const rows = await reader
    .selectFrom('ca_certificate')
    .selectAll()
    .where('profile', '=', profile)
    .where('authority', 'in', authorities)
    .where('der', 'is not', null)
    .orderBy('issued_at', 'desc')
    .orderBy('serial')
    .execute();
  return rows.map(storedOf).filter((row) => row !== null);
}

/** As `certificatesOf`, without those revoked or on hold. */
export async function certificatesInForce(
  reader: Reader,
  profile: ProfileName,
  authority: string,
): Promise<readonly StoredCertificate[]> {
  const all = await certificatesOf(reader, profile, [authority]);
  const out = await reader
    .selectFrom('ca_revocation')
    .innerJoin('ca_certificate', 'ca_certificate.serial', 'ca_revocation.serial')
    .select('ca_revocation.serial')
    .where('ca_certificate.profile', '=', profile)
    .where('ca_revocation.authority', '=', authority)
    .where('ca_revocation.state', '!=', 'released')
    .execute();
  const gone = new Set(out.map(({ serial }) => serial));
  return all.filter(({ serial }) => !gone.has(serial));
}

/** Every certificate ever signed for a subject, newest first. @param subjectKey - as in `ca_certificate.subject_key`. */
export async function certificatesOfSubject(
  reader: Reader,
  subjectKey: string,
): Promise<readonly StoredCertificate[]> {
  const rows = await reader
    .selectFrom('ca_certificate')
    .selectAll()
    .where('subject_key', '=', subjectKey)
    .where('der', 'is not', null)
    .orderBy('issued_at', 'desc')
    .orderBy('serial')
    .execute();
  return rows.map(storedOf).filter((row) => row !== null);
}

/** An authority as it is recorded. */
export interface StoredAuthority {
  readonly name: string;
  readonly keyId: string;
  /** Serial of its own certificate. */
  readonly serial: string;
  readonly hierarchy: HierarchyName;
  readonly kind: AuthorityKind;
  readonly generation: number;
  readonly shards: number;
  readonly state: CaAuthorityTable['state'];
}

function authorityOf(row: Selectable<CaAuthorityTable>): StoredAuthority {
  return {
    name: row.name,
    keyId: row.key_id,
    serial: row.certificate,
    hierarchy: row.hierarchy,
    // Only kinds of ours are ever written.
    kind: row.kind as AuthorityKind,
    generation: row.generation,
    shards: row.shards,
    state: row.state,
  };
}

export async function findAuthority(reader: Reader, name: string): Promise<StoredAuthority | null> {
  const row = await reader.selectFrom('ca_authority').selectAll().where('name', '=', name).executeTakeFirst();
  return row === undefined ? null : authorityOf(row);
}

/** Every authority ever made, older generations first. */
export async function findAuthorities(reader: Reader): Promise<readonly StoredAuthority[]> {
  const rows = await reader
    .selectFrom('ca_authority')
    .selectAll()
    .orderBy('generation')
    .orderBy('created_at')
    .orderBy('name')
    .execute();
  return rows.map(authorityOf);
}

/** @throws StorageError `unique-violation` where this generation was made meanwhile. */
export async function insertAuthority(
  tx: Writer,
  authority: Omit<StoredAuthority, 'state'> & { readonly at: Date },
): Promise<void> {
  await tx
    .insertInto('ca_authority')
    .values({
      name: authority.name,
      key_id: authority.keyId,
      certificate: authority.serial,
      created_at: authority.at.toISOString(),
      hierarchy: authority.hierarchy,
      kind: authority.kind,
      generation: authority.generation,
      shards: authority.shards,
      changes: 0,
      state: 'active',
    })
    .execute();
}

/** Takes an authority out of use. One that is revoked stays revoked. */
export async function retireAuthority(tx: Writer, name: string): Promise<void> {
  await tx
    .updateTable('ca_authority')
    .set({ state: 'retired' })
    .where('name', '=', name)
    .where('state', '=', 'active')
    .execute();
}
