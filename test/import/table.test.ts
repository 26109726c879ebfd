// The kit on tables that DuckDB and Arrow wrote; what the user may say of columns; the generic route against page-scan's.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, test } from "vitest";

import { openFolder, readRows, traceSchema, validateTrace } from "../../src/trace/index.ts";
import { type Imported, importInto, describeImporter } from "../kit/import-conformance.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const folder = fileURLToPath(new URL("../../traces/samples/tables/duckdb-arrow", import.meta.url));
const recorded = fileURLToPath(new URL("../../traces/recorded", import.meta.url));
const byName = { columns: "t_us=t_us,gfn=gfn,n_pages=n_pages" };
const byNumber = { columns: "t_us=2,gfn=3,n_pages=4" };

const samples = [
  { file: "pages.csv", options: byName },
  { file: "pages-no-header.csv", options: byNumber },
  { file: "pages-tab-quoted.tsv", options: { columns: "tick=1,t_us=2,gfn=3,n_pages=4" } },
  {
    file: "typed.csv",
    options: { columns: "t_s=seconds,address=address,n_pages=n_pages,event=even", pageBytes: 65_536 },
  },
  { file: "pages-v2-groups.parquet", options: byName },
  { file: "typed.parquet", options: { columns: "t_us=at,address=address,n_pages=n_pages,vm=even" } },
  { file: "pages-batches.arrows", options: byName },
  { file: "pages.arrow", options: byNumber },
];

describeImporter(
  "table",
  samples.map(({ file, options }) => ({
    golden: `table-${file.replace(".", "-")}`,
    files: [join(folder, file)],
    options,
  })),
);

const { pagePopulationTable, pageWriteTable, tickTable, vmTable } = traceSchema;

function rows(
  { folder: path }: Imported,
  table: (typeof traceSchema)["vmTable" | "tickTable" | "pageWriteTable" | "pagePopulationTable"],
) {
  return readRows(table, openFolder("trace", path).sources.get(table.name)!);
}

/** What DuckDB makes of a file: the second opinion of these tests. */
async function query(sql: string): Promise<number[][]> {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const reader = await connection.runAndReadAll(sql);
  return reader.getRows().map((row) => row.map(Number));
}

function writeTable(text: string, name = "pages.csv"): string {
  const path = join(tempFolder(), name);
  writeFileSync(path, text);
  return path;
}

describe("every way in which DuckDB and Arrow write the same table", () => {
  const files = [
    ...["brotli", "gzip", "lz4", "snappy", "uncompressed", "zstd"].map((codec) => `pages-${codec}.parquet`),
    "pages.csv.gz",
    "pages.csv.zst",
    "pages.arrow",
    "pages-batches.arrows",
  ];

  test.each(files)("%s gives the rows that DuckDB reads", async (file) => {
    const imported = await importInto([join(folder, file)], { ...byName, format: "table" });
    const count = file === "pages-batches.arrows" ? 1000 : 2000;
    const expected = await query(
      `select t_us * 1000, gfn, n_pages from '${join(folder, "pages-zstd.parquet")}' order by file_row_number limit ${count}`,
    );
    expect(
      rows(imported, pageWriteTable).map(({ time_ns, start_gfn, page_count }) => [time_ns, start_gfn, page_count]),
    ).toEqual(expected);
    expect(imported.report.sources).toMatchObject([{ rows: count, kept_rows: count, dropped: [] }]);
  });

  test.each(["pages-semicolon.csv", "pages.arrows"])("%s gives the same as the first 300 rows", async (file) => {
    const imported = await importInto([join(folder, file)], { ...byName, format: "table" });
    const plain = await importInto([join(folder, "pages.csv")], { ...byName, format: "table" });
    for (const table of [pageWriteTable, pagePopulationTable, tickTable]) {
      expect(rows(imported, table)).toEqual(rows(plain, table));
    }
  });
});

test("typed columns give what DuckDB says of them: moments, addresses, nulls, VMs by a flag", async () => {
  const path = join(folder, "typed.parquet");
  const columns = "t_s=at,address=address,n_pages=n_pages,tick=tick,vm=even";
  const imported = await importInto([path], { columns });
  expect(validateTrace(imported.folder)).toEqual([]);
  const [[nulls, kept]] = (await query(`select count(*) - count(tick), count(tick) from '${path}'`)) as [
    [number, number],
  ];
  expect(imported.report.sources).toMatchObject([
    { rows: 2000, kept_rows: kept, dropped: [{ code: "incomplete-rows-dropped", rows: nulls }] },
  ]);
  const expected = await query(
    `select epoch_us("at") - min(epoch_us("at")) over () as us, even::int as vm, address::bigint // 4096 as gfn, n_pages
     from '${path}' where tick is not null order by us, file_row_number`,
  );
  const names = rows(imported, vmTable).map(({ name }) => name === "1");
  const found = rows(imported, pageWriteTable).map((row) => [
    (row["time_ns"] as number) / 1000,
    Number(names[row["vm_index"] as number]),
    row["start_gfn"],
    row["page_count"],
  ]);
  expect(found).toEqual(expected);
});

describe.each(["vm-tcg-boot-redis", "native-sqlite"])("the recording %s by the generic route", (id) => {
  test("gives the page writes of the page-scan importer", async () => {
    const isVirtual = id.startsWith("native");
    const path = writeTable(gunzipSync(readFileSync(join(recorded, id, "pages.csv.gz"))).toString());
    const columns = isVirtual ? "tick=tick,t_us=t_us,vpage=vpage,n_pages=n_pages" : byName.columns;
    const generic = await importInto([path], { columns });
    const own = await importInto([join(recorded, id)]);
    for (const table of [pageWriteTable, pagePopulationTable]) {
      // Where the recorder says that there are no huge pages, a table says nothing.
      const plain = (imported: Imported) => rows(imported, table).map((row) => ({ ...row, order: 0 }));
      expect(plain(generic)).toEqual(plain(own));
    }
    const warnings = (imported: Imported) =>
      imported.report.warnings
        .filter(({ code }) => ["virtual-pages-packed", "pages-repeated-in-tick"].includes(code))
        .map(({ rows: count }) => count);
    expect(warnings(generic)).toEqual(warnings(own));
    // Of readings that found nothing the table has no row.
    const written = new Set(rows(own, pageWriteTable).map(({ time_ns }) => time_ns));
    expect(rows(generic, tickTable).map(({ time_ns }) => time_ns)).toEqual([...written]);
  });
});

test("the table of a trace of this project, which is packed, comes back as it was", async () => {
  const own = await importInto([join(recorded, "vm-tcg-boot-redis")]);
  const columns = "t_ns=time_ns,gfn=start_gfn,n_pages=page_count,vm=vm_index";
  const again = await importInto([join(own.folder, "page_write.arrow")], { columns });
  expect(rows(again, pageWriteTable)).toEqual(rows(own, pageWriteTable));
});

describe("what a user may say", () => {
  const writesOf = async (text: string, options: { columns: string; pageBytes?: number }) => {
    const imported = await importInto([writeTable(text)], options);
    expect(validateTrace(imported.folder)).toEqual([]);
    return rows(imported, pageWriteTable).map(({ time_ns, vm_index, start_gfn, page_count }) => [
      time_ns,
      vm_index,
      start_gfn,
      page_count,
    ]);
  };

  test("pages of 2 MiB count 512 frames", async () => {
    expect(await writesOf("t,p\n5,3\n", { columns: "t_ms=t,gfn=p", pageBytes: 2 ** 21 })).toEqual([
      [5e6, 0, 1536, 512],
    ]);
  });

  test("an address and bytes cover every page that they touch", async () => {
    const text = "1,0x1fff,2\n2,8192,4096\n3,4095,0\n4,1,4096\n";
    expect(await writesOf(text, { columns: "t_s=1,address=2,bytes=3" })).toEqual([
      [1e9, 0, 1, 2],
      [2e9, 0, 2, 1],
      [4e9, 0, 0, 2],
    ]);
  });

  test("each VM has its own ticks, also one behind the other", async () => {
    const text = "vm,t,p\nb,1,7\nb,2,8\na,1,7\na,3,7\n";
    const imported = await importInto([writeTable(text)], { columns: "vm=vm,t_s=t,gfn=p" });
    expect(rows(imported, tickTable)).toEqual([
      { time_ns: 1e9, vm_index: 0, start_ns: null, scan_ns: null },
      { time_ns: 1e9, vm_index: 1, start_ns: null, scan_ns: null },
      { time_ns: 2e9, vm_index: 0, start_ns: 1e9, scan_ns: null },
      { time_ns: 3e9, vm_index: 1, start_ns: 1e9, scan_ns: null },
    ]);
    expect(rows(imported, vmTable).map(({ name }) => name)).toEqual(["b", "a"]);
    expect(validateTrace(imported.folder)).toEqual([]);
  });

  test("rows of one tick are one reading at its latest time", async () => {
    const text = "tick,t,p\n4,1.5,1\n4,1.25,2\n4,1.75,9\n6,2,1\n";
    const imported = await importInto([writeTable(text)], { columns: "tick=tick,t_s=t,gfn=p" });
    expect(rows(imported, tickTable).map(({ time_ns, start_ns }) => [time_ns, start_ns])).toEqual([
      [1.75e9, null],
      [2e9, 1.75e9],
    ]);
    expect(rows(imported, pageWriteTable)).toHaveLength(4);
  });

  test("only writes are kept, and the others counted", async () => {
    const text = "t;op;address\n1;W;0\n1;R;4096\n2;write;8192\n2;load;0\n3;1;0\n";
    const imported = await importInto([writeTable(text)], { columns: "t_us=t,event=op,address=address" });
    expect(imported.report.sources).toMatchObject([
      { rows: 5, kept_rows: 3, dropped: [{ code: "not-writes-dropped", rows: 2 }] },
    ]);
  });

  test("ns since 1970 begin with the first row, to the ns", async () => {
    const text = "1795000000123456789,5\n1795000000123456790,6\n1795000001123456790,7\n";
    expect(await writesOf(text, { columns: "t_ns=1,gfn=2" })).toEqual([
      [0, 0, 5, 1],
      [1, 0, 6, 1],
      [1_000_000_001, 0, 7, 1],
    ]);
  });

  test("high addresses are packed, low ones are frames", async () => {
    const low = await importInto([writeTable("1,0x100000000\n")], { columns: "t_s=1,address=2" });
    expect(rows(low, pageWriteTable)).toMatchObject([{ start_gfn: 2 ** 20 }]);
    const high = await importInto([writeTable("1,0x7f0000001000\n2,0x1000\n2,0x7f0000002000\n")], {
      columns: "t_s=1,address=2",
    });
    expect(rows(high, pageWriteTable).map(({ start_gfn }) => start_gfn)).toEqual([1, 0, 2]);
    expect(high.report.warnings).toContainEqual(expect.objectContaining({ code: "virtual-pages-packed", rows: 3 }));
  });

  test("blank lines, comments, quotes, spaces and Windows line ends are no obstacle", async () => {
    const text = '\u00ef\u00bb\u00bf"t";"p"\r\n# a note\r\n\r\n"1" ; 0x10 \r\n2;5.0\r\n';
    expect(await writesOf(Buffer.from(text, "latin1").toString(), { columns: "t_s=t,gfn=p" })).toEqual([
      [1e9, 0, 16, 1],
      [2e9, 0, 5, 1],
    ]);
  });

  test("several tables are several VMs, in one trace", async () => {
    const paths = ["one.csv", "two.csv"].map((name) => writeTable("1,2\n2,2\n", name));
    const imported = await importInto(paths, { columns: "t_s=1,gfn=2" });
    expect(rows(imported, vmTable).map(({ name }) => name)).toEqual(["one", "two"]);
    expect(validateTrace(imported.folder)).toEqual([]);
  });
});

describe("refusals", () => {
  const refusal = async (text: string, columns: string) =>
    importInto([writeTable(text)], { columns, format: "table" }).then(
      () => "none",
      (error: Error) => error.message.replace(/^.*pages\.csv: /, ""),
    );

  test.each([
    ["time back", "2,1\n1,1\n3,1\n", "t_s=1,gfn=2", /time after that of the VM's tick before|no time before/],
    [
      "frame too high",
      "1,4294967296\n",
      "t_s=1,gfn=2",
      /line 1: gfn: expected a run that ends at frame 4294967296 or before/,
    ],
    ["run too long", "1,0,4294967296\n", "t_s=1,gfn=2,n_pages=3", /gfn: expected a run/],
    ["negative", "1,-5\n", "t_s=1,gfn=2", /line 1: "2": expected a whole number/],
    ["not a number", "1,NaN\n", "t_s=1,gfn=2", /found "NaN"/],
    ["fraction", "1,2.5\n", "t_s=1,gfn=2", /found "2.5"/],
    ["beyond 2^53", "1,9007199254740993\n", "t_s=1,gfn=2", /below 2\^53/],
    ["fewer columns", "1,2\n3\n", "t_s=1,gfn=2", /line 2: expected 2 columns, found fewer/],
    ["more columns", "1,2\n3,4,5\n", "t_s=1,gfn=2", /line 2: expected 2 columns, found more/],
    ["a date", "t,p\n2026-11-18 11:06:40,2\n", "t_s=t,gfn=p", /expected a time, found "2026-11-18 11:06:40"/],
    ["no such column", "t,p\n1,2\n", "t_s=t,gfn=page", /line 1: expected column "page", found "t, p"/],
    ["no such number", "1,2\n", "t_s=1,gfn=3", /expected column 3/],
    ["tick back", "5,1,1\n4,2,1\n", "tick=1,t_s=2,gfn=3", /tick: expected 5 or above, found 4/],
    ["over 104 days", "1,1\n99999999,1\n", "t_s=1,gfn=2", /99999999 s from the trace's start/],
    ["nothing kept", "1,R,1\n", "t_s=1,event=2,gfn=3", /expected page writes, found none/],
    ["JSON", '{"t":1}\n', "t_s=1,gfn=2", /expected a table/],
  ])("%s", async (_, text, columns, expected) => {
    expect(await refusal(text, columns)).toMatch(expected);
  });

  test.each([
    ["t_s=1", /expected a place/],
    ["gfn=1", /expected a time/],
    ["t_s=1,t_us=2,gfn=3", /one of t_ns, t_us, t_ms, t_s/],
    ["t_s=0,gfn=1", /column numbers from 1 up/],
    ["time=1,gfn=2", /NAME=COLUMN with one of/],
    ["t_s=1,gfn=2,gfn=3", /gfn once/],
    ["", /NAME=COLUMN/],
  ])("--columns %s", async (columns, expected) => {
    expect(await refusal("1,2\n", columns)).toMatch(expected);
  });

  test("a table is not guessed at without --columns", async () => {
    const path = writeTable("a,b\n1,2\n", "data.csv");
    await expect(importInto([path])).rejects.toThrow(/expected a known format/);
    await expect(importInto([path], { format: "table" })).rejects.toThrow(/expected what its columns are/);
  });

  test.each([
    ["pages-zstd.parquet", 4, /expected PAR1 at the end/],
    ["pages.arrow", 9, /truncated|schema/],
  ])("%s without its end", async (file, cut, expected) => {
    const bytes = readFileSync(join(folder, file));
    const path = writeTable("", file);
    writeFileSync(path, bytes.subarray(0, bytes.length - cut));
    await expect(importInto([path], byName)).rejects.toThrow(expected);
  });

  test("what is whole of a cut Arrow stream is kept", async () => {
    const bytes = readFileSync(join(folder, "pages-batches.arrows"));
    const path = writeTable("", "pages.arrows");
    writeFileSync(path, bytes.subarray(0, bytes.length - 5000));
    const { report } = await importInto([path], byName);
    expect(report.truncated).toHaveLength(1);
    expect(report.sources).toMatchObject([{ rows: 750 }]);
  });
});
