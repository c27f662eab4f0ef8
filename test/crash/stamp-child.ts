// `yinxin stamp` as a process that kills itself at one byte of its output, or at one step after the last.
import { open } from 'node:fs/promises';
import { stampCommand } from '../../bin/commands/stamp.ts';

const [place = '', ...args] = process.argv.slice(2);

interface Handle {
  write: (
    this: Handle,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ) => Promise<unknown>;
  datasync: (this: Handle) => Promise<void>;
}

const probe = await open(process.execPath, 'r');
const handles = Object.getPrototypeOf(probe) as Handle;
await probe.close();
const { write, datasync } = handles;

async function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

const killAt = /^\d+$/.test(place) ? Number(place) : Infinity;
handles.write = async function (this: Handle, buffer, offset, length, position) {
  if (position + length <= killAt) return write.call(this, buffer, offset, length, position);
  if (killAt > position) await write.call(this, buffer, offset, killAt - position, position);
  return die();
};
handles.datasync = async function (this: Handle) {
  if (place === 'before-sync') await die();
  await datasync.call(this);
  if (place === 'after-sync') await die();
};

process.exitCode = await stampCommand.run(args, {
  environment: {},
  print: (line) => void process.stdout.write(`${line}\n`),
  tell: (line) => void process.stderr.write(`${line}\n`),
  interactive: false,
});
