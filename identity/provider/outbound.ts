// Port: what the provider asks of other people's servers, and which of their addresses it may ask at all.
import type { Database } from '../../storage/database.ts';

/** One call of a client's address. */
export interface OutboundCall {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Networks inside (CIDR) that are let through for this address; public addresses always are. */
  readonly networks: readonly string[];
  /** Milliseconds for everything. */
  readonly timeout: number;
  /** Bytes of the answer. */
  readonly limit: number;
}

export interface OutboundAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * Promises: no redirect is followed; the address is judged as it is connected to, so a name cannot answer twice
 * differently; nothing on this machine or in a private network is reached unless `networks` names it.
 * Rejects for whatever is not one whole answer within the bounds.
 */
export type Outbound = (call: OutboundCall) => Promise<OutboundAnswer>;

/**
 * Which networks an address of a client may lead to.
 * @returns null for an address that no active client registered: it is not called.
 */
export async function registeredNetworks(database: Database, url: string): Promise<readonly string[] | null> {
  const rows = await database.reader
    .selectFrom('oidc_outbound')
    .innerJoin('oidc_client', 'oidc_client.id', 'oidc_outbound.client')
    .select('oidc_outbound.networks')
    .where('oidc_outbound.url', '=', url)
    .where('oidc_client.state', '=', 'active')
    .execute();
  const [first] = rows;
  if (first === undefined) return null;
  // Two clients with one address: only what both may reach.
  const lists = rows.map((row) => JSON.parse(row.networks) as readonly string[]);
  return (JSON.parse(first.networks) as readonly string[]).filter((network) =>
    lists.every((list) => list.includes(network)),
  );
}
