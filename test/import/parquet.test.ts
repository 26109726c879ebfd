// The reader of Parquet against DuckDB's own values, for every type, encoding and codec that DuckDB writes.
import { join } from "node:path";

import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";

import { defaultLimits } from "../../src/trace/index.ts";
import { ParquetFile } from "../../src/trace/source/columnar/parquet.ts";
import { UnpackGuard } from "../../src/trace/source/unpack-guard.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const rows = 30_000;
/** Columns of all kinds: few and many different values, none and many nulls, the ends of their ranges. */
const table = `create table t as select
  i::tinyint as tiny, (i * 7)::usmallint as small, (i - 15000)::integer as int, (4294967295 - i)::uinteger as uint,
  (i * 1000000007)::bigint as big, case when i % 97 = 0 then -9223372036854775808 else (i - 15000) * 123456789012 end as wild,
  (i % 5)::bigint as few, case when i % 3 = 0 then null else i end as holes, case when i < 20000 then null else i end as late,
  (i / 7)::double as real, (i / 7)::float as short_real, i % 2 = 0 as flag, case when i % 5 = 0 then null else i % 3 = 0 end as flag_holes,
  'text ' || i as word, case when i % 4 = 0 then null else 'w' || (i % 10) end as few_words, (i / 100)::decimal(18, 2) as money,
  make_timestamp(1795000000000000 + i * 1000001) as moment, null::integer as nothing
  from (select (range % 125)::bigint as k, range as i from range(${rows}))`
  .replace("i::tinyint", "k::tinyint")
  .replace("(i * 7)::usmallint", "(k * 7)::usmallint");

function valuesOf(path: string): Map<string, (number | string | null)[]> {
  const file = new ParquetFile(path, path, new UnpackGuard(defaultLimits));
  try {
    const found = new Map(file.columns.map(({ name }) => [name, [] as (number | string | null)[]]));
    const lists = [...found.values()];
    for (const { rows: count, columns } of file.stretches(file.columns.map((_, index) => index))) {
      for (const [column, { values, start }] of columns.entries()) {
        for (let row = start; row < start + count; row++) {
          const { nulls, numbers, offsets, bytes, words } = values;
          if (nulls?.[row] === 1) lists[column]!.push(null);
          else if (bytes) lists[column]!.push(Buffer.from(bytes.subarray(offsets![row], offsets![row + 1])).toString());
          else if (words) {
            // Exact from the two halves, where the number is not.
            lists[column]!.push(`${(BigInt(words[2 * row + 1]!) << 32n) | BigInt(words[2 * row]! >>> 0)}`);
          } else lists[column]!.push(numbers![row]!);
        }
      }
    }
    return found;
  } finally {
    file.close();
  }
}

test.each([
  ["v1", "snappy", "row_group_size 2048"],
  ["v2", "zstd", "row_group_size 100000"],
  ["v2", "uncompressed", "row_group_size 4096, dictionary_size_limit 1"],
  ["v1", "gzip", "row_group_size 5000, dictionary_size_limit 1"],
  ["v2", "lz4", "row_group_size 8192"],
  ["v1", "brotli", "row_group_size 30000"],
])("version %s, %s, %s", async (version, codec, options) => {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  await connection.run(table);
  const path = join(tempFolder(), "t.parquet");
  await connection.run(
    `copy t to '${path}' (format parquet, parquet_version ${version}, compression ${codec}, ${options})`,
  );
  const found = valuesOf(path);
  const asText = ["big", "wild", "few", "holes", "late", "moment"];
  for (const [name, values] of found) {
    const select =
      name === "moment"
        ? `epoch_us(moment)::varchar`
        : asText.includes(name)
          ? `${name}::varchar`
          : name === "money"
            ? "money::double"
            : name;
    const reader = await connection.runAndReadAll(`select ${select} from t`);
    const expected = reader.getColumnsJson()[0]!.map((value) => (typeof value === "boolean" ? Number(value) : value));
    expect([name, values.length]).toEqual([name, rows]);
    const wrong = values.findIndex(
      (value, row) =>
        value !== expected[row] && !(typeof value === "number" && Math.abs(value - Number(expected[row])) < 1e-3),
    );
    expect([name, wrong, values[wrong], expected[wrong]]).toEqual([name, -1, undefined, undefined]);
  }
});
