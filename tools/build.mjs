// Builds dist/: TypeScript through tsc, page islands through esbuild, static data copied; skipped when nothing changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundlePages } from './bundle-pages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const stampFile = join(dist, '.build-stamp');
const rooms = JSON.parse(readFileSync(join(root, 'tsconfig.build.json'), 'utf8')).include;
const settings = [
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'tools/build.mjs',
  'tools/bundle-pages.mjs',
];

/** Every file below `folder`, as paths relative to the repository, sorted. */
function filesBelow(folder) {
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...filesBelow(path));
    else if (entry.isFile()) found.push(relative(root, path));
  }
  return found.sort();
}

/** Every source file the build reads. */
function sources() {
  return [...settings, ...rooms.flatMap((room) => filesBelow(join(root, room)))];
}

/** One digest over names, sizes and modification times: enough to notice any edit, cheap enough for every start. */
function stampOf(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** The stamp of the last complete build, or null. */
function lastStamp() {
  try {
    return readFileSync(stampFile, 'utf8');
  } catch {
    return null;
  }
}

/** Compiles all rooms; throws when a type does not hold. */
function compile() {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error('the TypeScript compiler found errors (above)');
}

/** Bundles every web/islands/*.ts, and the service worker, into dist/web/assets for browsers. */
async function bundleIslands(files) {
  const entries = files.filter((file) => /^web[\\/]islands[\\/][^\\/]+(?<!\.d)\.ts$/.test(file));
  if (entries.length === 0) return;
  const outdir = join(dist, 'web', 'assets');
  // Parts that several scripts share, or load late, are named by their content: those of an earlier build go.
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(outdir, { recursive: true });
  for (const [name, content] of await bundlePages(root, entries)) writeFileSync(join(outdir, name), content);
}

/** Copies data files (styles, JSON, fonts, pictures) to their mirror in dist; web's own styles and pictures also to the public assets. */
function copyData(files) {
  for (const file of files) {
    if (settings.includes(file) || /\.(ts|mts|mjs)$/.test(file) || /tsconfig.*\.json$/.test(file)) continue;
    const targets = [join(dist, file)];
    if (/^web[\\/][^\\/]+\.(css|svg|png|woff2|webmanifest)$/.test(file))
      targets.push(join(dist, 'web', 'assets', relative('web', file)));
    for (const target of targets) {
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(join(root, file), target);
    }
  }
}

/** Removes outputs whose source has gone, so that a deleted file cannot be imported by accident. */
function removeOrphans(files) {
  const known = new Set(files);
  for (const output of filesBelow(dist)) {
    const source = relative('dist', output);
    if (!/\.js(\.map)?$/.test(source) || source.startsWith(join('web', 'assets') + sep)) continue;
    if (!known.has(source.replace(/\.js(\.map)?$/, '.ts'))) rmSync(join(root, output));
  }
}

/**
 * Brings dist/ up to date.
 * @returns true when something was built, false when all was current.
 */
export async function build() {
  const files = sources();
  const stamp = stampOf(files);
  if (lastStamp() === stamp) return false;
  mkdirSync(dist, { recursive: true });
  rmSync(stampFile, { force: true });
  process.stderr.write('Building dist/ …\n');
  compile();
  await bundleIslands(files);
  copyData(files);
  removeOrphans(files);
  writeFileSync(stampFile, stamp);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  build().catch((error) => {
    process.stderr.write(`The build failed: ${error.message}\n`);
    process.exitCode = 1;
  });
}
