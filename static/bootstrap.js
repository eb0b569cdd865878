// Starts Python, and until then keeps the login form alive: what is submitted early is carried out when Python is ready.

const root = document.documentElement;
const form = document.getElementById("sign-in-form");
const { assets, pyodide: runtime, lock, snapshot, integrity } = root.dataset;
const SNAPSHOT_SECONDS = 120;
const FILES_SECONDS = 15;
const MAKE_APP = "from client_py.app import App; app = App()";
// In sessionStorage, when an application that was taken up from a snapshot could not start: the next load does without.
const PLAIN = "p2pchat.plain";

let submitter = null;
let hint = "You can already log in.";

function showSigningIn() {
  const status = document.getElementById("sign-in-status");
  status.dataset.state = "signing-in";
  status.textContent = "Signing in…";
}

function showProgress(percent, text) {
  document.getElementById("boot-progress").value = percent;
  document.getElementById("boot-text").textContent = text;
}

function keepSubmission(event) {
  event.preventDefault();
  submitter = event.submitter;
  hint = "You will be logged in at once.";
  showSigningIn();
}

async function load(url, options) {
  const response = await fetch(url, options);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.arrayBuffer();
}

function isPlainWished() {
  try {
    return sessionStorage.getItem(PLAIN) !== null;
  } catch {
    return false; // the browser forbids storage to this page
  }
}

// On its way at once; of a snapshot that is not what the page expects, the browser gives nothing.
function loadMemory() {
  if (!snapshot || isPlainWished()) return Promise.reject(new Error("No snapshot is to be used."));
  return load(snapshot, { integrity, signal: AbortSignal.timeout(SNAPSHOT_SECONDS * 1000) });
}

function libraryOf(python) {
  return python.runPython("import sys; f'/lib/python{sys.version_info.major}{sys.version_info.minor}.zip'");
}

// Python as it was when the build had imported the application: no file is read, and nothing is compiled.
async function resume(loadPyodide, memory) {
  const python = await loadPyodide({
    indexURL: runtime,
    stdLibURL: `${assets}nothing.zip`,
    lockFileContents: lock,
    _loadSnapshot: memory,
  });
  // What is not there is looked for and not found; in an empty archive, Python would look for it in vain and fail.
  python.FS.unlink(libraryOf(python));
  // The chance of the build would be everybody's.
  python.runPython("import random; random.seed()");
  return python;
}

async function start(loadPyodide) {
  const program = load(`${assets}app.zip`);
  program.catch(() => {}); // it is awaited when Python is there
  const python = await loadPyodide({ indexURL: runtime, lockFileContents: lock });
  // Python imports from the archive as it is; nothing needs to be unpacked.
  python.FS.writeFile("/app.zip", new Uint8Array(await program));
  python.runPython("import sys; sys.path.insert(0, '/app.zip')");
  return python;
}

async function boot() {
  showProgress(10, `Getting ready… ${hint}`);
  const memory = loadMemory();
  memory.catch(() => {}); // it is awaited further down, where a failure has its place
  const { loadPyodide } = await import(`${runtime}pyodide.mjs`);
  showProgress(30, `Starting Python… ${hint}`);
  let python;
  try {
    python = await resume(loadPyodide, memory);
    python.runPython(MAKE_APP);
    root.dataset.boot = "snapshot";
  } catch (error) {
    console.info("Python starts from the beginning:", error);
    python = await start(loadPyodide);
    python.runPython(MAKE_APP);
    root.dataset.boot = "plain";
  }
  showProgress(80, `Starting P2P Chat… ${hint}`);
  python.runPython("app.start()");
  if (root.dataset.boot === "snapshot") bringFiles(python);
}

// What was not imported for the snapshot is imported from these, should it ever be needed.
async function bringFiles(python) {
  const files = [["/app.zip", `${assets}app.zip`], [libraryOf(python), `${runtime}python_stdlib.zip`]];
  try {
    const contents = await Promise.all(files.map(([, url]) => load(url)));
    files.forEach(([path], number) => python.FS.writeFile(path, new Uint8Array(contents[number])));
  } catch (error) {
    console.info("Python’s files are tried for again:", error);
    setTimeout(() => bringFiles(python), FILES_SECONDS * 1000);
  }
}

if ("signedIn" in root.dataset) { // by signed-in.js
  hint = "";
  showSigningIn();
}
form.addEventListener("submit", keepSubmission);
try {
  await boot();
  form.removeEventListener("submit", keepSubmission);
  if (submitter !== null) form.requestSubmit(submitter);
} catch (error) {
  delete root.dataset.signedIn;
  root.dataset.app = "failed";
  showProgress(0, "P2P Chat could not start.");
  document.getElementById("auth-error").textContent =
    "This page could not start. Please reload it; if that does not help, try a current Chrome, Edge, Firefox or Safari.";
  console.error(error);
  if (root.dataset.boot === "snapshot") sessionStorage.setItem(PLAIN, "");
}
