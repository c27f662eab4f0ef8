// What the README tells people to type is typed here, against a demonstration as they would have it.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requireProgram, run } from '../programs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The shell lines of the README's block marked `curl`. */
function curlLines(): string {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const block = /<!-- curl:[^>]*-->\n```sh\n([\s\S]*?)```/.exec(readme)?.[1];
  assert.ok(block, 'README has its curl lines');
  assert.equal(block.match(/^curl /gm)?.length, 3);
  return block;
}

describe('README', function () {
  this.timeout(180_000);
  const folder = mkdtempSync(join(tmpdir(), 'yinxin-readme-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('stamps, issues and verifies with its three curl lines', async function () {
    requireProgram(this, 'curl');
    const pdfsig = requireProgram(this, 'pdfsig');
    // Below the ports that the system gives to outgoing connections.
    const port = 20_000 + (process.pid % 10_000);
    const child = spawn(process.execPath, [join(root, 'bin/yinxin.mjs'), 'demo', '--port', String(port)], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        YINXIN_DATA: '',
        YINXIN_DATABASE_URL: '',
        YINXIN_PUBLIC_URL: '',
      },
    });
    try {
      let output = '';
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      for await (const chunk of child.stdout) {
        output += String(chunk);
        if (output.includes('/v#')) break;
      }
      assert.match(output, /\/v#\d+/);
      const lines = curlLines().replaceAll(':8480', `:${port}`);
      const answer = execFileSync('bash', ['-euc', lines], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` },
      });
      // License and report, one JSON after the other.
      assert.match(answer, /"identifier":"1\.2\.156\.3005\.2\.[0-9A-Z.]+"/);
      assert.match(answer, /"conclusion":"TOTAL-PASSED"/);
      assert.match(run(pdfsig, ['-nocert', join(folder, 'sealed.pdf')]), /Signature is Valid/);
    } finally {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  });
});
