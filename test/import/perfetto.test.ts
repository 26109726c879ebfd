// The kit on Chromium's Perfetto traces; counts against protoc's reading of the bytes; packets made by hand for the rest.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateSync, gunzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { openFolder, readRows, traceSchema, validateTrace } from "../../src/trace/index.ts";
import { type Imported, importInto, describeImporter } from "../kit/import-conformance.ts";
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

function rowsOf({ folder: path }: Imported, table: Parameters<typeof readRows>[0]) {
  const source = openFolder("trace", path).sources.get(table.name);
  return source ? readRows(table, source) : [];
}

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

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** The texts among the fields, which bytes alone do not tell from messages; protoc shows all others by their numbers. */
const schema = `syntax = "proto2";
message Trace { repeated Packet f1 = 1; }
message Packet { optional Event f11 = 11; optional Interned f12 = 12; optional Track f60 = 60; }
message Event { optional string f23 = 23; optional Legacy f6 = 6; }
message Legacy { optional string f7 = 7; }
message Interned { repeated Name f2 = 2; }
message Name { optional string f2 = 2; }
message Track { optional Thread f4 = 4; }
message Thread { optional string f5 = 5; }
`;

/** A message as protoc shows it: values and messages by their numbers. */
interface Raw {
  readonly [field: string]: readonly (string | Raw)[];
}

function parseRaw(text: string): Raw {
  const stack: Record<string, (string | Raw)[]>[] = [{}];
  for (const line of text.split("\n")) {
    const [, field, open, value] = /^\s*f?(\d+)(?:( \{)|: (.*))$/.exec(line) ?? [];
    if (line.trim() === "}") stack.pop();
    if (field === undefined) continue;
    const list = (stack.at(-1)![field] ??= []);
    if (open === undefined) {
      list.push(value!);
      continue;
    }
    const inner: Record<string, (string | Raw)[]> = {};
    list.push(inner);
    stack.push(inner);
  }
  return stack[0]!;
}

const messages = (raw: Raw | undefined, field: number): Raw[] =>
  (raw?.[field] ?? []).filter((value): value is Raw => typeof value === "object");
const first = (raw: Raw | undefined, field: number): string | undefined =>
  raw?.[field]?.find((value): value is string => typeof value === "string");

const protoc = "/usr/bin/protoc";
const note = existsSync(protoc) ? "" : ` (skipped: there is no ${protoc})`;

describe.skipIf(note !== "")(`protoc's reading of the bytes${note}`, () => {
  const decode = (path: string) => {
    const proto = join(tempFolder(), "trace.proto");
    writeFileSync(proto, schema);
    const options = { input: gunzipSync(readFileSync(path)), maxBuffer: 2 ** 28 };
    return parseRaw(execFileSync(protoc, ["--decode=Trace", `-I${dirname(proto)}`, proto], options).toString());
  };

  /** Track events that make an event, by their names: texts that stand for names are told once a sequence. */
  function namesIn(packets: readonly Raw[]): { readonly names: string[]; readonly ends: number } {
    const names: string[] = [];
    const interned = new Map<string, Map<string, string>>();
    let ends = 0;
    for (const packet of packets) {
      const sequence = first(packet, 10)!;
      if ((Number(first(packet, 13) ?? 0) & 1) === 1 || !interned.has(sequence)) interned.set(sequence, new Map());
      for (const entry of messages(messages(packet, 12)[0], 2)) {
        interned.get(sequence)!.set(first(entry, 1)!, JSON.parse(first(entry, 2)!) as string);
      }
      const event = messages(packet, 11)[0];
      if (!event) continue;
      const legacy = messages(event, 6)[0];
      const phase = String.fromCharCode(Number(first(legacy, 2) ?? 0));
      if (first(event, 9) === "2" || phase === "e") {
        ends++;
        continue;
      }
      const text = first(event, 23);
      const id = first(event, 10) ?? first(legacy, 1);
      names.push(text === undefined ? (interned.get(sequence)!.get(id ?? "") ?? "") : (JSON.parse(text) as string));
    }
    return { names, ends };
  }

  test.each([few, many])("%s has the same events by name, and the same packets", async (path) => {
    const packets = messages(decode(path), 1);
    const imported = await importInto([path]);
    const { names, ends } = namesIn(packets);
    const events = eventsOf(imported);
    expect(countBy(events.map(({ name }) => name))).toEqual(countBy(names));
    const [source] = imported.report.sources;
    expect(source!.rows).toBe(packets.length);
    const unmatched = source!.dropped.find(({ code }) => code === "unmatched-ends-dropped")?.rows ?? 0;
    expect(events.filter(({ durationNs }) => durationNs !== null).length).toBe(ends - unmatched);
    const kept = [6, 11, 12, 43, 44, 59, 60];
    const others = packets.filter((packet) => !kept.some((field) => packet[field] !== undefined));
    const bare = others.filter((packet) =>
      Object.keys(packet).every((field) => ["3", "8", "10", "13", "41", "42", "58", "79", "87", "98"].includes(field)),
    );
    expect(source!.dropped.find(({ code }) => code === "packets-dropped")?.rows).toBe(others.length - bare.length);
    const threads = new Set(
      packets
        .flatMap((packet) => messages(packet, 60))
        .flatMap((track) => messages(track, 4))
        .map((thread) => JSON.parse(first(thread, 5) ?? '""') as string),
    );
    for (const task of rowsOf(imported, taskTable)) {
      if (task["thread_id"] !== null) expect([...threads]).toContain(task["name"]);
    }
  });
});

test("Chromium's JSON and its Perfetto trace of the same page hold the same kinds of event", async () => {
  const json = eventsOf(await importInto([join(folder, "stream.json.gz")]));
  const proto = eventsOf(await importInto([few]));
  const kinds = (events: typeof json) =>
    new Set(events.map(({ category, name }) => `${category} ${name}`).filter((kind) => !kind.startsWith("__metadata")));
  const [inJson, inProto] = [kinds(json), kinds(proto)];
  const shared = [...inJson].filter((kind) => inProto.has(kind));
  // The JSON is made of the same packets by the browser; what a visit of a page does varies a little.
  expect(shared.length).toBeGreaterThan(0.9 * Math.max(inJson.size, inProto.size));
  const marks = (events: typeof json) =>
    countBy(events.map(({ name }) => name).filter((name) => name === "turn" || name === "first" || name === "turns"));
  expect(marks(proto)).toEqual(marks(json));
  expect(marks(proto)).toEqual({ first: 1, turn: 20, turns: 1 });
});

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
