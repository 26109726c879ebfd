// The kit on traces of Chromium and Node; counts against a plain reading of the JSON; what is special to the format.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { traceSchema, validateTrace } from "../../src/trace/index.ts";
import { type Imported, importInto, describeImporter } from "../kit/import-conformance.ts";
import { rowsOf } from "../kit/imported-rows.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const folder = fileURLToPath(new URL("../../traces/samples", import.meta.url));
const stream = join(folder, "chromium/156.0.8078.108/stream.json.gz");
const array = join(folder, "chromium/156.0.8078.108/reported-array.json");
const node = join(folder, "node/24.21.0/node_trace.1.log");

describeImporter("chrome-trace", [
  { golden: "chrome-trace-chromium-stream", files: [stream] },
  { golden: "chrome-trace-chromium-array", files: [array] },
  { golden: "chrome-trace-node", files: [node] },
]);

const { counterKindTable, counterTable, eventKindTable, eventTable, taskTable } = traceSchema;

/** Events with the names of their kinds and tasks. */
function eventsOf(imported: Imported) {
  const kinds = rowsOf(imported, eventKindTable);
  const tasks = rowsOf(imported, taskTable);
  return rowsOf(imported, eventTable).map((row) => {
    const task = row["task_index"] === null ? undefined : tasks[row["task_index"] as number];
    return { ...row, kind: kinds[row["kind_index"] as number]!, task };
  });
}

interface JsonEvent {
  readonly ph: string;
  readonly name: string;
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
}

function readJson(path: string): JsonEvent[] {
  const bytes = readFileSync(path);
  const parsed = JSON.parse((path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString()) as
    | JsonEvent[]
    | { traceEvents: JsonEvent[] };
  return Array.isArray(parsed) ? parsed : parsed.traceEvents;
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

async function importEvents(events: readonly unknown[] | string): Promise<Imported> {
  const path = join(tempFolder(), "trace.json");
  writeFileSync(path, typeof events === "string" ? events : JSON.stringify(events));
  const imported = await importInto([path]);
  expect(validateTrace(imported.folder)).toEqual([]);
  return imported;
}

describe.each([stream, array, node])("%s", (path) => {
  test("has every event of a plain reading by name, duration and thread", async () => {
    const imported = await importInto([path]);
    const json = readJson(path);
    // Each begin makes an event; an async end whose begin came before the recording makes none.
    const expected = json.filter(({ ph }) => !["M", "E", "e"].includes(ph));
    const events = eventsOf(imported);
    expect(countBy(events.map(({ kind }) => kind["name"] as string))).toEqual(
      countBy(expected.map(({ name }) => name)),
    );
    const first = Math.min(...expected.map(({ ts }) => ts));
    const slices = json.filter(({ ph }) => ph === "X");
    const shown = (row: readonly unknown[]) => row.join(" ");
    const found = new Set(
      events.map((event) =>
        shown([
          event.kind["name"],
          event["time_ns" as never],
          event["duration_ns" as never],
          event.task?.["thread_id"],
        ]),
      ),
    );
    for (const { name, ts, dur, tid } of slices) {
      expect(found).toContain(shown([name, (ts - first) * 1000, dur! * 1000, tid]));
    }
    const names = json.filter(({ ph, name }) => ph === "M" && name === "thread_name");
    for (const task of rowsOf(imported, taskTable)) {
      const { args } = names.find(({ tid }) => tid === task["thread_id"]) as unknown as { args: { name: string } };
      expect(task["name"]).toBe(args.name);
    }
  });
});

test("B and E nest by thread, and each pair is one event", async () => {
  const at = (ph: string, ts: number, name: string, tid = 1) => ({ ph, ts, name, pid: 7, tid });
  const imported = await importEvents([
    at("B", 10, "outer"),
    at("B", 11.5, "inner"),
    at("B", 12, "other thread", 2),
    at("E", 13.25, "inner"),
    at("E", 20, "outer"),
    at("E", 21, "nothing open"),
  ]);
  expect(
    eventsOf(imported).map(({ kind, ...row }) => [kind["name"], row["time_ns" as never], row["duration_ns" as never]]),
  ).toEqual([
    ["outer", 0, 10_000],
    ["inner", 1500, 1750],
    ["other thread", 2000, null],
  ]);
  expect(imported.report.sources).toMatchObject([
    { rows: 6, kept_rows: 5, dropped: [{ code: "unmatched-ends-dropped", rows: 1 }] },
  ]);
  expect(imported.report.warnings).toContainEqual(expect.objectContaining({ code: "slices-without-end", rows: 1 }));
});

test("asynchronous slices are told apart by category, scope, id and, for local ids, process", async () => {
  const at = (ph: string, ts: number, fields: object) => ({
    ph,
    ts,
    pid: 1,
    tid: 1,
    cat: "net",
    name: "load",
    ...fields,
  });
  const imported = await importEvents([
    at("b", 0, { id: "0x1" }),
    at("b", 1, { id: "0x2" }),
    at("b", 2, { id2: { local: "0x1" } }),
    at("b", 3, { id2: { local: "0x1" }, pid: 2 }),
    at("e", 10, { id: "0x1" }),
    at("e", 20, { id2: { local: "0x1" } }),
    at("e", 30, { id2: { local: "0x1" }, pid: 2 }),
    at("e", 40, { id: "0x2" }),
  ]);
  expect(rowsOf(imported, eventTable).map(({ duration_ns }) => duration_ns)).toEqual([10_000, 39_000, 18_000, 27_000]);
});

test("counters, flows, names that come late, ids that are texts", async () => {
  const imported = await importEvents([
    { ph: "C", ts: 1, name: "memory", pid: 3, args: { used: 5, free: "7.5", note: "x" } },
    { ph: "C", ts: 2, name: "memory", pid: 3, args: {} },
    { ph: "s", ts: 3, name: "flow", id: 9, pid: 3, tid: 4 },
    { ph: "X", ts: "4.5", dur: 1, name: "x", pid: 3, tid: "worker" },
    { ph: "i", ts: 5, name: "y", pid: 3, tid: 6 },
    { ph: "M", name: "process_name", pid: 3, args: { name: "server" } },
    { ph: "M", name: "thread_name", pid: 3, tid: 4, args: { name: "main" } },
    { ph: "M", name: "process_sort_index", pid: 3, args: { sort_index: 1 } },
    { ph: "?", ts: 6, name: "odd" },
    { ph: "X", name: "no time" },
    17,
  ]);
  const kinds = rowsOf(imported, counterKindTable);
  expect(
    rowsOf(imported, counterTable).map(({ kind_index, value }) => [kinds[kind_index as number]!["name"], value]),
  ).toEqual([
    ["memory.used (process 3)", 5],
    ["memory.free (process 3)", 7.5],
  ]);
  expect(rowsOf(imported, taskTable)).toEqual([
    { name: "main", thread_id: 4, process_id: 3 },
    { name: "server", thread_id: null, process_id: 3 },
    { name: "server", thread_id: 6, process_id: 3 },
  ]);
  expect(eventsOf(imported)[0]).toMatchObject({ detail: '{"ph":"s","id":9}', time_ns: 2000 });
  expect(imported.report.sources).toMatchObject([
    {
      rows: 11,
      dropped: [
        { code: "empty-counters-dropped", rows: 1 },
        { code: "metadata-dropped", rows: 1 },
        { code: "broken-events-dropped", rows: 2 },
      ],
    },
  ]);
});

test("a missing bracket is no fault, an event that is cut is", async () => {
  const event = '{"ph":"i","ts":1,"name":"a","pid":1,"tid":1}';
  const open = await importEvents(`[\n${event},\n${event},\n`);
  expect(open.report.truncated).toEqual([]);
  const cut = await importEvents(`[\n${event},\n${event.slice(0, 20)}`);
  expect(cut.report.truncated).toHaveLength(1);
  expect(cut.report.sources).toMatchObject([{ rows: 1 }]);
});

test("the first event may stand last", async () => {
  const events = Array.from({ length: 3000 }, (_, index) => ({ ph: "i", ts: 1e9 - index, name: "a", pid: 1, tid: 1 }));
  const imported = await importEvents(events);
  expect(rowsOf(imported, eventTable).map(({ time_ns }) => time_ns)).toEqual(events.map((_, index) => index * 1000));
  expect(imported.report.warnings.map(({ code }) => code)).not.toContain("times-before-start");
});

describe("hostile traces", () => {
  test("times that no clock has, numbers that are none, nesting without end", async () => {
    const odd = ["-1", "1e400", '"x"', "null", "9007199254740993"];
    const text = odd.map((ts) => `{"ph":"X","ts":${ts},"name":"a","pid":-1,"tid":1e99}`).join(",");
    const imported = await importEvents(`[{"ph":"X","ts":1,"dur":-5,"name":"a"},${text}]`);
    expect(imported.report.sources).toMatchObject([{ rows: 6, kept_rows: 1 }]);
    await expect(
      importEvents(`[{"ph":"X","ts":1,"name":"a","args":${"[".repeat(100)}${"]".repeat(100)}}]`),
    ).rejects.toThrow(/beyond the limit nesting/);
  });

  test("a great many slices that never end are given up, the oldest first", async () => {
    const begins = Array.from({ length: 20_000 }, (_, tid) => `{"ph":"B","ts":${tid},"name":"a","pid":1,"tid":${tid}}`);
    const imported = await importEvents(`[${begins.join(",")}]`);
    expect(imported.report.tables).toContainEqual(expect.objectContaining({ table: "event", rows: 20_000 }));
  });

  test("details are cut at their limit, and it is said", async () => {
    const imported = await importEvents([{ ph: "i", ts: 1, name: "a", args: { text: "x".repeat(10_000) } }]);
    expect(String(rowsOf(imported, eventTable)[0]!["detail"])).toHaveLength(4097);
    expect(imported.report.warnings).toContainEqual(expect.objectContaining({ code: "details-cut", rows: 1 }));
  });
});
