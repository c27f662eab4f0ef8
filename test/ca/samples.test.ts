// `yinxin ca samples`: works anywhere, writes one of everything, and what it writes is judged by openssl.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommandLine } from '../../bin/dispatch.ts';
import { parseSubjectPublicKeyInfo } from '../../formats/x509/algorithm.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { parseCrl } from '../../formats/x509/crl.ts';
import { parseOcspResponse } from '../../formats/x509/ocsp.ts';
import { requireProgram, run } from '../programs.ts';

describe('yinxin ca samples', () => {
  let folder: string;
  const printed: string[] = [];
  const told: string[] = [];
  const yinxin = (...args: string[]): Promise<number> =>
    runCommandLine(
      args,
      {
        environment: {},
        interactive: false,
        print: (line) => void printed.push(line),
        tell: (line) => void told.push(line),
      },
      '0',
    );

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yinxin-test-'));
    assert.equal(await yinxin('ca', 'samples', '--out', join(folder, 'samples')), 0);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const path = (...parts: string[]): string => join(folder, 'samples', ...parts);

  it('writes both hierarchies, each file in DER and PEM, and an index that names them all', async () => {
    assert.match(printed[0] ?? '', /^51 samples in /);
    const index = await readFile(path('INDEX.txt'), 'utf8');
    for (const hierarchy of ['international', 'sm2']) {
      const files = await readdir(path(hierarchy));
      const der = files.filter((name) => !name.endsWith('.pem'));
      assert.equal(der.length, hierarchy === 'sm2' ? 26 : 25);
      for (const name of der) {
        assert.ok(index.includes(`${hierarchy}/${name} `), name);
        assert.ok(files.includes(name.replace(/\.[a-z]+$/, '.pem')), name);
      }
    }
    assert.deepEqual(
      (await readdir(tmpdir())).filter((name) => name.startsWith('yinxin-samples-')),
      [],
    );
  });

  it('are what openssl reads as what they are', function () {
    const openssl = requireProgram(this, 'openssl');
    const above = path('international', 'issuing-ca-department-seals.pem');
    const root = path('international', 'root.pem');
    const list = ['crl', '-inform', 'DER', '-in', path('international', 'list-of-shard.crl')];
    const { stdout, stderr } = spawnSync(openssl, [...list, '-CAfile', above, '-text'], { encoding: 'utf8' });
    assert.match(stderr, /verify OK/);
    assert.match(stdout, /Superseded/);
    const respond = ['ocsp', '-respin', path('international', 'status.ocsp'), '-noverify', '-resp_text'];
    assert.match(run(openssl, respond), /Cert Status: revoked/);
    const check = ['ts', '-verify', '-in', path('international', 'time-stamp.tsr'), '-data', path('sample')];
    return writeFile(path('sample'), 'sample').then(() => {
      const chain = ['-CAfile', root, '-untrusted', path('international', 'issuing-ca-time-stamps.pem')];
      const stamp = spawnSync(openssl, [...check, ...chain], { encoding: 'utf8' });
      assert.match(stamp.stdout, /Verification: OK/);
      for (const name of [
        'list-of-shard.crl',
        'list-of-root.crl',
        'status.ocsp',
        'time-stamp.tsr',
        'seal.cer',
      ])
        run(openssl, ['asn1parse', '-inform', 'DER', '-in', path('sm2', name)]);
    });
  });

  it('agree with each other: the list and the answer speak of the seal, in its own shard', async () => {
    for (const hierarchy of ['international', 'sm2']) {
      const seal = parseCertificate(await readFile(path(hierarchy, 'seal.cer')));
      const list = parseCrl(await readFile(path(hierarchy, 'list-of-shard.crl')));
      assert.deepEqual(
        list.revoked.map(({ serialHex, reason }) => [serialHex, reason]),
        [[seal.serialHex, 'superseded']],
      );
      const answer = parseOcspResponse(await readFile(path(hierarchy, 'status.ocsp')));
      assert.equal(answer.basic?.responses[0]?.status.kind, 'revoked');
      const root = parseCertificate(await readFile(path(hierarchy, 'root.cer')));
      const wanted = hierarchy === 'sm2' ? 'sm2' : 'p384';
      assert.equal(parseSubjectPublicKeyInfo(root.subjectPublicKeyInfo.der).keyType, wanted);
    }
  });

  it('refuses a folder that holds something, and a call without one', async () => {
    assert.equal(await yinxin('ca', 'samples', '--out', join(folder, 'samples')), 73);
    assert.match(told.at(-1) ?? '', /not empty/);
    // As people type it: a mistake in the call is told by its exit code.
    const args = ['--import=tsx', join(import.meta.dirname, '../../bin/yinxin.ts'), 'ca', 'samples'];
    assert.equal(spawnSync(process.execPath, args).status, 64);
  });
});
