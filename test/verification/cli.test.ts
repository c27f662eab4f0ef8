// The command: kinds told by the bytes, conclusions as exit codes, wrong calls with a hint.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toBuffer } from 'qrcode';
import { readCodesInFile } from '../../licenses/code-reader.ts';
import { runVerify } from '../../verification/cli.ts';
import type { Report } from '../../verification/report.ts';
import { buildTrustList } from '../../verification/trust-list.ts';
import { goodClaims, makeCode, makeCodeWorld, makeStatusToken, signerOf } from './code-world.ts';
import { daysFromNow, makePki, now, sha256 } from './pki.ts';
import { makeSeal, makeSealWorld, original, useSeal } from './seal-world.ts';
import { latin1, makeCms, overwrite, signPdf, unsignedPdf } from './signed-pdf.ts';

/** One white pixel. */
const blankPng =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTvnhgAAAABJRU5ErkJggg==';

function pem(der: Uint8Array): string {
  return `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`;
}

describe('yinxin verify', () => {
  const folder = mkdtempSync(join(tmpdir(), 'yinxin-verify-'));
  after(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const pki = makePki();
  const pdf = signPdf(pki);
  const paths = {
    good: file('good.pdf', pdf),
    tampered: file('tampered.pdf', overwrite(pdf, 'Alice', 'Mally')),
    unsigned: file('unsigned.pdf', unsignedPdf()),
    text: file('hello.txt', 'hello'),
    anchor: file('anchor.pem', pem(pki.root.certificate)),
    signer: file('signer.cer', pki.signer.certificate),
    untrusted: file('untrusted.pem', pem(pki.sealCa.certificate)),
  };
  const crls = pki.crls.flatMap((crl, at) => ['--crl', file(`${at}.crl`, crl)]);

  async function run(
    args: readonly string[],
    extra = {},
  ): Promise<{ code: number; out: string; err: string }> {
    let [out, err] = ['', ''];
    const code = await runVerify(args, {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      now: daysFromNow(0.001),
      ...extra,
    });
    return { code, out, err };
  }

  it('answers 0, 1 and 2', async () => {
    const trust = ['--anchor', paths.anchor, ...crls];
    assert.equal((await run([paths.good, ...trust])).code, 0);
    assert.equal((await run([paths.tampered, ...trust])).code, 1);
    assert.equal((await run([paths.unsigned, ...trust])).code, 1);
    assert.equal((await run([paths.text, ...trust])).code, 1);
    assert.equal((await run([paths.good])).code, 2);
    assert.equal((await run([paths.good, paths.tampered, ...trust])).code, 1);
    assert.equal((await run([paths.good, ...trust, '--at', daysFromNow(30).toISOString()])).code, 0);
  });

  it('reads standard input for -, tells its kind, and judges it beside files', async () => {
    const trust = ['--anchor', paths.anchor, ...crls];
    let closed = 0;
    const input = (bytes: Uint8Array) => ({
      openInput: () =>
        Promise.resolve({
          size: bytes.length,
          read: (at: number, length: number) => Promise.resolve(bytes.slice(at, at + length)),
          close: () => Promise.resolve(void (closed += 1)),
        }),
    });
    const good = await run(['-', '--json', ...trust], input(pdf));
    assert.equal(good.code, 0, good.out);
    const said = JSON.parse(good.out) as Report & { readonly file: string };
    assert.deepEqual([said.file, said.kind, said.conclusion], ['-', 'pdf', 'TOTAL-PASSED']);
    const named = JSON.parse((await run([paths.good, '--json', ...trust])).out) as Report & { file: string };
    assert.deepEqual({ ...said, file: '' }, { ...named, file: '' }, 'the same report as of the file');
    assert.equal((await run(['-', ...trust], input(overwrite(pdf, 'Alice', 'Mally')))).code, 1);
    assert.equal((await run([paths.good, '-', ...trust], input(latin1('hello')))).code, 1);
    assert.equal((await run(['-', paths.tampered, ...trust], input(pdf))).code, 1);
    const certificate = await run(
      ['-', '--json', '--anchor', paths.anchor, '--untrusted', paths.untrusted, ...crls],
      input(pki.signer.certificate),
    );
    assert.deepEqual([certificate.code, (JSON.parse(certificate.out) as Report).kind], [0, 'certificate']);
    assert.equal((await run(['-', ...trust], input(new Uint8Array()))).code, 1, 'nothing is no signature');
    assert.equal(closed, 6);
    const twice = await run(['-', paths.good, '-', ...trust], input(pdf));
    assert.deepEqual([twice.code, twice.out], [64, '']);
    assert.match(twice.err, /once/);
    const none = await run(['-', ...trust]);
    assert.equal(none.code, 64);
    assert.match(none.err, /no standard input/);
    const broken = await run(['-'], { openInput: () => Promise.reject(new Error('EIO')) });
    assert.equal(broken.code, 64);
    assert.match(broken.err, /Standard input cannot be read: EIO/);
  });

  it('tells certificates', async () => {
    const { code, out } = await run([
      paths.signer,
      '--json',
      '--anchor',
      paths.anchor,
      '--untrusted',
      paths.untrusted,
      ...crls,
    ]);
    assert.equal(code, 0);
    assert.equal((JSON.parse(out) as { kind: string }).kind, 'certificate');
    // A PEM file brings the certificates between along.
    const chain = file('chain.pem', pem(pki.signer.certificate) + pem(pki.sealCa.certificate));
    const told = await run([chain, '--json', '--anchor', paths.anchor, ...crls]);
    assert.equal(told.code, 0);
    const row = (JSON.parse(told.out) as Report).rows.find(({ id }) => id === 'certificate.revocation');
    assert.equal(row?.evidence, 'crl');
    assert.equal((await run([paths.signer, '--anchor', paths.anchor, ...crls])).code, 2);
    assert.equal((await run([paths.signer, '--anchor', paths.signer])).code, 0, 'trusted by itself');
  });

  it('tells license codes, with a trust list and its key', async () => {
    const world = makeCodeWorld();
    const code = file('code.txt', `${makeCode(world.codeSigner, goodClaims())}\n`);
    const list = file('list.jws', await buildTrustList(world.list, signerOf(world.operator)));
    const key = file('operator.cer', world.operator.certificate);
    const token = await makeStatusToken(world.statusSigner, { issuedAt: now });
    const statusLists = { statusList: () => Promise.resolve(token) };
    const known = ['--trust-list', list, '--trust-list-key', key];
    assert.equal((await run([code, ...known], { statusLists })).code, 0);
    assert.equal((await run([code, ...known, '--offline'], { statusLists })).code, 2);
    assert.equal(
      (await run([code, '--trust-list', list, '--trust-list-key', paths.signer], { statusLists })).code,
      2,
    );
    assert.equal((await run([code], { statusLists })).code, 2);
  });

  it('tells CMS signatures, with the content beside them', async () => {
    const content = latin1('Signed beside.');
    const cms = file('signed.p7s', makeCms(pki, sha256(content)));
    const [right, wrong] = [file('content', content), file('other', latin1('Another.'))];
    const trust = ['--anchor', paths.anchor, ...crls];
    assert.equal((await run([cms, ...trust, '--content', right])).code, 0);
    assert.equal((await run([cms, ...trust, '--content', wrong])).code, 1);
    const { code, out } = await run([cms, ...trust, '--json']);
    assert.equal(code, 2);
    const report = JSON.parse(out) as Report;
    assert.equal(report.kind, 'cms');
    assert.equal(report.subIndication, 'SIGNED_DATA_NOT_FOUND');
  });

  it('tells seals and their use, with what they were used on', async () => {
    const world = makeSealWorld();
    const trust = ['--anchor', file('sm2.pem', pem(world.root.certificate))].concat(
      ...['--untrusted', file('sm2-ca.cer', world.sealCa.certificate)],
      ...world.crls.map((crl, at) => ['--crl', file(`sm2-${at}.crl`, crl)]),
    );
    const seal = await run([file('seal.esl', makeSeal(world, 4)), ...trust, '--json']);
    assert.equal((JSON.parse(seal.out) as Report).kind, 'seal');
    assert.equal(seal.code, 0, seal.out);
    const use = file('use.dat', useSeal(world, 4));
    const [right, wrong] = [file('original', original), file('forged', latin1('Another.'))];
    const told = await run([use, ...trust, '--content', right, '--json']);
    assert.equal((JSON.parse(told.out) as Report).kind, 'seal-signature');
    assert.equal(told.code, 0, told.out);
    assert.equal((await run([use, ...trust, '--content', wrong])).code, 1);
    assert.equal((await run([use, ...trust])).code, 2, 'what it was used on is not known');
  });

  it('tells codes on pictures', async () => {
    const world = makeCodeWorld();
    const text = makeCode(world.codeSigner, goodClaims());
    const png = file('code.png', await toBuffer(text, { scale: 4 }));
    const list = file('list2.jws', await buildTrustList(world.list, signerOf(world.operator)));
    const key = file('operator2.cer', world.operator.certificate);
    const token = await makeStatusToken(world.statusSigner, { issuedAt: now });
    const statusLists = { statusList: () => Promise.resolve(token) };
    const known = ['--trust-list', list, '--trust-list-key', key, '--json'];
    const { code, out } = await run([png, ...known], { statusLists, readCodes: readCodesInFile });
    assert.equal(code, 0, out);
    assert.equal((JSON.parse(out) as Report).kind, 'license-code');
    const blank = file('blank.png', new Uint8Array(Buffer.from(blankPng, 'base64')));
    assert.equal((await run([blank, ...known], { statusLists, readCodes: readCodesInFile })).code, 1);
    assert.equal(
      (await run([png, ...known], { statusLists })).code,
      1,
      'without a reader it is nothing known',
    );
  });

  it('takes the keys of anchors for the trust list where no other are given', async () => {
    const world = makeCodeWorld();
    const code = file('code3.txt', makeCode(world.codeSigner, goodClaims()));
    const list = file('list3.jws', await buildTrustList(world.list, signerOf(world.operator)));
    const key = file('operator3.cer', world.operator.certificate);
    const token = await makeStatusToken(world.statusSigner, { issuedAt: now });
    const statusLists = { statusList: () => Promise.resolve(token) };
    assert.equal((await run([code, '--trust-list', list, '--anchor', key], { statusLists })).code, 0);
    assert.equal(
      (await run([code, '--trust-list', list, '--anchor', paths.anchor], { statusLists })).code,
      2,
    );
  });

  it('fits one screen for people, and tells every row or the detailed report where asked', async () => {
    const trust = ['--anchor', paths.anchor, ...crls];
    const simple = await run([paths.tampered, ...trust]);
    assert.ok(simple.out.trimEnd().split('\n').length <= 24);
    assert.match(simple.out, /TOTAL-FAILED \/ HASH_FAILURE/);
    const rows = await run([paths.good, ...trust, '--rows']);
    assert.match(rows.out, /RFC 5652 11\.2/);
    const detailed = await run([paths.good, ...trust, '--detailed']);
    assert.equal((JSON.parse(detailed.out) as { format: string }).format, 'yinxin-detailed-report/1');
    assert.equal((await run([paths.good, ...trust, '--detailed', '--json'])).code, 64);
  });

  it('has in JSON what is promised', async () => {
    const { out } = await run([paths.good, paths.tampered, '--anchor', paths.anchor, ...crls, '--json']);
    const reports = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Report & { file: string });
    assert.deepEqual(
      reports.map(({ file: name, conclusion, subIndication }) => [name, conclusion, subIndication]),
      [
        [paths.good, 'TOTAL-PASSED', null],
        [paths.tampered, 'TOTAL-FAILED', 'HASH_FAILURE'],
      ],
    );
    for (const { signatures, rows } of reports) {
      assert.ok(rows.length > 0);
      for (const signature of signatures)
        for (const member of ['conclusion', 'subIndication', 'level', 'coverage', 'changes', 'rows'])
          assert.ok(member in signature, member);
    }
  });

  it('answers 64 to wrong calls, with a hint', async () => {
    for (const args of [
      [],
      ['--nonsense'],
      [join(folder, 'absent.pdf')],
      [paths.good, '--at', 'yesterday'],
      [paths.good, '--policy', 'none'],
      [paths.good, '--anchor', paths.text],
      [paths.good, '--trust-list', paths.text],
      [paths.good, '--crl', paths.text],
      [paths.good, '--content', join(folder, 'absent')],
      [folder],
    ]) {
      const { code, err } = await run(args);
      assert.equal(code, 64, args.join(' '));
      assert.match(err, /--help/);
    }
    assert.equal((await run(['--help'])).code, 0);
  });
});
