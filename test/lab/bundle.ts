import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

import { tempFolder } from "../kit/temp-folder.ts";
import { parseFormats, parseFunctions, readTracePages, type TraceEvent } from "./trace-pages.ts";

export interface Manifest {
  readonly format: string;
  readonly version: number;
  readonly recorder: string;
  readonly boot_ids: { readonly pre: string | null; readonly post: string | null };
  readonly kexec: boolean;
  readonly missing: readonly { readonly step: string; readonly item: string; readonly why: string }[];
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256: string | null }[];
}

/** One sample of a clocks file: CLOCK_MONOTONIC before and after in ns, and what lies between; NaN if not there. */
export type ClockSample = Readonly<Record<"before" | "after" | "realtime" | "tsc" | "local", number>>;

/** A bundle, unpacked for as long as the test runs. */
export class Bundle {
  readonly path: string;
  /** The archive's first member. */
  readonly first: string;
  /** Paths of all files, in order. */
  readonly files: readonly string[];
  readonly manifest: Manifest;
  private readonly folder: string;

  constructor(path: string) {
    this.path = path;
    this.folder = tempFolder();
    execFileSync("tar", ["xzf", path, "-C", this.folder]);
    this.first = execFileSync("tar", ["tzf", path], { encoding: "utf8" }).split("\n")[0]!;
    const entries = readdirSync(this.folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    this.files = files.map((file) => relative(this.folder, join(file.parentPath, file.name))).sort();
    this.manifest = JSON.parse(this.text("manifest.json")) as Manifest;
  }

  has(path: string): boolean {
    return existsSync(join(this.folder, path));
  }

  text(path: string): string {
    return readFileSync(join(this.folder, path), "utf8");
  }

  lines(path: string): string[] {
    return this.text(path).trimEnd().split("\n");
  }

  /** Files whose bytes or hash are not what the manifest says. */
  wrongFiles(): string[] {
    const wrong = this.manifest.files.filter(({ path, bytes, sha256 }) => {
      const content = readFileSync(join(this.folder, path));
      return content.length !== bytes || createHash("sha256").update(content).digest("hex") !== sha256;
    });
    return wrong.map(({ path }) => path);
  }

  clocks(path: string): ClockSample[] {
    const samples = this.lines(path).filter((line) => line.startsWith("sample "));
    return samples.map((line): ClockSample => {
      const valueOf = (key: string): number => Number(new RegExp(` ${key}=(\\d+)`).exec(line)?.[1]);
      const [before, after] = [valueOf("mono_before_ns"), valueOf("mono_after_ns")];
      return { before, after, realtime: valueOf("realtime_ns"), tsc: valueOf("tsc"), local: valueOf("local_ns") };
    });
  }

  /** A kernel's trace, all CPUs in order of time; `setup` is the folder of the kernel that wrote it. */
  trace(prefix: string, setup: "pre" | "post"): TraceEvent[] {
    const text = (name: string): string => this.text(`${setup}/${name}`);
    const formats = parseFormats({
      entry: text("trace-formats/funcgraph_entry"),
      exit: text("trace-formats/funcgraph_exit"),
      print: text("trace-formats/print"),
    });
    const functions = parseFunctions(text("functions"));
    const pageBytes = 1024 * Number(/^page_kb (\d+)$/m.exec(text("trace-setup"))![1]);
    const parent = join(this.folder, prefix, "..");
    const start = `${prefix.split("/").at(-1)!}.cpu`;
    const files = readdirSync(parent).filter((name) => name.startsWith(start));
    const events = files.flatMap((file) => {
      return [...readTracePages(readFileSync(join(parent, file)), { formats, functions, pageBytes })];
    });
    return events.sort((a, b) => a.ns - b.ns);
  }
}
