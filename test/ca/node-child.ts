// Another node on a district's database: issues, revokes and publishes as fast as it can, and says what it saw.
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { CrlPublisher } from '../../ca/crl-publisher.ts';
import { establishHierarchy } from '../../ca/hierarchy.ts';
import { issueCertificate } from '../../ca/issue.ts';
import { revokeCertificate } from '../../ca/revoke.ts';
import { createBlindIndex } from '../../crypto/blind-index.ts';
import { createFieldCipher } from '../../crypto/field-cipher.ts';
import { openKeyFiles } from '../../crypto/key-files.ts';
import { suiteNamed } from '../../crypto/suite.ts';
import { auditChain } from '../../storage/audit-chain.ts';
import { openDocumentFiles } from '../../storage/documents-files.ts';
import { openDatabase, type DatabaseLocation } from '../../storage/open.ts';
import { CREDIT_CODE, looseKey, SETTINGS, SYSTEM } from './district.ts';
import { listOf, numberOf, shardOf } from './status-parts.ts';

const [location = '', folder = '', node = '', rounds = '0'] = process.argv.slice(2);
const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const suite = suiteNamed('international');
const keys = await openKeyFiles({
  folder: join(folder, 'keys'),
  passphrase: 'test',
  random,
  cost: 1024,
  cipher: suite.cipher,
});
const masterKeys = await keys.masterKeys();
const parts = {
  database: await openDatabase(JSON.parse(location) as DatabaseLocation),
  keys,
  audit: auditChain({ node, digest: suite.digest }),
  clock: () => new Date(),
  random,
  suite,
  index: createBlindIndex(masterKeys.first, suite.digest),
  cipher: createFieldCipher({ masterKeys, random, cipher: suite.cipher }),
  rootKeys: () => Promise.resolve(null),
  documents: await openDocumentFiles(join(folder, 'documents'), { masterKeys, random }),
};
const hierarchy = await establishHierarchy(parts, SETTINGS);
const publisher = new CrlPublisher(parts, hierarchy);
const name = 'department-seals';

async function round(): Promise<void> {
  const { serial, certificate } = await issueCertificate(parts, {
    profile: 'seal',
    authority: hierarchy.authority(name),
    subject: { organization: '天津市河北区民政局', creditCode: CREDIT_CODE, commonName: '12010500000001' },
    publicKey: looseKey().spki,
    actor: SYSTEM,
  });
  await revokeCertificate(parts, { serial, reason: 'superseded', actor: SYSTEM });
  const shard = shardOf(certificate);
  const list = await listOf(publisher.full(name, shard));
  const delta = await listOf(publisher.delta(name, shard));
  const named = [list, delta].some(({ revoked }) => revoked.some(({ serialHex }) => serialHex === serial));
  const seen = { serial, shard, number: numberOf(list.crlNumber), delta: numberOf(delta.crlNumber), named };
  // Synchronous: what was seen must not wait in a buffer when a kill comes.
  writeSync(1, `${JSON.stringify(seen)}\n`);
}

writeSync(1, 'ready\n');
for (let count = 0; rounds === 'endless' || count < Number(rounds); count += 1) await round();
await parts.database.close();
