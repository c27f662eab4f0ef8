// The command `yinxin` as the launcher imports it: the machine's own terminal around the command line.
import { readFileSync } from 'node:fs';
import { runCommandLine } from './dispatch.ts';

// A reader that goes away (`yinxin … | head`) is no fault of ours.
process.stdout.on('error', () => undefined);

// Both in the source and in the build the package file lies somewhere above.
const packageFile = new URL(
  import.meta.url.includes('/dist/') ? '../../package.json' : '../package.json',
  import.meta.url,
);
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { readonly version: string };

process.exitCode = await runCommandLine(
  process.argv.slice(2),
  {
    environment: process.env,
    print: (line) => void process.stdout.write(`${line}\n`),
    tell: (line) => void process.stderr.write(`${line}\n`),
    interactive: process.stderr.isTTY,
  },
  version,
);
