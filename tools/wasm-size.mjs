// Prints what the WASM of a built site weighs on the wire, lazy parts included; fails above the limit.
// usage: node wasm-size.mjs FOLDER LIMIT_BYTES
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const [folder, limit] = process.argv.slice(2);
const modules = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".wasm"));
const sizes = modules.map((name) => {
  const bytes = readFileSync(join(folder, name));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return brotliCompressSync(bytes, { params }).length;
});
const sum = sizes.reduce((all, size) => all + size, 0);

console.log(`wasm: ${sum} bytes brotli`);
if (modules.length === 0 || sum > Number(limit)) {
  console.error(modules.length === 0 ? `No .wasm in ${folder}.` : `That is above the limit of ${limit} bytes.`);
  process.exit(1);
}
