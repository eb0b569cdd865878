// Starts Python, and until then keeps the login form alive: what is submitted early is carried out when Python is ready.

const root = document.documentElement;
const form = document.getElementById("sign-in-form");
const { assets, pyodide: runtime } = root.dataset;

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

function hasLogin() {
  try {
    return localStorage.getItem("p2pchat.login") !== null;
  } catch {
    return false; // the browser forbids storage to this page
  }
}

async function boot() {
  showProgress(10, `Getting ready… ${hint}`);
  // Both are on their way at once; the program is small, and waits in memory.
  const program = fetch(`${assets}app.zip`).then((response) => response.arrayBuffer());
  const { loadPyodide } = await import(`${runtime}pyodide.mjs`);
  showProgress(30, `Starting Python… ${hint}`);
  const python = await loadPyodide({ indexURL: runtime });
  showProgress(80, `Starting P2P Chat… ${hint}`);
  // Python imports from the archive as it is; nothing needs to be unpacked.
  python.FS.writeFile("/app.zip", new Uint8Array(await program));
  python.runPython("import sys; sys.path.insert(0, '/app.zip'); from client_py.app import App; app = App(); app.start()");
}

if (hasLogin()) {
  root.dataset.signedIn = "";
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
}
