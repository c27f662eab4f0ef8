// A whole service in this process, on a temporary folder and a free port, with the demonstration district in it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../api/config.ts';
import {
  createDistrictKeys,
  demonstrationAccounts,
  demonstrationLogins,
  demonstrationMatterNames,
  demonstrationSettings,
  establishDistrict,
} from '../../api/demonstration.ts';
import { claimSampleEnterprises } from '../../api/demonstration-people.ts';
import { demonstrationRegisters } from '../../api/demonstration-registers.ts';
import { realWorld, type World } from '../../api/installation.ts';
import { openLog, type Log } from '../../api/log.ts';
import { startService as start } from '../../api/main.ts';
import type { Services } from '../../api/services.ts';
import type { CaAccountKey } from '../../fixtures/ca-accounts.ts';
import type { DepartmentKey } from '../../fixtures/departments.ts';
import { district } from '../../fixtures/district.ts';
import type { SealAccountKey } from '../../fixtures/seal-accounts.ts';
import { markAutomatic } from '../signing/grants.ts';

export interface HarnessOptions {
  /** Kept by the caller; a temporary one is made and removed otherwise. */
  readonly dataFolder?: string;
  readonly environment?: NodeJS.ProcessEnv;
  readonly world?: Partial<World>;
  /** Silent unless given. */
  readonly log?: Log;
  /** The demonstration's on loopback unless given. */
  readonly registers?: typeof demonstrationRegisters;
}

export interface Harness {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly dataFolder: string;
  /** Key of each demonstration department, with every scope of a department. */
  readonly apiKeys: Readonly<Record<DepartmentKey, string>>;
  /** Keys of those who work at the certification authority. */
  readonly caKeys: Readonly<Record<CaAccountKey, string>>;
  /** Keys of those who work with seals. */
  readonly sealKeys: Readonly<Record<SealAccountKey, string>>;
  readonly services: Services;
  stop(): Promise<void>;
}

/** Starts a service. Key derivation is cheap and logs are silent; everything else is real. */
export async function startService(options: HarnessOptions = {}): Promise<Harness> {
  const dataFolder = options.dataFolder ?? mkdtempSync(join(tmpdir(), 'yinxin-service-'));
  const remove = (): void => {
    if (options.dataFolder === undefined) rmSync(dataFolder, { recursive: true, force: true });
  };
  try {
    const service = await start({
      config: readConfig({
        YINXIN_DATA: dataFolder,
        YINXIN_MODE: 'demonstration',
        YINXIN_PORT: '0',
        YINXIN_RATE_READING: '100000',
        YINXIN_RATE_VERIFYING: '100000',
        ...options.environment,
      }),
      settings: demonstrationSettings,
      world: { ...realWorld, keyCost: 1024, ...options.world },
      log: options.log ?? openLog(process.env['YINXIN_TEST_LOG'] ?? 'silent'),
      accounts: demonstrationAccounts,
      demonstrationLogins,
      registers: options.registers ?? demonstrationRegisters,
      matterNames: demonstrationMatterNames,
    });
    try {
      await establishDistrict(service.services);
      // Tests of approvals have matters of their own.
      for (const matter of district.matters) {
        if (!matter.automatic)
          await markAutomatic(service.services.seals, matter.department.creditCode, matter.code);
      }
      await claimSampleEnterprises(service.services.people);
      const keys = await createDistrictKeys(service.services);
      const keyOf = (key: DepartmentKey): string => {
        const code = district.departments.find((department) => department.key === key)?.creditCode;
        return keys.find((created) => created.creditCode === code)?.apiKey ?? '';
      };
      const caKeyOf = (account: CaAccountKey | SealAccountKey): string =>
        keys.find((created) => created.account === account)?.apiKey ?? '';
      return {
        url: service.localUrl,
        dataFolder,
        services: service.services,
        caKeys: {
          'registration-authority': caKeyOf('registration-authority'),
          'ca-officer-1': caKeyOf('ca-officer-1'),
          'ca-officer-2': caKeyOf('ca-officer-2'),
          'ca-auditor': caKeyOf('ca-auditor'),
        },
        sealKeys: {
          'seal-applicant': caKeyOf('seal-applicant'),
          'seal-administrator': caKeyOf('seal-administrator'),
        },
        apiKeys: {
          'approval-office': keyOf('approval-office'),
          'market-supervision': keyOf('market-supervision'),
          'health-commission': keyOf('health-commission'),
          'civil-affairs': keyOf('civil-affairs'),
        },
        async stop() {
          await service.stop();
          remove();
        },
      };
    } catch (error) {
      await service.stop();
      throw error;
    }
  } catch (error) {
    remove();
    throw error;
  }
}
