// The shape of a command, and how its refusals become one line and an exit code.
import { parseArgs, type ParseArgsConfig } from 'node:util';

/** Exit codes (the numbers of BSD's sysexits.h where one fits). */
export const exitCodes = {
  done: 0,
  failed: 1,
  indeterminate: 2,
  usage: 64,
  unavailable: 69,
  cannotCreate: 73,
  configuration: 78,
} as const;

/** What a command may touch of the machine. */
export interface Terminal {
  readonly environment: NodeJS.ProcessEnv;
  /** One line to standard output. */
  print(line: string): void;
  /** One line to standard error. */
  tell(line: string): void;
  /** True where a person watches (progress is drawn, colours make sense). */
  readonly interactive: boolean;
}

/** A command as the overview knows it. */
export interface CommandEntry {
  /** As typed: `department add`. */
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

export interface Command {
  /** The text of `--help` below its first line. */
  readonly help: string;
  /** @returns the exit code. */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}

/** A mistake in how the command was called. */
export class UsageError extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'UsageError';
  }
}

type Options = NonNullable<ParseArgsConfig['options']>;

/** Strict parsing: an unknown or incomplete flag is a UsageError. */
export function parseFlags<const O extends Options>(
  args: readonly string[],
  options: O,
  allowPositionals = false,
): ReturnType<typeof parseArgs<{ options: O; allowPositionals: boolean; strict: true }>> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error), {
      cause: error,
    });
  }
}

/** @throws UsageError naming the flag that is missing. */
export function required(value: string | undefined, flag: string): string {
  if (value === undefined || value.trim() === '') throw new UsageError(`--${flag} is required.`);
  return value;
}

/** The exit code and the one line (with a hint) for an error. */
export function outcomeOf(
  error: unknown,
  command: string,
): { readonly exitCode: number; readonly line: string } {
  const message = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
  if (error instanceof UsageError) {
    return { exitCode: exitCodes.usage, line: `yinxin: ${message} Hint: see \`yinxin ${command} --help\`.` };
  }
  const hint =
    error instanceof Error && 'hint' in error && typeof error.hint === 'string' ? error.hint : null;
  return { exitCode: exitCodeOf(error), line: `yinxin: ${message}${hint === null ? '' : ` Hint: ${hint}.`}` };
}

function exitCodeOf(error: unknown): number {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  switch (code) {
    case 'configuration-invalid':
    case 'configuration-refused':
    case 'passphrase-invalid':
    case 'key-locked':
    case 'schema-newer':
      return exitCodes.configuration;
    case 'port-taken':
    case 'unavailable':
    case 'migration-locked':
    case 'timestamp-unavailable':
      return exitCodes.unavailable;
    case 'data-folder-unusable':
    case 'key-store-unavailable':
    case 'backup-target-not-empty':
    case 'department-exists':
    case 'administrators-exist':
      return exitCodes.cannotCreate;
    default:
      return exitCodes.failed;
  }
}
