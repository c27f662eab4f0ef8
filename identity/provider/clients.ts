// The register of clients: added, changed, given new secrets, disabled; each change audited, secrets shown once.
import type { RandomBytes } from '../../crypto/clock.ts';
import { encodeBase64url } from '../../formats/cose/base64url.ts';
import type { Actor } from '../../storage/actor.ts';
import type { AuditLog } from '../../storage/audit-log.ts';
import type { Writer } from '../../storage/database.ts';
import { StorageError } from '../../storage/errors.ts';
import { requireDepartment } from '../departments.ts';
import { IdentityError } from '../errors.ts';
import { randomIdentifier } from '../identifier.ts';
import {
  clientSettingsSchema,
  needsSecret,
  settingsFaults,
  type ClientSettings,
  type ClientSettingsInput,
} from './client.ts';
import {
  clientNotFound,
  previousPlace,
  registeredOf,
  requireClient,
  secretPlace,
  type RegisteredClient,
} from './client-register.ts';
import type { RecordDependencies } from './records.ts';

export interface ClientDependencies extends RecordDependencies {
  readonly audit: AuditLog;
  readonly random: RandomBytes;
  readonly demonstration: boolean;
  /** Whether http on this computer is accepted for web clients: the demonstration and the conformance profile. */
  readonly loopback: boolean;
}

export interface NewClient {
  /** A name to choose, or none to have one made. */
  readonly id?: string;
  readonly name: string;
  readonly englishName: string;
  readonly department: string;
  readonly settings: ClientSettingsInput;
}

/** What else happens in the write of a change, or refuses it: two persons' approval is taken up there. */
export type Alongside = (tx: Writer) => Promise<void>;

const nothingElse: Alongside = () => Promise.resolve();

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
  alongside: Alongside = nothingElse,
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
      await alongside(tx);
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
  alongside: Alongside = nothingElse,
): Promise<{ readonly client: RegisteredClient; readonly secret: string | null }> {
  const settings = checkedSettings(change.settings, dependencies.loopback);
  const known = await requireClient(dependencies, id);
  const name = change.name ?? known.name;
  const englishName = change.englishName ?? known.englishName;
  checkNames(name, englishName);
  const fresh = needsSecret(settings) && !needsSecret(known.settings) ? newSecret(dependencies.random) : null;
  const at = dependencies.clock();
  await dependencies.database.write(async (tx) => {
    await alongside(tx);
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
  alongside: Alongside = nothingElse,
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
    await alongside(tx);
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
  alongside: Alongside = nothingElse,
): Promise<void> {
  const at = dependencies.clock();
  await dependencies.database.write(async (tx) => {
    await alongside(tx);
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

/** Settings as the register would keep them. @throws IdentityError `client-invalid`, naming what does not hold. */
export function checkedSettings(input: ClientSettingsInput, loopback: boolean): ClientSettings {
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

function newSecret(random: RandomBytes): string {
  return encodeBase64url(random(48));
}
