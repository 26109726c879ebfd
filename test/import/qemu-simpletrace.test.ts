// The kit on binary traces of QEMU, against what QEMU's own script prints of them, and records that QEMU does not write.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { describeImporter, importInto } from "../kit/import-conformance.ts";
import { importBytes, importFiles, namedRows, rowsOf, warningCounts } from "../kit/imported-rows.ts";
import { sampleFile } from "../kit/samples.ts";

const sample = (name: string) => sampleFile(`qemu-simpletrace/7.2.0/${name}`);
const withList = (name: string) => [sample(`${name}.simpletrace.gz`), sample(`${name}.trace-events`)];

describeImporter("qemu-simpletrace", [
  { golden: "qemu-simpletrace-virtio-nvme", files: withList("virtio-nvme") },
  { golden: "qemu-simpletrace-qemu-io", files: withList("qemu-io") },
  { golden: "qemu-simpletrace-no-list", files: [sample("qemu-io.simpletrace.gz")] },
]);

/** `name us-since-the-last pid=n argument=value …`, as the script prints; texts as Python's bytes. */
function readPrinted(name: string) {
  const text = gunzipSync(readFileSync(sample(`${name}.printed.txt.gz`))).toString("utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [, event, us, args] = /^(\S+) (\S+) pid=\d+ ?(.*)$/.exec(line)!;
      return { event: event!, deltaNs: Math.round(Number(us) * 1000), args: args!.replace(/=b'([^']*)'/g, "=$1") };
    });
}

describe("against the script of QEMU", () => {
  test.each(["virtio-nvme", "qemu-io"])("%s: the same events, arguments and times between them", async (name) => {
    const printed = readPrinted(name);
    const rows = namedRows(await importInto(withList(name)), "event");
    // The trace sorts what threads wrote out of order; the script prints steps back.
    let ns = 0;
    const expected = printed
      .map(({ event, deltaNs, args }) => {
        ns += deltaNs;
        return { name: event, ns, detail: args };
      })
      .sort((one, other) => one.ns - other.ns);
    const first = expected[0]!.ns;
    expect(rows.map((row) => [row["name"], row["time_ns"], row["detail"]])).toEqual(
      expected.map((row) => [row.name, row.ns - first, row.detail]),
    );
  });

  test("requests are those of the printed reads and writes", async () => {
    const printed = readPrinted("virtio-nvme");
    const bytes = (event: string, argument: RegExp, scale: number) =>
      printed
        .filter((row) => row.event === event)
        .reduce((sum, { args }) => sum + Number(argument.exec(args)![1]) * scale, 0);
    const io = rowsOf(await importInto(withList("virtio-nvme")), "device_io");
    const sum = (direction: number) =>
      io.filter((row) => row["direction"] === direction).reduce((total, row) => total + (row["bytes"] as number), 0);
    expect([io.length, sum(0), sum(1)]).toEqual([
      248,
      bytes("virtio_blk_handle_read", /nsectors=(\w+)/, 512) + bytes("pci_nvme_read", /count=(\w+)/, 1),
      bytes("virtio_blk_handle_write", /nsectors=(\w+)/, 512) + bytes("pci_nvme_write", /count=(\w+)/, 1),
    ]);
    expect(io.every((row) => row["complete_ns"] !== null)).toBe(true);
  });
});

const allOnes = 0xffff_ffff_ffff_ffffn;
const lost = allOnes - 1n;

class TraceBytes {
  readonly #parts: Buffer[] = [];
  readonly #isLittle: boolean;

  constructor(isLittle = true, version = 4n) {
    this.#isLittle = isLittle;
    this.u64(allOnes).u64(0xf2b1_77cb_0aa4_29b4n).u64(version);
  }

  u64(value: bigint): this {
    const bytes = Buffer.alloc(8);
    if (this.#isLittle) bytes.writeBigUInt64LE(value);
    else bytes.writeBigUInt64BE(value);
    this.#parts.push(bytes);
    return this;
  }

  u32(value: number): this {
    const bytes = Buffer.alloc(4);
    if (this.#isLittle) bytes.writeUInt32LE(value);
    else bytes.writeUInt32BE(value);
    this.#parts.push(bytes);
    return this;
  }

  name(id: bigint, name: string): this {
    this.u64(0n).u64(id).u32(Buffer.byteLength(name));
    this.#parts.push(Buffer.from(name));
    return this;
  }

  event(id: bigint, ns: bigint, ...args: bigint[]): this {
    this.u64(1n)
      .u64(id)
      .u64(ns)
      .u32(24 + 8 * args.length)
      .u32(77);
    for (const arg of args) this.u64(arg);
    return this;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

const importTraceBytes = (bytes: Buffer) => importBytes("x.simpletrace", bytes, { format: "qemu-simpletrace" });

describe("records that the samples do not hold", () => {
  test.each([true, false])("lost events are counted, and words kept (little-endian: %s)", async (isLittle) => {
    const trace = new TraceBytes(isLittle)
      .name(3n, "a_b")
      .event(3n, 20_000_000_000_000_007n, 5n, allOnes)
      .event(lost, 20_000_000_000_000_009n, 256n)
      .event(3n, 20_000_000_000_000_010n).bytes;
    const imported = await importTraceBytes(trace);
    expect(namedRows(imported, "event").map((row) => [row["name"], row["time_ns"], row["detail"]])).toEqual([
      ["a_b", 0, "0x5 0xffffffffffffffff"],
      ["events lost", 2, "count=0x100"],
      ["a_b", 3, null],
    ]);
    expect(warningCounts(imported)).toEqual({ "argument-types-unknown": 2, "events-lost": 256 });
  });

  test("a list of another QEMU explains nothing", async () => {
    const files = [sample("virtio-nvme.simpletrace.gz"), sample("qemu-io.trace-events")];
    const imported = await importInto(files);
    expect(warningCounts(imported)).toEqual({ "argument-types-unknown": 1280 });
    expect(rowsOf(imported, "device_io")).toEqual([]);
  });

  test("arguments that are not as the list says stay words", async () => {
    const trace = new TraceBytes()
      .name(3n, "a_b")
      .event(3n, 5n, 1n, 2n)
      .event(3n, 6n, 1n)
      .event(3n, 7n, 2n ** 63n).bytes;
    const list = '# list\ndisable vcpu a_b(const char *name, int n) "%s %d"\n';
    const imported = await importFiles({ "x.bin": trace, "list.txt": list });
    expect(namedRows(imported, "event").map((row) => row["detail"])).toEqual(["0x1 0x2", "0x1", "0x8000000000000000"]);
    expect(warningCounts(imported)).toEqual({ "argument-types-differ": 3 });
  });

  test.each([
    ["version 3", new TraceBytes(true, 3n).bytes, "expected version 4 of the trace, found 3"],
    ["a type of its own", new TraceBytes().u64(2n).u64(0n).u64(0n).bytes, "byte 24: expected a record of type 0 or 1"],
    ["an event without a name", new TraceBytes().event(3n, 1n).bytes, "byte 24: expected an event whose name"],
    [
      "a record too short",
      new TraceBytes().name(3n, "a").u64(1n).u64(3n).u64(1n).u32(23).u32(1).bytes,
      "found 23 bytes",
    ],
    [
      "a record too long",
      new TraceBytes()
        .name(3n, "a")
        .u64(1n)
        .u64(3n)
        .u64(1n)
        .u32(2 ** 31)
        .u32(1).bytes,
      "24 to 262144",
    ],
    [
      "a name too long",
      new TraceBytes()
        .u64(0n)
        .u64(3n)
        .u32(2 ** 31)
        .u32(1).bytes,
      "a name of at most 4096 bytes",
    ],
    ["a time of ages", new TraceBytes().name(3n, "a").event(3n, allOnes).bytes, "less than four years of uptime"],
    ["no event", new TraceBytes().name(3n, "a").bytes, "expected events, found none"],
  ])("refuses %s", async (_, bytes, message) => {
    await expect(importTraceBytes(bytes)).rejects.toThrow(message);
  });

  test("keeps what is whole of a trace that ends too early", async () => {
    const { bytes } = new TraceBytes().name(3n, "a_b").event(3n, 5n, 1n).event(3n, 6n, 1n);
    const imported = await importTraceBytes(bytes.subarray(0, bytes.length - 3));
    expect(rowsOf(imported, "event")).toHaveLength(1);
    expect(imported.report.truncated).toHaveLength(1);
  });
});
