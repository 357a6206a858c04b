// Opens Whilst without a network. It keeps one neutral shell and the program's
// own files, the same bytes for everybody, and never an answer that belongs to a
// person: pages, the interface and the socket pass through untouched.
//
// The server fills in the build's name and its list of files, so that the bytes
// of this file change with each release.

const BUILD = "whilst-{{BUILD}}";
const FILES = {{FILES}};
const SHELL = "/shell";
const PATIENCE_MS = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(BUILD);
      // What has a hash in its name is what it was: a page has fetched it a moment ago, and it crosses
      // the wire once. Of the others the browser may hold those of the build before.
      const fresh = (path) => new Request(path, { cache: path.startsWith("/pkg/") ? "default" : "reload" });
      // All or none: half a program is worse than the one before.
      await cache.addAll([SHELL, ...FILES].map(fresh));
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name !== BUILD) await caches.delete(name);
      await self.registration.navigationPreload?.enable();
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (FILES.includes(url.pathname)) event.respondWith(file(request, url.pathname));
});

// A network that says nothing for long is treated as none.
async function page(event) {
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE_MS, new Error("late")));
  const fresh = (async () => (await event.preloadResponse) ?? fetch(event.request))();
  fresh.catch(() => {}); // It may fail after the shell was shown.
  try {
    return await Promise.race([fresh, late]);
  } catch {
    return (await (await caches.open(BUILD)).match(SHELL)) ?? Response.error();
  }
}

async function file(request, path) {
  return (await (await caches.open(BUILD)).match(path)) ?? fetch(request);
}

self.addEventListener("message", (event) => {
  if (event.data === "SKIP_WAITING") self.skipWaiting();
});
