// Speed and memory of exports: `npm run bench` (3 million rows) or `npm run bench -- --smoke` (300,000, as a test).
// Prints one JSON line. Ratios compare within this one run; rates depend on the machine.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { DuckDBInstance } from "@duckdb/node-api";

import { importTrace } from "../src/trace/index.ts";
import { exportTables } from "../src/export/index.ts";
import { fastest, median, print } from "./harness.ts";
import { workloadOf, writeWorkloadTrace } from "./workload.ts";

const smoke = process.argv.includes("--smoke");
const rows = smoke ? 300_000 : 3_000_000;
const rounds = smoke ? 2 : 7;
const columns = "{time_ns: 'BIGINT', vm_index: 'USMALLINT', start_gfn: 'UINTEGER', page_count: 'UINTEGER'}";
/** As the export writes. */
const options = "FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE 500000";

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startNs = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - startNs);
}

/** DuckDB alone, with as many threads: the same rows from CSV into the same Parquet. */
async function copyCsv(csv: string, target: string): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "1GB" });
  const connection = await instance.connect();
  const source = `read_csv('${csv}', header = true, auto_detect = false, columns = ${columns})`;
  await connection.run(`COPY (SELECT * FROM ${source}) TO '${target}' (${options})`);
  connection.closeSync();
  instance.closeSync();
}

async function checkSame(one: string, other: string): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const difference = `SELECT count(*) FROM ((FROM '${one}' EXCEPT ALL FROM '${other}') UNION ALL (FROM '${other}' EXCEPT ALL FROM '${one}'))`;
  const [[count]] = (await connection.runAndReadAll(difference)).getRows() as [[bigint]];
  if (count !== 0n) throw new Error(`${count} rows differ`);
  connection.closeSync();
  instance.closeSync();
}

const folder = mkdtempSync(join(tmpdir(), "luoscope-bench-"));
try {
  const path = join(folder, "trace");
  writeWorkloadTrace(workloadOf(rows), path);
  const [ours, theirs, csv] = ["ours.parquet", "theirs.parquet", "rows.csv"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const exportTo = (format: "parquet" | "csv" | "arrow", target: string) =>
    exportTables({ path, format, target, table: "page_write", overwrite: true });
  const csvNs = await timed(() => exportTo("csv", csv));
  const arrowNs = await timed(() => exportTo("arrow", join(folder, "rows.arrow")));
  const imported = join(folder, "imported");
  const throughTrace = async () => {
    await importTrace({ inputs: [csv], target: imported, format: "table", columns: "t_ns=1,gfn=3,n_pages=4" });
    const target = join(folder, "imported.parquet");
    await exportTables({ path: imported, format: "parquet", target, table: "page_write", overwrite: true });
  };
  const [oursNs, theirsNs, throughNs]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round <= rounds; round++) {
    const [one, other] = [await timed(() => exportTo("parquet", ours)), await timed(() => copyCsv(csv, theirs))];
    const through = await timed(throughTrace);
    if (round === 0) continue; // It compiles.
    oursNs.push(one);
    theirsNs.push(other);
    throughNs.push(through);
  }
  await checkSame(ours, theirs);
  await checkSame(join(folder, "imported.parquet"), theirs);
  print("CSV through a trace to Parquet", {
    rows,
    million_rows_per_sec: (rows / fastest(throughNs)) * 1000,
    times_as_long_as_csv_to_parquet: fastest(throughNs) / fastest(theirsNs),
    ratio_of_medians: median(throughNs) / median(theirsNs),
    wanted_times: 2,
  });
  print("trace to Parquet", {
    rows,
    million_rows_per_sec: (rows / fastest(oursNs)) * 1000,
    csv_to_parquet_million_rows_per_sec: (rows / fastest(theirsNs)) * 1000,
    ratio_to_csv: fastest(theirsNs) / fastest(oursNs),
    ratio_of_medians: median(theirsNs) / median(oursNs),
    wanted_ratio: 0.5,
    parquet_bytes: statSync(ours).size,
    csv_bytes: statSync(csv).size,
    to_csv_million_rows_per_sec: (rows / csvNs) * 1000,
    to_arrow_million_rows_per_sec: (rows / arrowNs) * 1000,
    peak_resident_mib: process.resourceUsage().maxRSS / 1024,
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
