// Whether two administrators agreed to a restore: asked of a copy of the backup, before anything of it is put in place.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../api/config.ts';
import { openHierarchy } from '../api/hierarchy.ts';
import { openInstallation, realWorld, type Installation } from '../api/installation.ts';
import { loginAccounts } from '../api/login-services.ts';
import type { Settings } from '../api/settings.ts';
import { hasAdministrators } from '../api/two-persons.ts';
import { PRIVATE_OID } from '../formats/x509/private-oid.ts';
import { requireRestoreApproved, restoreApprovalOf } from '../identity/restore-approval.ts';
import { copyToLookAt } from '../storage/backup.ts';
import { installFact } from '../storage/install-facts.ts';
import { openDatabase } from '../storage/open.ts';

/**
 * A demonstration, and a backup without administrators, needs nobody: none could agree.
 * @param wanted.digest - of the backup
 * @param wanted.files - paths of agreements
 * @returns who agreed: two accounts, or none where none was needed
 * @throws IdentityError `restore-not-approved`; StorageError `backup-damaged`; CryptoError for a wrong passphrase.
 */
export async function agreedToRestore(
  source: string,
  opened: { readonly config: Config; readonly settings: Settings },
  wanted: { readonly digest: string; readonly files: readonly string[] },
): Promise<readonly string[]> {
  const { config, settings } = opened;
  const approvals = [];
  for (const file of wanted.files) approvals.push(restoreApprovalOf(await readFile(file, 'utf8')));
  const folder = await mkdtemp(join(tmpdir(), 'yinxin-restore-'));
  try {
    await copyToLookAt(source, folder);
    // The settings lie beside what the manifest names, and could say anything: the database knows better.
    if ((await modeOf(folder)) !== 'production' && settings.mode === 'demonstration') return [];
    const copy: Config = {
      ...config,
      dataFolder: folder,
      // The copy is asked, and no other database that the environment may name.
      databaseUrl: null,
      mode: 'production',
      // Root keys are not needed to look, and are not copied.
      rootKeys: { ...config.rootKeys, folder: join(folder, 'root-keys') },
    };
    const installation = await openInstallation(copy, realWorld);
    try {
      if (!(await hasAdministrators(installation.database.reader))) return [];
      return await requireRestoreApproved(await partsOver(installation, settings), wanted.digest, approvals);
    } finally {
      await installation.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function modeOf(folder: string): Promise<string | null> {
  const database = await openDatabase({ file: join(folder, 'yinxin.db') });
  try {
    return await installFact(database.reader, 'mode');
  } finally {
    await database.close();
  }
}

async function partsOver(
  installation: Installation,
  settings: Settings,
): Promise<Parameters<typeof requireRestoreApproved>[0]> {
  return {
    ...installation,
    accounts: loginAccounts(installation),
    messages: null,
    hierarchy: await openHierarchy(
      installation,
      settings,
      installation.config.publicUrl ?? 'https://localhost',
    ),
    deviceKeyPolicies: [PRIVATE_OID.deviceKeyPolicy],
  };
}
