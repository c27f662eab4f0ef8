// Finds the command meant, runs it, and turns its end into an exit code.
import { exitCodes, outcomeOf, type CommandEntry, type Terminal } from './command.ts';
import { commands } from './commands/list.ts';

const overview = `印信 Yinxin: e-seals, e-licenses and their verification for a district government.

Usage: yinxin <command> [options]

Commands:
${commands.map((command) => `  ${command.name.padEnd(16)} ${command.summary}`).join('\n')}

Options:
  --help           this text; \`yinxin <command> --help\` tells everything about one command
  --version        the version

Every command but stamp, signer and offline-kit takes --data DIR (or YINXIN_DATA; default ./data): the folder of an installation.

Exit codes:
   0  done; for verify: TOTAL-PASSED; for stamp: all were stamped
   1  it failed; for verify: TOTAL-FAILED; for stamp: some were not
   2  verify only: INDETERMINATE
  64  wrong usage
  69  something needed is not available (port in use, database not reachable)
  73  cannot create (folder not empty, exists already)
  78  the configuration does not hold, or is refused`;

/** Runs one command line. @returns the exit code. */
export async function runCommandLine(
  args: readonly string[],
  terminal: Terminal,
  version: string,
): Promise<number> {
  const [first] = args;
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    if (first === undefined) terminal.tell(overview);
    else terminal.print(overview);
    return first === undefined ? exitCodes.usage : exitCodes.done;
  }
  if (first === '--version') {
    terminal.print(version);
    return exitCodes.done;
  }
  const command = commands.find((known) => matches(known, args));
  if (command === undefined) {
    terminal.tell(
      `yinxin: there is no command \`${args.slice(0, 2).join(' ').slice(0, 60)}\`. Hint: see \`yinxin --help\`.`,
    );
    return exitCodes.usage;
  }
  const rest = args.slice(command.name.split(' ').length);
  if (rest.includes('--help') || rest.includes('-h')) {
    terminal.print(`yinxin ${command.name}: ${command.summary}\n\n${(await command.load()).help}`);
    return exitCodes.done;
  }
  try {
    return await (await command.load()).run(rest, terminal);
  } catch (error) {
    const { exitCode, line } = outcomeOf(error, command.name);
    terminal.tell(line);
    if (terminal.environment['YINXIN_LOG_LEVEL'] === 'debug' && error instanceof Error)
      terminal.tell(String(error.stack));
    return exitCode;
  }
}

function matches(command: CommandEntry, args: readonly string[]): boolean {
  return command.name.split(' ').every((word, index) => args[index] === word);
}
