// Clients as they stand in the register: read, and taken apart.
import { IdentityError } from '../errors.ts';
import { clientSettingsSchema, type ClientSettings } from './client.ts';
import type { RecordDependencies } from './records.ts';

/** A client as administrators see it. No secret is in it. */
export interface RegisteredClient {
  readonly id: string;
  readonly name: string;
  readonly englishName: string;
  /** Unified social credit code of the department that answers for it. */
  readonly department: string;
  readonly settings: ClientSettings;
  readonly state: 'active' | 'disabled';
  readonly createdAt: Date;
  readonly changedAt: Date;
}

/** Every client, by identifier. */
export async function allClients(
  dependencies: Pick<RecordDependencies, 'database'>,
): Promise<readonly RegisteredClient[]> {
  const rows = await dependencies.database.reader
    .selectFrom('oidc_client')
    .selectAll()
    .orderBy('id')
    .execute();
  return rows.map(registeredOf);
}

/** @returns the client, or null. */
export async function clientById(
  dependencies: Pick<RecordDependencies, 'database'>,
  id: string,
): Promise<RegisteredClient | null> {
  const row = await dependencies.database.reader
    .selectFrom('oidc_client')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? null : registeredOf(row);
}

/** @throws IdentityError `client-not-found`. */
export async function requireClient(
  dependencies: Pick<RecordDependencies, 'database'>,
  id: string,
): Promise<RegisteredClient> {
  const client = await clientById(dependencies, id);
  if (client === null) throw clientNotFound();
  return client;
}

/** A row as the rest of the house sees it. */
export function registeredOf(row: {
  readonly id: string;
  readonly name: string;
  readonly english_name: string;
  readonly department: string;
  readonly settings: string;
  readonly state: 'active' | 'disabled';
  readonly created_at: string;
  readonly changed_at: string;
}): RegisteredClient {
  return {
    id: row.id,
    name: row.name,
    englishName: row.english_name,
    department: row.department,
    settings: parsedSettings(row.settings),
    state: row.state,
    createdAt: new Date(row.created_at),
    changedAt: new Date(row.changed_at),
  };
}

const parsed = new Map<string, ClientSettings>();
const parsedLimit = 500;

/** Settings of a row; a pure function of its text, remembered because every call of a client needs it. */
function parsedSettings(text: string): ClientSettings {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const settings = clientSettingsSchema.parse(JSON.parse(text));
  if (parsed.size >= parsedLimit) parsed.clear();
  parsed.set(text, settings);
  return settings;
}

/** The refusal of a client that nobody registered. */
export function clientNotFound(): IdentityError {
  return new IdentityError('client-not-found', 'There is no such client.');
}

/** Where a client's secret lies encrypted. */
export function secretPlace(id: string): { table: string; column: string; row: string } {
  return { table: 'oidc_client', column: 'secret', row: id };
}

/** Where its former secret does. */
export function previousPlace(id: string): { table: string; column: string; row: string } {
  return { table: 'oidc_client', column: 'previous_secret', row: id };
}
