// Traces of virtual SCSI disks: the kit, and all three forms held against a plain reading of the records.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { openFolder, readRows, traceSchema } from "../../src/trace/index.ts";
import { describeImporter, importInto } from "../kit/import-conformance.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const folder = fileURLToPath(new URL("../../traces/samples/vscsi/1", import.meta.url));
const names = ["disk.vscsi1", "disk.vscsi2", "disk.csv"];

describeImporter(
  "vscsi",
  names.map((name) => ({ golden: `vscsi-${name}`, files: [join(folder, name)] })),
);

async function requestsOf(path: string) {
  const { folder: trace, report } = await importInto([path]);
  return { report, rows: readRows(traceSchema.deviceIoTable, openFolder("trace", trace).sources.get("device_io")!) };
}

/** The CSV's lines, split. */
const lines = readFileSync(join(folder, "disk.csv"), "utf8")
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => line.split(","));

describe("a trace of a virtual SCSI disk", () => {
  test.each(names)("%s: every request with its time, place, length and direction", async (name) => {
    const { rows, report } = await requestsOf(join(folder, name));
    const labels: Readonly<Record<string, number>> = { "28": 0, "88": 0, "2a": 1, "8a": 1, "35": 2, "0": 3 };
    const first = Math.min(...lines.map(([, time]) => Number(time)));
    const naive = lines
      .map(([, time, command, bytes, sector], row) => ({
        submit_ns: (Number(time) - first) * 1000,
        bytes: Number(bytes),
        direction: labels[command!]!,
        // Of a command without data, the block says nothing.
        offset_bytes: ["35", "0"].includes(command!) ? null : Number(sector) * 512,
        row,
      }))
      .sort((one, other) => one.submit_ns - other.submit_ns || one.row - other.row);
    expect(
      rows.map(({ submit_ns, bytes, direction, offset_bytes }) => ({ submit_ns, bytes, direction, offset_bytes })),
    ).toEqual(
      naive.map(({ submit_ns, bytes, direction, offset_bytes }) => ({ submit_ns, bytes, direction, offset_bytes })),
    );
    const responses = rows.map(({ submit_ns, complete_ns }) => Number(complete_ns) - Number(submit_ns));
    expect(rows.some(({ complete_ns }) => complete_ns !== null)).toBe(name === "disk.vscsi2");
    if (name === "disk.vscsi2") {
      expect(Math.min(...responses)).toBeGreaterThanOrEqual(100_000);
      expect(Math.max(...responses)).toBeLessThan(9_100_000);
    }
    expect(report.sources[0]!.kept_rows).toBe(300);
  });

  test("as CSV in whole seconds is read in seconds", async () => {
    const path = join(tempFolder(), "seconds.csv");
    writeFileSync(path, "version,time,op,size,lbn\n1,33898,2a,512,42932745\n1,33900,28,4096,7\n");
    const { rows } = await requestsOf(path);
    expect(rows.map(({ submit_ns }) => submit_ns)).toEqual([0, 2e9]);
  });

  test("as vscsiStats prints it gives the same requests", async () => {
    const names = new Map([
      ["28", "read"],
      ["2a", "write"],
    ]);
    const rows = lines.map(([, time, command, bytes, sector]) =>
      [2_147_483_692, bytes, 1, names.get(command!) ?? `0x${command!.padStart(2, "0")}`, sector, time].join(","),
    );
    const head = [
      "#Vscsi Cmd Trace. (Trace Format Version 1)",
      "#Serial Number,IO Data Length,Num SG Entries,Command Type,LBN,Time Stamp (microseconds)",
    ];
    const path = join(tempFolder(), "stats.txt");
    writeFileSync(path, `${[...head, ...rows].join("\n")}\n`);
    const found = await requestsOf(path);
    expect(found.rows).toEqual((await requestsOf(join(folder, "disk.csv"))).rows);
    expect(found.report.sources).toMatchObject([{ rows: 302, kept_rows: 300 }]);
    writeFileSync(path, `${head.join("\n")}\n1,512,1,jump,8,5\n`);
    await expect(requestsOf(path)).rejects.toThrow(
      "line 3: expected serial number, length, entries, command, block, us",
    );
  });

  test("that ends inside a record keeps the whole ones", async () => {
    const path = join(tempFolder(), "cut.vscsi2");
    writeFileSync(path, readFileSync(join(folder, "disk.vscsi2")).subarray(0, 40 * 100 + 7));
    const { rows, report } = await requestsOf(path);
    expect(rows).toHaveLength(100);
    expect(report.truncated).toEqual([{ file: "cut.vscsi2", detail: "the file ends inside record 101" }]);
  });

  test("with a record of another version is refused", async () => {
    const bytes = Buffer.from(readFileSync(join(folder, "disk.vscsi1")));
    bytes.writeUInt16LE(3 << 8, 32 * 200 + 14);
    const path = join(tempFolder(), "mixed.vscsi1");
    writeFileSync(path, bytes);
    await expect(requestsOf(path)).rejects.toThrow(/record 201: expected version 1/);
  });
});
