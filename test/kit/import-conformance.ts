// What every importer must do with its samples, whatever its format.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { createPrng } from "../../src/base/index.ts";
import {
  dumpFolder,
  type ImportOptions,
  type ImportReport,
  importTrace,
  validateTrace,
} from "../../src/trace/index.ts";
import { importBroken } from "./broken-import.ts";
import { expectGolden } from "./golden.ts";
import { mutate } from "./mutations.ts";
import { tempFolder } from "./temp-folder.ts";

/** A sample: the files that one import reads, and the golden dump of what comes of them. */
export interface ImportSample {
  /** Name of the golden, under test/golden/import. */
  readonly golden: string;
  readonly files: readonly string[];
  /** What the user has to say besides. */
  readonly options?: Partial<ImportOptions>;
  /** The content does not tell the format, and the user names it. */
  readonly needsFormat?: boolean;
  /** The names of the files say what they hold, and stay as they are. */
  readonly needsNames?: boolean;
}

export interface Imported {
  readonly folder: string;
  readonly report: ImportReport;
}

const goldenRows = 8;
const mutationRounds = 5;

export async function importInto(inputs: readonly string[], options: Partial<ImportOptions> = {}): Promise<Imported> {
  const folder = join(tempFolder(), "trace");
  return { folder, report: await importTrace({ inputs, target: folder, ...options }) };
}

function readPlain(path: string): Buffer {
  const bytes = readFileSync(path);
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
}

/** Writes files under other names, or packed, or changed. */
function writeCopies(files: readonly string[], change: (bytes: Buffer, index: number) => Uint8Array, names?: string) {
  const folder = tempFolder();
  mkdirSync(folder, { recursive: true });
  return files.map((file, index) => {
    const path = join(folder, names === undefined ? basename(file).replace(/\.gz$/, "") : `${names}${index}`);
    writeFileSync(path, change(readPlain(file), index));
    return path;
  });
}

/** Rows of the trace, without what only the files' names and packing change. */
function tables({ report }: Imported) {
  return Object.fromEntries(
    Object.entries(report.header.tables)
      .filter(([name]) => !["warning", "vm", "device", "mark"].includes(name))
      .map(([name, { rows, sha256 }]) => [name, { rows, sha256 }]),
  );
}

function describeSample(
  importer: string,
  { golden, files, options = {}, needsFormat = false, needsNames = false }: ImportSample,
): void {
  const asFormat = needsFormat ? { ...options, format: importer } : options;

  test("is known by its content, and gives a sound trace with the golden dump", async () => {
    const imported = await importInto(files, asFormat);
    expect(imported.report.importer).toMatch(new RegExp(`^${importer} \\d+$`));
    expect(validateTrace(imported.folder)).toEqual([]);
    for (const { rows, kept_rows: kept, dropped } of imported.report.sources) {
      expect(kept + dropped.reduce((sum, item) => sum + item.rows, 0)).toBe(rows);
    }
    expectGolden(`import/${golden}.txt`, dumpFolder(imported.folder, { maxRows: goldenRows }));
  });

  test("gives the same rows under other names, and packed", async () => {
    const plain = tables(await importInto(files, asFormat));
    const packings: readonly [string, (bytes: Buffer) => Uint8Array][] = [
      ["as it is", (bytes) => bytes],
      ["gzip", (bytes) => gzipSync(bytes)],
      ["zstd", (bytes) => zstdCompressSync(bytes)],
      ...(hasXz ? [["xz", xzSync] as [string, (bytes: Buffer) => Uint8Array]] : []),
    ];
    for (const [packing, pack] of packings) {
      const copies = writeCopies(files, pack, needsNames ? undefined : "file-");
      // Some formats find their parts by name; the format itself must be found all the same.
      const again = await importInto(copies, { ...asFormat, name: "again" });
      expect([packing, tables(again)]).toEqual([packing, plain]);
    }
  });

  test(`is refused or gives a sound trace where it is broken (${mutationRounds} seeds)`, async () => {
    const all = files.map(readPlain);
    for (let seed = 1; seed <= mutationRounds; seed++) {
      const prng = createPrng(seed);
      const random = (below: number) => prng() % Math.max(below, 1);
      const broken = random(files.length);
      const copies = writeCopies(files, (bytes, index) => (index === broken ? mutate(bytes, random, all) : bytes));
      try {
        await importBroken(copies, { ...asFormat, format: importer });
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
  }, 60_000);
}

function xzSync(bytes: Buffer): Uint8Array {
  return execFileSync("xz", ["-c"], { input: bytes, maxBuffer: 2 ** 28 });
}

const hasXz = ["/usr/bin/xz", "/bin/xz"].some((path) => existsSync(path));

/** Runs every sample of an importer through the kit. */
export function describeImporter(importer: string, samples: readonly ImportSample[]): void {
  for (const sample of samples) {
    const missing = sample.files.filter((file) => !existsSync(file));
    const note = missing.length > 0 ? ` (skipped: there is no ${missing[0]})` : "";
    describe.skipIf(missing.length > 0)(`${importer}: ${sample.golden}${note}`, () => {
      describeSample(importer, sample);
    });
  }
}
