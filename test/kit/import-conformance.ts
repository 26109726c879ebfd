// What every importer must do with its samples, whatever its format.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { createPrng, ToolError } from "../../src/base/index.ts";
import {
  dumpFolder,
  type ImportOptions,
  type ImportReport,
  importTrace,
  validateTrace,
} from "../../src/trace/index.ts";
import { expectGolden } from "./golden.ts";
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
}

export interface Imported {
  readonly folder: string;
  readonly report: ImportReport;
}

const goldenRows = 8;
const mutationRounds = 40;
/** A damaged file must not keep the importer busy: a second a MiB, and the start. */
const maxMsPerMib = 1000;
const startMs = 2000;

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

const numbers = ["0", "-1", "NaN", "1e308", "9007199254740993", "99999999999999999999.9", "4294967296", ""];

function mutate(bytes: Buffer, random: (below: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  switch (random(5)) {
    case 0:
      for (let count = 1 + random(20); count > 0 && copy.length > 0; count--) copy[random(copy.length)] = random(256);
      return copy;
    case 1:
      return copy.subarray(0, random(copy.length + 1));
    case 2: {
      const at = random(copy.length + 1);
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + random(500))]);
    }
    case 3: {
      const at = random(copy.length + 1);
      return Buffer.concat([copy.subarray(0, at), copy.subarray(random(copy.length + 1))]);
    }
    default: {
      const lines = copy.toString("latin1").split("\n");
      for (let count = 1 + random(10); count > 0; count--) {
        const at = random(lines.length);
        lines[at] = lines[at]!.replace(/\d[\d.]*/, numbers[random(numbers.length)]!);
      }
      return Buffer.from(lines.join("\n"), "latin1");
    }
  }
}

/** Imports what may be broken: a sound trace, or a refusal that leaves nothing behind. */
export async function importBroken(
  inputs: readonly string[],
  options: Partial<ImportOptions>,
): Promise<"kept" | "refused"> {
  const parent = tempFolder();
  mkdirSync(parent, { recursive: true });
  const target = join(parent, "trace");
  const start = performance.now();
  const bytes = inputs.reduce((sum, path) => sum + readFileSync(path).length, 0);
  let outcome: "kept" | "refused" = "kept";
  try {
    const { sources } = await importTrace({ inputs, target, ...options });
    expect(validateTrace(target)).toEqual([]);
    for (const { rows, kept_rows: kept, dropped } of sources) {
      expect(kept + dropped.reduce((sum, item) => sum + item.rows, 0)).toBe(rows);
    }
  } catch (error) {
    if (!(error instanceof ToolError) || error.exitCode === 5) throw error;
    expect(readdirSync(parent)).toEqual([]);
    outcome = "refused";
  }
  expect(performance.now() - start).toBeLessThan(startMs + (maxMsPerMib * bytes) / 2 ** 20);
  return outcome;
}

function describeSample(importer: string, { golden, files, options = {}, needsFormat = false }: ImportSample): void {
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
      const copies = writeCopies(files, pack, "file-");
      // Some formats find their parts by name; the format itself must be found all the same.
      const again = await importInto(copies, { ...asFormat, name: "again" });
      expect([packing, tables(again)]).toEqual([packing, plain]);
    }
  });

  test(`is refused or gives a sound trace where it is broken (${mutationRounds} seeds)`, async () => {
    for (let seed = 1; seed <= mutationRounds; seed++) {
      const prng = createPrng(seed);
      const random = (below: number) => prng() % Math.max(below, 1);
      const broken = random(files.length);
      const copies = writeCopies(files, (bytes, index) => (index === broken ? mutate(bytes, random) : bytes));
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
