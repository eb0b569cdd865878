// Keeps one release of the page in the browser: a visit asks the network for the page alone, and works without one.
// The addresses of what is kept name its content, so what is kept under one can never be out of date.

const RELEASE = "{{release}}";
const KEPT = new Set({{kept}});
const PREFIX = "p2p-chat ";
const PAGE = "/";
// Every room has the same page.
const PAGES = /^\/(chat\/[A-Za-z0-9_-]{1,64})?$/;
const PAGE_SECONDS = 4;

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

async function keepFile(cache, address) {
  const known = await caches.match(address, { ignoreVary: true });
  await cache.put(address, known ?? good(await fetch(address, { priority: "low" })));
}

// All of it or nothing: if something cannot be had, this worker never comes into force, and the next visit tries again.
async function keepAll() {
  const cache = await caches.open(PREFIX + RELEASE);
  await Promise.all([keepPage(cache), ...[...KEPT].map((address) => keepFile(cache, address))]);
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

async function answerPage(request) {
  const tooLate = new Promise((_, reject) => setTimeout(reject, PAGE_SECONDS * 1000, new Error("No answer in time.")));
  try {
    return await Promise.race([fromNetwork(request), tooLate]);
  } catch (error) {
    const page = await caches.match(PAGE, { cacheName: PREFIX + RELEASE, ignoreVary: true });
    if (page === undefined) throw error;
    return page;
  }
}

async function answerFile(request) {
  const kept = await caches.match(request, { cacheName: PREFIX + RELEASE, ignoreVary: true });
  return kept ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(keepAll()));
self.addEventListener("activate", (event) => event.waitUntil(begin()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate" && PAGES.test(pathname)) event.respondWith(answerPage(request));
  else if (KEPT.has(pathname)) event.respondWith(answerFile(request));
});
