// The register of clients: added, changed, given new secrets, disabled; each change audited, secrets shown once.
import type { AdapterPayload } from 'oidc-provider';
import type { RandomBytes } from '../../crypto/clock.ts';
import { encodeBase64url } from '../../formats/cose/base64url.ts';
import type { Actor } from '../../storage/actor.ts';
import type { AuditLog } from '../../storage/audit-log.ts';
import type { Writer } from '../../storage/database.ts';
import { StorageError } from '../../storage/errors.ts';
import { hotQuery } from '../../storage/hot-query.ts';
import { requireDepartment } from '../departments.ts';
import { IdentityError } from '../errors.ts';
import { randomIdentifier } from '../identifier.ts';
import {
  clientMetadata,
  clientSettingsSchema,
  needsSecret,
  settingsFaults,
  type ClientSettings,
  type ClientSettingsInput,
} from './client.ts';
import type { ClientSource, RecordDependencies } from './records.ts';

export interface ClientDependencies extends RecordDependencies {
  readonly audit: AuditLog;
  readonly random: RandomBytes;
  readonly demonstration: boolean;
  /** Whether http on this computer is accepted for web clients: the demonstration and the conformance profile. */
  readonly loopback: boolean;
}

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

export interface NewClient {
  /** A name to choose, or none to have one made. */
  readonly id?: string;
  readonly name: string;
  readonly englishName: string;
  readonly department: string;
  readonly settings: ClientSettingsInput;
}

/** How long the former secret is still accepted after a rotation, in hours; 0 ends it at once. */
const secretOverlapHours = 24;

/** Never one that looks like a person's: RFC 9700 4.15. */
const identifierPattern = /^(?!acc_|psn_)[A-Za-z0-9][A-Za-z0-9._-]{2,79}$/;

/**
 * Registers a client.
 * @returns it, with its secret where it has one: the only time that is seen.
 * @throws IdentityError `client-invalid` (names what does not hold), `client-exists`, `department-not-found`.
 */
export async function registerClient(
  dependencies: ClientDependencies,
  actor: Actor,
  request: NewClient,
): Promise<{ readonly client: RegisteredClient; readonly secret: string | null }> {
  const settings = checkedSettings(request.settings, dependencies.loopback);
  const id = request.id ?? randomIdentifier('cli', dependencies.random);
  if (!identifierPattern.test(id))
    throw new IdentityError(
      'client-invalid',
      'A client identifier has 3 to 80 letters, digits, dots, dashes.',
    );
  checkNames(request.name, request.englishName);
  // Our own pages are the operator's, who need not be a department of his own register.
  const department = settings.firstParty
    ? request.department
    : (await requireDepartment(dependencies.database, request.department)).creditCode;
  const secret = needsSecret(settings) ? newSecret(dependencies.random) : null;
  const at = dependencies.clock();
  const row = {
    id,
    name: request.name.trim(),
    english_name: request.englishName.trim(),
    department,
    settings: JSON.stringify(settings),
    secret_cipher: secret === null ? null : dependencies.cipher.seal(secretPlace(id), secret),
    previous_secret_cipher: null,
    previous_until: null,
    state: 'active' as const,
    demonstration: dependencies.demonstration ? 1 : 0,
    created_at: at.toISOString(),
    changed_at: at.toISOString(),
  };
  try {
    await dependencies.database.write(async (tx) => {
      await tx.insertInto('oidc_client').values(row).execute();
      await writeOutbound(tx, id, settings);
      await dependencies.audit.append(tx, {
        at,
        actor,
        action: 'client.registered',
        subject: id,
        details: {
          department,
          grants: settings.grants.join(' '),
          authentication: settings.authentication,
        },
      });
    });
  } catch (error) {
    if (error instanceof StorageError && error.code === 'unique-violation')
      throw new IdentityError('client-exists', `There is a client ${id} already.`, { cause: error });
    throw error;
  }
  return { client: registeredOf({ ...row }), secret };
}

/**
 * Replaces a client's settings and names.
 * @returns it, and a secret where the change made one necessary.
 * @throws IdentityError as `registerClient`, `client-not-found`.
 */
export async function changeClient(
  dependencies: ClientDependencies,
  actor: Actor,
  id: string,
  change: { readonly name?: string; readonly englishName?: string; readonly settings: ClientSettingsInput },
): Promise<{ readonly client: RegisteredClient; readonly secret: string | null }> {
  const settings = checkedSettings(change.settings, dependencies.loopback);
  const known = await requireClient(dependencies, id);
  const name = change.name ?? known.name;
  const englishName = change.englishName ?? known.englishName;
  checkNames(name, englishName);
  const fresh = needsSecret(settings) && !needsSecret(known.settings) ? newSecret(dependencies.random) : null;
  const at = dependencies.clock();
  await dependencies.database.write(async (tx) => {
    await tx
      .updateTable('oidc_client')
      .set({
        name: name.trim(),
        english_name: englishName.trim(),
        settings: JSON.stringify(settings),
        changed_at: at.toISOString(),
        ...(fresh === null ? {} : { secret_cipher: dependencies.cipher.seal(secretPlace(id), fresh) }),
        ...(needsSecret(settings)
          ? {}
          : { secret_cipher: null, previous_secret_cipher: null, previous_until: null }),
      })
      .where('id', '=', id)
      .execute();
    await writeOutbound(tx, id, settings);
    await dependencies.audit.append(tx, {
      at,
      actor,
      action: 'client.changed',
      subject: id,
      details: { changed: changedNames(known.settings, settings).join(' ') },
    });
  });
  return { client: { ...known, name, englishName, settings, changedAt: at }, secret: fresh };
}

/**
 * Gives a client a new secret; the former one is accepted for `secretOverlapHours` more, unless `atOnce`.
 * @throws IdentityError `client-not-found`, `client-invalid` for a client without a secret.
 */
export async function rotateClientSecret(
  dependencies: ClientDependencies,
  actor: Actor,
  id: string,
  atOnce: boolean,
): Promise<string> {
  const secret = newSecret(dependencies.random);
  const at = dependencies.clock();
  const until = new Date(at.getTime() + secretOverlapHours * 3_600_000);
  await dependencies.database.write(async (tx) => {
    const row = await tx
      .selectFrom('oidc_client')
      .select('secret_cipher')
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined) throw clientNotFound();
    if (row.secret_cipher === null)
      throw new IdentityError('client-invalid', 'This client has keys of its own and no secret.');
    // Bound to its column: the former secret is opened and sealed anew for where it lies now.
    const former = dependencies.cipher.open(secretPlace(id), row.secret_cipher);
    await tx
      .updateTable('oidc_client')
      .set({
        secret_cipher: dependencies.cipher.seal(secretPlace(id), secret),
        previous_secret_cipher: atOnce ? null : dependencies.cipher.seal(previousPlace(id), former),
        previous_until: atOnce ? null : until.toISOString(),
        changed_at: at.toISOString(),
      })
      .where('id', '=', id)
      .execute();
    await dependencies.audit.append(tx, {
      at,
      actor,
      action: 'client.secret-rotated',
      subject: id,
      details: { overlap: atOnce ? 'none' : `${secretOverlapHours}h` },
    });
  });
  return secret;
}

/**
 * Disables a client at once, with every grant and token of it, or lets it in again.
 * @throws IdentityError `client-not-found`.
 */
export async function setClientState(
  dependencies: ClientDependencies,
  actor: Actor,
  id: string,
  state: 'active' | 'disabled',
): Promise<void> {
  const at = dependencies.clock();
  await dependencies.database.write(async (tx) => {
    const changed = await tx
      .updateTable('oidc_client')
      .set({ state, changed_at: at.toISOString() })
      .where('id', '=', id)
      .returning('id')
      .executeTakeFirst();
    if (changed === undefined) throw clientNotFound();
    if (state === 'disabled') await tx.deleteFrom('oidc_record').where('client', '=', id).execute();
    await dependencies.audit.append(tx, {
      at,
      actor,
      action: state === 'disabled' ? 'client.disabled' : 'client.enabled',
      subject: id,
      details: {},
    });
  });
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

function checkedSettings(input: ClientSettingsInput, loopback: boolean): ClientSettings {
  const parsed = clientSettingsSchema.safeParse(input);
  if (!parsed.success) {
    const places = parsed.error.issues
      .slice(0, 5)
      .map((issue) => `${issue.path.map(String).join('.') || 'settings'}: ${issue.message.slice(0, 120)}`);
    throw new IdentityError('client-invalid', `The settings do not hold: ${places.join('; ')}.`);
  }
  const faults = settingsFaults(parsed.data, loopback);
  if (faults.length > 0)
    throw new IdentityError('client-invalid', `The settings do not go together: ${faults.join('; ')}.`);
  return parsed.data;
}

function checkNames(...names: readonly string[]): void {
  if (names.some((name) => !/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}<>]{2,60}$/u.test(name.trim())))
    throw new IdentityError(
      'client-invalid',
      'A client needs names of 2 to 60 characters in both languages.',
    );
}

/** What others ask for it, and the addresses this service may call for it with the networks they may lead to. */
async function writeOutbound(tx: Writer, client: string, settings: ClientSettings): Promise<void> {
  await tx.deleteFrom('oidc_outbound').where('client', '=', client).execute();
  const urls = [settings.jwksUri, settings.backchannelLogoutUri, settings.cibaNotificationUri].filter(
    (url) => url !== null,
  );
  await tx.deleteFrom('oidc_resource').where('client', '=', client).execute();
  if (settings.resource !== null) {
    await tx
      .insertInto('oidc_resource')
      .values({
        identifier: settings.resource.identifier,
        client,
        scopes: settings.resource.scopes.join(' '),
      })
      .execute();
  }
  for (const url of new Set(urls.map((text) => new URL(text).href))) {
    await tx
      .insertInto('oidc_outbound')
      .values({ url, client, networks: JSON.stringify(settings.networks) })
      .execute();
  }
}

function changedNames(before: ClientSettings, after: ClientSettings): readonly string[] {
  const keys = Object.keys(after) as (keyof ClientSettings)[];
  return keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
}

function registeredOf(row: {
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

function newSecret(random: RandomBytes): string {
  return encodeBase64url(random(48));
}

function clientNotFound(): IdentityError {
  return new IdentityError('client-not-found', 'There is no such client.');
}

function secretPlace(id: string): { table: string; column: string; row: string } {
  return { table: 'oidc_client', column: 'secret', row: id };
}

function previousPlace(id: string): { table: string; column: string; row: string } {
  return { table: 'oidc_client', column: 'previous_secret', row: id };
}
