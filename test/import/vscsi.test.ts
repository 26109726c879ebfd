<<<<<<< HEAD
// Traces of virtual SCSI disks: one load in four forms, against a reading of its own of the bytes.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
=======
// Traces of virtual SCSI disks: the kit, and all three forms held against a plain reading of the records.
import { readFileSync, writeFileSync } from "node:fs";
>>>>>>> 94a88b565181ec81ae9bed6805729a86ca3bf4f2
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

<<<<<<< HEAD
import { FormatError } from "../../src/base/index.ts";
import { openFolder, readRows, traceSchema } from "../../src/trace/index.ts";
import { describeImporter, importInto, type Imported } from "../kit/import-conformance.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const folder = fileURLToPath(new URL("../../traces/samples/vscsi/made", import.meta.url));
const { deviceIoTable } = traceSchema;
const { labels } = deviceIoTable.columns[4];
const names = ["load-1.vscsitrace", "load-2.vscsitrace", "load-stats.csv", "load-seconds.csv"];
=======
import { openFolder, readRows, traceSchema } from "../../src/trace/index.ts";
import { describeImporter, importInto } from "../kit/import-conformance.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const folder = fileURLToPath(new URL("../../traces/samples/vscsi/1", import.meta.url));
const names = ["disk.vscsi1", "disk.vscsi2", "disk.csv"];
>>>>>>> 94a88b565181ec81ae9bed6805729a86ca3bf4f2

describeImporter(
  "vscsi",
  names.map((name) => ({ golden: `vscsi-${name}`, files: [join(folder, name)] })),
);

<<<<<<< HEAD
function requestsOf({ folder: trace }: Imported) {
  return readRows(deviceIoTable, openFolder("trace", trace).sources.get("device_io")!).map((row) => ({
    submitNs: Number(row["submit_ns"]),
    completeNs: row["complete_ns"],
    direction: labels[Number(row["direction"])],
    bytes: row["bytes"],
    offset: row["offset_bytes"],
  }));
}

/** Version 1's text as a table, by its columns alone. */
function naive() {
  const lines = readFileSync(join(folder, "load-stats.csv"), "utf8").trim().split("\n").slice(2);
  const words = new Map([
    ["read", "read"],
    ["write", "write"],
    ["0x8a", "write"],
    ["0x35", "flush"],
  ]);
  const rows = lines.map((line) => line.split(","));
  const startUs = BigInt(rows[0]![5]!);
  return rows.map(([, bytes, , command, block, us]) => {
    const direction = words.get(command!) ?? "other";
    const isPlaced = (direction === "read" || direction === "write") && bytes !== "0";
    return {
      submitNs: Number((BigInt(us!) - startUs) * 1000n),
      direction,
      bytes: Number(bytes),
      offset: isPlaced ? Number(block) * 512 : null,
    };
  });
}

describe.skipIf(!existsSync(folder))("one load", () => {
  test("is the same in version 1 and in vscsiStats' text, and what the text says", async () => {
    const expected = naive().map((row) => ({ ...row, completeNs: null }));
    expect(expected).toHaveLength(240);
    for (const name of ["load-1.vscsitrace", "load-stats.csv"]) {
      expect(requestsOf(await importInto([join(folder, name)]))).toEqual(expected);
    }
  });

  test("has ends in version 2", async () => {
    const bytes = readFileSync(join(folder, "load-2.vscsitrace"));
    const responses = Array.from({ length: 240 }, (_, index) => bytes.readUInt32LE(index * 40 + 32));
    const imported = await importInto([join(folder, "load-2.vscsitrace")]);
    expect(requestsOf(imported)).toEqual(
      naive().map((row, index) => ({
        ...row,
        completeNs: responses[index] === 0 ? null : row.submitNs + responses[index]! * 1000,
      })),
    );
    expect(imported.report.warnings.map(({ code, rows }) => [code, rows])).toEqual([
      ["guest-size-assumed", 1],
      ["requests-without-completion", 5],
      ["units-assumed", 235],
      ["columns-dropped", 240],
    ]);
  });

  test("has times of whole seconds in the text that has only them", async () => {
    const imported = await importInto([join(folder, "load-seconds.csv")]);
    const rows = requestsOf(imported);
    expect(imported.report.clock).toBe("time since the host's boot, in steps of 1 s");
    expect(rows.map(({ submitNs }) => submitNs % 1e9)).toEqual(rows.map(() => 0));
    const unordered = (of: readonly object[]) => of.map((row) => JSON.stringify(row)).toSorted();
    const expected = naive().map(({ direction, bytes, offset }) => ({ direction, bytes, offset }));
    expect(unordered(rows.map(({ direction, bytes, offset }) => ({ direction, bytes, offset })))).toEqual(
      unordered(expected),
    );
  });
});

async function importBytes(bytes: string | Uint8Array, format?: string): Promise<Imported> {
  const made = tempFolder();
  mkdirSync(made, { recursive: true });
  writeFileSync(join(made, "disk"), bytes);
  return importInto([join(made, "disk")], format === undefined ? {} : { format });
}

describe.skipIf(!existsSync(folder))("a damaged trace", () => {
  const bytes = readFileSync(join(folder, "load-1.vscsitrace"));
  /** More than is looked at first. */
  const long = Buffer.concat(Array.from({ length: 10 }, () => bytes));

  test("that ends inside a record gives those that are whole", async () => {
    const { report } = await importBytes(bytes.subarray(0, -3));
    expect(report.sources).toMatchObject([{ rows: 239, kept_rows: 239 }]);
    expect(report.truncated).toEqual([
      { file: "disk", detail: "the file ends inside the record that begins at byte 7648" },
    ]);
  });

  test.each([
    ["another version", 14, 0x00],
    ["a length of gigabytes", 7, 0x7f],
    ["a command of more than a byte", 13, 0x01],
    ["a block beyond 2^53 bytes", 22, 0x40],
    ["a time of ages", 30, 0xff],
  ])("with %s is refused", async (_, at, byte) => {
    const broken = Buffer.from(long);
    broken[70_400 + at] = byte === 0 ? 7 : byte;
    const refused = importBytes(broken);
    await expect(refused).rejects.toThrow("byte 70400: expected a record of vscsi version 1, found other bytes");
    await expect(refused).rejects.toBeInstanceOf(FormatError);
  });

  test.each([
    ["a word for a number", "1,5,2a,many,8"],
    ["an unknown command", "1,5,jump,512,8"],
    ["a missing column", "1,5,2a,512"],
    ["one column more", "1,5,2a,512,8,9"],
    ["a negative block", "1,5,2a,512,-8"],
  ])("text with %s is refused", async (_, line) => {
    await expect(importBytes(`version,time,op,size,lbn\n1,4,28,512,8\n${line}\n`)).rejects.toThrow(
      "line 3: expected version, time, operation code, size, block",
    );
  });

  test("is not taken for one where it is something else", async () => {
    await expect(importBytes(bytes.subarray(0, 32))).rejects.toThrow("expected a known format");
    await expect(importBytes(Buffer.alloc(4096), "vscsi")).rejects.toThrow("expected records of vscsi version 1 or 2");
=======
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
        offset_bytes: Number(sector) * 512,
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
    expect(report.sources[0]!.rows).toBe(300);
  });

  test("as CSV in whole seconds is read in seconds", async () => {
    const path = join(tempFolder(), "seconds.csv");
    writeFileSync(path, "version,time,op,size,lbn\n1,33898,2a,512,42932745\n1,33900,28,4096,7\n");
    const { rows } = await requestsOf(path);
    expect(rows.map(({ submit_ns }) => submit_ns)).toEqual([0, 2e9]);
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
>>>>>>> 94a88b565181ec81ae9bed6805729a86ca3bf4f2
  });
});
