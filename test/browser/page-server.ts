// Serves the pages as the service does (same policy, same addresses) with made-up data, so that every state can be seen.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundlePages } from '../../tools/bundle-pages.mjs';

export interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly text: string | Uint8Array;
}

/** Answers by `METHOD /path`; the body of a request is given as text (latin1). */
export type Answers = Readonly<Record<string, (body: string) => Answer | Promise<Answer>>>;

export interface PageServer {
  readonly port: number;
  /** Paths asked for, with query, as a server's log would have them. */
  readonly log: readonly string[];
  close(): Promise<void>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What the service sends with every page, without room for exceptions. */
const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; worker-src 'self'; manifest-src 'self'; media-src 'self' blob:";

async function assets(): Promise<ReadonlyMap<string, Answer>> {
  const found = new Map<string, Answer>();
  for (const [name, content] of await bundlePages(
    root,
    ['verify-code', 'verify-upload', 'reader', 'login', 'login-scan', 'login-phone', 'authenticators'].map(
      (island) => `web/islands/${island}.ts`,
    ),
  ))
    found.set(`/assets/${name}`, {
      type: name.endsWith('.wasm') ? 'application/wasm' : 'text/javascript',
      text: content,
    });
  found.set('/assets/reader.webmanifest', {
    type: 'application/manifest+json',
    text: readFileSync(`${root}web/reader.webmanifest`, 'utf8'),
  });
  found.set('/assets/style.css', { type: 'text/css', text: readFileSync(`${root}web/style.css`, 'utf8') });
  found.set('/assets/icon.svg', { type: 'image/svg+xml', text: readFileSync(`${root}web/icon.svg`, 'utf8') });
  return found;
}

/** Listens on all interfaces of the machine, so that a page can be opened in an insecure context too. */
export async function servePages(answers: Answers): Promise<PageServer> {
  const files = await assets();
  const log: string[] = [];
  const server: Server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    log.push(`${request.method ?? ''} ${request.url ?? ''}`);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer =
        answers[`${request.method ?? ''} ${path}`]?.(Buffer.concat(chunks).toString('latin1')) ??
        files.get(path);
      void Promise.resolve(answer).then((found) => {
        response.writeHead(found === undefined ? 404 : (found.status ?? 200), {
          'Content-Type': found?.type ?? 'text/html; charset=utf-8',
          'Content-Security-Policy': policy,
          'Cache-Control': 'no-store',
          ...(path === '/assets/offline-worker.js' ? { 'Service-Worker-Allowed': '/' } : {}),
        });
        response.end(found?.text ?? '');
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    log,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
