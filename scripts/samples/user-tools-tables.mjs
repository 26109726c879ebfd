// user-tools-tables.mjs FOLDER: the first page writes of a recording (2,000; 300 or 100 in text; 5,000 where there are row
// groups) as Parquet, CSV and JSON by DuckDB and as Arrow IPC by apache-arrow.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { DuckDBInstance } from "@duckdb/node-api";
import { makeTable, RecordBatchStreamWriter, tableToIPC } from "apache-arrow";

const folder = process.argv[2];
const pages = fileURLToPath(new URL("../../traces/recorded/vm-tcg-boot-redis/pages.csv.gz", import.meta.url));
const database = await DuckDBInstance.create(":memory:");
const connection = await database.connect();
await connection.run(
  `create table many as select tick::integer as tick, t_us::bigint as t_us, gfn::ubigint as gfn, n_pages::uinteger as n_pages
   from read_csv('${pages}') limit 5000`,
);
await connection.run("create table pages as from many limit 2000");
await connection.run(
  `create view typed as select make_timestamp(1795000000000000 + t_us) as at, (t_us / 1e6)::double as seconds,
   printf('0x%x', (gfn * 4096)::bigint) as address, n_pages, case when tick % 3 = 0 then null else tick end as tick,
   tick % 2 = 0 as even from pages`,
);
await connection.run("create view few as from pages limit 300");
await connection.run("create view few_typed as from typed limit 100");

async function copy(from, file, options) {
  await connection.run(`copy ${from} to '${join(folder, file)}' (${options})`);
}

for (const codec of ["uncompressed", "snappy", "zstd", "gzip", "lz4", "brotli"]) {
  await copy("pages", `pages-${codec}.parquet`, `format parquet, compression ${codec}`);
}
await copy(
  "many",
  "pages-v2-groups.parquet",
  "format parquet, compression zstd, parquet_version v2, row_group_size 2048",
);
await copy("typed", "typed.parquet", "format parquet, compression snappy");
await copy("few", "pages.csv", "format csv, header true");
await copy("few", "pages-semicolon.csv", "format csv, header true, delimiter ';'");
await copy("few", "pages-no-header.csv", "format csv, header false");
await copy("few", "pages-tab-quoted.tsv", "format csv, header true, delimiter '\t', force_quote *");
await copy("few_typed", "typed.csv", "format csv, header true");
await copy("few_typed", "typed.json", "format json, array true");
await copy("few_typed", "typed.ndjson", "format json");
await copy("pages", "pages.csv.gz", "format csv, header true, compression gzip");
await copy("pages", "pages.csv.zst", "format csv, header true, compression zstd");

const reader = await connection.runAndReadAll("select * from pages");
const [tick, tUs, gfn, pageCount] = reader.getColumns();
const table = makeTable({
  tick: Int32Array.from(tick),
  t_us: BigInt64Array.from(tUs),
  gfn: BigUint64Array.from(gfn),
  n_pages: Uint32Array.from(pageCount),
});
writeFileSync(join(folder, "pages.arrow"), tableToIPC(table, "file"));
writeFileSync(join(folder, "pages.arrows"), tableToIPC(table.slice(0, 300), "stream"));
// Four record batches of 250 rows.
const writer = RecordBatchStreamWriter.writeAll(
  [0, 250, 500, 750].map((first) => table.slice(first, first + 250).batches[0]),
);
writeFileSync(join(folder, "pages-batches.arrows"), await writer.toUint8Array());
