// Clients for the library: read on every call, with their secrets, and taken apart only where their row has changed.
import type { AdapterPayload } from 'oidc-provider';
import { hotQuery } from '../../storage/hot-query.ts';
import { clientMetadata } from './client.ts';
import { previousPlace, registeredOf, secretPlace } from './client-register.ts';
import type { ClientSource, RecordDependencies } from './records.ts';

/** What the library is told of a client; null for one that is unknown or disabled. */
async function providerClient(dependencies: RecordDependencies, id: string): Promise<AdapterPayload | null> {
  const row = await clientRow(dependencies.database.reader, [id]);
  return row?.state === 'active' ? metadataOf(dependencies, row) : null;
}

const rememberedClients = 500;

/**
 * Clients for the library, read on every call and taken apart only where their row has changed: what a client may no
 * longer do, it may not do from the next call on, on every node.
 * @returns the same object for as long as the row says the same.
 */
export function clientSource(dependencies: RecordDependencies): ClientSource {
  const known = new Map<string, { readonly row: ClientRow; readonly metadata: AdapterPayload }>();
  return async (id) => {
    const row = await clientRow(dependencies.database.reader, [id]);
    if (row?.state !== 'active') {
      known.delete(id);
      return null;
    }
    const remembered = known.get(id);
    if (remembered !== undefined && sameRow(remembered.row, row)) return remembered.metadata;
    const metadata = metadataOf(dependencies, row);
    if (known.size >= rememberedClients) known.clear();
    known.set(id, { row, metadata });
    return metadata;
  };
}

const clientRow = hotQuery((reader) => reader.selectFrom('oidc_client').selectAll().where('id', '=', ''));

type ClientRow = NonNullable<Awaited<ReturnType<typeof clientRow>>>;

function sameRow(one: ClientRow, other: ClientRow): boolean {
  const columns = Object.keys(other) as (keyof ClientRow)[];
  return columns.every((column) => one[column] === other[column]);
}

function metadataOf(dependencies: RecordDependencies, row: ClientRow): AdapterPayload {
  const secret =
    row.secret_cipher === null ? null : dependencies.cipher.open(secretPlace(row.id), row.secret_cipher);
  return clientMetadata({ ...registeredOf(row), secret });
}

/** The former secret of a client while it is still accepted; null otherwise. */
export async function formerSecret(dependencies: RecordDependencies, id: string): Promise<string | null> {
  const row = await dependencies.database.reader
    .selectFrom('oidc_client')
    .select(['previous_secret_cipher', 'previous_until'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined || row.previous_secret_cipher === null || row.previous_until === null) return null;
  if (row.previous_until <= dependencies.clock().toISOString()) return null;
  return dependencies.cipher.open(previousPlace(id), row.previous_secret_cipher);
}

/** The secret of one of our own clients, for the part of this service that is that client. */
export async function ownSecret(dependencies: RecordDependencies, id: string): Promise<string | null> {
  const metadata = await providerClient(dependencies, id);
  const secret = metadata?.['client_secret'];
  return typeof secret === 'string' ? secret : null;
}
