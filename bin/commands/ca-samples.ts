// `yinxin ca samples`: one of everything the certification authority makes, for other people's linters.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { realWorld } from '../../api/installation.ts';
import type { Sample } from '../../ca/samples.ts';
import { makeSamples } from '../../ca/samples.ts';
import { createBlindIndex } from '../../crypto/blind-index.ts';
import { createFieldCipher } from '../../crypto/field-cipher.ts';
import { openKeyFiles } from '../../crypto/key-files.ts';
import { suiteNamed } from '../../crypto/suite.ts';
import { auditChain } from '../../storage/audit-chain.ts';
import { openDocumentFiles } from '../../storage/documents-files.ts';
import { migrate } from '../../storage/migrate.ts';
import { openDatabase } from '../../storage/open.ts';
import { exitCodes, parseFlags, required, type Command } from '../command.ts';
import { dataFlag } from '../installation.ts';

/** What addresses in the samples say: a name that is reserved and answers nowhere (RFC 2606). */
const PUBLIC_URL = 'http://yinxin.example';

export const caSamples: Command = {
  help: `Usage: yinxin ca samples --out DIR

  --out DIR        an empty or absent folder
  --data DIR       is taken as by every command, and not looked at: no installation is needed

Writes one certificate of every profile of both hierarchies (international, sm2) with its chain, revocation lists, a status
answer and a time-stamp, each as DER and as PEM, and INDEX.txt. Authorities and keys are made for this, in a
temporary folder, and thrown away. Every subject says 演示.

Exit codes: 0 written, 64 usage, 73 the folder is not empty`,
  async run(args, terminal) {
    const { values } = parseFlags(args, { ...dataFlag, out: { type: 'string' } });
    const out = required(values.out, 'out');
    await mkdir(out, { recursive: true });
    if ((await readdir(out)).length > 0) {
      terminal.tell(`yinxin ca samples: the folder ${out} is not empty.`);
      return exitCodes.cannotCreate;
    }
    const samples = await samplesOfOneRun();
    for (const sample of samples) await writeSample(out, sample);
    await writeFile(join(out, 'INDEX.txt'), indexOf(samples));
    terminal.print(`${samples.length} samples in ${out}`);
    return exitCodes.done;
  },
};

/** Everything lives in a temporary folder as long as it takes. */
async function samplesOfOneRun(): Promise<readonly Sample[]> {
  const folder = await mkdtemp(join(tmpdir(), 'yinxin-samples-'));
  const { clock, random } = realWorld;
  const suite = suiteNamed('international');
  try {
    const database = await openDatabase({ file: join(folder, 'yinxin.db') });
    try {
      await migrate(database);
      // The keys last for seconds: what makes guessing their passphrase slow would only make this slow.
      const vault = { passphrase: Buffer.from(random(32)).toString('hex'), random, cost: 1024 };
      const keys = await openKeyFiles({ ...vault, folder: join(folder, 'keys') });
      const rootKeys = await openKeyFiles({ ...vault, folder: join(folder, 'root-keys') });
      const masterKeys = await keys.masterKeys();
      const parts = {
        database,
        keys,
        rootKeys: () => Promise.resolve(rootKeys),
        documents: await openDocumentFiles(join(folder, 'documents'), { masterKeys, random }),
        audit: auditChain({ node: 'samples', digest: suite.digest }),
        clock,
        random,
        suite,
        index: createBlindIndex(masterKeys.first),
        cipher: createFieldCipher({ masterKeys, random }),
      };
      return await makeSamples(parts, { organisation: '样例机构', publicUrl: PUBLIC_URL });
    } finally {
      await database.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function pemOf(label: string, der: Uint8Array): string {
  const body = Buffer.from(der)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
}

async function writeSample(out: string, { path, ending, label, der, chain }: Sample): Promise<void> {
  const file = join(out, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.${ending}`, der);
  await writeFile(`${file}.pem`, pemOf(label, der));
  if (chain.length > 0) {
    const all = [der, ...chain].map((each) => pemOf('CERTIFICATE', each));
    await writeFile(`${file}.chain.pem`, all.join(''));
  }
}

function indexOf(samples: readonly Sample[]): string {
  const lines = samples.map(({ path, ending, about }) => `${`${path}.${ending}`.padEnd(48)} ${about}`);
  return [
    'Samples of the certification authority of Yinxin: made for linting, trusted by nobody.',
    'Beside each DER file lies the same as .pem, and beside a certificate its chain, root last, as .chain.pem.',
    'SM2 signatures are under the identifier 1234567812345678 (GB/T 35276). openssl takes it for one signature at a time:',
    '  openssl verify -x509_strict -partial_chain -vfyopt distid:1234567812345678 \\',
    '    -trusted sm2/issuing-ca-residents.pem sm2/resident-signing.pem',
    '',
    ...lines,
    '',
  ].join('\n');
}
