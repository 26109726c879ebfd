// Parts of traces that exist: shifted, stretched, repeated, cut, and placed elsewhere.
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { traceSchema, validateTrace } from "../../src/trace/index.ts";
import { makeTrace, recipeOf, type TraceRow, traceRows } from "../kit/synth.ts";
import { tempFolder } from "../kit/temp-folder.ts";
import { writeTinyTrace } from "../kit/tiny-trace.ts";

const recorded = "traces/vm-tcg-redis-nvme-net";
const { deviceIoTable, dmaTable, interruptTable, markTable, netPacketTable, pagePopulationTable, pageWriteTable } =
  traceSchema;
const { tickTable, vmTable } = traceSchema;

function partRecipe(part: string, more = ""): string {
  return `version: 1
name: part
duration: 1 s
tick: 100 ms
vms:
${more}  - name: copy
    trace: {path: ${part}}
`;
}

/** Runs of neighbouring pages put together, as no source needs to have done that. */
function merged(rows: readonly TraceRow[]): string[] {
  const runs: { time: number; start: number; end: number }[] = [];
  for (const row of rows) {
    const [time, start] = [Number(row["time_ns"]), Number(row["start_gfn"])];
    const end = start + Number(row["page_count"]);
    const last = runs.at(-1);
    if (last && last.time === time && start <= last.end) last.end = Math.max(last.end, end);
    else runs.push({ time, start, end });
  }
  return runs.map(({ time, start, end }) => `${time} ${start} ${end}`);
}

/** Rows of a tick in the order of their frames. */
function byFrame(rows: TraceRow[]): TraceRow[] {
  return rows.sort(
    (left, right) =>
      Number(left["time_ns"]) - Number(right["time_ns"]) || Number(left["start_gfn"]) - Number(right["start_gfn"]),
  );
}

describe("a whole trace as a part", () => {
  const eventTables = [deviceIoTable, dmaTable, interruptTable, netPacketTable, pagePopulationTable];

  test("is that trace", async () => {
    const { target, warnings } = await makeTrace(partRecipe(recorded));
    expect(validateTrace(target)).toEqual([]);
    expect(warnings).toEqual([]);
    for (const table of [...eventTables, tickTable, markTable]) {
      expect(traceRows(target, table), table.name).toEqual(traceRows(recorded, table));
    }
    expect(merged(traceRows(target, pageWriteTable))).toEqual(merged(byFrame(traceRows(recorded, pageWriteTable))));
  });

  test("shifted and stretched lies at other times, and is the same otherwise", async () => {
    const { target } = await makeTrace(partRecipe(`${recorded}, shift: 3 s, stretch: 2`));
    expect(validateTrace(target)).toEqual([]);
    for (const table of eventTables) {
      const expected = traceRows(recorded, table).map((row): TraceRow => {
        const time = table.orderedBy;
        return { ...row, [time]: 3e9 + 2 * Number(row[time]) };
      });
      const found = traceRows(target, table);
      if (table === deviceIoTable) {
        for (const row of expected) {
          if (row["complete_ns"] !== null) row["complete_ns"] = 3e9 + 2 * Number(row["complete_ns"]);
        }
      }
      expect(found, table.name).toEqual(expected);
    }
  });
});

describe("a cut", () => {
  test("repeated holds the same writes each time, and ticks that go on without a gap", async () => {
    const { target, header } = await makeTrace(partRecipe(`${recorded}, cut_from: 10 s, cut_for: 5 s, repeat: 3`));
    expect(validateTrace(target)).toEqual([]);
    expect(header.span_ns).toBeLessThanOrEqual(15e9);
    const rows = traceRows(target, pageWriteTable);
    const turn = (index: number) =>
      rows
        .filter((row) => Number(row["time_ns"]) > index * 5e9 && Number(row["time_ns"]) <= (index + 1) * 5e9)
        .map((row) => ({ ...row, time_ns: Number(row["time_ns"]) - index * 5e9 }));
    expect(turn(0).length).toBeGreaterThan(100);
    expect(turn(1)).toEqual(turn(0));
    expect(turn(2)).toEqual(turn(0));
    for (const row of traceRows(target, tickTable))
      expect(Number(row["start_ns"])).toBeLessThan(Number(row["time_ns"]));
  });

  test("of a VM by its name is placed where the recipe has it, devices and all", async () => {
    const vm = { vcpu_count: 2 };
    const source = join(tempFolder(), "source");
    const writes = [1, 2].flatMap((tick) =>
      [0, 1].map((index) => ({ time_ns: tick * 1e8, vm_index: index, start_gfn: 10 * (index + 1), page_count: tick })),
    );
    writeTinyTrace(source, {
      name: "two",
      spanNs: 2e8,
      tables: {
        vm: [
          { ...vm, name: "a", guest_bytes: 2 ** 20 },
          { ...vm, name: "b", guest_bytes: 2 ** 21 },
        ],
        device: [
          { vm_index: 0, name: "disk a", kind: 1 },
          { vm_index: 1, name: "disk b", kind: 1 },
        ],
        tick: writes.map(({ time_ns, vm_index }) => ({ time_ns, vm_index, start_ns: time_ns - 1e8, scan_ns: null })),
        page_write: writes,
        interrupt: [0, 1].map((device) => ({ time_ns: 5e7, device_index: device, vector: device })),
        mark: [
          { time_ns: 0, vm_index: 0, name: "of a" },
          { time_ns: 0, vm_index: 1, name: "of b" },
          { time_ns: 0, vm_index: null, name: "of all" },
        ],
        probe: [{ time_ns: 0, answer_ns: 1, sequence: 1, vm_index: 1 }],
      },
    });
    const other = "  - {name: first, guest_bytes: 1 MiB, devices: [{name: d, kind: other}, {name: e, kind: other}]}\n";
    const { target, warnings } = await makeTrace(partRecipe(`${source}, vm: b`, other));
    expect(traceRows(target, vmTable).map((row) => [row["name"], row["guest_bytes"]])).toEqual([
      ["first", 2 ** 20],
      ["copy", 2 ** 21],
    ]);
    expect(
      traceRows(target, pageWriteTable).map((row) => [row["vm_index"], row["start_gfn"], row["page_count"]]),
    ).toEqual([
      [1, 20, 1],
      [1, 20, 2],
    ]);
    expect(traceRows(target, interruptTable)).toEqual([{ time_ns: 5e7, device_index: 2, vector: 1 }]);
    expect(traceRows(target, markTable).map((row) => [row["vm_index"], row["name"]])).toEqual([
      [1, "of b"],
      [1, "of all"],
    ]);
    expect(warnings).toEqual([expect.objectContaining({ code: "tables-left-out", rows: 1 })]);
    await expect(makeTrace(partRecipe(source))).rejects.toThrow(/has 2 VMs/);
  });
});

describe("a part among other workloads", () => {
  test("brings its writes, in the recipe's ticks and its region", async () => {
    const { target, header } = await makeTrace(
      recipeOf(`{kind: trace, path: ${recorded}, cut_from: 20 s, region: {start: 64 MiB, size: 256 MiB}}`, {
        guest: "512 MiB",
        duration: "5 s",
      }),
    );
    expect(validateTrace(target)).toEqual([]);
    const pages = (rows: TraceRow[], from: number, to: number) =>
      new Set(
        rows
          .filter((row) => Number(row["time_ns"]) > from && Number(row["time_ns"]) <= to)
          .flatMap((row) =>
            Array.from({ length: Number(row["page_count"]) }, (_, page) => Number(row["start_gfn"]) + page),
          ),
      );
    const found = traceRows(target, pageWriteTable);
    const source = traceRows(recorded, pageWriteTable);
    for (let tick = 0; tick < 50; tick++) {
      const expected = [...pages(source, 20e9 + tick * 1e8, 20e9 + (tick + 1) * 1e8)].map((page) => page + 16_384);
      expect(pages(found, tick * 1e8, (tick + 1) * 1e8)).toEqual(new Set(expected));
    }
    expect(header.source).toContain("vm-tcg-redis-nvme-net");
  });
});

test("a part of a damaged trace is refused before anything is written", async () => {
  const path = join(tempFolder(), "damaged");
  cpSync(recorded, path, { recursive: true });
  const file = join(path, "page_write.arrow");
  const bytes = readFileSync(file);
  bytes[Math.floor(bytes.length / 2)]! ^= 1;
  writeFileSync(file, bytes);
  await expect(makeTrace(partRecipe(path))).rejects.toThrow(/page_write/);
});
