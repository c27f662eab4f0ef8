// The service worker of the offline reader: its pages and scripts are kept whole, one build at a time.

declare const self: ServiceWorkerGlobalScope;
/** Written in by the build: a digest of every file below, and their addresses, in the order they were digested in. */
declare const OFFLINE_BUILD: string;
declare const OFFLINE_FILES: readonly string[];

const prefix = 'yinxin-reader-';
const cacheName = prefix + OFFLINE_BUILD;
/** Pages that work without the network. Both are the same for everybody: nothing of a person is ever kept. */
const pages = ['/reader', '/v'] as const;

interface Fetched {
  readonly path: string;
  readonly bytes: ArrayBuffer;
  readonly headers: Headers;
}

/** Without a session: what is kept must not say who was signed in. */
async function fetched(path: string): Promise<Fetched> {
  const answer = await fetch(path, { cache: 'reload', credentials: 'omit' });
  if (!answer.ok || answer.redirected) throw new TypeError(`${path} cannot be had.`);
  // Read at once: an answer that is not holds a connection, of which there are few.
  return { path, bytes: await answer.arrayBuffer(), headers: answer.headers };
}

/** As the build digests them (tools/bundle-pages.mjs). */
async function digestOf(files: readonly Fetched[]): Promise<string> {
  const parts = files.flatMap(({ path, bytes }) => [`${path.slice('/assets/'.length)}\0`, bytes]);
  const digest = await crypto.subtle.digest('SHA-256', await new Blob(parts).arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * All or nothing: a reader that has half of its files is none. And all of one build: while a service is brought up to date
 * one of its nodes may answer with files of another.
 */
async function install(): Promise<void> {
  const files = await Promise.all(OFFLINE_FILES.map(fetched));
  if (!(await digestOf(files)).startsWith(OFFLINE_BUILD))
    throw new TypeError('The files are of another build.');
  const kept = [...(await Promise.all(pages.map(fetched))), ...files];
  const cache = await caches.open(cacheName);
  await Promise.all(
    kept.map(({ path, bytes, headers }) => cache.put(path, new Response(bytes, { headers }))),
  );
}

/** The build before this one goes once no page runs on it any more. */
async function activate(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith(prefix) && name !== cacheName).map((name) => caches.delete(name)),
  );
  await self.clients.claim();
}

/** Milliseconds after which the network counts as absent: a phone in a lift has bars and no network. */
const patience = 4000;

/** Pages that were opened from what is kept: their scripts come from there too, so that both are of one build. */
const keptPages = new Set<string>();

async function fromNetwork(request: Request): Promise<Response | null> {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(patience) });
    return answer.ok ? answer : null;
  } catch {
    return null;
  }
}

/** A page is the server's while there is one: its keys and words are the newest then. */
async function openPage(request: Request, path: string, client: string): Promise<Response> {
  const kept = await (await caches.open(cacheName)).match(path);
  if (kept === undefined) return fetch(request);
  const fresh = await fromNetwork(request);
  if (fresh === null) keptPages.add(client);
  return fresh ?? kept;
}

async function openFile(request: Request, path: string, client: string): Promise<Response> {
  const kept = await (await caches.open(cacheName)).match(path);
  if (kept === undefined) return fetch(request);
  return keptPages.has(client) ? kept : ((await fromNetwork(request)) ?? kept);
}

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));

self.addEventListener('message', (event) => {
  if (event.data === 'take-over') void self.skipWaiting();
});

self.addEventListener('fetch', (event) => {
  const { request, clientId, resultingClientId } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  if (request.mode === 'navigate') {
    const asked = pages.find((each) => each === pathname);
    if (asked !== undefined) event.respondWith(openPage(request, asked, resultingClientId));
  } else if (OFFLINE_FILES.includes(pathname)) {
    event.respondWith(openFile(request, pathname, clientId));
  }
});
