import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";

import { MessageReader } from "apache-arrow";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { tempFolder } from "../../test/kit/temp-folder.ts";
import { batchRows } from "./arrow.ts";
import { readRows, readTable } from "./read.ts";
import type { Column, Table } from "./schema/column.ts";
import { runTables } from "./schema/run-tables.ts";
import { pageWriteTable, traceTables } from "./schema/trace-tables.ts";
import { type Cell, TableWriter } from "./write.ts";

type Row = Record<string, Cell>;

const everyType = {
  name: "every_type",
  doc: "One column of each type, with and without nulls.",
  columns: (["i64", "f64", "u32", "u16", "u8", "utf8"] as const).flatMap((type): Column[] => [
    { name: `${type}_full`, type, unit: "count", doc: "" },
    { name: `${type}_null`, type, unit: "count", doc: "", nullMeans: "unknown" },
  ]),
} satisfies Table;

function cells({ type }: Column): fc.Arbitrary<Cell> {
  switch (type) {
    case "i64":
      return fc.maxSafeInteger();
    case "f64":
      return fc.double();
    case "u32":
      return fc.nat(2 ** 32 - 1);
    case "u16":
      return fc.nat(65_535);
    case "u8":
      return fc.nat(255);
    case "utf8":
      return fc.string({ unit: "binary", maxLength: 40 });
  }
}

const plainObjects = { noNullPrototype: true } as const;

function rowsOf(table: Table): fc.Arbitrary<Row[]> {
  const fields = table.columns.map((column) => [
    column.name,
    column.nullMeans === undefined ? cells(column) : fc.option(cells(column)),
  ]);
  return fc.array(fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<Cell>>, plainObjects), {
    maxLength: 50,
  });
}

function writeRows(table: Table, rows: readonly Row[]) {
  const folder = tempFolder();
  const writer = new TableWriter(table, folder);
  for (const row of rows) writer.push(row);
  const file = writer.close();
  return { ...file, path: join(folder, file.file) };
}

const pageWriteRow = (row: number): Record<string, number> => ({
  time_ns: row * 1000,
  vm_index: row % 3,
  start_gfn: 4_294_967_295 - row,
  page_count: 1 + (row % 7),
});

describe("a table", () => {
  test("reads back every value of every type, and every null", () => {
    fc.assert(
      fc.property(rowsOf(everyType), (rows) => {
        expect(readRows(everyType, writeRows(everyType, rows))).toStrictEqual(rows);
      }),
      { numRuns: 25 },
    );
  });

  test.each([...traceTables, ...runTables].map((table) => [table.name, table] as const))(
    "%s reads back what was written",
    (_name, table) => {
      const unordered = { ...table, orderedBy: undefined } as unknown as Table;
      fc.assert(
        fc.property(rowsOf(unordered), (rows) => {
          expect(readRows(unordered, writeRows(unordered, rows))).toStrictEqual(rows);
        }),
        { numRuns: 3 },
      );
    },
  );

  test.each([0, 1, batchRows - 1, batchRows, batchRows + 1, 2 * batchRows, 2 * batchRows + 3])(
    "of %i rows comes back in batches of at most 65,536",
    (rows) => {
      const folder = tempFolder();
      const writer = new TableWriter(pageWriteTable, folder);
      for (let row = 0; row < rows; row++) {
        const cells = pageWriteRow(row);
        for (const { name } of pageWriteTable.columns) writer.columns[name]![writer.fill] = cells[name]!;
        writer.advance();
      }
      const file = writer.close();
      let row = 0;
      for (const batch of readTable(pageWriteTable, { ...file, path: join(folder, file.file) })) {
        expect(batch.firstRow).toBe(row);
        expect(batch.rows).toBeLessThanOrEqual(batchRows);
        for (let index = 0; index < batch.rows; index++, row++) {
          const found = pageWriteTable.columns.map(({ name }) => batch.columns[name]![index]);
          if (found.join() !== Object.values(pageWriteRow(row)).join()) expect.fail(`row ${row}: ${found.join()}`);
        }
      }
      expect(row).toBe(rows);
    },
  );

  test("holds nulls of one batch apart from those of the next", () => {
    const table = { name: "nulls", doc: "", columns: [everyType.columns[1]!] } satisfies Table;
    const rows = Array.from({ length: batchRows + 10 }, (_, row) => ({ i64_null: row % 5 === 0 ? null : row }));
    expect(readRows(table, writeRows(table, rows))).toStrictEqual(rows);
  });

  test("names the columns that hold at least one value", () => {
    const writer = new TableWriter(everyType, tempFolder());
    const row = Object.fromEntries(everyType.columns.map(({ name, type }) => [name, type === "utf8" ? "" : 0]));
    writer.push({ ...row, u8_null: null, utf8_null: null });
    writer.close();
    const names = everyType.columns.map(({ name }) => name);
    expect(writer.filledColumns).toStrictEqual(names.filter((name) => name !== "u8_null" && name !== "utf8_null"));
  });

  test.each([
    ["one of 1 MiB", "n".repeat(1024 * 1024)],
    ["control characters", Array.from({ length: 32 }, (_, index) => String.fromCharCode(index)).join("")],
    ["quotes and markup", `"'\`</script><!--&amp;{{}}\${}`],
    ["direction overrides", "\u202e\u2066abc\u2069"],
    ["an emoji of four bytes", "🖥"],
    ["nothing", ""],
  ])("keeps a name of %s as it is", (_what, name) => {
    const rows = [{ time_ns: 0, vm_index: null, name }];
    const table = traceTables.find((table) => table.name === "mark")!;
    expect(readRows(table, writeRows(table, rows))).toStrictEqual(rows);
  });

  test("refuses a row that goes back in time", () => {
    const writer = new TableWriter(pageWriteTable, tempFolder());
    writer.push(pageWriteRow(5));
    writer.push(pageWriteRow(4));
    expect(() => writer.close()).toThrow(/row 2: time_ns goes back from 5000 to 4000/);
    writer.discard();
  });

  test("gives the same bytes for the same rows", () => {
    const rows = Array.from({ length: 1000 }, (_, row) => pageWriteRow(row));
    expect(writeRows(pageWriteTable, rows).sha256).toBe(writeRows(pageWriteTable, rows).sha256);
  });

  test("states its bytes' own hash", () => {
    const { path, bytes, sha256 } = writeRows(pageWriteTable, [pageWriteRow(1)]);
    const content = readFileSync(path);
    expect(content.length).toBe(bytes);
    expect(createHash("sha256").update(content).digest("hex")).toBe(sha256);
  });
});

/** Each buffer of a body as the length that it states and its bytes, read without the reader under test. */
function* statedLengths(path: string): Generator<{ stated: number; bytes: Uint8Array }> {
  const reader = new MessageReader(readFileSync(path));
  for (const message of reader) {
    if (!message.isRecordBatch()) continue;
    const body = Buffer.from(reader.readMessageBody(message.bodyLength));
    const { buffers } = message.header() as unknown as { buffers: readonly { offset: number; length: number }[] };
    for (const { offset, length } of buffers) {
      if (length === 0) continue;
      yield { stated: Number(body.readBigInt64LE(offset)), bytes: body.subarray(offset + 8, offset + length) };
    }
  }
}

test("every compressed buffer states its uncompressed length, as other readers rely on it", () => {
  const { path } = writeRows(
    pageWriteTable,
    Array.from({ length: 5000 }, (_, row) => pageWriteRow(row)),
  );
  const lengths = [...statedLengths(path)];
  expect(lengths.map(({ stated }) => stated)).toContain(5000 * 8);
  for (const { stated, bytes } of lengths) if (stated !== -1) expect(zstdDecompressSync(bytes).length).toBe(stated);
});
