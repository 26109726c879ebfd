// Loads of blkreplay: what is taken, what is refused, and the sums of real ones.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { blockLoads } from "../../../test/kit/foreign-traces.ts";
import { tempFolder } from "../../../test/kit/temp-folder.ts";
import { FormatError } from "../../base/index.ts";
import { openFolder } from "../folder.ts";
import { readRows } from "../read.ts";
import { deviceIoTable } from "../schema/trace-tables.ts";
import { importTrace } from "./import-trace.ts";

const head = `Free text about where it is from.

start ; sector; length ; op ;  replay_delay=0 ; replay_duration=0
`;
const lines = `      0.000000000 ;     37766853 ;   64 ; W ; 0.0 ; 0.0
      0.449518165 ;     37766917 ;   14 ; R ; 0.0 ; 0.000250000
      0.449518165 ;            0 ;    0 ; FWS ; 0.0 ; 0.0
     12.5 ;            0 ;    8 ; RA ; 0.0 ; 0.0
     12.4 ;            0 ;    8 ; D ; 0.0 ; 0.0
     13.0 ;            0 ;    0 ; F ; 0.0 ; 0.0
`;

async function importText(text: string | Buffer, name = "mail.load") {
  const folder = tempFolder();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), text);
  const target = join(folder, "trace");
  const report = await importTrace({ inputs: [join(folder, name)], target });
  return { report, rows: readRows(deviceIoTable, openFolder("trace", target).sources.get("device_io")!) };
}

describe("a load of blkreplay", () => {
  test("becomes requests, in order, with a completion where it has a duration", async () => {
    const { report, rows } = await importText(head + lines);
    expect(report).toMatchObject({ importer: "blkreplay 2", span_ns: 13e9 });
    expect(report.header.name).toBe("mail");
    const label = (row: (typeof rows)[number]) => deviceIoTable.columns[4].labels[Number(row["direction"])];
    expect(rows.map((row) => [row["submit_ns"], row["complete_ns"], row["bytes"], label(row)])).toEqual([
      [0, null, 32_768, "write"],
      [449_518_165, 449_768_165, 7168, "read"],
      [449_518_165, null, 0, "write"],
      [12_400_000_000, null, 4096, "other"],
      [12_500_000_000, null, 4096, "read"],
      [13_000_000_000, null, 0, "flush"],
    ]);
    expect(report.warnings.map(({ code, rows: count }) => [code, count])).toEqual([
      ["guest-size-assumed", 1],
      ["requests-without-completion", 5],
      ["rows-reordered", 1],
    ]);
  });

  test("is known by its heading, packed or not, whatever it is called", async () => {
    const { report } = await importText(gzipSync(head + lines), "anything.bin");
    expect(report.importer).toBe("blkreplay 2");
  });

  test.each([
    ["a negative time", `${head}-1.0 ; 5 ; 8 ; W ; 0.0 ; 0.0\n`, "line 4: expected start"],
    ["a time beyond 104 days", `${head}99999999.0 ; 5 ; 8 ; W ; 0.0 ; 0.0\n`, "line 4: expected start"],
    ["words", `${head}one ; two ; three ; four ; five ; six\n`, "line 4: expected start"],
    ["no requests", head, "expected requests, found none"],
    ["a line without end", `${head}${"x".repeat(70_000)}`, "line 4: beyond the limit line_bytes"],
  ])("with %s is refused", async (_, text, message) => {
    const refused = importText(text);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(FormatError);
  });

  test("that ends inside a line gives the lines that are whole, and says so", async () => {
    const { report, rows } = await importText(`${head}${lines}14.0 ; 5 ; 12`);
    expect(rows).toHaveLength(6);
    expect(report.truncated).toEqual([
      { file: "mail.load", detail: "the file ends inside line 10, which was left out" },
    ]);
  });

  test("leaves nothing behind where it is refused", async () => {
    const folder = tempFolder();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "a.load"), head);
    await expect(importTrace({ inputs: [join(folder, "a.load")], target: join(folder, "trace") })).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(["a.load"]);
  });
});

const skipped = existsSync(blockLoads) ? "" : ` (skipped: there is no ${blockLoads})`;

describe.skipIf(!existsSync(blockLoads))(`loads of real servers${skipped}`, () => {
  // Rows, writes and MiB as counted by others from the same files.
  test.each([
    ["linux-mysql", 80_794, 73_607, 1050, 79],
    ["windows-shared-server", 1371, 1371, 5, 0],
  ])("%s: %d requests", async (name, requestCount, writeCount, writtenMib, readMib) => {
    const target = join(tempFolder(), "trace");
    await importTrace({ inputs: [join(blockLoads, `${name}.load.gz`)], target });
    const rows = readRows(deviceIoTable, openFolder("trace", target).sources.get("device_io")!);
    expect(rows.length).toBe(requestCount);
    const mib = (direction: number): number =>
      rows.filter((row) => row["direction"] === direction).reduce((sum, row) => sum + Number(row["bytes"]), 0) /
      2 ** 20;
    expect(rows.filter((row) => row["direction"] === 1).length).toBe(writeCount);
    expect([Math.round(mib(1)), Math.round(mib(0))]).toEqual([writtenMib, readMib]);
  });
});
