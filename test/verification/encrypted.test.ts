// Encrypted PDFs: what qpdf encrypts, signed afterwards, verified with either password, and refused with none that fits.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormatError } from '../../formats/errors.ts';
import { openPdf } from '../../formats/pdf/document.ts';
import { entry } from '../../formats/pdf/objects.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { textOf as pdfTextOf } from '../../formats/pdf/text-string.ts';
import { nodePdfCiphers } from '../../verification/pdf-ciphers-node.ts';
import { runVerify } from '../../verification/cli.ts';
import type { Report } from '../../verification/report.ts';
import { requireProgram, run as runProgram } from '../programs.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { expectReport } from './expect.ts';
import { daysFromNow, makePki } from './pki.ts';
import {
  append,
  baseObjects,
  fillContents,
  latin1,
  makeCms,
  overwrite,
  sizeOf,
  textOf,
  unsignedPdf,
} from './signed-pdf.ts';

const capacity = 6000;
const gap = `<${'0'.repeat(capacity * 2)}>`;
/** qpdf writes the numbers anew, so that they must be as long as they may become. */
const range = '[0 1111111111 1111111111 1111111111]';

/** A page with a signature field whose value is still to be made. */
const open = unsignedPdf({
  ...baseObjects,
  1: '<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [7 0 R] /SigFlags 3 >> /Metadata 9 0 R >>',
  3: `${(baseObjects[3] ?? '').slice(0, -2)} /Annots [7 0 R 10 0 R] >>`,
  7: '<< /Type /Annot /Subtype /Widget /FT /Sig /T (Seal) /V 8 0 R /F 132 /Rect [0 0 0 0] /P 3 0 R >>',
  8: `<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (D:20261122050000Z) /Reason (Test of reasons) /ByteRange ${range} /Contents ${gap} >>`,
  9: '<< /Type /Metadata /Subtype /XML /Length 5 >>\nstream\n<x/> \nendstream',
  10: '<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /P 3 0 R /Contents (A remark) >>',
});
const pki = makePki();

/** Every way qpdf encrypts: its options, and the passwords. */
const ways: readonly (readonly [name: string, options: readonly string[]])[] = [
  ['RC4, 40 bits (V1 R2)', ['40']],
  ['RC4, 128 bits (V2 R3)', ['128', '--use-aes=n']],
  ['RC4 by crypt filters (V4 R4)', ['128', '--use-aes=n', '--force-V4']],
  ['AES-128 (V4 R4)', ['128', '--use-aes=y']],
  ['AES-128, metadata in the clear', ['128', '--use-aes=y', '--cleartext-metadata']],
  ['AES-256 (V5 R6)', ['256']],
  ['AES-256, metadata in the clear', ['256', '--cleartext-metadata']],
  ['AES-256 of the forerunner (V5 R5)', ['256', '--force-R5']],
];
const shapes: readonly (readonly [name: string, options: readonly string[]])[] = [
  ['a table', ['--object-streams=disable']],
  ['object streams', ['--object-streams=generate']],
  ['linearised', ['--object-streams=disable', '--linearize']],
];

describe('encrypted PDFs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'yinxin-encrypted-'));
  after(() => rmSync(folder, { recursive: true }));
  const input = join(folder, 'open.pdf');
  let qpdf = '';
  before(function () {
    qpdf = requireProgram(this, 'qpdf');
  });
  writeFileSync(input, overwrite(open, '/Size 7 ', '/Size 11'));
  let made = 0;

  function encrypt(
    options: readonly string[],
    shape: readonly string[] = shapes[0]![1],
    [user, owner]: readonly [string, string] = ['user', 'owner'],
  ): Uint8Array {
    const output = join(folder, `${(made += 1)}.pdf`);
    const weak = options[0] === '256' ? [] : ['--allow-weak-crypto'];
    const from = [...weak, '--stream-data=compress', ...shape, '--encrypt', user, owner];
    runProgram(qpdf, [...from, ...options, '--', input, output]);
    return new Uint8Array(readFileSync(output));
  }

  function sign(pdf: Uint8Array): Uint8Array {
    const text = textOf(pdf);
    const hole = /\/ByteRange (\[ ?0 1111111111 1111111111 1111111111 ?\])/.exec(text);
    const start = text.indexOf(gap);
    assert.ok(hole?.[1] !== undefined && start > 0, 'the value of a signature is not encrypted');
    const numbers = [0, start, start + gap.length, text.length - start - gap.length];
    const at = hole.index + '/ByteRange '.length;
    const written = `[${numbers.join(' ')}]`.padEnd(hole[1].length);
    const ranged = latin1(text.slice(0, at) + written + text.slice(at + written.length));
    return fillContents(ranged, (digest) => makeCms(pki, digest), numbers);
  }

  const check = (pdf: Uint8Array, password?: string): Promise<Report> =>
    verifyBytes(
      pdf,
      depsFor(pki, password === undefined ? {} : { encrypted: { password, ciphers: nodePdfCiphers } }),
    );

  for (const [way, options] of ways)
    for (const [shape, shaping] of shapes)
      it(`${way}, ${shape}: either password verifies it, no other one opens it`, async () => {
        const pdf = sign(encrypt(options, shaping));
        for (const [password, role] of [
          ['user', /user/],
          ['owner', /owner/],
        ] as const) {
          const report = await check(pdf, password);
          assert.equal(report.conclusion, 'TOTAL-PASSED', JSON.stringify(report.rows, null, 1));
          assert.match(report.rows.find(({ id }) => id === 'pdf.encryption')?.finding.en ?? '', role);
          assert.equal(report.signatures[0]?.reason, 'Test of reasons');
        }
        const wrong = await check(pdf, 'User');
        expectReport(wrong, ['INDETERMINATE', 'SIGNED_DATA_NOT_FOUND', 'pdf.readable']);
        assert.match(wrong.summary.zh, /密码不正确/);
        for (const password of [undefined, '']) {
          const none = await check(pdf, password);
          expectReport(none, ['INDETERMINATE', 'SIGNED_DATA_NOT_FOUND', 'pdf.readable']);
          assert.match(none.summary.zh, /未给出密码/);
        }
      });

  const reading = (pdf: Uint8Array, password = 'user') =>
    openPdf(bytesSource(pdf), {}, { password, ciphers: nodePdfCiphers });

  for (const [way, options] of ways)
    it(`${way}: strings and streams are read as they were before`, async () => {
      for (const [, shaping] of shapes) {
        const document = await reading(encrypt(options, shaping));
        const info = await document.getDictionary(document.trailer(), 'Info');
        assert.equal(pdfTextOf(entry(info!, 'Title')), 'Decision');
        const catalogue = await document.catalogue();
        const metadata = await document.get(catalogue, 'Metadata');
        assert.equal(metadata.kind === 'stream' && textOf(await document.streamData(metadata)), '<x/> ');
        const pages = await document.getDictionary(catalogue, 'Pages');
        const kids = entry(pages!, 'Kids');
        const page = await document.resolve(kids.kind === 'array' ? kids.items[0]! : kids);
        assert.ok(page.kind === 'dictionary');
        const content = await document.get(page, 'Contents');
        assert.match(
          content.kind === 'stream' ? textOf(await document.streamData(content)) : '',
          /for Alice/,
        );
        const annotations = await document.get(page, 'Annots');
        const remark = await document.resolve(
          annotations.kind === 'array' ? annotations.items[1]! : annotations,
        );
        // Text of an annotation, unlike the value of a signature, is encrypted under the same name.
        assert.equal(remark.kind === 'dictionary' && pdfTextOf(entry(remark, 'Contents')), 'A remark');
      }
    });

  it('a file that opens with an empty password needs none, and is refused where nothing is given to open it', async () => {
    const pdf = sign(encrypt(['256'], undefined, ['', 'owner']));
    assert.equal((await check(pdf, '')).conclusion, 'TOTAL-PASSED');
    expectReport(await check(pdf), ['INDETERMINATE', 'SIGNED_DATA_NOT_FOUND', 'pdf.readable']);
    await assert.rejects(openPdf(bytesSource(pdf)), { code: 'pdf-encrypted' });
  });

  it('takes passwords that are not ASCII, each generation in its own encoding', async () => {
    const cases = [
      [['128', '--use-aes=y'], 'pässwörd•'],
      [['256'], '密码 Ⅸ'],
      [['256'], 'x'.repeat(200)],
    ] as const;
    for (const [options, password] of cases) {
      const pdf = sign(encrypt(options, undefined, [password.slice(0, 127), 'owner']));
      assert.equal((await check(pdf, password)).conclusion, 'TOTAL-PASSED', password);
    }
  });

  it('the command opens a file with --password, and says what is wrong with another one', async () => {
    const path = (name: string, bytes: Uint8Array | string): string => {
      writeFileSync(join(folder, name), bytes);
      return join(folder, name);
    };
    const crls = pki.crls.flatMap((crl, at) => ['--crl', path(`${at}.crl`, crl)]);
    const trust = ['--anchor', path('anchor.cer', pki.root.certificate), ...crls];
    const file = path('sealed.pdf', sign(encrypt(['128', '--use-aes=y'])));
    const run = async (...more: readonly string[]): Promise<readonly [number, string]> => {
      let out = '';
      const io = { out: (text: string) => void (out += text), err: () => undefined, now: daysFromNow(0.001) };
      return [await runVerify([file, '--json', ...trust, ...more], io), out];
    };
    assert.equal((await run('--password', 'user'))[0], 0);
    assert.equal((await run('--password', 'owner'))[0], 0);
    const [code, out] = await run('--password', 'guess');
    assert.equal(code, 2);
    assert.match(out, /pdf-password/);
    assert.equal((await run())[0], 2);
  });

  it('a changed byte is told, in the content, in the encryption dictionary and in the identifier', async () => {
    for (const [, options] of ways) {
      const pdf = sign(encrypt(options));
      const text = textOf(pdf);
      const content = text.indexOf('stream\n', text.indexOf('4 0 obj')) + 12;
      const damaged = pdf.slice();
      damaged[content] = (damaged[content] ?? 0) ^ 1;
      expectReport(await check(damaged, 'user'), ['TOTAL-FAILED', 'HASH_FAILURE', 'signature.content']);
      const flags = / \/P (-\d+)/.exec(text);
      assert.ok(flags?.[1] !== undefined);
      const other = `${flags[1].slice(0, -1)}${flags[1].endsWith('1') ? '2' : '1'}`;
      const permissive = overwrite(pdf, flags[0], ` /P ${other}`);
      // Old keys are made with the permissions, so that no password fits any more; new ones seal them.
      if (options[0] === '256')
        expectReport(await check(permissive, 'user'), ['TOTAL-FAILED', 'FORMAT_FAILURE', 'pdf.readable']);
      else
        expectReport(await check(permissive, 'user'), [
          'INDETERMINATE',
          'SIGNED_DATA_NOT_FOUND',
          'pdf.readable',
        ]);
      for (const key of ['/O <', '/U <', '/ID [<']) {
        const at = text.lastIndexOf(key) + key.length;
        if (at < key.length) continue;
        const changed = latin1(text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1));
        assert.notEqual(
          (await check(changed, 'user')).conclusion,
          'TOTAL-PASSED',
          `${options.join(' ')} ${key}`,
        );
      }
    }
  });

  it('no later save changes how the file is encrypted', async () => {
    const pdf = sign(encrypt(['256']));
    const text = textOf(pdf);
    const number = Number(/\/Encrypt (\d+) 0 R/.exec(text)?.[1]);
    const identifier = /\/ID \[[^\]]*\]/.exec(text)?.[0] ?? '';
    const root = Number(/\/Root (\d+) 0 R/.exec(text)?.[1]);
    const body = new RegExp(`\\n${number} 0 obj\\n([^]*?)\\nendobj`).exec(text)?.[1] ?? '';
    const size = sizeOf(pdf);
    const added = { [size]: '<< /Unused true >>' };
    const same = `/Encrypt ${number} 0 R ${identifier}`;
    const again = [
      append(pdf, added, size + 1, root, same),
      // The same dictionary written again, as some writers do with every save.
      append(pdf, added, size + 1, root, `/Encrypt ${body} ${identifier}`),
      append(pdf, { [size]: body }, size + 1, root, `/Encrypt ${size} 0 R ${identifier}`),
    ];
    for (const honest of again) {
      const [signature] = (await check(honest, 'user')).signatures;
      assert.equal(signature?.rows.find(({ id }) => id === 'signature.content')?.outcome, 'passed');
    }
    const other = body.replace(/\/P (-\d+)/, '/P -1');
    const clear = body.replace('/StmF /StdCF', '/StmF /Identity');
    assert.ok(other !== body && clear !== body);
    const changes = [
      append(pdf, added, size + 1, root, identifier),
      append(pdf, added, size + 1, root, `/Encrypt ${number} 0 R /ID [<00> <00>]`),
      append(pdf, added, size + 1, root, `/Encrypt ${clear} ${identifier}`),
      append(pdf, { [number]: other }, size, root, same),
      append(pdf, { [number]: clear }, size, root, same),
      append(pdf, { [size]: clear }, size + 1, root, `/Encrypt ${size} 0 R ${identifier}`),
    ];
    for (const changed of changes)
      expectReport(await check(changed, 'user'), ['TOTAL-FAILED', 'FORMAT_FAILURE', 'pdf.readable']);
  });

  it('a page written anew after the signature is a change, encrypted or not', async () => {
    const pdf = sign(encrypt(['128', '--use-aes=n']));
    const text = textOf(pdf);
    const [, encrypted] = /(\/Encrypt \d+ 0 R)/.exec(text) ?? [];
    const identifier = /\/ID \[[^\]]*\]/.exec(text)?.[0] ?? '';
    const page = [...text.matchAll(/\n(\d+) 0 obj\n(<<(?:(?!endobj)[^])*\/Type \/Page [^]*?)\nendobj/g)].at(
      0,
    );
    assert.ok(page?.[1] !== undefined && page[2] !== undefined);
    const content = /\/Contents (\d+) 0 R/.exec(page[2])?.[1] ?? '';
    const root = Number(/\/Root (\d+) 0 R/.exec(text)?.[1]);
    const other = '<< /Length 4 >>\nstream\nabcd\nendstream';
    const updated = append(pdf, { [content]: other }, sizeOf(pdf), root, `${encrypted ?? ''} ${identifier}`);
    const report = await check(updated, 'user');
    assert.equal(report.conclusion, 'TOTAL-FAILED');
    assert.ok(report.signatures.length === 1, JSON.stringify(report.rows));
  });

  it('damage anywhere ends in a report, and never in one that passes', async () => {
    let state = 20261122;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state % below;
    };
    for (const options of [['128', '--use-aes=y'], ['128', '--use-aes=n'], ['256']]) {
      const pdf = sign(encrypt(options, shapes[1]?.[1]));
      const text = textOf(pdf);
      const value = text.indexOf('<', text.indexOf('/Contents <'));
      for (let round = 0; round < 120; round++) {
        const damaged = pdf.slice();
        let at = random(damaged.length);
        while (at >= value && at < value + gap.length) at = random(damaged.length);
        damaged[at] = (damaged[at] ?? 0) ^ (1 + random(255));
        const report = await check(damaged, 'user');
        assert.notEqual(report.conclusion, 'TOTAL-PASSED', `byte ${at} of ${options.join(' ')}`);
      }
    }
  });

  it('every value of the encryption dictionary may be nonsense', async () => {
    const pdf = encrypt(['128', '--use-aes=y']);
    const text = textOf(pdf);
    const number = /\/Encrypt (\d+) 0 R/.exec(text)?.[1] ?? '';
    const body = new RegExp(`\\n${number} 0 obj\\n([^]*?)\\nendobj`).exec(text)?.[1] ?? '';
    for (const [wrong, code] of [
      [body.replace('/Standard', '/Another '), 'pdf-unsupported'],
      [body.replace('/V 4', '/V 3'), 'pdf-unsupported'],
      [body.replace('/R 4', '/R 9'), 'pdf-unsupported'],
      [body.replace('/AESV2', '/AESV9'), 'pdf-unsupported'],
      [body.replace('/StmF /StdCF', '/StmF /Other'), 'pdf-malformed'],
      [body.replace('/O <', '/X <'), 'pdf-malformed'],
      [body.replace(/\/P -?\d+/, (flags) => '/P /N'.padEnd(flags.length)), 'pdf-malformed'],
      ['<< >>', 'pdf-unsupported'],
      ['[]', 'pdf-malformed'],
    ] as const) {
      assert.ok(wrong !== body && wrong.length <= body.length, wrong);
      const changed = latin1(text.replace(body, () => wrong.padEnd(body.length)));
      await assert.rejects(
        reading(changed),
        (error) => error instanceof FormatError && error.code === code,
        wrong,
      );
    }
  });
});
