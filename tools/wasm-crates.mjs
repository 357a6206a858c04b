// Prints what the program in the browser is made of, by crate; our own by house.
// usage: node wasm-crates.mjs MODULE [--functions]
//
// MODULE is what the compiler made, names and all. What is served has none, so it is made once
// more as cargo-leptos makes it, by the same tools and flags, but with its names kept.
//
// A function counts for the crate in whose source it stands, whatever types it was made for: names do
// not tell those. One of a trait counts for the type that it is written on; where that is of the
// standard library or any type at all, for the trait. What drops something counts for that something.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, parse } from "node:path";

const OURS = "whilst";
const STANDARD = ["alloc", "core", "std", "compiler_builtins"];
const SHOWN = 25;

const [module, detail] = process.argv.slice(2);
const { sections, functions } = read(named(module));
const code = functions.reduce((sum, { bytes }) => sum + bytes, 0);
const whole = sections.reduce((sum, { bytes }) => sum + bytes, 0);

console.log(`wasm: ${whole} bytes before compression, of which functions: ${code}`);
const crates = sums(functions, ({ path }) => home(path));
table(crates.slice(0, SHOWN));
const rest = crates.slice(SHOWN);
table([[`${rest.length} more`, sum(rest, 1), sum(rest, 2)]]);
for (const { name, bytes } of sections) if (name !== "code") table([[`(${name})`, bytes, ""]]);
if (detail === "--functions") {
  console.log("\nThe largest functions:");
  for (const { path, bytes } of functions.toSorted((a, b) => b.bytes - a.bytes).slice(0, 100)) table([[path, bytes, ""]]);
}

/** The module as it is served, but with names. */
function named(path) {
  const folder = mkdtempSync(join(tmpdir(), "whilst-wasm-"));
  try {
    const options = { stdio: ["ignore", "ignore", "inherit"] };
    execFileSync("wasm-bindgen", ["--target", "web", "--no-typescript", "--out-dir", folder, path], options);
    const bound = join(folder, `${parse(path).name}_bg.wasm`);
    execFileSync("wasm-opt", [...optimisations(), "--debuginfo", bound, "--output", bound], options);
    return readFileSync(bound);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function optimisations() {
  const manifest = readFileSync(join(import.meta.dirname, "../Cargo.toml"), "utf8");
  const [, list] = /wasm-opt-features = \[([^\]]*)\]/.exec(manifest);
  return [...list.matchAll(/"(-[^"]*)"/g)].map(([, flag]) => flag);
}

/** Sizes of sections, and of functions with their names; the section of names is left out. */
function read(bytes) {
  const NAMES = ["custom", "types", "imports", "tables of types", "tables", "memory", "globals", "exports", "start", "elements", "code", "data", "data count", "tags"];
  let at = 8;
  const number = () => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const text = () => {
    const length = number();
    return bytes.toString("utf8", at, (at += length));
  };
  const sections = [];
  const sizes = [];
  const names = new Map();
  let imported = 0;
  while (at < bytes.length) {
    const kind = bytes[at++];
    const length = number();
    const end = at + length;
    const isNames = kind === 0 && text() === "name";
    if (isNames) readNames(end);
    if (kind === 2) readImports();
    if (kind === 10) for (let left = number(); left > 0; left--) skip(sizes[sizes.push(number()) - 1]);
    if (!isNames) sections.push({ name: NAMES[kind] ?? `section ${kind}`, bytes: length });
    at = end;
  }
  // Imported functions are numbered first.
  const functions = sizes.map((size, place) => ({ bytes: size, path: readable(names.get(imported + place) ?? "?") }));
  return { sections, functions };

  /** wasm-bindgen has spelled them out; what tells two of one name apart goes. */
  function readable(name) {
    return name.replace(/::h[0-9a-f]{16}$/, "").replace(/\[[0-9a-f]{16}\]/g, "");
  }

  function skip(length) {
    at += length;
  }

  /** Only functions are imported: memory and tables are the program's own. */
  function readImports() {
    imported = number();
  }

  function readNames(end) {
    while (at < end) {
      const kind = bytes[at++];
      const next = number() + at;
      if (kind === 1) for (let left = number(); left > 0; left--) names.set(number(), text());
      at = next;
    }
  }
}

/** The crate of a function; for our own the house. */
function home(path) {
  const dropped = /^core::ptr::drop_in_place<(.*)>/.exec(path)?.[1] ?? path;
  const paths = [...dropped.matchAll(/[a-z_]\w*(?:::\w+)+/gi)].map(([words]) => words.split("::"));
  const [crate, house] = paths.find(([first]) => !STANDARD.includes(first)) ?? paths[0] ?? [];
  if (!crate) return "what binds it to the browser";
  if (STANDARD.includes(crate)) return "the standard library";
  return crate === OURS ? `${crate}::${house}` : crate;
}

function sums(items, key) {
  const all = new Map();
  for (const item of items) {
    const [bytes, count] = all.get(key(item)) ?? [0, 0];
    all.set(key(item), [bytes + item.bytes, count + 1]);
  }
  return [...all].map(([name, [bytes, count]]) => [name, bytes, count]).sort((a, b) => b[1] - a[1]);
}

function sum(rows, place) {
  return rows.reduce((all, row) => all + row[place], 0);
}

function table(rows) {
  for (const [name, bytes, count] of rows) {
    const part = ((bytes / whole) * 100).toFixed(1);
    console.log(`${String(bytes).padStart(8)} ${part.padStart(5)} % ${String(count).padStart(5)}  ${name}`);
  }
}
