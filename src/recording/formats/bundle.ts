/**
 * Reads what the recorder record/luoscope-record writes: a tar whose manifest.json names every other member, `pre/` of the
 * old kernel and `post/` of the new one. Of it, what tells of time: messages, clocks, marks and traces.
 */
import { createHash } from "node:crypto";

import { FormatError, kibBytes } from "../../base/index.ts";
import { type ClockFile, parseClocks, parseMarks } from "./clock-files.ts";
import type { Evidence, Graph, Side } from "./evidence.ts";
import { readTar } from "./tar.ts";
import { readText } from "./text.ts";
import { readTracePages } from "./trace-pages.ts";

const maxManifestBytes = 4 * 1024 * kibBytes;
const maxNotes = 100;

interface Manifest {
  readonly version: number;
  readonly kexec: boolean;
  readonly missing: readonly string[];
  readonly files: readonly { readonly path: string; readonly sha256: string | undefined }[];
}

type Fields = Readonly<Record<string, unknown>>;

function textOf(value: unknown): string {
  return typeof value === "string" ? value.slice(0, 200) : "?";
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter((item): item is Fields => typeof item === "object" && item !== null) : [];
}

function parseManifest(path: string, bytes: Buffer | undefined): Manifest {
  const wrong = (what: string): FormatError =>
    new FormatError(`${path}: ${what}`, { hint: "name a bundle as luoscope-record writes it" });
  if (!bytes) throw wrong("a tar without manifest.json");
  if (bytes.length > maxManifestBytes) throw wrong("manifest.json is larger than any bundle's");
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw new FormatError(`${path}: manifest.json is no JSON: ${(error as Error).message}`, { cause: error });
  }
  const { format, version, kexec, missing, files } = (value ?? {}) as Fields;
  if (format !== "luoscope-recording") throw wrong("manifest.json is not a recording's");
  if (version !== 1) {
    throw new FormatError(`${path}: bundle of version ${JSON.stringify(version)?.slice(0, 20)}; 1 is known`, {
      hint: "use the luoscope that came with the recorder",
    });
  }
  return {
    version,
    kexec: kexec === true,
    missing: listOf(missing).map(({ step, item, why }) => `${textOf(item)} (${textOf(step)}): ${textOf(why)}`),
    files: listOf(files).map(({ path: file, sha256 }) => {
      return { path: textOf(file), sha256: typeof sha256 === "string" ? sha256 : undefined };
    }),
  };
}

/** What was changed on its way tells nothing. */
function checkHashes(path: string, { files }: Manifest, members: ReadonlyMap<string, Buffer>): void {
  for (const { path: file, sha256 } of files) {
    const bytes = members.get(file);
    const problem = bytes ? "not as it was recorded" : "missing, and the manifest names it";
    if (!bytes || (sha256 !== undefined && createHash("sha256").update(bytes).digest("hex") !== sha256)) {
      throw new FormatError(`${path}: ${file} is ${problem}`, {
        hint: "fetch the bundle again; it was changed or cut",
      });
    }
  }
}

/** One bundle on the way to its evidence. */
class BundleReader {
  readonly graphs: Graph[] = [];
  readonly remarks: string[] = [];
  lines = 0;
  damagedLines = 0;
  readonly #path: string;
  readonly #members: ReadonlyMap<string, Buffer>;

  constructor(path: string, members: ReadonlyMap<string, Buffer>) {
    this.#path = path;
    this.#members = members;
  }

  text(member: string): string {
    return this.#members.get(member)?.toString("latin1") ?? "";
  }

  log(side: Side, member: string): Evidence["kernels"] {
    const bytes = this.#members.get(member);
    const read = bytes && readText(bytes, this.#fileOf(member));
    if (!read) return [];
    this.#count(read);
    return read.kernels.slice(0, 1).map((log) => ({ ...log, side }));
  }

  clocks(side: Side, ...members: readonly string[]): ClockFile {
    const files = members.map((member) => parseClocks(this.text(member), { side, file: this.#fileOf(member) }));
    for (const file of files) this.damagedLines += file.damagedLines;
    return {
      samples: files.flatMap(({ samples }) => samples),
      tscKhz: files.find(({ tscKhz }) => tscKhz !== undefined)?.tscKhz,
      damagedLines: 0,
    };
  }

  marks(side: Side, member: string): Evidence["marks"] {
    const { marks, damagedLines } = parseMarks(this.text(member), { side, file: this.#fileOf(member) });
    this.damagedLines += damagedLines;
    return marks;
  }

  /** A trace's pages if they are there: they have ns, lengths and the names of their own kernel. */
  trace(side: Side, member: string, kernel: "pre" | "post"): void {
    const file = this.#fileOf(member);
    const cpus = [...this.#members].filter(([name]) => isCpuOf(name, member)).map(([, bytes]) => bytes);
    const pages = readTracePages({
      entryFormat: this.text(`${kernel}/trace-formats/funcgraph_entry`),
      exitFormat: this.text(`${kernel}/trace-formats/funcgraph_exit`),
      functions: this.text(`${kernel}/functions`),
      pageBytes: Number(/^page_kb (\d{1,4})$/m.exec(this.text(`${kernel}/trace-setup`))?.[1]) * kibBytes,
      cpus,
    });
    if (pages && pages.spans.count > 0) {
      const { spans, damagedPages, lostPages } = pages;
      if (damagedPages > 0) this.remarks.push(`${file}: ${damagedPages} pages are damaged`);
      if (lostPages > 0) this.remarks.push(`${file}: the tracer lost events before ${lostPages} pages`);
      this.graphs.push({ spans, file, side, clock: "local" });
      return;
    }
    const bytes = this.#members.get(member);
    const read = bytes && readText(bytes, file, { side, clock: "local" });
    if (!read) return;
    this.#count(read);
    this.graphs.push(...read.graphs);
    this.remarks.push(...read.remarks.slice(0, maxNotes));
  }

  #fileOf(member: string): string {
    return `${this.#path}:${member}`;
  }

  #count({ lines, damagedLines }: { lines: number; damagedLines: number }): void {
    this.lines += lines;
    this.damagedLines += damagedLines;
  }
}

function isCpuOf(name: string, member: string): boolean {
  return name.startsWith(`${member}.cpu`) && /^\d{1,5}$/.test(name.slice(member.length + 4));
}

/** Errors   FormatError: no bundle, of another version, or with a member that is not as it was recorded */
export function readBundle(path: string, bytes: Buffer, sha256: string): Evidence {
  const members = readTar(path, bytes);
  const manifest = parseManifest(path, members.get("manifest.json"));
  checkHashes(path, manifest, members);
  const reader = new BundleReader(path, members);
  const kernels = [...reader.log("old", "pre/dmesg"), ...reader.log("new", "post/dmesg")];
  const before = reader.clocks("old", "pre/clocks", "pre/saved/clocks");
  const after = reader.clocks("new", "post/clocks-arrive", "post/clocks");
  const marks = [...reader.marks("old", "pre/marks"), ...reader.marks("new", "post/marks")];
  reader.trace("old", "post/old-trace", "pre");
  if (reader.graphs.length === 0) reader.trace("old", "pre/saved/trace", "pre");
  reader.trace("new", "post/trace", "post");
  const notes = manifest.missing.slice(0, maxNotes).map((text) => `not recorded: ${text}`);
  if (!manifest.kexec) notes.push("the recorder saw no kexec between its two halves");
  return {
    path,
    sha256,
    format: "bundle of luoscope-record",
    lines: reader.lines,
    damagedLines: reader.damagedLines,
    kernels,
    lab: undefined,
    graphs: reader.graphs,
    suspend: undefined,
    marks,
    clocks: [...before.samples, ...after.samples],
    tscKhz: after.tscKhz ?? before.tscKhz,
    startup: undefined,
    remarks: [...notes, ...reader.remarks],
  };
}
