// A whole service on a temporary folder for the bench: real storage, keys and HTTP; only the key derivation is cheap.
import { join } from 'node:path';
import { readConfig } from '../api/config.ts';
import { demonstrationAccounts, demonstrationSettings, establishDistrict } from '../api/demonstration.ts';
import { grantDistrictRights } from '../api/demonstration-rights.ts';
import { realWorld } from '../api/installation.ts';
import { openLog } from '../api/log.ts';
import { startService, type RunningService } from '../api/main.ts';

/** Starts the demonstration district's service below `folder`, on a free port. */
export async function startBenchService(
  folder: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<RunningService> {
  const service = await startService({
    config: readConfig({
      YINXIN_DATA: join(folder, 'data'),
      YINXIN_MODE: 'demonstration',
      YINXIN_PORT: '0',
      ...environment,
    }),
    settings: demonstrationSettings,
    world: { ...realWorld, keyCost: 1024 },
    log: openLog('silent'),
    accounts: demonstrationAccounts,
  });
  try {
    await establishDistrict(service.services);
    await grantDistrictRights(service.services);
  } catch (error) {
    await service.stop();
    throw error;
  }
  return service;
}
