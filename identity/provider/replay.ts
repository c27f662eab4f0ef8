// One-time identifiers of assertions, proofs and request objects: the first one to bring them wins, on any node.
import { recordMac, type RecordDependencies } from './records.ts';

/**
 * Remembers an identifier until it has expired.
 * @param expires seconds since 1970
 * @returns true for the first, and only the first, to bring it.
 */
export async function rememberOnce(
  dependencies: RecordDependencies,
  issuer: string,
  identifier: string,
  expires: number,
): Promise<boolean> {
  const { database, index, cipher, clock } = dependencies;
  const mac = recordMac(index, 'ReplayDetection', JSON.stringify([issuer, identifier]));
  const row = {
    model: 'ReplayDetection',
    id_mac: mac,
    // Nothing is to be known but that it was there.
    payload_cipher: cipher.seal(
      { table: 'oidc_record', column: 'payload', row: `ReplayDetection|${mac}` },
      '{}',
    ),
    grant_mac: null,
    uid_mac: null,
    user_code_mac: null,
    account: null,
    client: null,
    // A minute more than it is good for: clocks differ.
    expires_at: new Date((expires + 60) * 1000).toISOString(),
    consumed_at: null,
    created_at: clock().toISOString(),
  };
  const first = await database.write((tx) =>
    tx
      .insertInto('oidc_record')
      .values(row)
      .onConflict((conflict) => conflict.columns(['model', 'id_mac']).doNothing())
      .returning('id_mac')
      .executeTakeFirst(),
  );
  return first !== undefined;
}
