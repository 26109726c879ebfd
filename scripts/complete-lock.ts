// Completes package-lock.json after a change of dependencies: `npm run lock`.
//
// npm leaves optional packages of other platforms out of the lock when their registry does not serve them, and `npm ci`
// then refuses the lock on every platform. Their entries hold only what npm needs to pass them over.
import { readFileSync, writeFileSync } from "node:fs";

interface LockEntry {
  version?: string;
  cpu?: string[];
  os?: string[];
  libc?: string[];
  dev?: boolean;
  optional?: boolean;
  optionalDependencies?: Record<string, string>;
}

/** Words of package names that differ from Node's own name of the system, or are it. */
const systems: Readonly<Record<string, string>> = {
  aix: "aix",
  android: "android",
  darwin: "darwin",
  freebsd: "freebsd",
  linux: "linux",
  netbsd: "netbsd",
  openbsd: "openbsd",
  openharmony: "openharmony",
  sunos: "sunos",
  win32: "win32",
  windows: "win32",
  wasi: "wasm",
  wasm32: "wasm",
};
const processors = new Set([
  "arm64",
  "x64",
  "ia32",
  "arm",
  "ppc64",
  "riscv64",
  "s390x",
  "loong64",
  "mips64el",
  "wasm32",
]);

function entryOf(name: string, range: string, dev: boolean): LockEntry {
  const words = name.split(/[-/.]/);
  const os = words.map((word) => systems[word]).find((system) => system !== undefined) ?? "none";
  const cpu = words.find((word) => processors.has(word)) ?? "none";
  const glibc = os === "linux" ? { libc: ["glibc"] } : {};
  return {
    version: range.replace(/^[\^~]/, ""),
    cpu: [cpu],
    ...(dev ? { dev: true } : {}),
    optional: true,
    os: [os],
    ...(words.includes("musl") ? { libc: ["musl"] } : glibc),
  };
}

const path = "package-lock.json";
const lock = JSON.parse(readFileSync(path, "utf8")) as { packages: Record<string, LockEntry> };
const known = new Set(Object.keys(lock.packages).map((key) => key.split("node_modules/").pop()));
let added = 0;
for (const [key, entry] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    if (key === "" || known.has(name)) continue;
    lock.packages[`node_modules/${name}`] = entryOf(name, range, entry.dev === true);
    known.add(name);
    added++;
  }
}
const sorted = Object.entries(lock.packages).sort(([left], [right]) => left.localeCompare(right, "en"));
writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, undefined, 2)}\n`);
console.log(`${path}: ${added} entries added`);
