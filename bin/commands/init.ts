// `yinxin init`: makes an empty production installation.
import { readConfig } from '../../api/config.ts';
import { ApiError } from '../../api/errors.ts';
import { writeSettings } from '../../api/settings.ts';
import { ensureFolder, openInstallation, realWorld } from '../../api/installation.ts';
import { openHierarchy } from '../../api/hierarchy.ts';
import { isUscc } from '../../formats/identifiers/uscc.ts';
import { exitCodes, parseFlags, required, UsageError, type Command } from '../command.ts';
import { dataFlag, dataHelp, passphraseHelp } from '../installation.ts';

export const init: Command = {
  help: `Usage: yinxin init --district NAME --uscc CODE --division CODE --public-url URL [--data DIR]

  --district NAME   who runs the installation, as its root certificate will say (2 to 60 characters)
  --uscc CODE       its unified social credit code (18 characters, GB 32100)
  --division CODE   administrative division, GB/T 2260: six digits, e.g. 120105
  --public-url URL  the address people's phones reach, e.g. https://zz.example.gov.cn (YINXIN_PUBLIC_URL).
                    It stands in every printed code and certificate: keep it for the longest license life.
${dataHelp}

Environment:
  YINXIN_SUITE                 international (default), or gm: everything with SM2, SM3 and SM4. Decided here, for good.
  YINXIN_ALLOW_KEY_FILES       1 lets gm keep its keys in files; an evaluation (密评) wants a certified module instead
  YINXIN_ROOT_KEYS             where the root keys go (default DIR/root-keys): a folder to take away after this
  YINXIN_ROOT_PASSPHRASE_FILE  its own passphrase; default the same as for all other keys

${passphraseHelp}
There is no default, and without it nothing opens the keys again: keep a copy where the backups are not.

Example:
  export YINXIN_PASSPHRASE_FILE=/etc/yinxin/passphrase
  yinxin init --data /var/lib/yinxin --district 天津市河北区 --uscc 11120105000123457H \\
    --division 120105 --public-url https://zz.example.gov.cn
Then: yinxin department add, yinxin seal create, yinxin seal authorise, yinxin api-key create, yinxin serve

Exit codes: 0 made, 64 usage, 69 the database is not reachable, 73 the folder is not empty, 78 configuration`,
  async run(args, terminal) {
    const { values } = parseFlags(args, {
      ...dataFlag,
      district: { type: 'string' },
      uscc: { type: 'string' },
      division: { type: 'string' },
      'public-url': { type: 'string' },
    });
    const organisation = required(values.district, 'district').trim();
    const creditCode = required(values.uscc, 'uscc').trim().toUpperCase();
    const division = required(values.division, 'division');
    if (!isUscc(creditCode)) throw new UsageError('--uscc is not a unified social credit code (GB 32100).');
    if (!/^\d{6}$/.test(division)) throw new UsageError('--division is six digits (GB/T 2260).');
    if (organisation.length < 2 || organisation.length > 60) {
      throw new UsageError('--district is 2 to 60 characters.');
    }
    const config = readConfig(terminal.environment, {
      data: values.data,
      publicUrl: values['public-url'],
      mode: 'production',
    });
    if (config.publicUrl?.startsWith('https://') !== true) {
      throw new UsageError('--public-url must be an https address: phones open it from printed codes.');
    }
    if (config.settings !== null) {
      throw new ApiError(
        'data-folder-unusable',
        `There is an installation in ${config.dataFolder} already.`,
        {
          hint: 'choose an empty folder with --data',
        },
      );
    }
    await ensureFolder(config.dataFolder);
    const settings = {
      version: 1,
      mode: 'production',
      suite: config.suite,
      organisation,
      creditCode,
      division,
      publicUrl: config.publicUrl,
    } as const;
    const installation = await openInstallation({ ...config, settings }, realWorld);
    try {
      await openHierarchy(installation, settings, config.publicUrl);
    } finally {
      await installation.close();
    }
    // Last, so that a folder with settings is a folder that is complete.
    await writeSettings(config.dataFolder, settings);
    terminal.print(config.dataFolder);
    terminal.tell(
      `The root keys lie in ${config.rootKeys.folder}: take that folder away, the service runs without it.`,
    );
    terminal.tell(
      'Made. Next: yinxin department add, yinxin seal create, yinxin seal authorise, yinxin api-key create, yinxin serve.',
    );
    return exitCodes.done;
  },
};
