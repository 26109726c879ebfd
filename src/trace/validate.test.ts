import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { tinyTraces } from "../../scripts/make-tiny-traces.ts";
import { tempFolder } from "../../test/kit/temp-folder.ts";
import { type TinyTrace, writeTinyTrace } from "../../test/kit/tiny-trace.ts";
import { validateTrace } from "./validate.ts";

const tracesFolder = fileURLToPath(new URL("../../traces", import.meta.url));
const sound = tinyTraces.get("two-vms")!;

/** The codes of the issues of the sound trace with one table's rows replaced. */
function issuesWith(table: string, rows: TinyTrace["tables"][string]) {
  const path = join(tempFolder(), "trace");
  writeTinyTrace(path, { ...sound, tables: { ...sound.tables, [table]: rows } });
  return validateTrace(path);
}

function firstRow(table: string, change: Record<string, number | string | null>) {
  const [first, ...rest] = sound.tables[table]!;
  return [{ ...first, ...change }, ...rest];
}

describe("validateTrace", () => {
  test.each(["vm-tcg-redis-nvme-net", "tiny/two-vms", "tiny/names-and-nulls"])("finds nothing in %s", (name) => {
    expect(validateTrace(join(tracesFolder, name))).toStrictEqual([]);
  });

  test.each<[string, string, Record<string, number | string | null>]>([
    ["vm-out-of-range", "device", { vm_index: 2 }],
    ["device-out-of-range", "interrupt", { device_index: 9 }],
    ["code-without-label", "dma", { direction: 3 }],
    ["page-count-zero", "page_write", { page_count: 0 }],
    ["frame-beyond-memory", "page_write", { start_gfn: 4090 }],
    ["frame-beyond-memory", "dma", { start_gfn: 2047 }],
    ["frame-beyond-memory", "page_population", { page_count: 5000 }],
    ["complete-before-submit", "device_io", { complete_ns: 1 }],
    ["tick-missing", "page_write", { vm_index: 1 }],
    ["tick-start-after-end", "tick", { start_ns: 7 }],
    ["time-after-span", "device_io", { complete_ns: 1_010_000_001 }],
    ["guest-size-invalid", "vm", { guest_bytes: 16_777_217 }],
  ])("reports %s of table %s", (code, table, change) => {
    expect(issuesWith(table, firstRow(table, change))).toContainEqual(
      expect.objectContaining({ code, table, row: 1, rows: expect.any(Number), detail: expect.any(String) }),
    );
  });

  test("reports ticks that are missing for a whole table with one issue and a count", () => {
    const issues = issuesWith("tick", []);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatchObject({ code: "tick-missing", table: "page_write", row: 1, rows: 29 });
  });
});
