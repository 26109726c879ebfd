import { renameSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { tempFolder } from "../../test/kit/temp-folder.ts";
import { writeTinyTrace } from "../../test/kit/tiny-trace.ts";
import { FolderWriter } from "./folder.ts";
import type { Table } from "./schema/column.ts";
import { markTable } from "./schema/trace-tables.ts";
import { validateTrace } from "./validate.ts";

const facts: Parameters<FolderWriter<"trace">["finish"]>[0] = {
  name: "back",
  source: "",
  licence: "",
  importer: "none",
  clock: "",
  page_bytes: 4096,
  span_ns: 10,
  inputs: [],
};

test("validateTrace reports rows that go back in time, which our own writer refuses to write", () => {
  const path = join(tempFolder(), "trace");
  const unordered = { ...markTable, orderedBy: undefined } as unknown as Table;
  const writer = new FolderWriter("trace", path);
  for (const time_ns of [1, 5, 4, 3, 6]) writer.table(unordered).push({ time_ns, vm_index: null, name: "mark" });
  writer.finish(facts);
  expect(validateTrace(path)).toStrictEqual([
    { code: "time-goes-back", table: "mark", row: 3, rows: 2, detail: "time_ns: 4 follows 5" },
  ]);
});

test("validateTrace reports negative times and unreadable tables as issues", () => {
  const path = join(tempFolder(), "trace");
  const mark = [{ time_ns: -1, vm_index: null, name: "mark" }];
  writeTinyTrace(path, { name: "negative", spanNs: 1, tables: { mark } });
  renameSync(join(path, "dma.arrow"), join(path, "other.arrow"));
  const issues = validateTrace(path);
  expect(issues.map(({ code, table }) => `${table} ${code}`)).toStrictEqual([
    "mark time-negative",
    "dma table-unreadable",
  ]);
});
