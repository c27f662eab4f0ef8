// Bundles what pages run: islands as modules that share parts, and the service worker with the list of what it keeps.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const styles = ['web/style.css', 'web/icon.svg', 'web/reader.webmanifest'];
/** Scripts of the pages that work offline. */
const offlineIslands = ['reader', 'verify-code'];

/** Everything a script loads, now or late, and the script itself. */
function reachable(outputs, entry) {
  const found = new Set();
  const visit = (name) => {
    if (found.has(name) || outputs[name] === undefined) return;
    found.add(name);
    for (const { path } of outputs[name].imports) visit(path);
  };
  visit(entry);
  return found;
}

/**
 * @param root the repository
 * @param entries island files, relative to it
 * @returns what goes under /assets: name and content
 */
export async function bundlePages(root, entries) {
  const { build } = await import('esbuild');
  const common = {
    absWorkingDir: root,
    bundle: true,
    target: 'es2022',
    platform: 'browser',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    write: false,
  };
  const { outputFiles, metafile } = await build({
    ...common,
    entryPoints: entries,
    outdir: 'assets',
    format: 'esm',
    splitting: true,
    loader: { '.wasm': 'file' },
    // By its content: a page that was kept asks late for it, and must not get that of another build.
    assetNames: '[name]-[hash]',
    publicPath: '/assets/',
    metafile: true,
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
  const kept = new Set(styles.map((path) => basename(path)));
  for (const name of offlineIslands)
    for (const path of reachable(metafile.outputs, `assets/${name}.js`)) kept.add(basename(path));
  // A file that is loaded by its address is no import.
  for (const name of files.keys()) if (name.endsWith('.wasm')) kept.add(name);
  const digest = createHash('sha256');
  for (const name of [...kept].sort())
    digest.update(`${name}\0`).update(files.get(name) ?? readFileSync(join(root, 'web', name)));
  const worker = await build({
    ...common,
    entryPoints: ['web/workers/offline.ts'],
    outdir: 'assets',
    format: 'iife',
    define: {
      OFFLINE_BUILD: JSON.stringify(digest.digest('hex').slice(0, 16)),
      OFFLINE_FILES: JSON.stringify([...kept].sort().map((name) => `/assets/${name}`)),
    },
  });
  for (const { path, contents } of worker.outputFiles)
    files.set(`${basename(path, '.js')}-worker.js`, contents);
  return files;
}
