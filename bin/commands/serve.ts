// `yinxin serve`: runs the service until it is told to stop.
import { openLog } from '../../api/log.ts';
import { realWorld } from '../../api/installation.ts';
import { startService } from '../../api/main.ts';
import { exitCodes, parseFlags, type Command } from '../command.ts';
import { configOfInstallation, dataFlag, dataHelp, passphraseHelp } from '../installation.ts';
import { untilStopped } from '../until-stopped.ts';

export const serve: Command = {
  help: `Usage: yinxin serve [--data DIR] [--port N] [--host ADDRESS]

${dataHelp}
  --port N          port to listen on (YINXIN_PORT, default 8480)
  --host ADDRESS    address to listen on (YINXIN_HOST, default all)

Environment:
  YINXIN_PUBLIC_URL         where people reach the service; default what \`init\` was told
  YINXIN_DATABASE_URL       postgresql://… instead of the embedded database
  YINXIN_TRUSTED_PROXIES    how many reverse proxies stand in front (their X-Forwarded-For is believed), default 0
  YINXIN_RATE_READING, YINXIN_RATE_VERIFYING, YINXIN_RATE_PRINCIPAL
                            requests a minute and address, address, principal; counted by each process for itself
  YINXIN_LOG_LEVEL          fatal, error, warn, info (default), debug, silent; logs are JSON lines on standard error
  YINXIN_MODE               demonstration or production; default what the folder was made for
  YINXIN_SUITE              international or gm; default what the folder was made for, and nothing else is taken
  YINXIN_ALLOW_KEY_FILES    1 lets production of gm keep its keys in files (see yinxin crypto inventory)
  YINXIN_ROOT_KEYS, YINXIN_ROOT_PASSPHRASE_FILE
                            the offline root keys and what opens them; needed for root operations only

${passphraseHelp}

The service speaks plain HTTP: put a reverse proxy with TLS in front. SIGTERM and SIGINT stop it in order: what runs
is finished (25 s at most). /healthz, /readyz and (from this machine only) /metrics tell how it is.

Exit codes: 0 stopped in order, 69 port in use or database not reachable, 73 folder in use, 78 configuration`,
  async run(args, terminal) {
    const { values } = parseFlags(args, { ...dataFlag, port: { type: 'string' }, host: { type: 'string' } });
    const config = configOfInstallation(terminal, values);
    const { settings } = config;
    if (settings === null) return exitCodes.configuration;
    const service = await startService({ config, settings, world: realWorld, log: openLog(config.logLevel) });
    const stopped = untilStopped();
    terminal.tell(`Yinxin serves ${service.services.address} (here: ${service.localUrl}).`);
    await stopped;
    await service.stop();
    return exitCodes.done;
  },
};
