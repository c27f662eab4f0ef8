// A serving process: started, asked, killed without warning.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Serving {
  readonly url: string;
  readonly apiKeys: Readonly<Record<string, string>>;
  /** kill -9, and waits until the process is gone. */
  kill(): Promise<void>;
}

/** Starts a service on `dataFolder` (and the database of `environment`) in a process of its own. */
export async function serve(dataFolder: string, environment: NodeJS.ProcessEnv): Promise<Serving> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('serving-child.ts', import.meta.url)), dataFolder],
    {
      env: { ...process.env, NODE_OPTIONS: '', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const complaints: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    once(child, 'exit').then(() => null),
  ]);
  if (first === null) throw new Error(`The service did not start: ${Buffer.concat(complaints).toString()}`);
  const { url, apiKeys } = JSON.parse(first) as Pick<Serving, 'url' | 'apiKeys'>;
  return { url, apiKeys, kill: () => killed(child) };
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
