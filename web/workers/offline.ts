// The service worker of the offline reader: its pages and scripts are kept whole, one build at a time.

declare const self: ServiceWorkerGlobalScope;
/** Written in by the build: a digest of every file below, and their addresses. */
declare const OFFLINE_BUILD: string;
declare const OFFLINE_FILES: readonly string[];

const prefix = 'yinxin-reader-';
const cacheName = prefix + OFFLINE_BUILD;
/** Pages that work without the network. Both are the same for everybody: nothing of a person is ever kept. */
const pages = ['/reader', '/v'] as const;

/** All or nothing: a reader that has half of its files is none. */
async function install(): Promise<void> {
  const cache = await caches.open(cacheName);
  const wanted = [...pages, ...OFFLINE_FILES].map(
    // Without a session: what is kept must not say who was signed in.
    (path) => new Request(path, { cache: 'reload', credentials: 'omit' }),
  );
  await cache.addAll(wanted);
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
