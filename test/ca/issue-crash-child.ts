// An issuer to be killed: by itself at a named step of one issuance, or by its parent under load.
import { randomBytes } from 'node:crypto';
import { appendFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { establishHierarchy } from '../../ca/hierarchy.ts';
import { issueCertificate } from '../../ca/issue.ts';
import type { IssuedCertificate } from '../../ca/issue-request.ts';
import type { CaParts } from '../../ca/parts.ts';
import { createBlindIndex } from '../../crypto/blind-index.ts';
import { createFieldCipher } from '../../crypto/field-cipher.ts';
import { openKeyFiles } from '../../crypto/key-files.ts';
import { suiteNamed } from '../../crypto/suite.ts';
import { auditChain } from '../../storage/audit-chain.ts';
import type { Database } from '../../storage/database.ts';
import { openDatabase, type DatabaseLocation } from '../../storage/open.ts';
import { CREDIT_CODE, looseKey, SETTINGS, SYSTEM } from './district.ts';

const [location = '', folder = '', step = '', publicKey = ''] = process.argv.slice(2);

function dieAt(here: string): void {
  if (here === step) process.kill(process.pid, 'SIGKILL');
}

const database = await openDatabase(JSON.parse(location) as DatabaseLocation);
const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const keys = await openKeyFiles({ folder: join(folder, 'keys'), passphrase: 'test', random, cost: 1024 });
const masterKeys = await keys.masterKeys();
const chain = auditChain({ node: `crash-${process.pid}`, digest: 'sha256' });
const parts: CaParts = {
  database,
  keys,
  audit: chain,
  clock: () => new Date(),
  random,
  suite: suiteNamed('international'),
  index: createBlindIndex(masterKeys.first),
  cipher: createFieldCipher({ masterKeys, random }),
  rootKeys: () => Promise.resolve(null),
};
const hierarchy = await establishHierarchy(parts, SETTINGS);

let writes = 0;
const dying: Database = {
  engine: database.engine,
  file: database.file,
  reader: database.reader,
  statistics: database.statistics,
  close: () => database.close(),
  write: async (work) => {
    writes += 1;
    const name = writes === 1 ? 'intention' : 'completion';
    dieAt(`before-${name}`);
    const value = await database.write(async (tx) => {
      const inner = await work(tx);
      dieAt(`inside-${name}`);
      return inner;
    });
    dieAt(`after-${name}`);
    return value;
  },
};
const authority = hierarchy.issuer('department-seals');
const watched = {
  ...authority,
  key: {
    ...authority.key,
    sign: async (message: Uint8Array): Promise<Uint8Array> => {
      // Written before the key is used: the parent counts every use there can have been.
      appendFileSync(join(folder, 'uses'), `${Buffer.from(message).toString('hex')}\n`);
      dieAt('before-key');
      const signature = await authority.key.sign(message);
      dieAt('after-key');
      return signature;
    },
  },
};

function issue(among: CaParts, spki: Uint8Array, fact: string): Promise<IssuedCertificate> {
  return issueCertificate(among, {
    profile: 'seal',
    authority: watched,
    subject: { organization: '天津市河北区民政局', creditCode: CREDIT_CODE, commonName: '12010500000001' },
    publicKey: spki,
    actor: SYSTEM,
    alongside: async (tx, { serial }) => {
      await tx.insertInto('install_fact').values({ name: fact, value: serial }).execute();
    },
  });
}

async function underLoad(): Promise<never> {
  for (;;) {
    const { serial } = await issue(parts, looseKey().spki, `load ${Buffer.from(random(8)).toString('hex')}`);
    // Synchronous: an acknowledgement must not wait in a buffer when the kill comes.
    writeSync(1, `${serial}\n`);
  }
}

writeSync(1, 'ready\n');
if (step === 'load') await Promise.all(Array.from({ length: 8 }, underLoad));
const issued = await issue({ ...parts, database: dying }, Buffer.from(publicKey, 'hex'), `step ${step}`);
writeSync(1, `${issued.serial}\n`);
await database.close();
