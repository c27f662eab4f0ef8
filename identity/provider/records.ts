// The provider's records in our database: found by keyed hashes, encrypted at rest, used up once and for ever.
import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import { sql } from 'kysely';
import type { BlindIndex } from '../../crypto/blind-index.ts';
import type { Clock } from '../../crypto/clock.ts';
import type { FieldCipher } from '../../crypto/field-cipher.ts';
import type { Database, Writer } from '../../storage/database.ts';
import { hotQuery } from '../../storage/hot-query.ts';
import { deferred } from './deferred.ts';

export interface RecordDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly index: BlindIndex;
  readonly cipher: FieldCipher;
}

/** What a client's registration looks like to the provider; null for one that is unknown or disabled. */
export type ClientSource = (id: string) => Promise<AdapterPayload | null>;

/** Models whose use revokes everything that came of the same grant when it happens twice. */
const grantModels = [
  'AccessToken',
  'AuthorizationCode',
  'RefreshToken',
  'DeviceCode',
  'BackchannelAuthenticationRequest',
] as const;

/** What a find reads, by what it is found by. Several of them stand behind every introspection. */
const finds = {
  id_mac: recordQuery('id_mac'),
  uid_mac: recordQuery('uid_mac'),
  user_code_mac: recordQuery('user_code_mac'),
} as const;

function recordQuery(column: 'id_mac' | 'uid_mac' | 'user_code_mac') {
  return hotQuery((reader) =>
    reader
      .selectFrom('oidc_record')
      .select(['id_mac', 'payload_cipher', 'consumed_at'])
      .where('model', '=', '')
      .where(column, '=', '')
      // Two tabs may have renewed one session at once: the later one holds.
      .orderBy('created_at', 'desc')
      .limit(sql.lit(1)),
  );
}

/** @returns the keyed hash under which a record of `model` lies. */
export function recordMac(index: BlindIndex, model: string, id: string): string {
  return index.of(`oidc.${model}`, id);
}

/** @returns the keyed hash of a session's `uid`, by which logins, tokens and pages name a session. */
export function sessionMac(index: BlindIndex, uid: string): string {
  return index.of('oidc.session-uid', uid);
}

/**
 * The provider's adapter.
 * Promises: `consume` and `destroy` are durable when they resolve, `upsert` too, but for tokens that a request makes:
 * those are durable before its answer leaves, in one write with its audit rows. `consume` succeeds once for a record on
 * whatever node, and a second attempt ends everything of the same grant and is refused with `invalid_grant`.
 */
export function recordAdapter(
  dependencies: RecordDependencies,
  clients: ClientSource,
): (model: string) => Adapter {
  return (model) => (model === 'Client' ? clientAdapter(clients) : new RecordAdapter(dependencies, model));
}

class RecordAdapter implements Adapter {
  readonly #parts: RecordDependencies;
  readonly #model: string;

  constructor(parts: RecordDependencies, model: string) {
    this.#parts = parts;
    this.#model = model;
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const { database, index, clock } = this.#parts;
    const now = clock();
    const mac = this.#mac(id);
    const values = {
      payload_cipher: this.#seal(mac, payload),
      grant_mac: payload.grantId === undefined ? null : recordMac(index, 'Grant', payload.grantId),
      uid_mac: this.#model === 'Session' && payload.uid !== undefined ? sessionMac(index, payload.uid) : null,
      user_code_mac: payload.userCode === undefined ? null : index.of('oidc.user-code', payload.userCode),
      account: payload.accountId ?? null,
      client: payload.clientId ?? null,
      expires_at: expiresIn === undefined ? null : new Date(now.getTime() + expiresIn * 1000).toISOString(),
    };
    const write = async (tx: Writer): Promise<void> => {
      await tx
        .insertInto('oidc_record')
        .values({
          model: this.#model,
          id_mac: mac,
          ...values,
          consumed_at: null,
          created_at: now.toISOString(),
        })
        // What was used up stays used up.
        .onConflict((conflict) => conflict.columns(['model', 'id_mac']).doUpdateSet(values))
        .execute();
    };
    if (!deferred(this.#model, write)) await database.write(write);
  }

  find(id: string): Promise<AdapterPayload | undefined> {
    return this.#read('id_mac', this.#mac(id));
  }

  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#read('uid_mac', sessionMac(this.#parts.index, uid));
  }

  findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#read('user_code_mac', this.#parts.index.of('oidc.user-code', userCode));
  }

  async consume(id: string): Promise<void> {
    const mac = this.#mac(id);
    const now = this.#parts.clock().toISOString();
    const first = await this.#parts.database.write(async (tx) => {
      const used = await tx
        .updateTable('oidc_record')
        .set({ consumed_at: now })
        .where('model', '=', this.#model)
        .where('id_mac', '=', mac)
        .where('consumed_at', 'is', null)
        .returning('id_mac')
        .executeTakeFirst();
      if (used !== undefined) return true;
      const row = await tx
        .selectFrom('oidc_record')
        .select('grant_mac')
        .where('model', '=', this.#model)
        .where('id_mac', '=', mac)
        .executeTakeFirst();
      if (row?.grant_mac !== undefined && row.grant_mac !== null) await endGrant(tx, row.grant_mac);
      return false;
    });
    if (first) return;
    if (this.#model === 'PushedAuthorizationRequest')
      throw new errors.InvalidRequestUri('request_uri was used already');
    throw new errors.InvalidGrant('already used');
  }

  async destroy(id: string): Promise<void> {
    const mac = this.#mac(id);
    await this.#parts.database.write(async (tx) => {
      await tx.deleteFrom('oidc_record').where('model', '=', this.#model).where('id_mac', '=', mac).execute();
    });
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    const grant = recordMac(this.#parts.index, 'Grant', grantId);
    await this.#parts.database.write(async (tx) => {
      await tx
        .deleteFrom('oidc_record')
        .where('grant_mac', '=', grant)
        .where('model', '=', this.#model)
        .execute();
    });
  }

  #mac(id: string): string {
    return recordMac(this.#parts.index, this.#model, id);
  }

  #place(mac: string): { table: string; column: string; row: string } {
    return { table: 'oidc_record', column: 'payload', row: `${this.#model}|${mac}` };
  }

  #seal(mac: string, payload: AdapterPayload): string {
    return this.#parts.cipher.seal(this.#place(mac), JSON.stringify(payload));
  }

  async #read(
    column: 'id_mac' | 'uid_mac' | 'user_code_mac',
    value: string,
  ): Promise<AdapterPayload | undefined> {
    const row = await finds[column](this.#parts.database.reader, [this.#model, value]);
    if (row === undefined) return undefined;
    const text = this.#parts.cipher.open(this.#place(row.id_mac), row.payload_cipher);
    const payload = JSON.parse(text) as AdapterPayload;
    if (row.consumed_at !== null) payload['consumed'] = Math.floor(Date.parse(row.consumed_at) / 1000);
    return payload;
  }
}

/** Ends a grant and everything that came of it, inside the caller's write. */
export async function endGrant(tx: Writer, grantMac: string): Promise<void> {
  await tx
    .deleteFrom('oidc_record')
    .where('grant_mac', '=', grantMac)
    .where('model', 'in', grantModels)
    .execute();
  await tx.deleteFrom('oidc_record').where('model', '=', 'Grant').where('id_mac', '=', grantMac).execute();
}

/** Clients are read here and written by `clients.ts` alone: nobody registers by the protocol. */
function clientAdapter(clients: ClientSource): Adapter {
  const refused = (): Promise<never> =>
    Promise.reject(new errors.InvalidClientMetadata('clients are registered by the operator'));
  return {
    find: async (id) => (await clients(id)) ?? undefined,
    upsert: refused,
    consume: refused,
    destroy: refused,
    revokeByGrantId: refused,
    findByUid: () => Promise.resolve(undefined),
    findByUserCode: () => Promise.resolve(undefined),
  };
}
