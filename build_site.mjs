// Makes what the server hands out beside the sources: the memory snapshot of a started Python, and compressed files.
// Carries out the job (a JSON file) that build_site.py names.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

async function makeSnapshot({ runtime, archive, program, target }) {
  const { loadPyodide } = await import(pathToFileURL(`${runtime}/pyodide.mjs`));
  // The home of a browser's Python: what it remembers of its surroundings goes along.
  const python = await loadPyodide({ indexURL: `${runtime}/`, env: { HOME: "/home/pyodide" }, _makeSnapshot: true });
  python.FS.writeFile("/app.zip", readFileSync(archive));
  python.runPython(program);
  writeFileSync(target, python.makeMemorySnapshot());
}

function compress({ source, quality }) {
  const content = readFileSync(source);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  writeFileSync(`${source}.br`, brotliCompressSync(content, { params }));
  writeFileSync(`${source}.gz`, gzipSync(content, { level: 9 }));
}

// What Python remembers of its command line goes along too, and is not to say where it was made.
process.argv[1] = "build_site.mjs";
delete process.env._;

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
if (job.snapshot) await makeSnapshot(job.snapshot);
job.compress.forEach(compress);
