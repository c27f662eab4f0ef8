// The command: kinds told by the bytes, conclusions as exit codes, wrong calls with a hint.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runVerify } from '../../verification/cli.ts';
import { buildTrustList } from '../../verification/trust-list.ts';
import { goodClaims, makeCode, makeCodeWorld, makeStatusToken, signerOf } from './code-world.ts';
import { daysFromNow, makePki, now } from './pki.ts';
import { overwrite, signPdf, unsignedPdf } from './signed-pdf.ts';

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

  it('answers 64 to wrong calls, with a hint', async () => {
    for (const args of [
      [],
      ['--nonsense'],
      [join(folder, 'absent.pdf')],
      [paths.good, '--at', 'yesterday'],
      [paths.good, '--policy', 'none'],
      [paths.good, '--anchor', paths.text],
      [paths.good, '--trust-list', paths.text],
    ]) {
      const { code, err } = await run(args);
      assert.equal(code, 64, args.join(' '));
      assert.match(err, /--help/);
    }
    assert.equal((await run(['--help'])).code, 0);
  });
});
