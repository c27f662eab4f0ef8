// PKCS #12 files of a licensed authority that openssl plays, of today's encryption and of yesterday's, taken in and refused.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openForeignKey, type ForeignParts } from '../../ca/foreign-credential.ts';
import { importForeign, type ForeignImport } from '../../ca/foreign-import.ts';
import { verifySignature } from '../../crypto/verify-signature.ts';
import { dersOf } from '../../api/pem.ts';
import type { Actor } from '../../storage/actor.ts';
import { requireProgram } from '../programs.ts';
import { CREDIT_CODE, openDistrict, type District } from './district.ts';

const OFFICER: Actor = { id: 'person:officer-1', kind: 'person', department: null, scopes: ['ca:operate'] };
const PASSWORD = '口令 of the file';

describe('PKCS #12 files of a licensed authority', () => {
  let district: District;
  let parts: ForeignParts;
  let openssl: string;

  const at = (name: string): string => join(district.folder, name);
  const ossl = (...args: readonly string[]): string =>
    execFileSync(openssl, args, { encoding: 'utf8', stdio: 'pipe' });
  const derOf = (name: string): Uint8Array =>
    dersOf(readFileSync(at(`${name}.pem`), 'utf8'), ['CERTIFICATE'], name)[0]!;

  before(async function () {
    openssl = requireProgram(this, 'openssl');
    district = await openDistrict({ realClock: true });
    const refuse = (): Promise<never> => Promise.reject(new Error('Nothing is fetched here.'));
    parts = {
      ...district.parts,
      signingServer: () => null,
      statusSource: { list: refuse, answer: refuse },
    };
    await district.file(
      'x.cnf',
      '[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n[own]\nkeyUsage=critical,nonRepudiation\n',
    );
    for (const root of ['root', 'stranger']) {
      ossl('req', '-x509', '-newkey', 'rsa:2048', '-noenc', '-days', '900', '-config', at('x.cnf'), '-extensions', 'ca', '-subj', '/C=CN/O=Licensed/CN=Root', '-keyout', at(`${root}.key`), '-out', at(`${root}.pem`)); // prettier-ignore
    }
  });
  after(() => (district as District | undefined)?.remove());

  /** A key, certified by the root, in a file as openssl makes it. */
  function fileOf(name: string, key: readonly string[], ...options: readonly string[]): Uint8Array {
    ossl('req', '-new', ...key, '-noenc', '-config', at('x.cnf'), '-utf8', '-subj', '/C=CN/O=天津市河北区/CN=演示印章', '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`)); // prettier-ignore
    ossl('x509', '-req', '-in', at(`${name}.csr`), '-CA', at('root.pem'), '-CAkey', at('root.key'), '-days', '300', '-extfile', at('x.cnf'), '-extensions', 'own', '-out', at(`${name}.pem`)); // prettier-ignore
    ossl('pkcs12', '-export', '-inkey', at(`${name}.key`), '-in', at(`${name}.pem`), '-passout', `pass:${PASSWORD}`, '-out', at(`${name}.p12`), ...options); // prettier-ignore
    return new Uint8Array(readFileSync(at(`${name}.p12`)));
  }

  const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] as const;
  const orderOf = (pkcs12: Uint8Array, change: Partial<ForeignImport> = {}): ForeignImport => ({
    actor: OFFICER,
    idempotencyKey: `import-${randomUUID()}`,
    department: CREDIT_CODE,
    authorityName: '某某电子认证有限公司（演示）',
    pkcs12,
    password: PASSWORD,
    above: [derOf('root')],
    ...change,
  });

  it('bring key and chain, and the key signs from then on', async () => {
    for (const [name, key, algorithm, options] of [
      ['modern', EC, 'ES256', []],
      ['legacy', ['-newkey', 'rsa:2048'], 'RS256', ['-legacy']],
    ] as const) {
      const made = await importForeign(parts, orderOf(fileOf(name, key, ...options)));
      assert.deepEqual(
        [made.state, made.keyPlace, made.algorithm, made.qualification],
        ['active', 'store', algorithm, 'licensed'],
      );
      assert.deepEqual(made.chain, [derOf(name), derOf('root')]);
      const signer = await openForeignKey(parts, made.id);
      const message = Uint8Array.of(1, 2, 3);
      const signature = await signer.sign(message);
      assert.ok(verifySignature({ algorithm, publicKey: made.publicKey, message, signature }), name);
    }
  });

  it('are one credential where the request is repeated', async () => {
    const order = orderOf(fileOf('twice', EC));
    const first = await importForeign(parts, order);
    assert.equal((await importForeign(parts, order)).id, first.id);
  });

  it('are refused with a wrong password, without the root, under another’s root, and where no file is', async () => {
    const file = fileOf('refused', EC);
    const refusals: readonly (readonly [Partial<ForeignImport>, string])[] = [
      [{ password: 'wrong' }, 'pkcs12-password'],
      [{ above: [] }, 'foreign-chain-refused'],
      [{ above: [derOf('stranger')] }, 'foreign-chain-refused'],
      [{ department: '1' }, 'foreign-credential-invalid'],
      [{ pkcs12: file.subarray(0, 100) }, 'der-malformed'],
    ];
    const count = async (): Promise<number> =>
      (await district.database.reader.selectFrom('ca_foreign_credential').select('id').execute()).length;
    const before = await count();
    for (const [change, code] of refusals)
      await assert.rejects(importForeign(parts, orderOf(file, change)), { code }, code);
    assert.equal(await count(), before, 'nothing of it is kept');
  });

  it('leave no password and no private key in any row', async () => {
    await importForeign(parts, orderOf(fileOf('quiet', EC)));
    const rows = JSON.stringify(
      await district.database.reader.selectFrom('ca_foreign_credential').selectAll().execute(),
    );
    assert.ok(!rows.includes(PASSWORD));
    assert.ok(!rows.includes('MIGHAgEA'), 'the beginning of a PKCS #8 in base64');
  });
});
