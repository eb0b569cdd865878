// Compresses files in each way that browsers understand.
// site.py runs it, and names the files and how hard to try in a JSON file.

import { readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from "node:zlib";

const ZSTD_WINDOW_LOG = 23; // RFC 9659: browsers take no more

function compress({ source, quality, zstd }) {
  const content = readFileSync(source);
  writeFileSync(`${source}.br`, brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  }));
  writeFileSync(`${source}.zst`, zstdCompressSync(content, {
    params: {
      [constants.ZSTD_c_compressionLevel]: zstd,
      [constants.ZSTD_c_windowLog]: ZSTD_WINDOW_LOG,
    },
  }));
  writeFileSync(`${source}.gz`, gzipSync(content, { level: 9 }));
}

JSON.parse(readFileSync(process.argv[2], "utf8")).forEach(compress);
