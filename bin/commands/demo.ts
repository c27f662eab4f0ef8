// `yinxin demo`, which is `npm start`: the demonstration district, its journey once, then the service.
import { join } from 'node:path';
import { readConfig, type Config } from '../../api/config.ts';
import {
  demonstrationAccounts,
  demonstrationLogins,
  demonstrationMatterNames,
  demonstrationSettings,
  establishDistrict,
} from '../../api/demonstration.ts';
import { grantDistrictRights } from '../../api/demonstration-rights.ts';
import { claimSampleEnterprises } from '../../api/demonstration-people.ts';
import { enrolDemonstrationDoors } from '../../api/demonstration-doors.ts';
import { demonstrationRegisters } from '../../api/demonstration-registers.ts';
import { ensureFolder, operator, realWorld } from '../../api/installation.ts';
import { openLog } from '../../api/log.ts';
import { startService, type RunningService } from '../../api/main.ts';
import { writeSettings } from '../../api/settings.ts';
import { startPortal, type Portal } from '../../fixtures/portal/portal.ts';
import { exitCodes, parseFlags, type Command, type Terminal } from '../command.ts';
import { demonstrationKeys, keysFile } from '../demonstration-keys.ts';
import { dataFlag, dataHelp } from '../installation.ts';
import { finishedJourney, type JourneyResult } from '../journey-result.ts';
import { untilStopped } from '../until-stopped.ts';

export const demo: Command = {
  help: `Usage: yinxin demo [--data DIR] [--port N] [--once]

On an empty folder it makes the demonstration district (authorities, departments, seals, license types, API keys), seals
a decision, issues licenses, verifies everything, leaves the files in DIR/demo, and goes on serving. On a folder that has
it all, it serves at once. Everything it makes is marked 样章 / 演示.

${dataHelp}
  --port N          port to listen on (YINXIN_PORT, default 8480)
  --once            stop after the journey instead of serving

YINXIN_SUITE        gm: everything with SM2, SM3 and SM4 (国密); decided by the first start of a folder
YINXIN_PUBLIC_URL   the address that goes into codes, e.g. http://192.168.1.20:8480 or an https address of a proxy;
                    without it codes open on this computer only.

The passphrase of the demonstration's key files is made on the first start: DIR/demonstration-passphrase (mode 0600).
A production installation never starts with it: see \`yinxin init --help\`.

Exit codes: 0 stopped in order, 1 the journey failed, 69 port in use, 73 folder in use, 78 configuration`,
  async run(args, terminal) {
    const { values } = parseFlags(args, { ...dataFlag, port: { type: 'string' }, once: { type: 'boolean' } });
    const config = readConfig(terminal.environment, { ...values, mode: 'demonstration' });
    const service = await startDemonstration(config, terminal);
    let portal: Portal | null = null;
    try {
      const folder = join(config.dataFolder, 'demo');
      // An authorisation ends after a year, and a folder of an earlier version has none.
      await grantDistrictRights(service.services);
      const journey = (await finishedJourney(folder)) ?? (await firstJourney(service, folder, terminal));
      // Before the first word: whoever waits for it may stop us at once.
      const stopped = untilStopped();
      announce(config, service, journey, folder, terminal);
      if (values.once !== true) {
        portal = await openPortal(service, terminal);
        await stopped;
      }
    } finally {
      await portal?.stop();
      await service.stop();
    }
    return exitCodes.done;
  },
};

/** Two made-up websites on the next two ports that share the sign-in; without them the demonstration goes on. */
async function openPortal(service: RunningService, terminal: Terminal): Promise<Portal | null> {
  const port = Number(new URL(service.localUrl).port);
  try {
    const portal = await startPortal({
      clients: service.services.providerParts,
      actor: operator,
      issuer: service.services.providerParts.issuer,
      ports: [port + 1, port + 2],
    });
    for (const address of portal.addresses) terminal.print(`  统一登录演示 single sign-on  ${address}/`);
    terminal.print('');
    return portal;
  } catch (error) {
    const why = error instanceof Error ? error.message : 'failed';
    terminal.tell(`· 统一登录演示网站未启动 · the websites of the portal did not start: ${why}`);
    return null;
  }
}

async function startDemonstration(config: Config, terminal: Terminal): Promise<RunningService> {
  const settings = config.settings ?? { ...demonstrationSettings, suite: config.suite };
  const service = await startService({
    config,
    settings,
    world: realWorld,
    // A person reads this screen: only what goes wrong is logged, unless asked for more.
    log: openLog(terminal.environment['YINXIN_LOG_LEVEL'] === undefined ? 'error' : config.logLevel),
    accounts: demonstrationAccounts,
    demonstrationLogins,
    registers: demonstrationRegisters,
    matterNames: demonstrationMatterNames,
  });
  try {
    if (config.settings === null) {
      await ensureFolder(config.dataFolder);
      await writeSettings(config.dataFolder, settings);
    }
    await claimSampleEnterprises(service.services.people);
    await enrolDemonstrationDoors(service.services);
    const { madePassphrase } = service.services;
    if (madePassphrase !== null) {
      terminal.tell(
        `· 已生成演示密钥口令 · made the passphrase of the demonstration's keys: ${madePassphrase} (0600)`,
      );
    }
    return service;
  } catch (error) {
    await service.stop();
    throw error;
  }
}

async function firstJourney(
  service: RunningService,
  folder: string,
  terminal: Terminal,
): Promise<JourneyResult> {
  const step = (words: string): void => terminal.tell(`· ${words}`);
  step('根CA、签发CA、服务密钥、信任列表 · authorities, service keys, trust list');
  step('部门与电子印章 · departments and seals');
  await establishDistrict(service.services, (made) => step(`  ${made}`));
  const keys = await demonstrationKeys(service.services, folder);
  step(`接口密钥 · API keys: ${join(folder, keysFile)} (0600)`);
  // Drawing decisions is needed once: a later start does without that code.
  const { goJourney } = await import('../journey.ts');
  const { clock, suite } = service.services;
  return goJourney({ url: service.localUrl, folder, keys, now: clock(), digest: suite.digest, step });
}

function announce(
  config: Config,
  service: RunningService,
  journey: JourneyResult,
  folder: string,
  terminal: Terminal,
): void {
  const { address } = service.services;
  terminal.print('');
  for (const file of journey.files) terminal.print(`  ${file}`);
  terminal.print(`  ${join(folder, keysFile)}`);
  terminal.print('');
  for (const [what, conclusion] of Object.entries(journey.conclusions))
    terminal.print(`  ${conclusion}  ${what}`);
  terminal.print('');
  terminal.print(`  首页 home            ${address}/`);
  terminal.print(`  核验 verify          ${address}/verify`);
  terminal.print(`  演示登录 sign in      ${address}/sign-in`);
  terminal.print(`  接口说明 API          ${address}/docs`);
  terminal.print(`  证照码 license code   ${journey.codeUrl}`);
  terminal.print('');
  if (config.publicUrl === null) {
    const port = new URL(service.localUrl).port;
    terminal.print(
      '  证照码中的地址只能在本机打开。要用手机扫码：在空的数据目录上设置本机局域网地址后重新启动，例如',
    );
    terminal.print(
      '  Codes open on this computer only. For a phone, start on an empty folder with this machine’s address, e.g.',
    );
    terminal.print(`    YINXIN_PUBLIC_URL=http://192.168.1.20:${port} npm start -- --data data-phone`);
    terminal.print(
      '  没有 HTTPS 时由服务器代为核验，页面会说明。Without HTTPS the server verifies for the page, which says so.',
    );
    terminal.print('');
  }
}
