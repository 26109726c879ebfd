import { createHash, randomUUID } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

import { canonicalJson, FormatError, UsageError } from "../base/index.ts";
import {
  folderTables,
  formatVersions,
  parseHeader,
  type FolderHeader,
  type FolderKind,
  serializeHeader,
} from "./header.ts";
import type { TableSource } from "./read.ts";
import type { Table } from "./schema/column.ts";
import { type TableFile, type TableOptions, TableWriter } from "./write.ts";

/** A folder of tables that was opened: its header, checked, and where each table lies. */
export interface OpenFolder<Kind extends FolderKind = FolderKind> {
  readonly path: string;
  readonly header: FolderHeader<Kind>;
  readonly sources: ReadonlyMap<string, TableSource>;
}

const maxHeaderBytes = 1024 * 1024;

/** Where a folder of each kind comes from. */
const origins: Readonly<Record<FolderKind, string>> = {
  trace: "make a trace with `luoscope import`",
  run: "make a run with `luoscope replay`",
  comparison: "make a comparison with `luoscope predict -o`",
  sweep: "make a sweep with `luoscope sweep`; its results are in the folder results",
  fleet: "make a fleet with `luoscope fleet -o`",
  difference: "make a difference with `luoscope compare`",
};

/** Opens the header of a folder (`trace.json`, `run.json`, …) and checks it; table files are read later. */
export function openFolder<Kind extends FolderKind>(kind: Kind, path: string): OpenFolder<Kind> {
  const headerPath = join(path, `${kind}.json`);
  if (!existsSync(headerPath)) {
    throw new UsageError(`${path}: no ${kind}.json there`, { hint: origins[kind] });
  }
  if (statSync(headerPath).size > maxHeaderBytes) throw new FormatError(`${headerPath}: larger than 1 MiB`);
  const header = parseHeader(kind, readFileSync(headerPath, "utf8"), headerPath);
  if (folderHash(header) !== header.sha256) {
    throw new FormatError(`${headerPath}: sha256 is not the one of the header's content`, {
      hint: "the header was changed or damaged after it was written; make the folder again",
    });
  }
  const sources = new Map(
    Object.entries(header.tables).map(([name, table]) => [
      name,
      { ...table, path: join(path, table.file), version: header.version },
    ]),
  );
  return { path, header, sources };
}

/** The folder's identity: all of its header but the hash itself, and with it the bytes of every table. */
export function folderHash(header: FolderHeader | Omit<FolderHeader, "sha256">): string {
  return createHash("sha256")
    .update(canonicalJson({ ...header, sha256: undefined }))
    .digest("hex");
}

/** A file of somebody else's in a folder that is about to be replaced. */
function foreignFile(kind: FolderKind, target: string): string | undefined {
  if (!existsSync(target)) return undefined;
  return readdirSync(target).find((name) => name !== `${kind}.json` && !name.endsWith(".arrow"));
}

/**
 * Writes a folder aside and renames it when it is complete, so that a reader never sees half of one.
 *
 * Errors   UsageError if the target exists and is not a folder of the same kind, or cannot be replaced
 */
export class FolderWriter<Kind extends FolderKind> {
  readonly kind: Kind;
  readonly target: string;
  readonly #aside: string;
  /** The topmost folder that had to be made for the target, to be taken away again on failure. */
  readonly #firstMade: string | undefined;
  readonly #writers = new Map<string, TableWriter>();
  #isFinished = false;

  readonly #options: TableOptions;

  /** `options` are those of every table; sorting is left out where a table has no order. */
  constructor(kind: Kind, target: string, options: TableOptions = {}) {
    this.kind = kind;
    this.#options = options;
    this.target = target;
    if (existsSync(target) && !existsSync(join(target, `${kind}.json`))) {
      throw new UsageError(`${target}: exists and is not a ${kind} folder`, { hint: "name another output folder" });
    }
    const stranger = foreignFile(kind, target);
    if (stranger !== undefined) {
      throw new UsageError(
        `${target}: holds ${JSON.stringify(stranger)}, which is no part of a ${kind} and would be lost`,
        {
          hint: "move it away, or name another output folder",
        },
      );
    }
    const parent = dirname(resolve(target));
    this.#firstMade = mkdirSync(parent, { recursive: true });
    this.#aside = join(parent, `.${basename(resolve(target))}-${randomUUID().slice(0, 8)}`);
    // Not mkdtemp, whose folders only their owner may read: the folder is published as it is.
    mkdirSync(this.#aside);
  }

  /** The writer of a table; `options` count at the first call. */
  table(table: Table, options: TableOptions = {}): TableWriter {
    const found = this.#writers.get(table.name);
    if (found) return found;
    const all = { ...options, ...this.#options };
    const writer = new TableWriter(table, this.#aside, table.orderedBy === undefined ? { ...all, sort: false } : all);
    this.#writers.set(table.name, writer);
    return writer;
  }

  /** Columns of a table that hold a value; complete after `finish`. */
  filledColumns(table: string): readonly string[] {
    return this.#writers.get(table)?.filledColumns ?? [];
  }

  /** Ends every table, writes the header and moves the folder into place. */
  finish(facts: Omit<FolderHeader<Kind>, "tables" | "sha256" | "format" | "version">): FolderHeader<Kind> {
    const tables: Record<string, TableFile> = {};
    // In the order of the schema, whichever was asked for first.
    for (const { name } of folderTables(this.kind)) {
      const writer = this.#writers.get(name);
      if (writer) tables[name] = writer.close();
    }
    this.#isFinished = true;
    const unhashed = {
      format: `luoscope-${this.kind}`,
      version: formatVersions[this.kind],
      ...facts,
      tables,
    } as unknown as FolderHeader<Kind>;
    const header = { ...unhashed, sha256: folderHash(unhashed) } as FolderHeader<Kind>;
    writeFileSync(join(this.#aside, `${this.kind}.json`), serializeHeader(header), { flag: "wx", flush: true });
    this.#publish();
    return header;
  }

  #publish(): void {
    const old = `${this.#aside}.old`;
    if (existsSync(this.target)) renameSync(this.target, old);
    try {
      renameSync(this.#aside, this.target);
    } catch (error) {
      if (existsSync(old)) renameSync(old, this.target);
      throw error;
    }
    rmSync(old, { recursive: true, force: true });
  }

  /** Removes what was written so far; safe to call after any failure. */
  discard(): void {
    if (this.#isFinished) return;
    for (const writer of this.#writers.values()) writer.discard();
    rmSync(this.#aside, { recursive: true, force: true });
    if (this.#firstMade === undefined) return;
    // Only empty folders: somebody else may have put something there in the meantime.
    for (let folder = dirname(this.#aside); folder.startsWith(this.#firstMade); folder = dirname(folder)) {
      if (!existsSync(folder)) continue;
      if (readdirSync(folder).length > 0) return;
      rmdirSync(folder);
    }
  }
}
