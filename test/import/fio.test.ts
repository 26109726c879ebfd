// fio's logs against fio's own totals of the same runs, and logs that no run at hand made.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { FormatError } from "../../src/base/index.ts";
import { openFolder, readRows, traceSchema } from "../../src/trace/index.ts";
import { describeImporter, importInto, type Imported } from "../kit/import-conformance.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const samples = fileURLToPath(new URL("../../traces/samples/fio", import.meta.url));
const folder = join(samples, "3.33");
const hasSamples = existsSync(folder);
const { counterKindTable, counterTable, deviceTable, deviceIoTable } = traceSchema;
const { labels } = deviceIoTable.columns[4];

function logs(run: string, types = "bw|clat|iops|lat|slat"): string[] {
  const names = hasSamples ? readdirSync(folder) : [];
  return names
    .filter((name) => new RegExp(`^${run}_(${types})\\.\\d\\.log$`).test(name))
    .map((name) => join(folder, name));
}

function tableOf({ folder: trace }: Imported, table: Parameters<typeof readRows>[0]) {
  const source = openFolder("trace", trace).sources.get(table.name);
  return source ? readRows(table, source) : [];
}

const iologs = [join(folder, "mixed.iolog"), join(samples, "3.25/mixed.iolog")];

describeImporter("fio", [
  ...["mix", "offset", "prio", "average", "replay"].map((run) => ({
    golden: `fio-${run}`,
    files: logs(run),
    needsNames: true,
  })),
  { golden: "fio-clat", files: logs("offset", "clat"), needsNames: true },
  { golden: "fio-iolog-3", files: [iologs[0]!] },
  { golden: "fio-iolog-2", files: [iologs[1]!] },
]);

interface Latency {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
}

interface Part {
  readonly total_ios: number;
  readonly io_bytes: number;
  readonly lat_ns: Latency;
  readonly clat_ns: Latency;
}

type Job = Readonly<Record<"read" | "write" | "trim", Part>>;

function jobsOf(run: string): readonly Job[] {
  return (JSON.parse(readFileSync(join(folder, `${run}.json`), "utf8")) as { jobs: Job[] }).jobs;
}

const parts = [
  ["read", "read"],
  ["write", "write"],
  ["trim", "other"],
] as const;

/** Requests, bytes and latencies of each job and direction, as fio counts them. */
function totals(imported: Imported, device: number, label: string) {
  const rows = tableOf(imported, deviceIoTable).filter(
    (row) => row["device_index"] === device && labels[Number(row["direction"])] === label,
  );
  const latencies = rows.map((row) => Number(row["complete_ns"]) - Number(row["submit_ns"]));
  return {
    count: rows.length,
    bytes: rows.reduce((sum, row) => sum + Number(row["bytes"]), 0),
    min: rows.length === 0 ? 0 : Math.min(...latencies),
    max: rows.length === 0 ? 0 : Math.max(...latencies),
    mean: rows.length === 0 ? 0 : latencies.reduce((sum, ns) => sum + ns, 0) / rows.length,
  };
}

describe.skipIf(!hasSamples)("fio's own totals", () => {
  test.each([
    ["mix", "lat"],
    ["offset", "lat"],
    ["offset", "clat"],
    ["prio", "lat"],
    ["replay", "lat"],
  ] as const)("of %s are those of its requests, by %s", async (run, type) => {
    const imported = await importInto(logs(run, type));
    for (const [device, job] of jobsOf(run).entries()) {
      for (const [part, label] of parts) {
        const found = totals(imported, device, label);
        const { min, max, mean } = job[part][`${type}_ns`];
        expect({ ...found, mean: 0 }).toEqual({
          count: job[part].total_ios,
          bytes: job[part].io_bytes,
          min,
          max,
          mean: 0,
        });
        // fio writes means with six digits behind the point.
        expect(found.mean).toBeCloseTo(mean, 4);
      }
    }
  });

  test("count the requests of an iolog", async () => {
    const [job] = jobsOf("iolog");
    for (const file of iologs) {
      const rows = tableOf(await importInto([file]), deviceIoTable);
      for (const [part, label] of parts) {
        const found = rows.filter((row) => labels[Number(row["direction"])] === label);
        expect(found.length).toBe(job![part].total_ios);
        expect(found.reduce((sum, row) => sum + Number(row["bytes"]), 0)).toBe(job![part].io_bytes);
      }
    }
  });

  test("of means over time are means of the counters", async () => {
    const imported = await importInto(logs("average"));
    expect(tableOf(imported, deviceIoTable)).toEqual([]);
    const kinds = tableOf(imported, counterKindTable).map(({ name, unit }) => [name, unit].join(" "));
    expect(kinds.toSorted()).toEqual(
      ["bw read KiB/s", "clat read ns", "iops read 1/s", "lat read ns", "slat read ns"].map(
        (kind) => `average.1 ${kind}`,
      ),
    );
    const valuesOf = (kind: string) => {
      const index = kinds.findIndex((name) => name.startsWith(`average.1 ${kind} `));
      const rows = tableOf(imported, counterTable).filter((row) => row["kind_index"] === index);
      return rows.map((row) => Number(row["value"]));
    };
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    // Terse version 5, reads: of the bandwidth least, most, mean and samples; of the operations least, most and mean.
    const terse = readFileSync(join(folder, "average.terse.txt"), "utf8").split(";").map(Number);
    const [bandwidth, operations] = [valuesOf("bw read"), valuesOf("iops read")];
    expect([Math.min(...bandwidth), Math.max(...bandwidth), bandwidth.length]).toEqual([
      terse[41],
      terse[42],
      terse[46],
    ]);
    expect(mean(bandwidth)).toBeCloseTo(terse[44]!, 5);
    expect([Math.min(...operations), Math.max(...operations)]).toEqual([terse[47], terse[48]]);
    expect(mean(operations)).toBeCloseTo(terse[49]!, 5);
  });
});

async function importLogs(files: Readonly<Record<string, string>>): Promise<Imported> {
  const made = tempFolder();
  mkdirSync(made, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text);
  return importInto(Object.keys(files).map((name) => join(made, name)));
}

function requestsOf(imported: Imported) {
  return tableOf(imported, deviceIoTable).map((row) => [
    row["submit_ns"],
    row["complete_ns"],
    row["device_index"],
    labels[Number(row["direction"])],
    row["bytes"],
    row["offset_bytes"],
  ]);
}

describe("a log", () => {
  test("has its requests end at its times, however many columns it has", async () => {
    const expected = [
      [0, 500_000, 0, "read", 4096, null],
      [1_500_000, 2_500_000, 0, "write", 512, null],
    ];
    const endings = ["", ", 0", ", 1", ", 0x2001"];
    for (const ending of endings) {
      const text = `1, 500000, 0, 4096${ending}\n3, 1000000, 1, 512${ending}\n`;
      expect(requestsOf(await importLogs({ "a_lat.log": text }))).toEqual(expected);
    }
    const withOffset = expected.map((row, index) => [...row.slice(0, 5), index * 4096]);
    for (const ending of ["", ", 0", ", 0x0000, 123456789"]) {
      const text = `1, 500000, 0, 4096, 0${ending}\n3, 1000000, 1, 512, 4096${ending}\n`;
      expect(requestsOf(await importLogs({ "a_clat.7.log": text }))).toEqual(withOffset);
    }
  });

  test("says which of its columns have no place", async () => {
    const text = "1, 500000, 0, 4096, 8192, 0x2001\n1, 500000, 0, 4096, 8192, 0\n1, 500000, 0, 4096, 8192, 0, 77\n";
    const { report } = await importLogs({ "a_lat.log": text });
    expect(report.warnings).toContainEqual(expect.objectContaining({ code: "columns-dropped", rows: 2 }));
  });

  test("of latency is a counter where the job has a better one, or means only", async () => {
    const imported = await importLogs({
      "a_clat.1.log": "2, 400000, 0, 4096\n",
      "a_lat.1.log": "2, 500000, 0, 4096\n",
      "b_lat.1.log": "2, 300000, 2, 0\n",
    });
    expect(requestsOf(imported)).toEqual([[0, 500_000, 0, "read", 4096, null]]);
    expect(tableOf(imported, counterKindTable)).toEqual([
      { name: "a.1 clat read", unit: "ns", vm_index: null },
      { name: "b.1 lat trim", unit: "ns", vm_index: null },
    ]);
    expect(imported.report.warnings).toContainEqual(expect.objectContaining({ code: "starts-assumed", rows: 2 }));
  });

  test("with Unix times is of the machine's clock", async () => {
    const text = "1795661204123, 2000123456, 0, 4096\n1795661204124, 1, 1, 4096\n";
    const { report, folder: trace } = await importLogs({ "a_lat.1.log": text, "b_lat.1.log": text });
    expect(report.clock).toMatch(/^realtime: /);
    expect(report.warnings.map(({ code }) => code)).toEqual(["guest-size-assumed"]);
    expect(requestsOf({ folder: trace, report })[0]).toEqual([0, 2_000_123_456, 0, "read", 4096, null]);
  });

  test("whose name was lost is refused, with what to do", async () => {
    await expect(importLogs({ "file-1": "1, 500000, 0, 4096\n" })).rejects.toMatchObject({
      message: expect.stringContaining("expected a name like job_lat.1.log, found file-1"),
      hint: expect.stringContaining("look the same"),
    });
  });

  test.each([
    ["a direction of 3", "1, 5, 3, 4096"],
    ["a negative value", "1, -5, 0, 4096"],
    ["a fraction", "1.5, 5, 0, 4096"],
    ["too few columns", "1, 5, 0"],
    ["too many columns", "1, 5, 0, 4096, 0, 0, 0, 0"],
    ["a number beyond 2^53", "1, 5, 0, 99999999999999999"],
    ["words", "one, two, three, four"],
  ])("with %s is refused", async (_, line) => {
    const sound = "1, 5, 0, 4096, 0, 0\n".repeat(5000);
    const refused = importLogs({ "a_lat.1.log": `${sound}${line}\n` });
    await expect(refused).rejects.toThrow("line 5001: expected time, value, direction, size, offset, priority");
    await expect(refused).rejects.toBeInstanceOf(FormatError);
  });
});

describe("an iolog", () => {
  test("of version 2 has no times but those of its waits", async () => {
    const head = "fio version 2 iolog\n/dev/a add\n/dev/a open\n";
    const plain = await importLogs({ "x.log": `${head}/dev/a read 0 4096\n/dev/a write 4096 512\n` });
    expect(requestsOf(plain).map(([submit]) => submit)).toEqual([0, 0]);
    expect(plain.report.warnings).toContainEqual(expect.objectContaining({ code: "times-unknown", rows: 2 }));
    const waiting = await importLogs({
      "x.log": `${head}/dev/a read 0 4096\n/dev/a wait 250 0\n/dev/b sync 0 0\n/dev/b wait 1000000\n/dev/b trim 512 512\n`,
    });
    expect(requestsOf(waiting)).toEqual([
      [0, null, 0, "read", 4096, 0],
      [250_000, null, 1, "flush", 0, null],
      [1_000_250_000, null, 1, "other", 512, 512],
    ]);
    expect(tableOf(waiting, deviceTable).map(({ name }) => name)).toEqual(["/dev/a", "/dev/b"]);
    expect(waiting.report.warnings.map(({ code }) => code)).not.toContain("times-unknown");
  });

  test.each([
    ["an unknown action", "5 /dev/a erase 0 4096", "expected µs, file, action, offset, length"],
    ["no length", "5 /dev/a read 0", "expected µs, file, action, offset, length"],
    ["no time", "/dev/a read 0 4096", "expected µs, file, action, offset, length"],
    ["a time of ages", "9007199254740991 /dev/a read 0 4096", "s from the trace's start, expected at most"],
  ])("with %s is refused", async (_, line, message) => {
    await expect(importLogs({ x: `fio version 3 iolog\n0 /dev/a add\n${line}\n` })).rejects.toThrow(message);
  });
});
