// Files of many programs, and odd ones made by hand, stamped at a shell; judged by pdfsig, mutool, qpdf and by our own verification.
import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { openStampSetting, yinxin, type StampSetting } from '../bin/stamp-setting.ts';
import { asText, onePage } from '../formats/pdf/handmade.ts';
import { requireProgram, run } from '../programs.ts';
import { signWith, throwAwaySigner } from '../signing/prepare-signer.ts';
import { samplePdf } from '../signing/seal-office.ts';
import { oddPdfs } from './odd-pdfs.ts';
import { producedDocuments, producerPrograms } from './producers.ts';

interface Stamped {
  readonly output: string;
}

describe('files stamped at a shell', function () {
  this.timeout(300_000);
  let setting: StampSetting;
  let serial = 0;

  before(async function () {
    for (const program of [...producerPrograms, 'openssl', 'pdfsig', 'mutool', 'pdftocairo', 'pdftex'])
      requireProgram(this, program);
    setting = await openStampSetting();
  });
  after(() => setting.close());

  const stamp = async (path: string, more: readonly string[] = []): Promise<Stamped> => {
    const folder = setting.path(`out-${(serial += 1)}`);
    const { code, out } = await yinxin([
      'stamp',
      path,
      '--out-dir',
      folder,
      ...setting.key('rsa-2048'),
      ...(more.includes('--visible') ? [] : ['--visible', '1,100,100,50,20']),
      ...more,
    ]);
    assert.equal(code, 0, out.join('\n'));
    return { output: `${folder}/${basename(path)}` };
  };

  /** @param password of an encrypted file */
  const judge = async (
    original: string,
    { output }: Stamped,
    password: string | null,
    signatures = 1,
  ): Promise<void> => {
    const [source, result] = [readFileSync(original), readFileSync(output)];
    assert.ok(result.subarray(0, source.length).equals(source), 'the original is no prefix');
    const opened = password === null ? [] : ['-upw', password];
    const said = run('pdfsig', ['-nocert', ...opened, output]);
    assert.equal(said.match(/Signature is Valid/g)?.length, signatures, said);
    assert.match(said, /Total document signed/);
    const check = run('qpdf', ['--check', ...(password === null ? [] : [`--password=${password}`]), output]);
    assert.match(check, /No syntax or stream encoding errors/);
    const page = run('mutool', ['sign', '-v', ...(password === null ? [] : ['-p', password]), output]);
    // MuPDF calls a further signature an edit of what the earlier one covers; it looks whether that one holds all the same.
    const holds = page.match(/unchanged since signing|is valid but there have been edits/g) ?? [];
    assert.equal(holds.length, signatures, page);
    assert.equal(holds.at(-1), 'unchanged since signing');
    const { out } = await yinxin([
      'verify',
      output,
      '--json',
      '--anchor',
      setting.rootFile,
      ...(password === null ? [] : ['--password', password]),
    ]);
    const report = JSON.parse(out.join('\n')) as {
      signatures: readonly { coverage: string; changes: readonly { allowed: boolean }[] }[];
    };
    assert.equal(report.signatures.length, signatures);
    assert.equal(report.signatures.at(-1)?.coverage, 'whole-file');
    assert.ok(report.signatures.every(({ changes }) => changes.every(({ allowed }) => allowed)));
  };

  it('from LibreOffice, Chromium, Ghostscript, qpdf and pdf-lib, and once more on top', async () => {
    for (const { name, bytes } of await producedDocuments()) {
      const path = setting.path(`${name}.pdf`);
      writeFileSync(path, bytes);
      const once = await stamp(path);
      await judge(path, once, null);
      const twice = await stamp(once.output, ['--visible', '1,100,150,50,20']);
      await judge(once.output, twice, null, 2);
    }
  });

  it('from cairo and pdfTeX', async () => {
    const [{ bytes } = { bytes: new Uint8Array() }] = await producedDocuments();
    writeFileSync(setting.path('source.pdf'), bytes);
    run('pdftocairo', ['-pdf', setting.path('source.pdf'), setting.path('cairo.pdf')]);
    writeFileSync(setting.path('tex.tex'), 'Decision for demonstration only.\\bye\n');
    run('pdftex', [
      '-interaction=batchmode',
      `-output-directory=${setting.path('')}`,
      setting.path('tex.tex'),
    ]);
    for (const name of ['cairo', 'tex']) {
      const path = setting.path(`${name}.pdf`);
      assert.match(asText(readFileSync(path)), name === 'cairo' ? /cairo/ : /pdfTeX/);
      await judge(path, await stamp(path), null);
    }
  });

  for (const [name, options] of [
    ['RC4 of 128 bits', ['--allow-weak-crypto', '--encrypt', 'u', 'o', '128', '--use-aes=n', '--']],
    ['AES of 128 bits', ['--allow-weak-crypto', '--encrypt', 'u', 'o', '128', '--use-aes=y', '--']],
    ['AES of 256 bits', ['--encrypt', 'u', 'o', '256', '--']],
    ['AES of 256 bits, object streams', ['--object-streams=generate', '--encrypt', 'u', 'o', '256', '--']],
    ['AES of 256 bits, metadata readable', ['--encrypt', 'u', 'o', '256', '--cleartext-metadata', '--']],
  ] as const) {
    it(`encrypted by qpdf with ${name}: refused without the password, stamped with it`, async () => {
      const [, , { bytes } = { bytes: new Uint8Array() }] = await producedDocuments();
      writeFileSync(setting.path('plain.pdf'), bytes);
      const path = setting.path(`encrypted-${(serial += 1)}.pdf`);
      run('qpdf', [setting.path('plain.pdf'), ...options, path]);
      const key = setting.key('rsa-2048');
      const folder = setting.path('refused');
      for (const [more, code] of [
        [[], 'pdf-encrypted'],
        [['--password', 'wrong'], 'pdf-password'],
      ] as const) {
        const refused = await yinxin(['stamp', path, '--out-dir', folder, ...key, '--json', ...more]);
        assert.equal(refused.code, 1);
        assert.match(refused.out[0] ?? '', new RegExp(`"code":"${code}"`));
      }
      for (const password of ['u', 'o']) {
        const once = await stamp(path, ['--password', password, '--reason', '准予行政许可（演示）']);
        await judge(path, once, 'u');
        // The reason reads as it was written, and stands nowhere in the clear.
        assert.ok(!asText(readFileSync(once.output)).includes('feff51c64e88'));
        const twice = await stamp(once.output, ['--password', password, '--visible', '1,100,150,50,20']);
        await judge(once.output, twice, 'u', 2);
      }
    });
  }

  it('encrypted so that its users may not sign: refused by that reason, and the owner may', async () => {
    writeFileSync(setting.path('open.pdf'), samplePdf());
    const path = setting.path('restricted.pdf');
    const limits = ['--modify=none', '--annotate=n', '--form=n', '--'];
    run('qpdf', [setting.path('open.pdf'), '--encrypt', '', 'o', '256', ...limits, path]);
    const args = ['--out-dir', setting.path('restricted'), ...setting.key('rsa-2048'), '--json'];
    const refused = await yinxin(['stamp', path, ...args, '--password', '']);
    assert.match(refused.out[0] ?? '', /"code":"signing-forbidden".*owner/);
    await stamp(path, ['--password', 'o']);
  });

  it('made by hand: hybrid, with broken offsets, of PDF 1.0 and 2.0, with one-byte line ends', async () => {
    for (const { name, bytes } of oddPdfs()) {
      const path = setting.path(`${name}.pdf`);
      writeFileSync(path, bytes);
      const made = await stamp(path).catch((error: unknown) => {
        throw new Error(name, { cause: error });
      });
      await judge(path, made, null).catch((error: unknown) => {
        throw new Error(name, { cause: error });
      });
    }
  });

  it('of 140,000 objects, and of 10,000 pages', async () => {
    const many: Record<number, string> = { ...onePage };
    for (let number = 4; number <= 140_000; number++)
      many[number] = `<</N ${number}/Text(${'x'.repeat(90)})>>`;
    const objects = setting.path('objects.pdf');
    writeFileSync(objects, contiguous(many));
    assert.ok(statSync(objects).size > 20e6);
    const first = await stamp(objects);
    await judge(objects, first, null);
    const pages = setting.path('pages.pdf');
    writeFileSync(pages, samplePdf(20_000, 10_000));
    await judge(pages, await stamp(pages, ['--visible', '10000,100,100,50,20']), null);
  });

  it('just over 10^8 bytes', async () => {
    const path = setting.path('large.pdf');
    sparse(path, 100_000_100);
    assert.ok(statSync(path).size > 1e8);
    const { output } = await stamp(path);
    assert.match(run('pdfsig', ['-nocert', output]), /Signature is Valid/);
    assert.match(run('qpdf', ['--check', output]), /No syntax or stream encoding errors/);
    assert.match(run('mutool', ['sign', '-v', output]), /unchanged since signing/);
  });

  it('over 2^31 bytes: pdfsig and qpdf; MuPDF reads no such file', async () => {
    const path = setting.path('huge.pdf');
    sparse(path, 2 ** 31 + 1000);
    const { output } = await stamp(path);
    assert.match(run('pdfsig', ['-nocert', output]), /Signature is Valid/);
    assert.match(run('qpdf', ['--check', output]), /No syntax or stream encoding errors/);
  });

  it('leaves signatures that other programs made valid', async () => {
    const path = setting.path('foreign.pdf');
    const [{ bytes } = { bytes: new Uint8Array() }] = await producedDocuments();
    const signer = throwAwaySigner();
    writeFileSync(path, await signWith(signer, bytes));
    signer.remove();
    await judge(path, await stamp(path), null, 2);
  });
});

/** One subsection for all, as large files have it. */
function contiguous(bodies: Readonly<Record<number, string>>): Buffer {
  const parts = ['%PDF-1.7\n'];
  let position = parts[0]?.length ?? 0;
  const rows: string[] = [];
  for (const [number, body] of Object.entries(bodies)) {
    const text = `${number} 0 obj\n${body}\nendobj\n`;
    rows.push(`${String(position).padStart(10, '0')} 00000 n \n`);
    parts.push(text);
    position += text.length;
  }
  const size = rows.length + 1;
  const table = `xref\n0 ${size}\n0000000000 65535 f \n${rows.join('')}`;
  return Buffer.from(
    `${parts.join('')}${table}trailer\n<</Size ${size}/Root 1 0 R>>\nstartxref\n${position}\n%%EOF\n`,
  );
}

/** A document with one stream of zeros, most of which take no room on the disk. */
function sparse(path: string, size: number): void {
  const page = '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>';
  const bodies = ['<</Type/Catalog/Pages 2 0 R>>', '<</Type/Pages/Kids[3 0 R]/Count 1>>', page];
  let text = '%PDF-1.7\n';
  const offsets = bodies.map((body, at) => {
    const offset = text.length;
    text += `${at + 1} 0 obj\n${body}\nendobj\n`;
    return offset;
  });
  offsets.push(text.length);
  text += `4 0 obj\n<</Length ${size}>>\nstream\n`;
  const file = openSync(path, 'w');
  writeSync(file, text);
  closeSync(file);
  truncateSync(path, text.length + size);
  const xref = text.length + size + '\nendstream\nendobj\n'.length;
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const end = `\nendstream\nendobj\nxref\n0 5\n0000000000 65535 f \n${rows}trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n${xref}\n%%EOF\n`;
  const tail = openSync(path, 'a');
  writeSync(tail, end);
  closeSync(tail);
}
