// blkparse's text and blktrace's binary files: both give the same requests, those that blkparse itself counts.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { FormatError } from "../../src/base/index.ts";
import { openFolder, readRows, traceSchema } from "../../src/trace/index.ts";
import { describeImporter, importInto, type Imported } from "../kit/import-conformance.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const samples = fileURLToPath(new URL("../../traces/samples/blktrace", import.meta.url));
const folders = existsSync(samples)
  ? readdirSync(samples).flatMap((version) => readdirSync(join(samples, version)).map((run) => join(version, run)))
  : [];
const { deviceTable, deviceIoTable, eventTable } = traceSchema;
const { labels } = deviceIoTable.columns[4];

function tableOf({ folder }: Imported, table: Parameters<typeof readRows>[0]) {
  return readRows(table, openFolder("trace", folder).sources.get(table.name)!);
}

/** Requests with the names of their devices, in an order of their own. */
function requestsOf(imported: Imported): string[] {
  const devices = tableOf(imported, deviceTable).map(({ name }) => String(name));
  return tableOf(imported, deviceIoTable)
    .map((row) => {
      const times = [row["submit_ns"], row["complete_ns"], row["offset_bytes"], row["bytes"]];
      return [...times, labels[Number(row["direction"])], devices[Number(row["device_index"])]].join(" ");
    })
    .toSorted();
}

const inFolder = (folder: string, name: string) => join(samples, folder, name);
const short = (folder: string) => folder.replaceAll("/", "-");

function perCpu(folder: string): string[] {
  return readdirSync(join(samples, folder))
    .filter((name) => /^disk\.blktrace\.\d+$/.test(name))
    .map((name) => inFolder(folder, name));
}

describeImporter(
  "blkparse",
  folders.flatMap((folder) =>
    ["disk.blkparse", "disk.blkparse-s", "disk.blkparse-t", "two.blkparse"].map((name) => ({
      golden: `${short(folder)}-${name}`,
      files: [inFolder(folder, `${name}.txt`)],
    })),
  ),
);

describeImporter(
  "blktrace",
  folders.flatMap((folder) => [
    { golden: `blktrace-${short(folder)}-per-cpu`, files: perCpu(folder) },
    { golden: `blktrace-${short(folder)}-two`, files: [inFolder(folder, "two.stdout.bin")] },
  ]),
);

/** Sum of a figure of blkparse's summaries, without that of all CPUs. */
function summed(text: string, figure: string): { readonly count: number; readonly kib: number } {
  const perCpuPart = text.split("\nTotal ")[0]!;
  const found = [...perCpuPart.matchAll(new RegExp(`${figure}: +(\\d+), +(\\d+)KiB`, "g"))];
  const sum = (group: 1 | 2) => found.reduce((total, match) => total + Number(match[group]), 0);
  return { count: sum(1), kib: sum(2) };
}

describe.each(folders)("a recording of blktrace %s", (folder) => {
  test("gives the same requests as text, as files of each CPU, and as one file", async () => {
    const text = requestsOf(await importInto([inFolder(folder, "disk.blkparse.txt")]));
    expect(text.length).toBeGreaterThan(0);
    for (const files of [perCpu(folder), [inFolder(folder, "disk.merged.bin")], perCpu(folder).toReversed()]) {
      expect(requestsOf(await importInto(files))).toEqual(text);
    }
    for (const name of ["disk.blkparse-q.txt", "disk.blkparse-s.txt", "disk.blkparse-t.txt"]) {
      expect(requestsOf(await importInto([inFolder(folder, name)]))).toEqual(text);
    }
    const two = requestsOf(await importInto([inFolder(folder, "two.blkparse.txt")]));
    expect(requestsOf(await importInto([inFolder(folder, "two.stdout.bin")]))).toEqual(two);
  });

  test.each(["disk.blkparse.txt", "two.blkparse.txt"])("holds what blkparse counts in %s", async (name) => {
    const text = readFileSync(inFolder(folder, name), "utf8");
    const imported = await importInto([inFolder(folder, name)]);
    const rows = tableOf(imported, deviceIoTable);
    const of = (...directions: string[]) =>
      rows.filter((row) => directions.includes(labels[Number(row["direction"])]!));
    const kib = (some: typeof rows) => some.reduce((sum, row) => sum + Number(row["bytes"]), 0) / 1024;
    // What blkparse calls a read is all that is no write, flushes too; a discard is a write to it.
    const [reads, writes] = [of("read", "flush"), of("write", "other")];
    expect({ count: reads.length, kib: kib(reads) }).toEqual(summed(text, "Read Dispatches"));
    expect({ count: writes.length, kib: kib(writes) }).toEqual(summed(text, "Write Dispatches"));
    expect({ count: reads.length, kib: kib(reads) }).toEqual(summed(text, "Reads Completed"));
    expect(kib(writes)).toBe(summed(text, "Writes Completed").kib);
    // The second ends of flushes are completions of writes to it, of 0 bytes.
    const dropped = imported.report.sources[0]!.dropped.find(({ code }) => code === "unmatched-completes-dropped")!;
    expect(writes.length + dropped.rows).toBe(summed(text, "Writes Completed").count);
    expect(rows.filter((row) => row["complete_ns"] === null)).toEqual([]);
  });

  test("takes as long from issue to completion as blkparse says", async () => {
    const text = readFileSync(inFolder(folder, "disk.blkparse-t.txt"), "utf8");
    const expected = [...text.matchAll(/ C +\w+ \d+ \+ \d+ \( *(\d+)\)/g)].map(([, ns]) => Number(ns));
    const rows = tableOf(await importInto([inFolder(folder, "disk.blkparse-t.txt")]), deviceIoTable);
    const found = rows
      .filter((row) => row["offset_bytes"] !== null)
      .map((row) => Number(row["complete_ns"]) - Number(row["submit_ns"]));
    const order = (left: number, right: number) => left - right;
    expect(found.toSorted(order)).toEqual(expected.toSorted(order));
  });
});

async function importBytes(bytes: string | Uint8Array, name = "made.txt"): Promise<Imported> {
  const folder = tempFolder();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), bytes);
  return importInto([join(folder, name)]);
}

interface Line {
  readonly at: number;
  readonly action: string;
  readonly rest: string;
  readonly device?: string;
}

function lines(events: readonly Line[]): string {
  return events
    .map(({ at, action, rest, device = "  8,16 " }, index) => {
      const time = `${String(Math.floor(at / 1e9)).padStart(5)}.${String(at % 1e9).padStart(9, "0")}`;
      return `${device}  0 ${String(index + 1).padStart(8)} ${time} ${"77".padStart(5)} ${action.padStart(2)} ${rest}\n`;
    })
    .join("");
}

const event = (at: number, action: string, rest: string, device?: string): Line => ({
  at,
  action,
  rest,
  ...(device !== undefined && { device }),
});

async function requests(events: readonly Line[]) {
  const imported = await importBytes(lines(events));
  const rows = tableOf(imported, deviceIoTable).map((row) => [
    row["submit_ns"],
    row["complete_ns"],
    labels[Number(row["direction"])],
    row["bytes"],
    row["offset_bytes"],
  ]);
  return { rows, ...imported.report };
}

describe("requests", () => {
  test("end when the last of their parts does, whatever else goes on at their place", async () => {
    const { rows } = await requests([
      event(0, "D", " WS 100 + 16 [a]"),
      event(10, "D", " RS 100 + 8 [a]"),
      event(20, "C", " RS 100 + 8 [0]"),
      event(30, "C", " WS 100 + 4 [0]"),
      event(40, "C", " WS 104 + 12 [0]"),
    ]);
    expect(rows).toEqual([
      [0, 40, "write", 8192, 51_200],
      [10, 20, "read", 4096, 51_200],
    ]);
  });

  test("that are given back begin anew", async () => {
    const { rows, sources, warnings } = await requests([
      event(0, "D", "  W 8 + 8 [a]"),
      event(10, "R", "  W 8 + 8 [a]"),
      event(20, "D", "  W 8 + 8 [a]"),
      event(30, "C", "  W 8 + 8 [0]"),
      event(40, "R", "  W 800 + 8 [a]"),
      event(50, "C", "  W 900 + 8 [-5]"),
      event(60, "D", "  W 950 + 8 [a]"),
    ]);
    expect(rows).toEqual([
      [20, 30, "write", 4096, 4096],
      [60, null, "write", 4096, 486_400],
    ]);
    expect(sources[0]).toMatchObject({ rows: 7, kept_rows: 3 });
    expect(sources[0]!.dropped.map(({ code, rows: count }) => [code, count])).toEqual([
      ["unmatched-completes-dropped", 1],
      ["requeued-issues-dropped", 3],
    ]);
    expect(warnings.map(({ code, rows: count }) => [code, count])).toEqual([
      ["guest-size-assumed", 1],
      ["requests-without-completion", 1],
      ["requests-failed", 1],
    ]);
  });

  test("begin where they are queued on devices that issue nothing themselves", async () => {
    const { rows, sources, warnings } = await requests([
      event(0, "Q", " WS 8 + 16 [a]", "253,0  "),
      event(1, "A", " WS 2056 + 16 <- (253,0) 8"),
      event(2, "Q", " WS 2056 + 16 [a]"),
      event(3, "D", " WS 2056 + 16 [a]"),
      event(4, "X", " WS 8 / 16 [a]", "253,0  "),
      event(5, "Q", "FWS [a]", "253,0  "),
      event(6, "C", " WS 2056 + 16 [0]"),
      event(7, "C", " WS 8 + 8 [0]", "253,0  "),
      event(8, "C", " WS 16 + 8 [0]", "253,0  "),
      event(9, "C", " WS 0 [0]", "253,0  "),
    ]);
    expect(rows).toEqual([
      [0, 8, "write", 8192, 4096],
      [3, 6, "write", 8192, 1_052_672],
      [5, 9, "flush", 0, null],
    ]);
    expect(sources[0]!.dropped.map(({ code, rows: count }) => [code, count])).toEqual([["queue-events-dropped", 3]]);
    expect(warnings).toContainEqual(expect.objectContaining({ code: "requests-from-queueing", rows: 2 }));
  });

  test("without a place are those of their kind, first come, first served", async () => {
    const { rows } = await requests([
      event(0, "D", "  R 512 (12 00 00) [a]"),
      event(1, "D", "  R 96 [a]"),
      event(2, "D", " FN [a]"),
      event(3, "D", "  N 0 [a]"),
      event(4, "C", "  R (12 00 00) [0]"),
      event(5, "C", " FN 0 [0]"),
      event(6, "C", "  R [0]"),
      event(7, "C", "  N [0]"),
      event(8, "D", "  W 18446744073709551615 + 8 [a]"),
      event(9, "C", "  W 18446744073709551615 + 8 [0]"),
    ]);
    expect(rows).toEqual([
      [0, 4, "read", 512, null],
      [1, 6, "read", 96, null],
      [2, 5, "flush", 0, null],
      [3, 7, "other", 0, null],
      [8, 9, "write", 4096, null],
    ]);
  });

  test("are found where lines stand a little out of order", async () => {
    const { rows } = await requests([event(5, "C", "  R 8 + 8 [0]"), event(0, "D", "  R 8 + 8 [a]")]);
    expect(rows).toEqual([[0, 5, "read", 4096, 4096]]);
  });

  test("that never end are let go, the oldest of one place first, and in no time", async () => {
    const many = Array.from({ length: 100_000 }, (_, at) => event(at, "D", "  R 8 + 8 [a]"));
    const startMs = performance.now();
    const { rows } = await requests([...many, event(100_000, "C", "  R 8 + 8 [0]")]);
    expect(performance.now() - startMs).toBeLessThan(10_000);
    expect(rows).toHaveLength(100_000);
    expect(rows.filter(([, complete]) => complete !== null)).toEqual([[99_936, 100_000, "read", 4096, 4096]]);
  });
});

describe("what blkparse prints", () => {
  const sound = lines([event(0, "D", "  R 8 + 8 [a]"), event(1, "C", "  R 8 + 8 [0]")]);

  test("may hold messages, which become events, and says how many events it skipped", async () => {
    const message = `  8,16   3        0     0.000000001     0  m   N cfq12 slice expired\n`;
    const imported = await importBytes(`${sound}${message}Skips: 2 forward (17 -   0.5%)\n\n`);
    expect(tableOf(imported, eventTable)).toMatchObject([
      { time_ns: 1, duration_ns: null, cpu_index: 3, detail: "cfq12 slice expired" },
    ]);
    expect(imported.report.warnings).toContainEqual(expect.objectContaining({ code: "events-lost", rows: 17 }));
    expect(imported.report.sources[0]).toMatchObject({ rows: 5, kept_rows: 3 });
  });

  test.each([
    ["a line that ends early", "  8,16   0        3     0.000000002    77  D\n"],
    ["a size of ages", "  8,16   0        3     0.000000002    77  D   R 8 + 99999999999999 [a]\n"],
    ["a time without ns", "  8,16   0        3     0    77  D   R 8 + 8 [a]\n"],
    ["numbers alone", "1 2 3 4\n"],
    ["a major number of more than 12 bits", "4096,0   0        3     0.000000002    77  D   R 8 + 8 [a]\n"],
  ])("with %s is refused", async (_, line) => {
    const refused = importBytes(sound + line);
    await expect(refused).rejects.toThrow("line 3: expected maj,min cpu seq sec.nsec pid action rwbs");
    await expect(refused).rejects.toBeInstanceOf(FormatError);
  });

  test("in a format of one's own is refused, with the format to ask for", async () => {
    const csv = join(samples, folders[0] ?? "", "disk.blkparse-f.csv");
    if (!existsSync(csv)) return;
    const refused = importInto([csv], { format: "blkparse" });
    await expect(refused).rejects.toMatchObject({ hint: 'the default format is -f "%D %2c %8s %5T.%9t %5p %2a %3d"' });
  });

  test("of two recordings is refused, as each begins at its own 0", async () => {
    const folder = tempFolder();
    mkdirSync(folder, { recursive: true });
    for (const name of ["a", "b"]) writeFileSync(join(folder, name), sound);
    await expect(importInto([join(folder, "a"), join(folder, "b")])).rejects.toThrow("expected one output of blkparse");
  });
});

describe.skipIf(folders.length === 0)("binary files", () => {
  const bytes = folders.length > 0 ? readFileSync(inFolder(folders[0]!, "two.stdout.bin")) : Buffer.alloc(0);

  /** Where records begin. */
  function* starts(): Generator<number> {
    for (let at = 0; at < bytes.length; at += 48 + bytes.readUInt16LE(at + 46)) yield at;
  }

  function swapped(): Buffer {
    const big = Buffer.from(bytes);
    const widths = [4, 4, 8, 8, 4, 4, 4, 4, 4, 2, 2];
    for (const start of starts()) {
      let at = start;
      for (const width of widths) {
        big.subarray(at, at + width).reverse();
        at += width;
      }
    }
    return big;
  }

  test("of either byte order give the same", async () => {
    const little = requestsOf(await importBytes(bytes));
    expect(requestsOf(await importBytes(swapped()))).toEqual(little);
  });

  test("say how many events are missing", async () => {
    const [, , third, fourth] = [...starts()].filter((at) => ((bytes.readUInt32LE(at + 28) >>> 16) & 1024) === 0);
    const cut = Buffer.concat([bytes.subarray(0, third), bytes.subarray(fourth)]);
    const { report } = await importBytes(cut);
    expect(report.warnings).toContainEqual(expect.objectContaining({ code: "events-lost", rows: 1 }));
  });

  test("that end inside a record give those that are whole; other bytes are refused", async () => {
    const { report } = await importBytes(bytes.subarray(0, -1), "made.bin");
    expect(report.truncated).toMatchObject([
      { file: "made.bin", detail: expect.stringContaining("ends inside the record") },
    ]);
    const second = [...starts()][1]!;
    const version = Buffer.from(bytes);
    version[second] = 8;
    await expect(importBytes(version)).rejects.toThrow(
      `byte ${second}: expected the magic 65617407 of a record, found 65617408`,
    );
  });

  test("of a CPU that did nothing are empty", async () => {
    const folder = tempFolder();
    mkdirSync(folder, { recursive: true });
    const files = ["x.blktrace.0", "x.blktrace.1"].map((name) => join(folder, name));
    writeFileSync(files[0]!, bytes);
    writeFileSync(files[1]!, "");
    const imported = await importInto(files);
    expect(imported.report.header.name).toBe("x");
    expect(requestsOf(imported)).toEqual(requestsOf(await importBytes(bytes)));
  });
});
