// The kit on Chromium's Perfetto traces, and packets made by hand for what they do not hold; counts stand in perfetto-protoc.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { traceSchema, validateTrace } from "../../src/trace/index.ts";
import { type Imported, importInto, describeImporter } from "../kit/import-conformance.ts";
import { rowsOf } from "../kit/imported-rows.ts";
import { encodeProto, type ProtoValue, varint } from "../kit/proto-encode.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const folder = fileURLToPath(new URL("../../traces/samples/chromium/156.0.8078.108", import.meta.url));
const few = join(folder, "few.pftrace.gz");
const many = join(folder, "many.pftrace.gz");

describeImporter("perfetto", [
  { golden: "perfetto-chromium-few", files: [few] },
  { golden: "perfetto-chromium-many", files: [many] },
]);

const { counterKindTable, counterTable, eventKindTable, eventTable, taskTable } = traceSchema;

function eventsOf(imported: Imported) {
  const kinds = rowsOf(imported, eventKindTable);
  const tasks = rowsOf(imported, taskTable);
  return rowsOf(imported, eventTable).map((row) => ({
    timeNs: row["time_ns"] as number,
    durationNs: row["duration_ns"] as number | null,
    cpu: row["cpu_index"] as number | null,
    detail: row["detail"] as string | null,
    category: kinds[row["kind_index"] as number]!["category"] as string | null,
    name: kinds[row["kind_index"] as number]!["name"] as string,
    task: row["task_index"] === null ? undefined : tasks[row["task_index"] as number],
  }));
}

async function importPackets(
  packets: readonly { readonly [field: number]: ProtoValue | readonly ProtoValue[] }[] | Buffer,
): Promise<Imported> {
  const path = join(tempFolder(), "trace.pftrace");
  writeFileSync(path, Buffer.isBuffer(packets) ? packets : encodeProto({ 1: packets }));
  const imported = await importInto([path]);
  expect(validateTrace(imported.folder)).toEqual([]);
  return imported;
}

const s = 1_000_000_000;
const sequence = { 10: 1 };

describe("packets made by hand", () => {
  test("slices nest by track, counters have their track's name and unit, descriptors may come late", async () => {
    const imported = await importPackets([
      { ...sequence, 13: 1, 8: 5 * s, 11: { 9: 1, 11: 7, 22: "c", 23: "outer" } },
      {
        ...sequence,
        8: 5 * s + 10,
        11: {
          9: 1,
          11: 7,
          23: "inner",
          4: [
            { 10: "n", 4: -3 },
            { 10: "p", 7: 255 },
            { 10: "big", 3: 2n ** 60n },
          ],
        },
      },
      { ...sequence, 8: 5 * s + 30, 11: { 9: 2, 11: 7 } },
      { ...sequence, 8: 5 * s + 50, 11: { 9: 2, 11: 7 } },
      { ...sequence, 8: 5 * s + 60, 11: { 9: 2, 11: 7 } },
      { ...sequence, 8: 5 * s + 40, 11: { 9: 4, 11: 9, 30: 2 } },
      { ...sequence, 8: 5 * s + 45, 11: { 9: 4, 11: 10, 44: 2.5 } },
      { ...sequence, 60: { 1: 7, 5: 8, 4: { 1: 100, 2: 101, 5: "worker" } } },
      { ...sequence, 60: { 1: 9, 5: 8, 2: "rss", 8: { 3: 3, 4: 1024 } } },
      { ...sequence, 60: { 1: 8, 3: { 1: 100, 6: "server" } } },
    ]);
    expect(eventsOf(imported)).toMatchObject([
      {
        name: "outer",
        category: "c",
        timeNs: 0,
        durationNs: 50,
        task: { name: "worker", thread_id: 101, process_id: 100 },
      },
      { name: "inner", timeNs: 10, durationNs: 20, detail: '{"n":-3,"p":"0xff","big":"1152921504606846976"}' },
    ]);
    expect(rowsOf(imported, counterTable).map(({ time_ns, value }) => [time_ns, value])).toEqual([
      [40, 2],
      [45, 2.5],
    ]);
    expect(rowsOf(imported, counterKindTable).map(({ unit }) => unit)).toEqual(["bytes", null]);
    expect(imported.report.sources).toMatchObject([
      { rows: 10, kept_rows: 9, dropped: [{ code: "unmatched-ends-dropped", rows: 1 }] },
    ]);
  });

  test("counters count on, in their unit and multiple", async () => {
    const imported = await importPackets([
      { ...sequence, 13: 1, 60: { 1: 9, 2: "sent", 8: { 3: 3, 4: 1024, 5: 1 } } },
      { ...sequence, 8: s, 11: { 9: 4, 11: 9, 30: 2 } },
      { ...sequence, 8: 2 * s, 11: { 9: 4, 11: 9, 30: 3 } },
    ]);
    expect(rowsOf(imported, counterKindTable)).toEqual([{ name: "sent", unit: "bytes", vm_index: null }]);
    expect(rowsOf(imported, counterTable).map(({ value }) => value)).toEqual([2048, 5120]);
  });

  test("clocks: the primary one, one of differences for a sequence, one that nobody relates", async () => {
    const imported = await importPackets([
      {
        ...sequence,
        6: {
          1: [
            { 1: 6, 2: 1000 * s },
            { 1: 3, 2: 900 * s },
            { 1: 1, 2: 1_795_000_000n * BigInt(s) },
          ],
          2: 3,
        },
      },
      {
        10: 2,
        13: 1,
        6: {
          1: [
            { 1: 64, 2: 0, 3: 1, 4: 1000 },
            { 1: 3, 2: 901 * s },
          ],
        },
        59: { 58: 64 },
      },
      { ...sequence, 13: 1, 58: 3, 8: 901 * s, 11: { 9: 3, 23: "monotonic" } },
      { ...sequence, 58: 6, 8: 1002 * s, 11: { 9: 3, 23: "boot" } },
      { ...sequence, 58: 1, 8: 1_795_000_003n * BigInt(s), 11: { 9: 3, 23: "wall" } },
      { 10: 2, 8: 500, 11: { 9: 3, 23: "500 us" } },
      { 10: 2, 8: 250, 11: { 9: 3, 23: "750 us" } },
      { ...sequence, 58: 77, 8: 1, 11: { 9: 3, 23: "unknown" } },
    ]);
    expect(eventsOf(imported).map(({ name, timeNs }) => [name, timeNs])).toEqual([
      ["monotonic", 0],
      ["500 us", 500_000],
      ["750 us", 750_000],
      ["boot", 1e9],
      ["wall", 2e9],
    ]);
    expect(imported.report.sources).toMatchObject([
      { rows: 8, kept_rows: 7, dropped: [{ code: "untimed-packets-dropped", rows: 1 }] },
    ]);
  });

  test("what relies on lost texts is dropped until the writer begins anew", async () => {
    const named = (flags: number, more: object = {}) => ({
      ...sequence,
      13: flags,
      8: s,
      11: { 9: 3, 10: 1 },
      ...more,
    });
    const imported = await importPackets([
      named(2),
      named(3, { 12: { 2: { 1: 1, 2: "one" } } }),
      named(2),
      named(2, { 42: 1 }),
      named(3, { 12: { 2: { 1: 1, 2: "two" } } }),
    ]);
    expect(eventsOf(imported).map(({ name }) => name)).toEqual(["one", "one", "two"]);
    expect(imported.report.sources).toMatchObject([
      { rows: 5, kept_rows: 3, dropped: [{ code: "orphaned-packets-dropped", rows: 2 }] },
    ]);
    expect(imported.report.warnings).toContainEqual(expect.objectContaining({ code: "events-lost", rows: 1 }));
  });

  test("ftrace: known events by name, others by number, packed switches", async () => {
    const pack = (values: readonly number[]) => Buffer.concat(values.map((value) => varint(BigInt(value))));
    const imported = await importPackets([
      { ...sequence, 2: { 1: { 1: 40, 3: ["/bin/server", "-x"] }, 2: { 1: 41, 3: 40, 2: "io" } } },
      {
        ...sequence,
        1: {
          1: 3,
          2: [
            { 1: 7 * s, 2: 41, 4: { 1: "io", 2: 41, 3: 120, 4: 1, 5: "swapper/3", 6: 0, 7: 120 } },
            { 1: 7 * s + 5, 2: 0, 36: { 1: 24, 2: "nvme0q1" } },
            { 1: 7 * s + 6, 2: 0, 4000: { 1: 5, 2: "text" } },
            { 1: 7 * s + 7, 2: 41, 3: { 2: "hello\n" } },
          ],
          4: {
            5: ["kworker"],
            1: pack([7 * s + 8, 2]),
            2: pack([1, 2]),
            3: pack([9, 9]),
            4: pack([120, 120]),
            6: pack([0, 0]),
            7: pack([7 * s + 1]),
            8: pack([9]),
            9: pack([3]),
            10: pack([120]),
            11: pack([0]),
          },
        },
      },
    ]);
    expect(eventsOf(imported).map(({ name, timeNs, cpu, task }) => [name, timeNs, cpu, task?.["name"]])).toEqual([
      ["sched_switch", 0, 3, "io"],
      ["sched_waking", 1, 3, undefined],
      ["irq_handler_entry", 5, 3, "swapper/3"],
      ["ftrace event 4000", 6, 3, "swapper/3"],
      ["print", 7, 3, "io"],
      ["sched_switch", 8, 3, undefined],
      ["sched_switch", 10, 3, undefined],
    ]);
    expect(imported.report.sources).toMatchObject([{ rows: 8, kept_rows: 8 }]);
    expect(imported.report.warnings).toContainEqual(expect.objectContaining({ code: "unnamed-events", rows: 1 }));
  });

  test("packed packets are those inside", async () => {
    const inside = encodeProto({
      1: [
        { ...sequence, 13: 1, 8: s, 11: { 9: 3, 23: "a" } },
        { ...sequence, 8: 2 * s, 11: { 9: 3, 23: "b" } },
      ],
    });
    const imported = await importPackets([{ ...sequence, 50: deflateSync(inside) }]);
    expect(eventsOf(imported).map(({ name }) => name)).toEqual(["a", "b"]);
  });

  test("times of a host that runs for years are exact to the ns", async () => {
    const boot = 400n * 86_400n * BigInt(s);
    const imported = await importPackets([
      { ...sequence, 13: 1, 8: boot + 1n, 11: { 9: 3, 23: "a" } },
      { ...sequence, 8: boot + 2n, 11: { 9: 3, 23: "b" } },
    ]);
    expect(eventsOf(imported).map(({ timeNs }) => timeNs)).toEqual([0, 1]);
  });
});

describe("hostile packets", () => {
  const event = encodeProto({ 1: [{ ...sequence, 13: 1, 8: s, 11: { 9: 3, 23: "a" } }] });

  test("a file that ends inside a packet keeps what was whole", async () => {
    const imported = await importPackets(Buffer.concat([event, event.subarray(0, 9)]));
    expect(imported.report.truncated).toHaveLength(1);
    expect(imported.report.sources).toMatchObject([{ rows: 1 }]);
  });

  test.each([
    [
      "a length beyond all bounds",
      Buffer.concat([event, Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f])]),
      /more than 64 MiB/,
    ],
    ["another field than packets", Buffer.concat([event, Buffer.from([0x12, 0x00])]), /expected a packet/],
    [
      "a field that leaves its message",
      Buffer.concat([event, Buffer.from([0x0a, 0x02, 0x5a, 0x7f])]),
      /longer than its message/,
    ],
    ["a group", Buffer.concat([event, Buffer.from([0x0a, 0x01, 0x0b])]), /wire type 3/],
    [
      "packed packets that are none",
      encodeProto({ 1: [{ ...sequence, 50: Buffer.from("no zlib") }] }),
      /packed packets/,
    ],
    [
      "packed packets that unpack to too much",
      encodeProto({ 1: [{ ...sequence, 50: deflateSync(Buffer.alloc(2 ** 27)) }] }),
      /packed packets/,
    ],
  ])("%s", async (_, bytes, expected) => {
    await expect(importPackets(bytes)).rejects.toThrow(expected);
  });

  test("messages nested without end are cut", async () => {
    let value: { [field: number]: ProtoValue } = { 10: "leaf", 3: 1 };
    for (let depth = 0; depth < 200; depth++) value = { 10: "d", 11: value };
    const imported = await importPackets([{ ...sequence, 13: 1, 8: s, 11: { 9: 3, 23: "a", 4: value } }]);
    expect(eventsOf(imported)[0]!.detail!.length).toBeLessThan(500);
  });
});
