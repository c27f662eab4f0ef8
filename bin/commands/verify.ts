// `yinxin verify`: the report on files, at a shell.
import { runVerify, verifyUsage } from '../../verification/cli.ts';
import { readConfig } from '../../api/config.ts';
import { openOwnFacts } from '../own-facts.ts';
import type { Command, Terminal } from '../command.ts';
import { openOwnInput } from '../standard-input.ts';

export const verifyCommand: Command = {
  help: `${verifyUsage}
  --data DIR           judge with the trust lists, anchors, revocation lists and status lists of this installation, those of
                       others that \`yinxin trust\` took in among them (YINXIN_DATA, default ./data where there is one)`,
  async run(args, terminal) {
    const { data, rest } = takeData(args);
    const alone = args.some((arg) => arg === '--offline' || /^--(trust-list|offline-kit)(=|$)/.test(arg));
    const facts = alone ? null : await ownFacts(data, terminal);
    try {
      return await runVerify(rest, {
        out: (text) => terminal.print(text.replace(/\n$/, '')),
        err: (text) => terminal.tell(text.replace(/\n$/, '')),
        now: new Date(),
        readCodes: async (picture) =>
          (await import('../../licenses/code-reader.ts')).readCodesInFile(picture),
        openInput: openOwnInput,
        ...facts?.verification,
      });
    } finally {
      await facts?.close();
    }
  },
};

/** Takes `--data DIR` or `--data=DIR` out; everything else is verification's own. */
function takeData(args: readonly string[]): {
  readonly data: string | undefined;
  readonly rest: readonly string[];
} {
  const rest: string[] = [];
  let data: string | undefined;
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (arg === '--data') data = args[(at += 1)];
    else if (arg.startsWith('--data=')) data = arg.slice('--data='.length);
    else rest.push(arg);
  }
  return { data, rest };
}

/** Facts of the installation, or null where there is none: files can be verified anywhere. */
async function ownFacts(data: string | undefined, terminal: Terminal): ReturnType<typeof openOwnFacts> {
  if (data === undefined && terminal.environment['YINXIN_DATA'] === undefined) {
    // Asked for by nobody: an installation in ./data that cannot be opened is no reason to refuse.
    try {
      const config = readConfig(terminal.environment, {});
      return config.settings === null ? null : await openOwnFacts(config);
    } catch (error) {
      terminal.tell(`yinxin: ./data is not used: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  }
  return openOwnFacts(readConfig(terminal.environment, { data }));
}
