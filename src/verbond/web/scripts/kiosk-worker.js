// Lets a kiosk start without a connection after one visit. In front of this the server puts PAGE (the kiosk's
// address), KEEP (what it needs) and NAME (another one for another page).
const PREFIX = NAME.slice(0, NAME.lastIndexOf(" ") + 1);
const PATIENCE = 4000;

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(forget()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
});

async function keep() {
  const cache = await caches.open(NAME);
  await Promise.all(KEEP.map(async (address) => {
    const answer = await fetch(address, { cache: "reload" });
    if (!answer.ok) throw new Error(`${answer.status} ${address}`);
    await cache.put(address, answer);
  }));
  await self.skipWaiting();
}

async function forget() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== NAME) await caches.delete(name);
  }
  await self.clients.claim();
}

// The server's own page where it answers, also where it says that the link is withdrawn; else the one kept.
async function page(request) {
  try {
    const answer = await fetch(request.url, { signal: AbortSignal.timeout(PATIENCE) });
    if (answer.status < 500) return answer;
  } catch { /* no connection */ }
  return (await caches.match(PAGE)) ?? Response.error();
}
