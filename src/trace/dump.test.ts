import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { expectGolden } from "../../test/kit/golden.ts";
import { tempFolder } from "../../test/kit/temp-folder.ts";
import { UsageError } from "../base/index.ts";
import { describeFolder, type TraceDescription } from "./describe.ts";
import { dumpFolder } from "./dump.ts";

const tracesFolder = fileURLToPath(new URL("../../traces", import.meta.url));

describe("dumpFolder", () => {
  test.each(["two-vms", "names-and-nulls"])("gives the golden text of the tiny trace %s", (name) => {
    expectGolden(`trace/${name}.txt`, dumpFolder(join(tracesFolder, "tiny", name)));
  });

  test("shows the beginning of long tables and says how much is left", () => {
    const text = dumpFolder(join(tracesFolder, "vm-tcg-redis-nvme-net"), { maxRows: 4 });
    expect(text).toContain("page_write: 134596 rows\n");
    expect(text).toContain("  … 134592 more rows\n");
    expectGolden("trace/vm-tcg-redis-nvme-net.txt", text);
  });

  test("lets no control character through", () => {
    const text = dumpFolder(join(tracesFolder, "tiny/names-and-nulls"));
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  });

  test("refuses a folder of no kind", () => {
    expect(() => dumpFolder(tempFolder())).toThrow(UsageError);
  });
});

describe("describeFolder", () => {
  test("counts what each VM did", () => {
    const description = describeFolder(join(tracesFolder, "tiny/two-vms")) as TraceDescription;
    expect(description).toMatchObject({ kind: "trace", span_ns: 1_010_000_000, header: { name: "two-vms" } });
    expect(description.vms).toStrictEqual([
      {
        name: "web",
        guest_bytes: 16_777_216,
        vcpu_count: 2,
        tick_count: 11,
        present_pages: 16,
        written_pages: 10 * 9,
        distinct_pages: 81,
        populated_pages: 512,
      },
      {
        name: "db",
        guest_bytes: 8_388_608,
        vcpu_count: 1,
        tick_count: 11,
        present_pages: 2,
        written_pages: 3 + 4 + 8 + 9 + 10 + 11 + 12,
        distinct_pages: 12,
        populated_pages: 16,
      },
    ]);
    expect(description.devices[1]).toStrictEqual({ vm_index: 1, name: "disk0", kind: "nvme" });
    expect(JSON.parse(JSON.stringify(description))).toMatchObject({ kind: "trace" });
  });
});
