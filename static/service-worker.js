// Keeps one release of the page in the browser: a visit asks the network for the page alone, and works without one.
// The addresses of what is kept name its content, so what is kept under one can never be out of date.

const RELEASE = "{{release}}";
// With the checksums by which a file that comes from a static host is known to be whole.
const KEPT = new Map(Object.entries({{kept}}));
const PREFIX = "{{caches}}";
const PAGE = "{{base}}";
// All have the same page, which puts the address of a room right where that differs in case or by a slash at the end.
const PAGES = /^(chat\/[a-z0-9_-]{1,64}\/*|settings\/*)?$/i;
// Names the server, where that is not the page's own host; what it says today counts for more than what is kept of it.
const CONFIG = "{{config}}";
const PATIENCE_SECONDS = 4;
// Where the system sends what somebody shares with the installed page (manifest.webmanifest).
const SHARE = `${PAGE}share`;
const MOST_SHARED = 20000;

function isPage(pathname) {
  return pathname.startsWith(PAGE) && PAGES.test(pathname.slice(PAGE.length));
}

function good(response) {
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  return response;
}

async function keepPage(cache) {
  const response = good(await fetch(PAGE, { cache: "reload" }));
  // While a server is being replaced, the worker may come from one release and the page from another.
  if (!(await response.clone().text()).includes(`data-release="${RELEASE}"`)) throw new Error("Another release's page.");
  await cache.put(PAGE, response);
}

async function keepConfig(cache) {
  if (CONFIG) await cache.put(CONFIG, good(await fetch(CONFIG, { cache: "no-cache" })));
}

async function keepFile(cache, [address, integrity]) {
  const known = await caches.match(address, { ignoreVary: true });
  await cache.put(address, known ?? good(await fetch(address, { priority: "low", integrity })));
}

// All of it or nothing: if something cannot be had, this worker never comes into force, and the next visit tries again.
async function keepAll() {
  const cache = await caches.open(PREFIX + RELEASE);
  await Promise.all([keepPage(cache), keepConfig(cache), ...[...KEPT].map((file) => keepFile(cache, file))]);
}

// Called when no page of an earlier release is open any more.
async function begin() {
  const others = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== PREFIX + RELEASE);
  await Promise.all(others.map((name) => caches.delete(name)));
}

async function fromNetwork(request) {
  const response = await fetch(request);
  if (response.status >= 500) throw new Error(`The server is away: ${response.status}`);
  return response;
}

// What the network says soon, or else what is kept.
async function answerFreshly(request, address) {
  const milliseconds = PATIENCE_SECONDS * 1000;
  const tooLate = new Promise((_, reject) => setTimeout(reject, milliseconds, new Error("No answer in time.")));
  try {
    return await Promise.race([fromNetwork(request), tooLate]);
  } catch (error) {
    const kept = await caches.match(address, { cacheName: PREFIX + RELEASE, ignoreVary: true });
    if (kept === undefined) throw error;
    return kept;
  }
}

async function answerConfig(request) {
  const response = await answerFreshly(request, CONFIG);
  if (response.ok) await (await caches.open(PREFIX + RELEASE)).put(CONFIG, response.clone());
  return response;
}

async function answerFile(request) {
  const kept = await caches.match(request, { cacheName: PREFIX + RELEASE, ignoreVary: true });
  return kept ?? fetch(request);
}

// What is shared is for nobody else to see: it goes into the fragment of the page's address, and to no server.
async function takeShared(request) {
  const form = await request.formData();
  const given = ["title", "text", "url"].map((name) => form.get(name)).filter((part) => typeof part === "string");
  const parts = given.map((part) => part.trim()).filter((part, at, all) => part && all.indexOf(part) === at);
  const text = [...parts.join("\n")].slice(0, MOST_SHARED).join("");
  return Response.redirect(`${PAGE}#share=${encodeURIComponent(text)}`, 303);
}

// A click on a notification leads to its message: in a page that is open, or in a new one.
async function openMessage({ room, message }) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const pages = windows.filter(({ url }) => isPage(new URL(url).pathname));
  const page = pages.find(({ focused }) => focused) ?? pages.find(({ visibilityState }) => visibilityState === "visible") ?? pages[0];
  if (!page) {
    await self.clients.openWindow(`${PAGE}chat/${encodeURIComponent(room)}`);
    return;
  }
  await page.focus();
  page.postMessage({ type: "notification-clicked", room, message });
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openMessage(event.notification.data));
});
self.addEventListener("install", (event) => event.waitUntil(keepAll()));
self.addEventListener("activate", (event) => event.waitUntil(begin()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method === "POST" && origin === location.origin && pathname === SHARE) {
    event.respondWith(takeShared(request));
    return;
  }
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate" && isPage(pathname)) event.respondWith(answerFreshly(request, PAGE));
  else if (pathname === CONFIG) event.respondWith(answerConfig(request));
  else if (KEPT.has(pathname)) event.respondWith(answerFile(request));
});
