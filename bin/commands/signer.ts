// `yinxin signer`: a certificate file signs logins on a person's own computer, for allowed websites, each confirmed.
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline/promises';
import { defaultSignerPort } from '../../api/login-config.ts';
import { listen, stopListening } from '../../api/listen.ts';
import { openedCertificateFile, signerKey } from '../certificate-file.ts';
import { exitCodes, parseFlags, required, UsageError, type Command } from '../command.ts';
import { signerServer } from '../signer-server.ts';
import { untilStopped } from '../until-stopped.ts';

export const signer: Command = {
  help: `Usage: yinxin signer --file KEY.p12 --origin https://HOST [--origin …] [--password-file FILE] [--port N] [--yes]

Signs certificate logins with the key of a PKCS #12 file, on 127.0.0.1 alone, for pages of the origins named and no
others. Every login is shown and asked about before it is signed. The key never leaves this process, and what it signs
says in its first line that it is a login and no document.

  --file FILE            the certificate file (PKCS #12: P-256, P-384, RSA, Ed25519 or SM2)
  --origin ORIGIN        a website that may ask, e.g. https://zwfw.example.gov.cn; may be given several times
  --password-file FILE   its first line opens the certificate file; otherwise the password is asked for
  --port N               port on 127.0.0.1 (default ${defaultSignerPort}: what the login page expects)
  --data DIR             taken as everywhere; nothing is read from an installation
  --yes                  do not ask before each login (for tests and kiosks)

Exit codes: 0 stopped in order, 64 wrong usage, 69 port in use, 1 the file cannot be opened`,
  async run(args, terminal) {
    const { values } = parseFlags(args, {
      file: { type: 'string' },
      origin: { type: 'string', multiple: true },
      'password-file': { type: 'string' },
      port: { type: 'string' },
      yes: { type: 'boolean', default: false },
      data: { type: 'string' },
    });
    const origins = (values.origin ?? []).map(originOf);
    if (origins.length === 0) throw new UsageError('--origin is required: the website that may ask.');
    const port = portOf(values.port);
    const file = required(values.file, 'file');
    const key = signerKey(await openedCertificateFile(file, values['password-file']));
    const server = signerServer({
      key,
      origins,
      confirm: (asked) => (values.yes ? Promise.resolve(true) : confirmed(asked)),
      tell: (line) => terminal.tell(line),
    });
    await listen(server, '127.0.0.1', port);
    const stopped = untilStopped();
    const bound = (server.address() as AddressInfo).port;
    terminal.print(`signer: http://127.0.0.1:${bound} for ${origins.join(', ')}`);
    await stopped;
    await stopListening(server, 1000);
    return exitCodes.done;
  },
};

/** @throws UsageError for anything but an origin, and for plain http elsewhere than on this machine. */
function originOf(text: string): string {
  const url = URL.parse(text);
  const loopback = url?.hostname === 'localhost' || url?.hostname === '127.0.0.1';
  if (url?.origin !== text.replace(/\/$/, '') || (url.protocol !== 'https:' && !loopback)) {
    throw new UsageError(`${JSON.stringify(text.slice(0, 100))} is no https origin.`);
  }
  return url.origin;
}

function portOf(text: string | undefined): number {
  if (text === undefined) return defaultSignerPort;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65535)) throw new UsageError('A port is a whole number from 0 to 65535.');
  return port;
}

async function confirmed(asked: { readonly origin: string; readonly client: string }): Promise<boolean> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await reader.question(
      `${asked.origin} asks you to sign in to ${asked.client}. Sign? [y/N] `,
    );
    return /^(y|yes|是)$/i.test(answer.trim());
  } finally {
    reader.close();
  }
}
