// What a person at a shell has: a key in a PKCS#12 file from a stranger's CA, and that CA's time-stamps and lists on loopback.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outcomeOf, type Terminal } from '../../bin/command.ts';
import { stampCommand } from '../../bin/commands/stamp.ts';
import { verifyCommand } from '../../bin/commands/verify.ts';

export const keyKinds = {
  'rsa-2048': ['-newkey', 'rsa:2048'],
  'p-256': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'p-384': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  ed25519: ['-newkey', 'ed25519'],
} as const;
export type KeyKind = keyof typeof keyKinds;

export interface StampSetting {
  /** Address of the time-stamping authority. */
  readonly tsa: string;
  /** PEM of the only root. */
  readonly rootFile: string;
  /** What the services do: `up`, `down` (refused), `slow` (no answer). */
  services: 'up' | 'down';
  path(name: string): string;
  /** Arguments that name key and passphrase. */
  key(kind: KeyKind): readonly string[];
  /** Revokes a key's certificate: the list says so from now on. */
  revoke(kind: KeyKind): void;
  close(): Promise<void>;
}

export async function openStampSetting(): Promise<StampSetting> {
  const folder = mkdtempSync(join(tmpdir(), 'yinxin-stamp-'));
  const path = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]): Buffer =>
    execFileSync('openssl', [...args], { cwd: folder, stdio: 'pipe' });
  let services: 'up' | 'down' = 'up';
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (services === 'down') response.writeHead(503).end();
      else if (request.url === '/ca.crl') response.end(readFileSync(path('ca.crl')));
      else if (request.url === '/tsa') {
        writeFileSync(path('request.tsq'), Buffer.concat(chunks));
        openssl('ts', '-reply', '-config', 'tsa.cnf', '-queryfile', 'request.tsq', '-out', 'answer.tsr');
        response
          .setHeader('Content-Type', 'application/timestamp-reply')
          .end(readFileSync(path('answer.tsr')));
      } else response.writeHead(404).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeFileSync(path('pass'), 'a passphrase\n', { mode: 0o600 });
  writeFileSync(path('tsa.cnf'), tsaConfiguration);
  writeFileSync(path('ca.cnf'), caConfiguration);
  writeFileSync(path('index.txt'), '');
  const ca = [
    '-addext',
    'basicConstraints=critical,CA:TRUE',
    '-addext',
    'keyUsage=critical,keyCertSign,cRLSign',
  ];
  const newCa = ['-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem'];
  openssl('req', '-x509', ...newCa, '-subj', '/CN=Demonstration root', '-days', '3000', ...ca);
  openssl('ca', '-config', 'ca.cnf', '-gencrl', '-out', 'ca-crl.pem', '-crldays', '30');
  openssl('crl', '-in', 'ca-crl.pem', '-outform', 'DER', '-out', 'ca.crl');
  const certify = (name: string, key: readonly string[], extensions: string): void => {
    const request = ['-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`];
    openssl('req', '-new', ...key, ...request, '-subj', `/O=演示单位/CN=${name}`, '-utf8');
    writeFileSync(
      path('extensions.cnf'),
      `basicConstraints=critical,CA:FALSE\n${extensions}\ncrlDistributionPoints=URI:${address}/ca.crl\n`,
    );
    const issue = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '900'];
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...issue,
      '-extfile',
      'extensions.cnf',
      '-out',
      `${name}.pem`,
    );
  };
  const timeStamping = 'extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature';
  certify('tsa', keyKinds['p-256'], timeStamping);
  for (const [kind, key] of Object.entries(keyKinds)) {
    certify(kind, key, 'keyUsage=critical,digitalSignature,nonRepudiation');
    const parts = ['-inkey', `${kind}.key`, '-in', `${kind}.pem`, '-certfile', 'ca.pem'];
    openssl('pkcs12', '-export', ...parts, '-out', `${kind}.p12`, '-passout', 'pass:a passphrase');
  }
  return {
    tsa: `${address}/tsa`,
    rootFile: path('ca.pem'),
    get services() {
      return services;
    },
    set services(value) {
      services = value;
    },
    path,
    key: (kind) => ['--p12', path(`${kind}.p12`), '--passphrase-file', path('pass')],
    revoke(kind) {
      openssl('ca', '-config', 'ca.cnf', '-revoke', `${kind}.pem`);
      openssl('ca', '-config', 'ca.cnf', '-gencrl', '-out', 'ca-crl.pem', '-crldays', '30');
      openssl('crl', '-in', 'ca-crl.pem', '-outform', 'DER', '-out', 'ca.crl');
    },
    close: () => closed(server, folder),
  };
}

async function closed(server: Server, folder: string): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
}

const tsaConfiguration = `[tsa]
default_tsa = tsa1
[tsa1]
serial = tsa-serial
crypto_device = builtin
signer_cert = tsa.pem
certs = ca.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
`;

const caConfiguration = `[ca]
default_ca = here
[here]
database = index.txt
certificate = ca.pem
private_key = ca.key
default_md = sha256
`;

const commands = { stamp: stampCommand, verify: verifyCommand };

/** A command in this process, with the exit code and the line that the dispatch would make of its end. */
export async function yinxin([name, ...args]: readonly [keyof typeof commands, ...string[]]): Promise<{
  readonly code: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    environment: {},
    print: (line) => out.push(line),
    tell: (line) => err.push(line),
    interactive: false,
  };
  try {
    return { code: await commands[name].run(args, terminal), out, err };
  } catch (error) {
    const { exitCode, line } = outcomeOf(error, name);
    err.push(line);
    return { code: exitCode, out, err };
  }
}
