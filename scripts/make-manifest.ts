/**
 * Writes traces/manifest.json: every trace and recording in this repository with its files, hashes and origin.
 * With --check nothing is written, and a difference ends with exit code 1.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const tracesFolder = fileURLToPath(new URL("../traces", import.meta.url));
const manifestPath = join(tracesFolder, "manifest.json");

const importTest = "src/trace/import/page-scan/page-scan.test.ts";
const refusalTest = "src/trace/import/refusal.test.ts";
const goldenTest = "src/trace/dump.test.ts";
const samplesTest = "test/import/samples.test.ts";
const canonicalTest = "src/trace/canonical.test.ts";
const recipesTest = "test/synth/recipes.test.ts";

export interface ManifestFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Data rows; null where the file has none or where they cannot be read. */
  readonly rows: number | null;
}

export interface ManifestEntry {
  readonly id: string;
  readonly path: string;
  readonly source: string;
  readonly licence: string;
  /** Importer that reads a recording, or that made a trace; null where there was none. */
  readonly importer: string | null;
  readonly used_by: readonly string[];
  readonly files: readonly ManifestFile[];
}

function csvRows(bytes: Uint8Array): number {
  return bytes.reduce((lines, byte) => (byte === 10 ? lines + 1 : lines), 0) - 1;
}

function fileRows(folder: string, file: string, bytes: Uint8Array): number | null {
  if (file.endsWith(".csv")) return csvRows(bytes);
  if (file.endsWith(".csv.gz")) return csvRows(gunzipSync(bytes));
  if (!file.endsWith(".arrow")) return null;
  const header = JSON.parse(readFileSync(join(folder, "trace.json"), "utf8")) as {
    tables: Record<string, { rows: number }>;
  };
  return header.tables[file.slice(0, -".arrow".length)]?.rows ?? null;
}

function listFiles(path: string, countRows: boolean): ManifestFile[] {
  const folder = join(tracesFolder, path);
  return readdirSync(folder)
    .sort()
    .map((file) => {
      const bytes = readFileSync(join(folder, file));
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      return { file, bytes: bytes.length, sha256, rows: countRows ? fileRows(folder, file, bytes) : null };
    });
}

interface Origin {
  readonly source: string;
  readonly licence: string;
  readonly importer?: string;
}

function readOrigin(path: string): Origin {
  const folder = join(tracesFolder, path);
  const file = ["trace.json", "recording.json"].find((name) => existsSync(join(folder, name)));
  if (file === undefined) throw new Error(`traces/${path}: neither trace.json nor recording.json`);
  return JSON.parse(readFileSync(join(folder, file), "utf8")) as Origin;
}

function entry(path: string, usedBy: readonly string[]): ManifestEntry {
  const { source, licence, importer = "page-scan 2" } = readOrigin(path);
  const made = importer === "none" ? null : importer;
  return {
    id: path,
    path: `traces/${path}`,
    source,
    licence,
    importer: made,
    used_by: usedBy,
    files: listFiles(path, true),
  };
}

function invalidEntry(path: string): ManifestEntry {
  return {
    id: path,
    path: `traces/${path}`,
    source: "Made by scripts/make-invalid-inputs.ts: must be refused",
    licence: "Apache-2.0",
    importer: "page-scan 2",
    used_by: [refusalTest],
    files: listFiles(path, false),
  };
}

function recipesEntry(): ManifestEntry {
  return {
    id: "recipes",
    path: "traces/recipes",
    source: "Written for luoscope synth: nothing in them was recorded",
    licence: "Apache-2.0",
    importer: null,
    used_by: [recipesTest],
    files: listFiles("recipes", false),
  };
}

function subfolders(folder: string): string[] {
  return readdirSync(join(tracesFolder, folder))
    .sort()
    .map((name) => `${folder}/${name}`);
}

/** Samples that no tool at hand writes. */
const madeSamples: Readonly<Record<string, string>> = {
  "samples/vscsi": "Made by scripts/samples/vscsi.py, as no tool at hand writes it: nothing in it was recorded",
};

/** What a tool of others wrote: raw files for the importers, as they are. */
function sampleEntry(path: string): ManifestEntry {
  return {
    id: path,
    path: `traces/${path}`,
    source:
      madeSamples[path] ?? "Made for luoscope by the real tool: see traces/samples/kernel-tools.md and user-tools.md",
    licence: "Apache-2.0",
    importer: null,
    used_by: [samplesTest],
    files: deepFiles(path),
  };
}

function deepFiles(path: string): ManifestFile[] {
  const folder = join(tracesFolder, path);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => relative(folder, join(file.parentPath, file.name)))
    .sort()
    .map((file) => {
      const bytes = readFileSync(join(folder, file));
      return { file, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex"), rows: null };
    });
}

function samples(): ManifestEntry[] {
  const tools = readdirSync(join(tracesFolder, "samples"), { withFileTypes: true }).filter((file) =>
    file.isDirectory(),
  );
  return tools
    .map(({ name }) => name)
    .sort()
    .map((tool) => sampleEntry(`samples/${tool}`));
}

export function createManifest(): readonly ManifestEntry[] {
  return [
    entry("vm-tcg-redis-nvme-net", [canonicalTest]),
    ...subfolders("recorded").map((path) => entry(path, [importTest])),
    ...subfolders("tiny").map((path) => entry(path, [goldenTest, canonicalTest])),
    ...subfolders("invalid").map(invalidEntry),
    ...samples(),
    recipesEntry(),
  ];
}

export function manifestText(): string {
  return `${JSON.stringify(createManifest(), undefined, 2)}\n`;
}

/** True where manifest.json is what the files say. */
export function manifestIsCurrent(): boolean {
  return existsSync(manifestPath) && readFileSync(manifestPath, "utf8") === manifestText();
}

function main(): void {
  if (!process.argv.includes("--check")) {
    writeFileSync(manifestPath, manifestText());
  } else if (!manifestIsCurrent()) {
    console.error(`${manifestPath}: not what the files say; run node scripts/make-manifest.ts`);
    process.exitCode = 1;
  }
}

if (import.meta.main) main();
