// The packed library where others use it: installed from its tarball into an empty folder, in Node, in a page, and by a compiler.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as web from '../../verification/index-web.ts';
import * as node from '../../verification/index.ts';
import { buildTrustList } from '../../verification/trust-list.ts';
import { launchChromium } from '../browser/chromium.ts';
import { packVerification } from '../../tools/pack-verification.mjs';
import { goodClaims, makeCode, makeCodeWorld, makeStatusToken, signerOf } from './code-world.ts';
import { makePki, now } from './pki.ts';
import { overwrite, signPdf } from './signed-pdf.ts';

/** The same program for both: it knows nothing but the library and its inputs. */
const program = `
const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
export async function judge(library, inputs) {
  const verifier = library.nodeSignatureVerifier ?? library.webSignatureVerifier;
  const startDigest = library.nodeStartDigest ?? library.webStartDigest;
  const time = new Date(inputs.time);
  const trustList = await library.verifyTrustList(inputs.trustList, {
    verifier, time, operatorKeys: [bytes(inputs.operatorKey)],
  });
  const dependencies = {
    verifier, startDigest, time, trustList, inflate: library.inflateWeb,
    anchors: [bytes(inputs.anchor)], crls: inputs.crls.map(bytes),
    statusLists: { statusList: () => Promise.resolve(inputs.statusList) },
  };
  const pdf = (text) => library.verify(library.bytesSource(bytes(text)), dependencies);
  const good = await pdf(inputs.pdf);
  const reports = [good, await pdf(inputs.tampered), await library.verifyCode(inputs.code, dependencies)];
  const chain = await library.verifyChain(library.readChainCase(JSON.stringify(inputs.chain)), { verifier, now: time });
  return {
    conclusions: [...reports, chain].map(({ conclusion }) => conclusion),
    level: good.signatures[0].level,
    lines: library.simpleLines(library.simpleReport(good)),
    detailed: library.detailedReport(good).format,
    report: JSON.stringify(good),
  };
}
`;

const typed = `
import { bytesSource, policyNamed, verify, nodeSignatureVerifier, nodeStartDigest, inflateWeb } from 'yinxin/verification';
import type { Report } from 'yinxin/verification';
export async function conclusion(bytes: Uint8Array): Promise<Report['conclusion']> {
  const report = await verify(bytesSource(bytes), {
    verifier: nodeSignatureVerifier, startDigest: nodeStartDigest, inflate: inflateWeb,
    time: new Date(0), policy: policyNamed('strict'),
  });
  // @ts-expect-error a report has no such member
  report.nonsense;
  return report.conclusion;
}
`;

interface Judged {
  readonly conclusions: readonly string[];
  readonly level: string;
  readonly lines: readonly string[];
  readonly detailed: string;
  readonly report: string;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const pem = (der: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${base64(der)}\n-----END CERTIFICATE-----\n`;

async function makeInputs(): Promise<Record<string, unknown>> {
  const pki = makePki();
  const world = makeCodeWorld();
  const pdf = signPdf(pki);
  return {
    time: now.toISOString(),
    pdf: base64(pdf),
    tampered: base64(overwrite(pdf, 'Alice', 'Mally')),
    anchor: base64(pki.root.certificate),
    crls: pki.crls.map(base64),
    code: makeCode(world.codeSigner, goodClaims()),
    trustList: await buildTrustList(world.list, signerOf(world.operator)),
    operatorKey: base64(world.operator.key.spki),
    statusList: await makeStatusToken(world.statusSigner, { issuedAt: now }),
    chain: {
      id: 1,
      anchors: [pem(pki.root.certificate)],
      untrusted: [pem(pki.sealCa.certificate)],
      leaf: pem(pki.signer.certificate),
      at: now.toISOString(),
      revocation: 'none',
    },
  };
}

describe('the packed verification library', function () {
  this.timeout(180_000);
  const folder = mkdtempSync(join(tmpdir(), 'yinxin-library-'));
  const installed = join(folder, 'node_modules', 'yinxin');
  let inputs: Record<string, unknown>;
  let inNode: Judged;
  after(() => rmSync(folder, { recursive: true }));

  before(async () => {
    const tarball = await packVerification(join(folder, 'pack'));
    writeFileSync(join(folder, 'package.json'), '{"name":"empty","private":true,"type":"module"}');
    execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], {
      cwd: folder,
      stdio: 'pipe',
    });
    inputs = await makeInputs();
    writeFileSync(join(folder, 'program.mjs'), program);
    writeFileSync(join(folder, 'inputs.json'), JSON.stringify(inputs));
    writeFileSync(
      join(folder, 'run.mjs'),
      `import { readFileSync } from 'node:fs';
       import * as library from 'yinxin/verification';
       import { judge } from './program.mjs';
       console.log(JSON.stringify(await judge(library, JSON.parse(readFileSync('inputs.json', 'utf8')))));`,
    );
    inNode = JSON.parse(
      execFileSync(process.execPath, ['run.mjs'], { cwd: folder, encoding: 'utf8' }),
    ) as Judged;
  });

  const expected = ['TOTAL-PASSED', 'TOTAL-FAILED', 'TOTAL-PASSED', 'TOTAL-PASSED'];

  it('brings nothing along', () => {
    const others = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
    assert.deepEqual(others, ['yinxin']);
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies', 'scripts'])
      assert.equal(manifest[kind], undefined);
    for (const [file, allowed] of [
      ['index.js', /^node:(crypto|zlib)$/],
      ['index-web.js', /^$/],
    ] as const) {
      const text = readFileSync(join(installed, file), 'utf8');
      for (const [, name = ''] of text.matchAll(/^import[^'"]*['"]([^'"]+)['"]/gm))
        assert.match(name, allowed);
      assert.doesNotMatch(
        text,
        /Date\.now\(\)|process\.env|\bfetch\(/,
        `${file} asks no clock, setting or network`,
      );
    }
  });

  it('verifies a PDF, a code and a chain in Node', () => {
    assert.deepEqual(inNode.conclusions, expected);
    assert.equal(inNode.level, 'B-T');
    assert.ok(inNode.lines.length > 3);
    assert.equal(inNode.detailed, 'yinxin-detailed-report/1');
  });

  it('says the same bytes in a page', async function () {
    const files: Readonly<Record<string, readonly [string, string]>> = {
      '/': ['text/html', '<!doctype html><title>library</title>'],
      '/library.js': ['text/javascript', readFileSync(join(installed, 'index-web.js'), 'utf8')],
      '/program.js': ['text/javascript', program],
      '/inputs.json': ['application/json', JSON.stringify(inputs)],
    };
    const server: Server = createServer((request, response) => {
      const [type, text] = files[request.url ?? ''] ?? ['text/plain', ''];
      response.writeHead(text === '' ? 404 : 200, { 'Content-Type': `${type}; charset=utf-8` }).end(text);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const browser = await launchChromium(this);
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      const judged = await page.evaluate<Judged>(`(async () => {
        const [library, { judge }, inputs] = await Promise.all([
          import('/library.js'), import('/program.js'), fetch('/inputs.json').then((answer) => answer.json()),
        ]);
        return judge(library, inputs);
      })()`);
      assert.deepEqual(judged, inNode);
    } finally {
      await browser.close();
      server.close();
    }
  });

  it('is typed for a strict compiler', () => {
    mkdirSync(join(folder, 'typed'));
    writeFileSync(join(folder, 'typed', 'use.ts'), typed);
    writeFileSync(
      join(folder, 'typed', 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          target: 'es2023',
          module: 'nodenext',
          lib: ['es2023', 'dom', 'ESNext.Collection'],
          types: [],
          skipLibCheck: false,
        },
        files: ['use.ts'],
      }),
    );
    const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
    execFileSync(process.execPath, [tsc, '-p', join(folder, 'typed')], { cwd: folder, stdio: 'pipe' });
  });

  it('offers pages what it offers servers, but for the cryptography', () => {
    const own = ['nodeSignatureVerifier', 'nodeStartDigest', 'nodePdfCiphers', 'dsaAt'];
    const theirs = ['webSignatureVerifier', 'webStartDigest'];
    assert.deepEqual(
      Object.keys(node).filter((name) => !own.includes(name)),
      Object.keys(web).filter((name) => !theirs.includes(name)),
    );
  });
});
