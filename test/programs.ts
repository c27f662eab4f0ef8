// Other people's programs as judges: a missing one is a visible skip on a user's machine and a failure where none may be.
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Full paths of `name` on PATH, the first one first. */
function programPaths(name: string): readonly string[] {
  return (process.env['PATH'] ?? '').split(delimiter).flatMap((folder) => {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return [path];
    } catch {
      return [];
    }
  });
}

/** Full path of `name` on PATH, or null. */
export function programPath(name: string): string | null {
  return programPaths(name)[0] ?? null;
}

/** Skips the running test (or fails it under YINXIN_NO_SKIP=1) where `name` is not installed. */
export function requireProgram(context: Mocha.Context, name: string): string {
  const path = programPath(name);
  if (path !== null) return path;
  if (process.env['YINXIN_NO_SKIP'] === '1')
    throw new Error(`The program ${name} is required and not installed.`);
  context.skip();
}

/** A Python that has `module`, whichever of those on PATH; as `requireProgram` where there is none. */
export function requirePython(context: Mocha.Context, module: string): string {
  for (const python of programPaths('python3'))
    try {
      execFileSync(python, ['-c', `import ${module}`], { stdio: 'ignore' });
      return python;
    } catch {
      continue;
    }
  if (process.env['YINXIN_NO_SKIP'] === '1') throw new Error(`A Python with ${module} is required.`);
  context.skip();
}

/** Runs a program to its end; @returns standard output as text. Throws with its standard error on a non-zero exit. */
export function run(path: string, args: readonly string[], input?: Uint8Array): string {
  return execFileSync(path, [...args], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    ...(input === undefined ? {} : { input }),
  });
}
