// Rows of certificates from licensed authorities and of what those said about them.
import { fromBase64, toBase64 } from '../formats/bytes.ts';
import type { SignatureAlgorithm } from '../crypto/signing-key.ts';
import type { Reader, Writer } from '../storage/database.ts';
import type { CaForeignCredentialTable } from '../storage/schema/ca-enrolment.ts';
import type { ForeignStatus } from './foreign-status.ts';

export interface ForeignCredential {
  readonly id: string;
  readonly department: string;
  readonly authorityName: string;
  readonly qualification: 'licensed';
  readonly keyPlace: 'store' | 'server';
  readonly server: string | null;
  readonly serverKey: string | null;
  readonly keyId: string;
  readonly algorithm: SignatureAlgorithm;
  readonly publicKey: Uint8Array;
  /** PKCS #10, DER. */
  readonly csr: Uint8Array;
  readonly state: 'requested' | 'active' | 'retired';
  /** Own certificate first, root last; empty until it was brought. */
  readonly chain: readonly Uint8Array[];
  readonly serial: string | null;
  readonly notBefore: Date | null;
  readonly notAfter: Date | null;
  readonly createdAt: Date;
  readonly retiredAt: Date | null;
}

/** Evidence kept about a certificate. */
export interface KeptStatus {
  readonly id: string;
  readonly kind: 'crl' | 'ocsp';
  readonly source: 'imported' | 'fetched';
  readonly status: 'good' | 'revoked';
  readonly reason: string | null;
  readonly revokedAt: Date | null;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | null;
  readonly receivedAt: Date;
}

function credentialOf(row: CaForeignCredentialTable): ForeignCredential | null {
  const { state, key_id, algorithm, public_key, csr } = row;
  if (state === 'intended' || state === 'abandoned') return null;
  if (key_id === null || algorithm === null || public_key === null || csr === null) return null;
  const date = (value: string | null): Date | null => (value === null ? null : new Date(value));
  return {
    id: row.id,
    department: row.department,
    authorityName: row.authority_name,
    qualification: row.qualification,
    keyPlace: row.key_place,
    server: row.server,
    serverKey: row.server_key,
    keyId: key_id,
    // Only names of ours are ever written.
    algorithm: algorithm as SignatureAlgorithm,
    publicKey: fromBase64(public_key),
    csr: fromBase64(csr),
    state,
    chain: row.chain === null ? [] : (JSON.parse(row.chain) as string[]).map(fromBase64),
    serial: row.serial,
    notBefore: date(row.not_before),
    notAfter: date(row.not_after),
    createdAt: new Date(row.created_at),
    retiredAt: date(row.retired_at),
  };
}

/** @returns false where the client used the key before: nothing was written then. */
export async function insertForeign(
  tx: Writer,
  credential: Pick<
    CaForeignCredentialTable,
    | 'id'
    | 'client'
    | 'idempotency_key'
    | 'request_digest'
    | 'department'
    | 'authority_name'
    | 'key_place'
    | 'server'
    | 'server_key'
    | 'created_at'
    | 'created_by'
  >,
): Promise<boolean> {
  const result = await tx
    .insertInto('ca_foreign_credential')
    .values({
      ...credential,
      qualification: 'licensed',
      key_id: null,
      algorithm: null,
      public_key: null,
      csr: null,
      state: 'intended',
      chain: null,
      serial: null,
      not_before: null,
      not_after: null,
      activated_at: null,
      retired_at: null,
    })
    .onConflict((conflict) => conflict.columns(['client', 'idempotency_key']).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** @returns whether the credential was still intended. */
export async function completeForeign(
  tx: Writer,
  id: string,
  made: {
    readonly keyId: string;
    readonly algorithm: SignatureAlgorithm;
    readonly publicKey: Uint8Array;
    readonly csr: Uint8Array;
  },
): Promise<boolean> {
  const result = await tx
    .updateTable('ca_foreign_credential')
    .set({
      state: 'requested',
      key_id: made.keyId,
      algorithm: made.algorithm,
      public_key: toBase64(made.publicKey),
      csr: toBase64(made.csr),
    })
    .where('id', '=', id)
    .where('state', '=', 'intended')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Gives up what was intended. @returns how many. */
export async function abandonForeign(
  tx: Writer,
  which: { readonly id: string } | { readonly before: Date },
): Promise<number> {
  const result = await tx
    .updateTable('ca_foreign_credential')
    .set({ state: 'abandoned' })
    .where('state', '=', 'intended')
    .$if('id' in which, (q) => ('id' in which ? q.where('id', '=', which.id) : q))
    .$if('before' in which, (q) =>
      'before' in which ? q.where('created_at', '<', which.before.toISOString()) : q,
    )
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** Takes a chain in, also a new one for the same key. @returns whether the credential is not retired. */
export async function writeChain(
  tx: Writer,
  id: string,
  chain: {
    readonly ders: readonly Uint8Array[];
    readonly serial: string;
    readonly notBefore: Date;
    readonly notAfter: Date;
    readonly at: Date;
  },
): Promise<boolean> {
  const result = await tx
    .updateTable('ca_foreign_credential')
    .set({
      state: 'active',
      chain: JSON.stringify(chain.ders.map(toBase64)),
      serial: chain.serial,
      not_before: chain.notBefore.toISOString(),
      not_after: chain.notAfter.toISOString(),
      activated_at: chain.at.toISOString(),
    })
    .where('id', '=', id)
    .where('state', 'in', ['requested', 'active'])
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** @returns whether it was not retired before. */
export async function markRetired(tx: Writer, id: string, at: Date): Promise<boolean> {
  const result = await tx
    .updateTable('ca_foreign_credential')
    .set({ state: 'retired', retired_at: at.toISOString() })
    .where('id', '=', id)
    .where('state', 'in', ['requested', 'active'])
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function foreignById(reader: Reader, id: string): Promise<ForeignCredential | null> {
  const row = await reader
    .selectFrom('ca_foreign_credential')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? null : credentialOf(row);
}

export async function foreignByKey(
  reader: Reader,
  client: string,
  key: string,
): Promise<CaForeignCredentialTable | null> {
  const row = await reader
    .selectFrom('ca_foreign_credential')
    .selectAll()
    .where('client', '=', client)
    .where('idempotency_key', '=', key)
    .executeTakeFirst();
  return row ?? null;
}

/** Every credential, newest first. */
export async function allForeign(reader: Reader): Promise<readonly ForeignCredential[]> {
  const rows = await reader
    .selectFrom('ca_foreign_credential')
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(1000)
    .execute();
  return rows.map(credentialOf).filter((each) => each !== null);
}

export async function insertStatus(
  tx: Writer,
  kept: {
    readonly id: string;
    readonly credential: string;
    readonly serial: string;
    readonly source: 'imported' | 'fetched';
    readonly status: ForeignStatus;
    readonly at: Date;
  },
): Promise<void> {
  const { status } = kept;
  await tx
    .insertInto('ca_foreign_status')
    .values({
      id: kept.id,
      credential: kept.credential,
      serial: kept.serial,
      kind: status.kind,
      source: kept.source,
      der: toBase64(status.der),
      status: status.status,
      reason: status.reason,
      revoked_at: status.revokedAt?.toISOString() ?? null,
      this_update: status.thisUpdate.toISOString(),
      next_update: status.nextUpdate?.toISOString() ?? null,
      received_at: kept.at.toISOString(),
    })
    .execute();
}

/** What was kept about a certificate, newest news first. */
export async function keptStatuses(
  reader: Reader,
  credential: string,
  serial: string,
): Promise<readonly KeptStatus[]> {
  const rows = await reader
    .selectFrom('ca_foreign_status')
    .select([
      'id',
      'kind',
      'source',
      'status',
      'reason',
      'revoked_at',
      'this_update',
      'next_update',
      'received_at',
    ])
    .where('credential', '=', credential)
    .where('serial', '=', serial)
    .orderBy('this_update', 'desc')
    .orderBy('received_at', 'desc')
    .limit(100)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    source: row.source,
    status: row.status,
    reason: row.reason,
    revokedAt: row.revoked_at === null ? null : new Date(row.revoked_at),
    thisUpdate: new Date(row.this_update),
    nextUpdate: row.next_update === null ? null : new Date(row.next_update),
    receivedAt: new Date(row.received_at),
  }));
}

/** The bytes kept as evidence. */
export async function keptEvidence(
  reader: Reader,
  credential: string,
  id: string,
): Promise<{ readonly kind: 'crl' | 'ocsp'; readonly der: Uint8Array } | null> {
  const row = await reader
    .selectFrom('ca_foreign_status')
    .select(['kind', 'der'])
    .where('credential', '=', credential)
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? null : { kind: row.kind, der: fromBase64(row.der) };
}
