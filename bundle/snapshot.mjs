// Makes what Python starts from in a page: the modules that it imports, compiled, and a snapshot of its memory.
// site.py runs it, and names the paths in a JSON file.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const BLOCK = 64;
const PROGRAM = "/app.zip"; // where bootstrap.js puts it too

// Python in the surroundings of a page, with the tools of python_subset.py.
async function startPython({ runtime, tools }, program, options) {
  const { loadPyodide } = await import(pathToFileURL(`${runtime}/pyodide.mjs`));
  // The home of a browser's Python: what it remembers of its surroundings goes along.
  const python = await loadPyodide({ indexURL: `${runtime}/`, env: { HOME: "/home/pyodide" }, ...options });
  python.FS.writeFile(PROGRAM, readFileSync(program));
  python.runPython(`import sys; sys.path.insert(0, "${PROGRAM}")`);
  const scope = python.toPy({ __name__: "snapshot" });
  python.runPython(readFileSync(tools, "utf8"), { globals: scope });
  return [python, scope];
}

async function compileImported(job) {
  const [python, scope] = await startPython(job, job.sources, {});
  const compile = scope.get("compile_imported");
  const archives = compile(PROGRAM, libraryOf(python)).toJs();
  [job.program, job.library].forEach((path, number) => writeFileSync(path, archives[number]));
}

async function makeSnapshot(job) {
  const { default: createPyodide } = await import(pathToFileURL(`${job.runtime}/pyodide.asm.mjs`));
  let pristine;
  const [python, scope] = await startPython(job, job.program, {
    stdLibURL: job.library,
    _makeSnapshot: true,
    createPyodideModule: (settings) => createPyodide(rememberPristine(settings, (memory) => (pristine = memory))),
  });
  scope.get("prepare")();
  scope.destroy();
  writeFileSync(job.snapshot, pack(python.makeMemorySnapshot(), pristine, python.version));
}

// A memory as WebAssembly makes it, with nothing in it but the data of its program, is what every page has anyway.
function rememberPristine(settings, remember) {
  const instantiate = settings.instantiateWasm;
  settings.instantiateWasm = (imports, done) => instantiate(imports, (instance, module) => {
    remember(new Uint8Array(instance.exports.memory.buffer).slice());
    return done(instance, module);
  });
  return settings;
}

function libraryOf(python) {
  return python.runPython("import sys; f'/lib/python{sys.version_info.major}{sys.version_info.minor}.zip'");
}

// Writes down a snapshot of Pyodide's in our own format, which bootstrap.js reads: the length of a description in
// JSON (4 bytes, the least first), the description, and all bytes of the memory in which it is not pristine.
function pack(snapshot, pristine, version) {
  const [, memoryAt, configSize] = new Uint32Array(snapshot.buffer, 0, 3);
  const config = JSON.parse(new TextDecoder().decode(snapshot.subarray(48, 48 + configSize)));
  const memory = snapshot.subarray(memoryAt);
  const runs = differences(memory, pristine);
  const pieces = runs.map(([start, end]) => memory.subarray(start, end));
  const description = { version, config, data: endOfData(pristine), end: runs.at(-1)[1], runs: runs.flat() };
  const text = new TextEncoder().encode(JSON.stringify(description));
  return Buffer.concat([new Uint8Array(new Uint32Array([text.length]).buffer), text, ...pieces]);
}

function differences(memory, pristine) {
  const runs = [];
  for (let start = 0; start < memory.length; start += BLOCK) {
    const end = start + BLOCK;
    if (Buffer.compare(memory.subarray(start, end), pristine.subarray(start, end)) === 0) continue;
    if (runs.at(-1)?.[1] === start) runs.at(-1)[1] = end;
    else runs.push([start, end]);
  }
  return runs;
}

function endOfData(pristine) {
  let end = pristine.length;
  while (pristine[end - 1] === 0) end -= 1;
  return end;
}

// What Python remembers of its command line goes along too, and must not say where it was made.
process.argv[1] = "snapshot.mjs";
delete process.env._;

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
await compileImported(job);
await makeSnapshot(job);
