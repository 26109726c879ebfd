import { createHash } from "node:crypto";
import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { tempFolder } from "../../test/kit/temp-folder.ts";
import { createPrng, FormatError, UsageError } from "../base/index.ts";
import { folderHash, openFolder } from "./folder.ts";
import { serializeHeader, type TraceHeader } from "./header.ts";
import { readTable, type TableSource } from "./read.ts";
import type { Table } from "./schema/column.ts";
import { deviceIoTable, deviceTable, pageWriteTable, traceTables } from "./schema/trace-tables.ts";

const tracesFolder = fileURLToPath(new URL("../../traces", import.meta.url));
const tinyTrace = join(tracesFolder, "tiny/two-vms");
const realTrace = join(tracesFolder, "vm-tcg-redis-nvme-net");

function copyTrace(from = tinyTrace): string {
  const path = join(tempFolder(), "trace");
  cpSync(from, path, { recursive: true });
  return path;
}

function countRows(table: Table, source: TableSource): number {
  let rows = 0;
  for (const batch of readTable(table, source)) {
    const isShort = table.columns.some(({ name }) => batch.columns[name]!.length < batch.rows);
    if (isShort) throw new Error("a batch's column is shorter than its rows");
    rows += batch.rows;
  }
  return rows;
}

function readAll(path: string): void {
  const { sources } = openFolder("trace", path);
  for (const table of traceTables) countRows(table, sources.get(table.name)!);
}

function source(path: string, table: Table): TableSource {
  return openFolder("trace", path).sources.get(table.name)!;
}

/** A reading of a table with one bit flipped; the hash is the old one, or the flipped file's own as a forger would state it. */
function createFlips(table: Table, original: TableSource) {
  const path = join(tempFolder(), "flipped.arrow");
  const sound = readFileSync(original.path);
  const read = (offset: number, bit: number, forged: boolean) => {
    const bytes = Buffer.from(sound);
    bytes[offset]! ^= 1 << bit;
    writeFileSync(path, bytes);
    const sha256 = forged ? createHash("sha256").update(bytes).digest("hex") : original.sha256;
    return countRows(table, { path, rows: original.rows, sha256 });
  };
  return { length: sound.length, read };
}

/** Changes fields of a header; with `seal` its own hash is made right again. */
function changeHeader(path: string, change: (header: TraceHeader) => unknown, seal: boolean): void {
  const file = join(path, "trace.json");
  const header = JSON.parse(readFileSync(file, "utf8")) as TraceHeader;
  change(header);
  writeFileSync(file, serializeHeader(seal ? { ...header, sha256: folderHash(header) } : header));
}

describe("a damaged table", () => {
  test.each([pageWriteTable, deviceIoTable, deviceTable] as Table[])(
    "$name is refused for a flip of a bit at any offset",
    (table) => {
      const { length, read } = createFlips(table, source(tinyTrace, table));
      for (let offset = 0; offset < length; offset++) {
        expect(() => read(offset, offset % 8, false)).toThrow(FormatError);
      }
    },
  );

  test("of many rows is refused for flips at random offsets (seed 7)", () => {
    const next = createPrng(7);
    const { length, read } = createFlips(pageWriteTable, source(realTrace, pageWriteTable));
    for (let round = 0; round < 60; round++) {
      const offset = next() % length;
      expect(() => read(offset, next() % 8, false)).toThrow(FormatError);
    }
  });

  test.each([pageWriteTable, deviceIoTable, deviceTable] as Table[])(
    "$name with a forged hash is refused or has all of its rows, and nothing else happens",
    (table) => {
      const original = source(tinyTrace, table);
      const { length, read } = createFlips(table, original);
      let refused = 0;
      for (let offset = 0; offset < length; offset += 2) {
        try {
          expect(read(offset, ((offset * 5) >> 1) & 7, true)).toBe(original.rows);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
          refused++;
        }
      }
      expect(refused).toBeGreaterThan(50);
    },
  );

  test("is refused when it is cut anywhere", () => {
    const original = source(tinyTrace, pageWriteTable);
    const path = join(tempFolder(), "cut.arrow");
    const bytes = readFileSync(original.path);
    for (let length = 0; length < bytes.length; length += 7) {
      writeFileSync(path, bytes.subarray(0, length));
      expect(() => countRows(pageWriteTable, { ...original, path })).toThrow(FormatError);
    }
  });

  test("is refused when bytes follow it", () => {
    const path = copyTrace();
    const file = join(path, "page_write.arrow");
    writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from("more")]));
    expect(() => readAll(path)).toThrow(FormatError);
  });

  test("is refused when it is missing, or another table's", () => {
    const missing = copyTrace();
    rmSync(join(missing, "tick.arrow"));
    expect(() => readAll(missing)).toThrow(FormatError);
    const swapped = copyTrace();
    cpSync(join(swapped, "dma.arrow"), join(swapped, "tick.arrow"));
    expect(() => readAll(swapped)).toThrow(/table tick: unknown column/);
  });
});

describe("a header", () => {
  test.each<[string, (header: TraceHeader) => unknown]>([
    ["name", (header) => (header.name = "other")],
    ["span_ns", (header) => header.span_ns++],
    ["licence", (header) => (header.licence = "mine")],
    ["rows of a table", (header) => header.tables["tick"]!.rows++],
    ["bytes of a table", (header) => header.tables["tick"]!.bytes++],
    ["hash of a table", (header) => (header.tables["tick"]!.sha256 = "0".repeat(64))],
    ["list of tables", (header) => delete header.tables["tick"]],
  ])("whose %s was changed is refused", (_what, change) => {
    const path = copyTrace();
    changeHeader(path, change, false);
    expect(() => openFolder("trace", path)).toThrow(/sha256 is not the one of the header's content/);
  });

  test.each<[string, (header: TraceHeader) => unknown, RegExp]>([
    ["that states more rows", (header) => header.tables["tick"]!.rows++, /22 rows, expected 23/],
    ["that states fewer rows", (header) => header.tables["tick"]!.rows--, /more than the 21 rows/],
    ["that states another hash", (header) => (header.tables["tick"]!.sha256 = "0".repeat(64)), /differs from the hash/],
    ["that leads out of the folder", (header) => (header.tables["tick"]!.file = "../tick.arrow"), /tables\.tick\.file/],
    ["of a newer version", (header) => ((header as { version: number }).version = 3), /version 3; the highest known/],
    ["with an unknown field", (header) => Object.assign(header, { extra: 1 }), /extra/],
    ["with an unknown table", (header) => (header.tables["more"] = header.tables["tick"]!), /tables\.more: unknown/],
    ["with a negative span", (header) => (header.span_ns = -1), /span_ns/],
    ["of another kind", (header) => ((header as { format: string }).format = "luoscope-run"), /format/],
  ])("%s is refused even with its hash made right", (_what, change, message) => {
    const path = copyTrace();
    changeHeader(path, change, true);
    expect(() => readAll(path)).toThrow(FormatError);
    expect(() => readAll(path)).toThrow(message);
  });

  test("that is cut, empty or no JSON is refused", () => {
    const path = copyTrace();
    const file = join(path, "trace.json");
    for (const length of [1000, 100, 1, 0]) {
      truncateSync(file, length);
      expect(() => openFolder("trace", path)).toThrow(/not JSON/);
    }
    writeFileSync(file, "null");
    expect(() => openFolder("trace", path)).toThrow(FormatError);
  });

  test("that is missing is the user's mistake", () => {
    expect(() => openFolder("trace", tempFolder())).toThrow(UsageError);
    expect(() => openFolder("run", tinyTrace)).toThrow(UsageError);
  });
});
