// `yinxin stamp`: keys, levels, refusals with their reasons, one line a file, and an exit code that says whether all were stamped.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireProgram, run } from '../programs.ts';
import { handmade, onePage } from '../formats/pdf/handmade.ts';
import { samplePdf } from '../signing/seal-office.ts';
import { keyKinds, openStampSetting, yinxin, type KeyKind, type StampSetting } from './stamp-setting.ts';

interface Line {
  readonly file: string;
  readonly stamped: boolean;
  readonly output?: string;
  readonly level?: string;
  readonly time?: string | null;
  readonly shortfall?: string | null;
  readonly code?: string;
  readonly reason?: string;
}

/** How many signers of a CMS hold over a content, and by which algorithms. */
const javaJudge = `
import java.nio.file.*;
import sun.security.pkcs.*;
public class Judge {
  public static void main(String[] named) throws Exception {
    PKCS7 cms = new PKCS7(Files.readAllBytes(Path.of(named[0])));
    SignerInfo[] held = cms.verify(Files.readAllBytes(Path.of(named[1])));
    if (held == null) System.out.println("0");
    else System.out.println(held.length + " " + held[0].getDigestAlgorithmId() + " " + held[0].getDigestEncryptionAlgorithmId());
  }
}
`;

describe('yinxin stamp', function () {
  this.timeout(60_000);
  let setting: StampSetting;
  let serial = 0;

  before(async function () {
    requireProgram(this, 'openssl');
    setting = await openStampSetting();
    writeFileSync(setting.path('a.pdf'), samplePdf());
    writeFileSync(setting.path('b.pdf'), samplePdf(30_000, 3));
    writeFileSync(setting.path('page.html'), '<html>');
  });
  after(() => setting.close());
  afterEach(() => {
    setting.services = 'up';
  });

  const stamp = async (
    files: readonly string[],
    more: readonly string[] = [],
    kind: KeyKind = 'rsa-2048',
  ): Promise<{ readonly code: number; readonly lines: readonly Line[]; readonly folder: string }> => {
    const folder = setting.path(`out-${(serial += 1)}`);
    const named = files.map((file) => setting.path(file));
    const args: Parameters<typeof yinxin>[0] = [
      'stamp',
      ...named,
      '--out-dir',
      folder,
      ...setting.key(kind),
      '--json',
      ...more,
    ];
    const { code, out, err } = await yinxin(args);
    assert.deepEqual(err, []);
    return { code, lines: out.map((line) => JSON.parse(line) as Line), folder };
  };

  /** What `yinxin verify` says with the root as the only anchor and nothing else at hand. */
  const level = async (path: string, offline = true): Promise<string> => {
    const args: Parameters<typeof yinxin>[0] = [
      'verify',
      path,
      '--json',
      '--anchor',
      setting.rootFile,
      ...(offline ? ['--offline'] : []),
    ];
    const { out, err } = await yinxin(args);
    const report = JSON.parse(out.join('\n')) as {
      conclusion: string;
      signatures: readonly { level: string }[];
    };
    assert.deepEqual(err, []);
    return `${report.conclusion} ${report.signatures[0]?.level}`;
  };

  for (const kind of Object.keys(keyKinds) as KeyKind[]) {
    it(`signs with a key of ${kind}; pdfsig, mutool, qpdf and openssl take it`, async function () {
      const { code, lines } = await stamp(['a.pdf'], [], kind);
      assert.equal(code, 0);
      const [line] = lines;
      assert.deepEqual([line?.level, line?.time], ['B-B', null]);
      const output = line?.output ?? '';
      assert.match(
        run(requireProgram(this, 'qpdf'), ['--check', output]),
        /No syntax or stream encoding errors/,
      );
      const signed = readFileSync(output);
      const [, a = 0, b = 0, c = 0] = /\/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]/
        .exec(signed.toString('latin1'))!
        .slice(1)
        .map(Number);
      writeFileSync(
        setting.path('covered'),
        Buffer.concat([signed.subarray(0, a), signed.subarray(b, b + c)]),
      );
      const padded = Buffer.from(signed.subarray(a + 1, b - 1).toString('latin1'), 'hex');
      writeFileSync(setting.path('value.der'), padded.subarray(0, 4 + padded.readUInt16BE(2)));
      const input = ['-in', setting.path('value.der'), '-inform', 'DER', '-content', setting.path('covered')];
      // OpenSSL 3.0 verifies no CMS that goes with Ed25519 and SHA-512 (RFC 8419), and neither do NSS and MuPDF; Java's does.
      if (kind === 'ed25519') {
        assert.match(await level(output), /^\S+ B-B$/);
        const java = requireProgram(this, 'java');
        writeFileSync(setting.path('Judge.java'), javaJudge);
        const judge = (content: string): string =>
          run(java, [
            '--add-exports',
            'java.base/sun.security.pkcs=ALL-UNNAMED',
            setting.path('Judge.java'),
            setting.path('value.der'),
            content,
          ]);
        assert.match(judge(setting.path('covered')), /^1 SHA-512 Ed25519/);
        const changed = readFileSync(setting.path('covered'));
        changed[100] = (changed[100] ?? 0) ^ 1;
        writeFileSync(setting.path('changed'), changed);
        assert.match(judge(setting.path('changed')), /^0/);
        return;
      }
      const checks = ['-verify', '-binary', '-CAfile', setting.rootFile, '-purpose', 'any'];
      run('openssl', ['cms', ...checks, ...input, '-out', setting.path('ignored')]);
      assert.match(run(requireProgram(this, 'pdfsig'), ['-nocert', output]), /Signature is Valid/);
      assert.match(run(requireProgram(this, 'mutool'), ['sign', '-v', output]), /unchanged since signing/);
    });
  }

  it('makes every level with a stranger’s time-stamps and lists', async () => {
    for (const [wanted, offline] of [
      ['B-T', false],
      ['B-LT', true],
      ['B-LTA', true],
    ] as const) {
      const { code, lines } = await stamp(['a.pdf'], ['--level', wanted, '--tsa', setting.tsa]);
      assert.equal(code, 0, JSON.stringify(lines));
      const [line] = lines;
      assert.equal(line?.level, wanted);
      assert.ok(Math.abs(Date.parse(line.time ?? '') - Date.now()) < 60_000);
      if (offline) assert.equal(await level(line.output ?? ''), `TOTAL-PASSED ${wanted}`);
    }
  });

  it('archives a certified document that permits no change: validation data and time-stamps are none', async () => {
    const more = ['--level', 'B-LTA', '--tsa', setting.tsa, '--certify', '1'];
    const { lines } = await stamp(['a.pdf'], more);
    assert.equal(await level(lines[0]?.output ?? ''), 'TOTAL-PASSED B-LTA');
  });

  it('makes PSS signatures with an RSA key, and refuses an algorithm the key does not do', async () => {
    const { lines } = await stamp(['a.pdf'], ['--algorithm', 'PS256']);
    const [line] = lines;
    assert.equal(line?.stamped, true);
    assert.ok(readFileSync(line.output ?? '').includes('2a864886f70d01010a'), 'id-RSASSA-PSS is in the CMS');
    const refused = await stamp(['a.pdf'], ['--algorithm', 'ES256']);
    assert.deepEqual([refused.code, refused.lines[0]?.code], [1, 'algorithm-refused']);
  });

  it('refuses what cannot be stamped, one line each, and stamps the others', async () => {
    writeFileSync(
      setting.path('certified.pdf'),
      readFileSync((await stamp(['a.pdf'], ['--certify', '1'])).lines[0]?.output ?? ''),
    );
    writeFileSync(setting.path('cut.pdf'), samplePdf().subarray(0, 15_000));
    writeFileSync(setting.path('junk.pdf'), Buffer.concat([Buffer.from('junk\n'), samplePdf()]));
    const files = ['a.pdf', 'page.html', 'missing.pdf', 'certified.pdf', 'cut.pdf', 'junk.pdf', 'b.pdf'];
    const { code, lines, folder } = await stamp(files);
    assert.equal(code, 1);
    assert.deepEqual(
      lines.map(({ stamped, code: why }) => (stamped ? 'stamped' : why)),
      [
        'stamped',
        'not-a-pdf',
        'file-unreadable',
        'signing-forbidden',
        'pdf-malformed',
        'pdf-malformed',
        'stamped',
      ],
    );
    for (const { stamped, reason } of lines) assert.ok(stamped || (reason ?? '').length > 20);
    assert.deepEqual(readdirSync(folder).sort(), ['a.pdf', 'b.pdf']);
  });

  it('never overwrites, and two inputs of one name give one output', async () => {
    const { folder } = await stamp(['a.pdf']);
    const before = readFileSync(join(folder, 'a.pdf'));
    const args: Parameters<typeof yinxin>[0] = [
      'stamp',
      setting.path('a.pdf'),
      '--out-dir',
      folder,
      ...setting.key('p-256'),
    ];
    const again = await yinxin(args);
    assert.equal(again.code, 1);
    assert.match(again.out[0] ?? '', /^refused .*a\.pdf: output-exists: /);
    assert.deepEqual(readFileSync(join(folder, 'a.pdf')), before);
    const own = await yinxin([
      'stamp',
      setting.path('a.pdf'),
      '--out-dir',
      setting.path(''),
      ...setting.key('p-256'),
    ]);
    assert.equal(own.code, 1);
    assert.deepEqual(readFileSync(setting.path('a.pdf')), Buffer.from(samplePdf()));
    const both = await stamp(['a.pdf', 'a.pdf', 'a.pdf', 'a.pdf', 'a.pdf']);
    assert.equal(both.code, 1);
    assert.equal(both.lines.filter(({ stamped }) => stamped).length, 1);
    assert.deepEqual(readdirSync(both.folder), ['a.pdf']);
  });

  it('shows a name in a box, over a text, and keeps off what is not there', async function () {
    const shown = await stamp(['b.pdf'], ['--visible', '2,100,150,60,20']);
    assert.equal(shown.code, 0);
    const over = await stamp(['b.pdf'], ['--anchor', 'DEMONSTRATION']);
    assert.equal(over.code, 0);
    const pdftoppm = requireProgram(this, 'pdftoppm');
    const picture = (path: string, page: number): Buffer => {
      run(pdftoppm, ['-r', '40', '-f', String(page), '-l', String(page), '-singlefile', path, path]);
      return readFileSync(`${path}.ppm`);
    };
    const output = shown.lines[0]?.output ?? '';
    const red = (pixels: Buffer): number => {
      let count = 0;
      for (let at = pixels.length % 3; at < pixels.length - 2; at += 3)
        if ((pixels[at] ?? 0) > 150 && (pixels[at + 1] ?? 255) < 110) count += 1;
      return count;
    };
    assert.equal(red(picture(output, 1)), 0);
    assert.ok(red(picture(output, 2)) > 50);
    for (const [more, why] of [
      [['--visible', '9,100,150,60,20'], 'page-not-found'],
      [['--visible', '1,10,150,60,20'], 'seal-off-page'],
      [['--anchor', '没有这几个字'], 'anchor-not-found'],
      [['--field', 'nowhere'], 'field-not-found'],
    ] as const) {
      const { code, lines, folder } = await stamp(['b.pdf'], more);
      assert.deepEqual([code, lines[0]?.code], [1, why]);
      assert.deepEqual(readdirSync(folder), []);
    }
  });

  it('signs a prepared field', async () => {
    const bodies = {
      ...onePage,
      1: '<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>',
      3: '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[4 0 R]>>',
      4: '<</FT/Sig/T(审批)/Type/Annot/Subtype/Widget/Rect[100 700 270 760]/P 3 0 R>>',
    };
    writeFileSync(
      setting.path('form.pdf'),
      handmade({ ...bodies, 4: bodies[4].replace('审批', 'approval') }),
    );
    const { code, lines } = await stamp(['form.pdf'], ['--field', 'approval']);
    assert.equal(code, 0, JSON.stringify(lines));
    assert.match(JSON.stringify(lines), /"field":"approval"/);
  });

  it('refuses or lowers where the services are down, and never pretends', async () => {
    setting.services = 'down';
    const refused = await stamp(['a.pdf'], ['--level', 'B-LTA', '--tsa', setting.tsa]);
    assert.deepEqual([refused.code, refused.lines[0]?.code], [1, 'timestamp-unavailable']);
    assert.deepEqual(readdirSync(refused.folder), []);
    const lower = await stamp(['a.pdf'], ['--level', 'B-LTA', '--tsa', setting.tsa, '--lower']);
    assert.equal(lower.code, 0);
    const [line] = lower.lines;
    assert.equal(line?.level, 'B-B');
    assert.match(line.shortfall ?? '', /^timestamp-unavailable: /);
  });

  it('does not vouch for a revoked certificate', async () => {
    setting.revoke('p-384');
    const { code, lines } = await stamp(['a.pdf'], ['--level', 'B-LT', '--tsa', setting.tsa], 'p-384');
    assert.deepEqual([code, lines[0]?.code], [1, 'certificate-revoked']);
  });

  it('names mistakes in how it was called', async () => {
    const good = ['--out-dir', setting.path('never'), ...setting.key('p-256')];
    const file = setting.path('a.pdf');
    for (const [args, what] of [
      [['stamp', ...good], /Which files/],
      [['stamp', file, ...setting.key('p-256')], /--out-dir is required/],
      [['stamp', file, '--out-dir', setting.path('never')], /--p12 is required/],
      [['stamp', file, ...good, '--level', 'B-X'], /--level is one of/],
      [['stamp', file, ...good, '--level', 'B-T'], /needs a time-stamp/],
      [['stamp', file, ...good, '--tsa', 'ftp://x'], /--tsa is an http/],
      [['stamp', file, ...good, '--visible', '1,2,3'], /--visible is PAGE,X,Y,W,H/],
      [['stamp', file, ...good, '--visible', '1,2,3,40,20', '--anchor', 'x'], /exclude each other/],
      [['stamp', file, ...good, '--seal', file, '--visible', '1,50,50,40,40'], /is no seal/],
      [['stamp', file, ...good, '--certify', '4'], /--certify is 1, 2 or 3/],
      [['stamp', file, ...good, '--unknown'], /unknown/i],
    ] as const) {
      const { code, err } = await yinxin(args);
      assert.equal(code, 64, args.join(' '));
      assert.match(err.join('\n'), what);
    }
    writeFileSync(setting.path('wrong'), 'not it\n', { mode: 0o600 });
    const wrong = await yinxin([
      'stamp',
      file,
      '--out-dir',
      setting.path('never'),
      '--p12',
      setting.path('p-256.p12'),
      '--passphrase-file',
      setting.path('wrong'),
    ]);
    assert.notEqual(wrong.code, 0);
    assert.equal(existsSync(setting.path('never')), false);
  });
});
