// Starts Python, and until then keeps the login form alive: what is submitted early is carried out when Python is ready.

const root = document.documentElement;

// What is dropped beside a field, and any file, would take the place of the page.
for (const name of ["dragover", "drop"]) {
  addEventListener(name, (event) => {
    const isField = event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement;
    const items = [...(event.dataTransfer?.items ?? [])];
    if (isField && !items.some((item) => item.kind === "file")) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "none";
  });
}
const form = document.getElementById("sign-in-form");
const { base, config, intake, runtime, lock, library, program, snapshot, integrity, emptyLibrary } = root.dataset;
// Where the catalogs are, by language (BCP 47). English needs none: what is looked up in a catalog is the English.
const languages = JSON.parse(root.dataset.languages);
const WORKER = `${base}service-worker.js`;
const CONFIG_SECONDS = 15;
const CONFIG_MAX_BYTES = 4096;
const CATALOG_SECONDS = 10;
const SNAPSHOT_SECONDS = 120;
const PAINT_MS = 100;
// The largest of the files that the page preloads and awaits: by it, the line is measured.
const SAMPLE = new URL(`${runtime}pyodide.asm.mjs`, location.href).href;
const SAMPLE_SECONDS = 3;
// Of a file among others; the line itself carries twice as much. See bench/boot.py.
const SLOW_BYTES_PER_SECOND = 1.5e6;
const LENGTH_BYTES = 4;
// The data of WebAssembly's program end below this.
const PRISTINE_BYTES = 1 << 23;
const MAKE_APP = "from client_py.app import App; app = App(catalog and catalog.to_bytes())";
// In sessionStorage, when an application that was taken up from a snapshot could not start: the next load does without.
const PLAIN = "p2pchat.plain";

let words = new Map();
let speaking = Promise.resolve();
let submitter = null;
let isConfigFaulty = false;

// Says a phrase in the language of the page; bundle/words.py finds what is in quotation marks here.
function gettext(phrase) {
  return words.get(phrase) ?? phrase;
}

// The first of the person's languages that there is, with the address of its catalog.
function chooseLanguage() {
  for (const tag of navigator.languages) {
    for (const language of [tag, tag.split("-")[0]]) {
      if (languages[language]) return [language, languages[language]];
      if (language === "en") return null;
    }
  }
  return null;
}

// A catalog in gettext's MO format: tables of lengths and offsets, of the phrases and of what they are in the language.
function readCatalog(content) {
  const view = new DataView(content);
  const [count, phrases, translations] = [8, 12, 16].map((at) => view.getUint32(at, true));
  const text = (table, number) => {
    const [length, offset] = [0, 4].map((at) => view.getUint32(table + 8 * number + at, true));
    return new TextDecoder().decode(new Uint8Array(content, offset, length));
  };
  return new Map(Array.from({ length: count }, (_, number) => [text(phrases, number), text(translations, number)]));
}

// Has the page speak the person's language, and gives the catalog for Python; nothing where it goes on in English.
async function speak() {
  const choice = chooseLanguage();
  if (!choice) return undefined;
  const [language, address] = choice;
  try {
    const content = await load(address, { signal: AbortSignal.timeout(CATALOG_SECONDS * 1000) });
    words = readCatalog(content);
    words.delete(""); // under the empty string, a catalog describes itself
    root.lang = language;
    for (const element of document.querySelectorAll("[data-words]")) {
      const place = element.dataset.words || "textContent";
      element[place] = gettext(element[place].trim().replace(/\s+/g, " "));
    }
    return new Uint8Array(content);
  } catch (error) {
    console.info("The page goes on in English:", error);
    return undefined;
  }
}

function showSigningIn() {
  const status = document.getElementById("sign-in-status");
  status.dataset.state = "signing-in";
  status.textContent = gettext("Signing in…");
}

function showHint(hint) {
  document.getElementById("boot-hint").textContent = hint;
}

function showProgress(percent, text) {
  document.getElementById("boot-progress").value = percent;
  document.getElementById("boot-text").textContent = text;
}

function showFault() {
  showProgress(0, gettext("P2P Chat could not start."));
  showHint("");
  document.getElementById("auth-error").textContent = isConfigFaulty
    ? gettext(
      "This page does not know its server. Please reload it; if that does not help, the people who host it have to look at {file}.",
    ).replace("{file}", config)
    : gettext(
      "This page could not start. Please reload it; if that does not help, try a current Chrome, Edge, Firefox or Safari.",
    );
}

function keepSubmission(event) {
  event.preventDefault();
  submitter = event.submitter;
  showHint(gettext("You will be logged in at once."));
  showSigningIn();
}

async function load(url, options) {
  const response = await fetch(url, options);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.arrayBuffer();
}

// On a static host a file beside the page names the server, and the people who host the page may change that file.
async function readConfig() {
  try {
    const content = await load(config, { cache: "no-cache", signal: AbortSignal.timeout(CONFIG_SECONDS * 1000) });
    if (content.byteLength > CONFIG_MAX_BYTES) throw new Error(`${config}: ${content.byteLength} bytes`);
    const text = new TextDecoder().decode(content);
    const { protocol, origin, pathname } = new URL(JSON.parse(text).signaler);
    if (protocol !== "https:" && protocol !== "http:") throw new Error(`${config}: ${protocol}`);
    root.dataset.signaler = origin + pathname.replace(/\/+$/, "");
  } catch (error) {
    isConfigFaulty = true;
    throw error;
  }
}

function isPlainWished() {
  try {
    return sessionStorage.getItem(PLAIN) !== null;
  } catch {
    return false; // the browser forbids storage to this page
  }
}

// Of a snapshot that is not what the page expects, the browser gives nothing.
async function loadMemory() {
  const content = await load(snapshot, { integrity, signal: AbortSignal.timeout(SNAPSHOT_SECONDS * 1000) });
  const length = new DataView(content).getUint32(0, true);
  const description = JSON.parse(new TextDecoder().decode(new Uint8Array(content, LENGTH_BYTES, length)));
  return { ...description, bytes: new Uint8Array(content, LENGTH_BYTES + length) };
}

// Puts a memory where WebAssembly has just made one; what Python did to that meanwhile is undone.
function recall(heap, pristine, { data, end, runs, bytes }) {
  heap.fill(0, data, end);
  heap.set(pristine.subarray(0, data));
  for (let run = 0, at = 0; run < runs.length; run += 2) {
    const length = runs[run + 1] - runs[run];
    heap.set(bytes.subarray(at, at + length), runs[run]);
    at += length;
  }
}

// Makes the module of Python's that Pyodide asks for; as soon as the memory is there, it restores that.
async function createWith(memory, createPyodide, settings) {
  const instantiate = settings.instantiateWasm;
  let pristine;
  settings.instantiateWasm = (imports, done) => instantiate(imports, (instance, module) => {
    pristine = new Uint8Array(instance.exports.memory.buffer).slice(0, PRISTINE_BYTES);
    return done(instance, module);
  });
  const python = await createPyodide(settings);
  const recalled = await memory;
  if (recalled.version !== settings.API.version) throw new Error("The snapshot is one of another runtime.");
  if (recalled.data > PRISTINE_BYTES) throw new Error("The snapshot counts on more data than were kept.");
  settings.API.restoreSnapshot = () => {
    recall(python.HEAPU8, pristine, recalled);
    return recalled.config;
  };
  return python;
}

// Python as it was when the build had imported the application: no file is read, and nothing is compiled.
async function resume(loadPyodide, memory) {
  const { default: createPyodide } = await import(`${runtime}pyodide.asm.mjs`);
  const python = await loadPyodide({
    indexURL: runtime,
    stdLibURL: emptyLibrary,
    lockFileContents: lock,
    _loadSnapshot: new Uint8Array(1), // only to be asked for: createWith has the real one
    createPyodideModule: (settings) => createWith(memory, createPyodide, settings),
  });
  // What is not there is looked for and not found; in an empty archive, Python would look for it in vain and fail.
  python.FS.unlink(python.runPython("import sys; f'/lib/python{sys.version_info.major}{sys.version_info.minor}.zip'"));
  // The chance of the build would be everybody's.
  python.runPython("import random; random.seed()");
  return python;
}

async function start(loadPyodide, archive) {
  const python = await loadPyodide({ indexURL: runtime, stdLibURL: library, lockFileContents: lock });
  // Python imports from the archive as it is; nothing needs to be unpacked.
  python.FS.writeFile("/app.zip", new Uint8Array(await archive));
  python.runPython("import sys; sys.path.insert(0, '/app.zip')");
  return python;
}

// From a snapshot Python starts sooner, but from its archives there is less to load. On a slow line that is sooner
// still; the service worker brings the snapshot for the next visit.
async function isSnapshotSooner() {
  if (!snapshot || isPlainWished()) return false;
  if (navigator.serviceWorker?.controller) return true;
  const sample = await loaded(SAMPLE);
  if (!sample) return false;
  const seconds = (sample.responseEnd - sample.requestStart) / 1000;
  return sample.transferSize === 0 || sample.encodedBodySize / seconds > SLOW_BYTES_PER_SECOND;
}

// How a file that the page has preloaded was loaded; nothing if it has not come soon.
function loaded(url) {
  return new Promise((resolve) => {
    new PerformanceObserver((entries, observer) => {
      const [entry] = entries.getEntriesByName(url);
      if (!entry) return;
      observer.disconnect();
      resolve(entry);
    }).observe({ type: "resource", buffered: true });
    setTimeout(resolve, SAMPLE_SECONDS * 1000);
  });
}

// The form is seen before what takes long begins; a page in the background is never painted.
function painted() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, PAINT_MS);
  });
}

async function makeApp(python, catalog) {
  python.globals.set("catalog", await catalog);
  python.runPython(MAKE_APP);
}

async function startFromSnapshot(loadPyodide, memory, catalog) {
  try {
    const python = await resume(loadPyodide, memory);
    await makeApp(python, catalog);
    root.dataset.boot = "snapshot";
    return python;
  } catch (error) {
    console.info("Python starts from the beginning:", error);
    return null;
  }
}

async function startFromArchives(loadPyodide, archive, catalog) {
  const python = await start(loadPyodide, archive);
  await makeApp(python, catalog);
  root.dataset.boot = "plain";
  return python;
}

async function boot() {
  showProgress(10, gettext("Getting ready…"));
  const catalog = speak();
  speaking = catalog;
  const configured = config ? readConfig() : null;
  configured?.catch(() => {}); // it is awaited further down, as what follows is
  const receiving = import(intake);
  receiving.catch(() => {}); // likewise
  const painting = painted();
  const isResumed = await isSnapshotSooner();
  const first = isResumed ? loadMemory() : load(program);
  first.catch(() => {}); // it is awaited further down, where a failure has its place
  await painting;
  const { loadPyodide } = await import(`${runtime}pyodide.mjs`);
  await configured;
  // For client_py/browser, which finds in the global object what is JavaScript's.
  globalThis.Intake = (await receiving).Intake;
  showProgress(30, gettext("Starting Python…"));
  const python = (isResumed && (await startFromSnapshot(loadPyodide, first, catalog)))
    || (await startFromArchives(loadPyodide, isResumed ? load(program) : first, catalog));
  showProgress(80, gettext("Starting P2P Chat…"));
  python.runPython("app.start()");
}

// The next visit asks the network for the page alone.
async function keepRelease() {
  try {
    const policy = globalThis.trustedTypes?.createPolicy("p2p-chat", { createScriptURL: () => WORKER });
    await navigator.serviceWorker?.register(policy ? policy.createScriptURL("") : WORKER);
  } catch (error) {
    console.info("This browser keeps no page:", error);
  }
}

if ("signedIn" in root.dataset) { // by hide-sign-in.js
  showHint("");
  showSigningIn();
}
form.addEventListener("submit", keepSubmission);
try {
  await boot();
  form.removeEventListener("submit", keepSubmission);
  if (submitter !== null) form.requestSubmit(submitter);
  keepRelease();
} catch (error) {
  delete root.dataset.signedIn;
  await speaking; // a failure may be sooner than the words for it, which take a few seconds at most
  showFault();
  root.dataset.app = "failed";
  console.error(error);
  if (root.dataset.boot === "snapshot") sessionStorage.setItem(PLAIN, "");
}
