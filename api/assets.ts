// Scripts, styles and pictures of the pages: read once from the build, served with validators.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RequestHandler } from 'express';

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly content: Buffer;
}

/** Where `npm run build` puts them, seen from the source as well as from the build. */
function assetFolder(): string {
  const toBuild = import.meta.url.endsWith('.ts') ? '../dist/web/assets' : '../web/assets';
  return fileURLToPath(new URL(toBuild, import.meta.url));
}

function load(folder: string): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  let names: string[] = [];
  try {
    names = readdirSync(folder);
  } catch {
    // Not built: the pages then come without scripts, and every one of them works so.
  }
  for (const name of names) {
    const type = types[extname(name)];
    if (type === undefined) continue;
    const content = readFileSync(join(folder, name));
    assets.set(name, {
      type,
      content,
      etag: `"${createHash('sha256').update(content).digest('base64url')}"`,
    });
  }
  return assets;
}

/** Answers `/assets/{name}`; passes on what it does not have. */
export function assetHandler(): RequestHandler {
  const assets = load(assetFolder());
  return (request, response, next) => {
    const asset = assets.get(request.path.slice(1));
    if (asset === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) {
      next();
      return;
    }
    response.setHeader('ETag', asset.etag);
    // Names are stable, so a browser asks each time and mostly hears "unchanged".
    response.setHeader('Cache-Control', 'public, no-cache');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Content-Type', asset.type);
    // The pages it serves lie above its own folder (Service Workers, "Service-Worker-Allowed").
    if (request.path === '/offline-worker.js') response.setHeader('Service-Worker-Allowed', '/');
    if (request.headers['if-none-match'] === asset.etag) response.status(304).end();
    else response.end(request.method === 'HEAD' ? undefined : asset.content);
  };
}
