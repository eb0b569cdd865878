// Starts Python, and until then keeps the login form alive: what is submitted early is carried out when Python is ready.

const root = document.documentElement;
delete root.dataset.unattended; // or app.css says after a while that nothing runs here

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
const signIn = document.getElementById("sign-in");
const { base, config, intake, runtime, lock, library, program, snapshot, integrity, emptyLibrary } = root.dataset;
// Where the catalogs are, by language (BCP 47). English needs none: what is looked up in a catalog is the English.
const languages = JSON.parse(root.dataset.languages);
const WORKER = `${base}service-worker.js`;
// It is asked for twice.
const CONFIG_SECONDS = 7;
const CONFIG_MAX_BYTES = 4096;
const CATALOG_SECONDS = 10;
// When nothing has come for so long of what is awaited, a try has failed. Two of them are over within 15 s.
const SILENT_SECONDS = 6;
// When all else has come, a module is soon overdue; it is small.
const OVERDUE_SECONDS = 2;
// For Python to start when every file is there: a slow phone compiles for some seconds.
const STARTING_SECONDS = 30;
// The same file to the network, and another module to the browser, which may keep that the first one failed.
const AGAIN = "#again";
const PAINT_MS = 100;
// The largest of the files that the page preloads and awaits: by it, the line is measured.
const SAMPLE = new URL(`${runtime}pyodide.asm.mjs`, location.href).href;
const WASM = new URL(`${runtime}pyodide.asm.wasm`, location.href).href;
const WASM_TYPE = "application/wasm";
// What every program of WebAssembly begins with; by itself it is the smallest one.
const EMPTY_PROGRAM = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
// What a ZIP ends with, if it has no comment: the first four of 22 bytes (APPNOTE 4.3.16).
const [ZIP_END, ZIP_END_LENGTH] = [0x06054b50, 22];
const { instantiateStreaming } = globalThis.WebAssembly ?? {};
const SAMPLE_SECONDS = 2;
// Of a file among others; the line itself carries twice as much. See bench/boot.py.
const SLOW_BYTES_PER_SECOND = 1.5e6;
const LENGTH_BYTES = 4;
// The data of WebAssembly's program end below this.
const PRISTINE_BYTES = 1 << 23;
const MAKE_APP = "from client_py.app import App; app = App(catalog and catalog.to_bytes())";
// In sessionStorage, when an application that was taken up from a snapshot could not start: the next load does without.
const PLAIN = "p2pchat.plain";

// What can be wrong with a file.
const [REFUSED, INTERRUPTED, STALLED, DAMAGED] = ["refused", "interrupted", "stalled", "damaged"];

let words = new Map();
let speaking = Promise.resolve();
let submitter = null;
const failed = new Set(); // addresses; they are asked for once more, past the browser's cache
const attempts = new WeakMap(); // by what WebAssembly is to import

// Why the page cannot start, where that is known; a `final` one has been tried twice already. The sentence is made when
// it is shown, since the words for it may come later than the fault.
class StartFault extends Error {
  constructor(say, { cause, isFinal = true } = {}) {
    super(say(), { cause });
    this.say = say;
    this.isFinal = isFinal;
  }
}

class FileFault extends StartFault {
  constructor(url, kind, { status = 0, isFinal = false, cause } = {}) {
    const file = url.split(/[?#]/)[0].split("/").at(-1);
    super(() => sentenceOf(kind).replace("{file}", file).replace("{status}", status), { cause, isFinal });
    this.kind = kind;
  }
}

function sentenceOf(kind) {
  if (kind === REFUSED) {
    return gettext(
      "This page could not start: the server did not deliver {file} (status {status}). Please reload the page; if that does not help, tell the people who run this site.",
    );
  }
  if (kind === INTERRUPTED) {
    return gettext(
      "This page could not start: the connection broke while {file} was loading. Please check your connection, and reload the page.",
    );
  }
  if (kind === STALLED) {
    return gettext(
      "This page could not start: {file} stopped loading, and nothing more came. Please check your connection, and reload the page.",
    );
  }
  return gettext(
    "This page could not start: {file} is not what it should be. Something on the way may have changed it, or this browser is too old for it. Please reload the page; if that does not help, tell the people who run this site.",
  );
}

function asFileFault(url, error) {
  if (error instanceof FileFault) return error;
  const { CompileError, LinkError } = WebAssembly;
  const isDamaged = error instanceof CompileError || error instanceof LinkError || error instanceof SyntaxError;
  return new FileFault(url, isDamaged ? DAMAGED : INTERRUPTED, { cause: error });
}

// One try to start. It has failed when a file has, or when nothing comes any more of those that are awaited.
class Attempt {
  constructor() {
    this.awaited = new Map(); // addresses, and what to do when nothing comes any more
    this.ticks = 0;
    this.abort = new AbortController();
    this.failure = new Promise((_, reject) => { this.reject = reject; });
    this.failure.catch(() => {}); // it counts where the attempt is awaited
    // Ticks, and no clock: who slept, or was busy, has missed nothing of what came meanwhile.
    this.timer = setInterval(() => this.tick(), 1000);
    this.observer = new PerformanceObserver(() => this.hear());
    this.observer.observe({ type: "resource" }); // files that the page preloads come as well
  }

  async run(start) {
    try {
      return await Promise.race([start(this), this.failure]);
    } catch (error) {
      this.abort.abort(error); // what comes to its end nevertheless is not to go on
      throw error;
    } finally {
      clearInterval(this.timer);
      this.observer.disconnect();
    }
  }

  check() {
    this.abort.signal.throwIfAborted();
  }

  hear() {
    this.ticks = 0;
  }

  tick() {
    this.ticks += 1;
    if (this.ticks < this.patience()) return;
    const overdue = [...this.awaited.values()].filter(Boolean);
    const [url] = this.awaited.keys();
    this.hear();
    if (overdue.length > 0) overdue.forEach((act) => act());
    else this.reject(url ? stalled(url) : new Error("Python does not start."));
  }

  patience() {
    if (this.awaited.size === 0) return STARTING_SECONDS;
    return [...this.awaited.values()].every(Boolean) ? OVERDUE_SECONDS : SILENT_SECONDS;
  }

  // Awaits a file, and fails with it.
  async bring(url, get) {
    this.awaited.set(url, null);
    try {
      return await get();
    } catch (error) {
      if (!this.abort.signal.aborted) failed.add(url);
      const fault = asFileFault(url, error);
      this.reject(fault);
      throw fault;
    } finally {
      this.awaited.delete(url);
      this.hear();
    }
  }

  // Returns a file; one with a checksum only if it is whole.
  load(url, checksum) {
    return this.bring(url, () => this.read(url, checksum, failed.has(url) ? "reload" : "default"));
  }

  async read(url, checksum, cache) {
    const answer = checkStatus(url, await fetch(url, { cache, signal: this.abort.signal }));
    const content = await this.counted(url, answer).arrayBuffer();
    if (checksum && !(await isWhole(url, content, checksum))) throw new FileFault(url, DAMAGED);
    return content;
  }

  async loadArchive(url) {
    const content = await this.load(url);
    const end = content.byteLength - ZIP_END_LENGTH;
    if (end >= 0 && new DataView(content).getUint32(end, true) === ZIP_END) return content;
    failed.add(url);
    throw new FileFault(url, DAMAGED);
  }

  // An answer of which every piece that comes is heard. What is done with it when it is there may take its time.
  counted(url, answer, type = "") {
    const transform = (piece, pieces) => {
      this.hear();
      pieces.enqueue(piece);
    };
    const flush = () => this.awaited.delete(url);
    // An attempt that is over ends it: Firefox compiles one program after the other on a machine of few cores, and what
    // stands still would keep that of the next attempt waiting.
    const body = answer.body.pipeThrough(new TransformStream({ transform, flush }), { signal: this.abort.signal });
    return new Response(body, type ? { headers: { "Content-Type": type } } : {});
  }

  // Imports a module. Nobody can see how far that has come: when nothing is heard, or when it fails, the file is loaded
  // once more, piece by piece; that is the second try already.
  async import(url) {
    const soon = import(url);
    const overdue = new Promise((resolve) => this.awaited.set(url, resolve));
    const again = Promise.race([overdue, soon.then(() => new Promise(() => {}), () => {})]).then(() => this.importAgain(url));
    try {
      return await Promise.any([soon, again]);
    } catch ({ errors }) {
      throw errors[1];
    } finally {
      this.awaited.delete(url);
      this.awaited.delete(url + AGAIN);
      this.hear();
    }
  }

  async importAgain(url) {
    this.awaited.delete(url);
    this.awaited.set(url + AGAIN, null);
    try {
      await this.read(url, checksumOf(url), "reload");
    } catch (error) {
      const { kind, say } = asFileFault(url, error);
      throw Object.assign(new StartFault(say, { cause: error }), { kind });
    }
    try {
      return await import(url + AGAIN);
    } catch (error) {
      throw new FileFault(url, DAMAGED, { isFinal: true, cause: error });
    }
  }

  // Has Pyodide make its module, with WebAssembly that comes under our eyes.
  createModule(createPyodide, settings) {
    this.check();
    const instantiate = settings.instantiateWasm;
    settings.instantiateWasm = (imports, done) => {
      attempts.set(imports, this);
      return instantiate(imports, done);
    };
    return createPyodide(settings);
  }

  // Pyodide waits forever where this fails.
  instantiate(answer, imports) {
    return this.bring(WASM, async () => instantiateStreaming(await this.programOf(answer), imports));
  }

  async programOf(theirs) {
    if (failed.has(WASM)) {
      theirs.then(({ body }) => body?.cancel()).catch(() => {});
      theirs = fetch(WASM, { cache: "reload" });
    }
    const answer = checkStatus(WASM, await theirs);
    // What has come already is left to the browser, which may have it compiled.
    const hasCome = !failed.has(WASM) && performance.getEntriesByName(WASM).length > 0;
    if (!hasCome || answer.headers.get("Content-Type") !== WASM_TYPE) return this.counted(WASM, answer, WASM_TYPE);
    this.awaited.delete(WASM);
    return answer;
  }
}

function stalled(url) {
  failed.add(url);
  return new FileFault(url, STALLED, { isFinal: url.endsWith(AGAIN) });
}

function checkStatus(url, answer) {
  if (!answer.ok) throw new FileFault(url, REFUSED, { status: answer.status });
  return answer;
}

// Whether a file is the one of this checksum (Subresource Integrity). Only a secure page can compute one.
async function isWhole(url, content, checksum) {
  if (crypto.subtle) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
    return `sha256-${btoa(String.fromCharCode(...digest))}` === checksum;
  }
  return fetch(url, { cache: "force-cache", integrity: checksum }).then(() => true, () => false);
}

// A static host's page names the checksums of its modules.
function checksumOf(url) {
  const map = document.querySelector('script[type="importmap"]');
  return map && JSON.parse(map.textContent).integrity[url];
}

// Browsers have a switch for it, and a policy that the page did not write may forbid it.
function canCompile() {
  try {
    return new WebAssembly.Module(EMPTY_PROGRAM) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}

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

function showStatus(state, text) {
  const status = document.getElementById("sign-in-status");
  status.dataset.state = state;
  status.textContent = text;
}

function showSigningIn() {
  showStatus("signing-in", gettext("Signing in…"));
}

function showHint(hint) {
  document.getElementById("boot-hint").textContent = hint;
}

function showProgress(percent, text) {
  document.getElementById("boot-progress").value = percent;
  document.getElementById("boot-text").textContent = text;
}

function showFault(error) {
  form.removeEventListener("submit", keepSubmission);
  document.getElementById("stage")?.replaceChildren(signIn); // Python may have come as far as another screen
  delete root.dataset.signedIn;
  delete root.dataset.invited;
  showStatus("failed", gettext("Not started"));
  document.getElementById("auth-error").textContent = error instanceof StartFault
    ? error.say()
    : gettext(
      "This page could not start. Please reload it; if that does not help, try a current Chrome, Edge, Firefox or Safari.",
    );
  offerReload();
  root.dataset.app = "failed";
}

// The form can do one thing still.
function offerReload() {
  for (const field of form.querySelectorAll("input")) field.disabled = true;
  document.getElementById("register").hidden = true;
  const button = document.getElementById("login");
  button.type = "button";
  button.disabled = false;
  button.textContent = gettext("Reload the page");
  button.addEventListener("click", () => location.reload());
}

// Works before Python does, and without it.
function showOrHidePassword({ currentTarget: button }) {
  const field = document.getElementById("password");
  const isShown = field.type === "password";
  field.type = isShown ? "text" : "password";
  button.setAttribute("aria-pressed", String(isShown));
  button.textContent = isShown ? gettext("Hide") : gettext("Show");
  field.focus();
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
async function readConfig(cache) {
  const content = await load(config, { cache, signal: AbortSignal.timeout(CONFIG_SECONDS * 1000) });
  if (content.byteLength > CONFIG_MAX_BYTES) throw new Error(`${config}: ${content.byteLength} bytes`);
  const text = new TextDecoder().decode(content);
  const { protocol, origin, pathname } = new URL(JSON.parse(text).signaler);
  if (protocol !== "https:" && protocol !== "http:") throw new Error(`${config}: ${protocol}`);
  root.dataset.signaler = origin + pathname.replace(/\/+$/, "");
}

async function configure() {
  try {
    await readConfig("no-cache").catch(() => readConfig("reload"));
  } catch (cause) {
    throw new StartFault(
      () =>
        gettext(
          "This page does not know its server. Please reload it; if that does not help, the people who host it have to look at {file}.",
        ).replace("{file}", config),
      { cause },
    );
  }
}

// Where the browser forbids storage to this page, nothing is known of its last load.
function isPlainWished() {
  try {
    return sessionStorage.getItem(PLAIN) !== null;
  } catch {
    return false;
  }
}

function wishPlain() {
  try {
    sessionStorage.setItem(PLAIN, "");
  } catch (error) {
    console.info("This browser keeps nothing:", error);
  }
}

async function loadMemory(attempt) {
  const content = await attempt.load(snapshot, integrity);
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
async function createWith(memory, create, settings) {
  const instantiate = settings.instantiateWasm;
  let pristine;
  settings.instantiateWasm = (imports, done) => instantiate(imports, (instance, module) => {
    pristine = new Uint8Array(instance.exports.memory.buffer).slice(0, PRISTINE_BYTES);
    return done(instance, module);
  });
  const python = await create(settings);
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
async function resume(loadPyodide, create, memory) {
  const python = await loadPyodide({
    indexURL: runtime,
    stdLibURL: emptyLibrary,
    lockFileContents: lock,
    _loadSnapshot: new Uint8Array(1), // only to be asked for: createWith has the real one
    createPyodideModule: (settings) => createWith(memory, create, settings),
  });
  // What is not there is looked for and not found; in an empty archive, Python would look for it in vain and fail.
  python.FS.unlink(python.runPython("import sys; f'/lib/python{sys.version_info.major}{sys.version_info.minor}.zip'"));
  // The chance of the build would be everybody's.
  python.runPython("import random; random.seed()");
  return python;
}

async function start(loadPyodide, create, archives) {
  // The library is there when Pyodide asks for it; it would not say if it did not come.
  const [archive] = await archives;
  const python = await loadPyodide({
    indexURL: runtime,
    stdLibURL: library,
    lockFileContents: lock,
    createPyodideModule: create,
  });
  // Python imports from the archive as it is; nothing needs to be unpacked.
  python.FS.writeFile("/app.zip", new Uint8Array(archive));
  python.runPython("import sys; sys.path.insert(0, '/app.zip')");
  return python;
}

function isControlled() {
  try {
    return Boolean(navigator.serviceWorker?.controller);
  } catch {
    return false; // the browser forbids it to this page
  }
}

function hasSnapshot() {
  return Boolean(snapshot) && !isPlainWished();
}

// From a snapshot Python starts sooner, but from its archives there is less to load. On a slow line that is sooner
// still; the service worker brings the snapshot for the next visit.
async function isSnapshotSooner() {
  if (!hasSnapshot()) return false;
  if (isControlled()) return true;
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

// Brings Python as far as the application, from the snapshot or from archives.
async function startPython(attempt, isResumed, { catalog, configured, painting }) {
  const receiving = attempt.import(intake);
  receiving.catch(() => {}); // it is awaited further down, as what follows is
  const isResumedNow = await isResumed;
  const source = isResumedNow
    ? loadMemory(attempt)
    : Promise.all([attempt.loadArchive(program), attempt.loadArchive(library)]);
  source.catch(() => {}); // likewise
  await painting;
  const [{ loadPyodide }, { default: createPyodide }] = await Promise.all(
    ["pyodide.mjs", "pyodide.asm.mjs"].map((name) => attempt.import(`${runtime}${name}`)),
  );
  await configured;
  // For client_py/browser, which finds in the global object what is JavaScript's.
  globalThis.Intake = (await receiving).Intake;
  attempt.check();
  showProgress(30, gettext("Starting Python…"));
  const create = (settings) => attempt.createModule(createPyodide, settings);
  const python = await (isResumedNow ? resume : start)(loadPyodide, create, source);
  const content = await catalog;
  attempt.check();
  python.globals.set("catalog", content);
  python.runPython(MAKE_APP);
  root.dataset.boot = isResumedNow ? "snapshot" : "plain";
  return python;
}

// One way of starting, and if that fails the other one.
async function startEither(surroundings) {
  const isResumed = isSnapshotSooner();
  try {
    return await new Attempt().run((attempt) => startPython(attempt, isResumed, surroundings));
  } catch (error) {
    if (error.isFinal) throw error;
    console.info("Python starts the other way:", error);
    const isOther = hasSnapshot() && !(await isResumed);
    try {
      return await new Attempt().run((attempt) => startPython(attempt, isOther, surroundings));
    } catch (other) {
      throw other instanceof StartFault ? other : error;
    }
  }
}

async function boot() {
  const catalog = speak();
  speaking = catalog;
  if (!canCompile()) {
    throw new StartFault(
      () => gettext(
        "This page could not start: WebAssembly is switched off in this browser. A setting, a privacy mode (Tor Browser’s, or Lockdown Mode), an extension or a policy of your organization may do that. Please allow it for this site, and reload the page.",
      ),
    );
  }
  if (!instantiateStreaming) throw new Error("This browser compiles no WebAssembly while it comes in.");
  showProgress(10, gettext("Getting ready…"));
  const configured = config ? configure() : null;
  configured?.catch(() => {}); // it is awaited further down
  WebAssembly.instantiateStreaming = (answer, imports) =>
    attempts.get(imports)?.instantiate(answer, imports) ?? instantiateStreaming(answer, imports);
  try {
    const python = await startEither({ catalog, configured, painting: painted() });
    showProgress(80, gettext("Starting P2P Chat…"));
    python.runPython("app.start()");
  } finally {
    WebAssembly.instantiateStreaming = instantiateStreaming;
  }
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

if ("signedIn" in root.dataset) { // by before-paint.js
  showHint("");
  showSigningIn();
} else if ("invited" in root.dataset) showHint("");
form.addEventListener("submit", keepSubmission);
document.getElementById("show-password").addEventListener("click", showOrHidePassword);
try {
  await boot();
  form.removeEventListener("submit", keepSubmission);
  if (submitter !== null) form.requestSubmit(submitter);
  keepRelease();
} catch (error) {
  await speaking; // a failure may be sooner than the words for it, which take a few seconds at most
  showFault(error);
  console.error(error);
  if (root.dataset.boot === "snapshot") wishPlain();
}
