// Interrupts and packets as CSV: made by hand, and a board's six seconds against DuckDB's reading; lackey's refusal.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, test } from "vitest";

import { traceSchema, validateTrace } from "../../src/trace/index.ts";
import { boardEvents } from "../kit/foreign-traces.ts";
import { importBroken } from "../kit/broken-import.ts";
import { importInto } from "../kit/import-conformance.ts";
import { rowsOf } from "../kit/imported-rows.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const { deviceTable, eventKindTable, eventTable, interruptTable, netPacketTable } = traceSchema;
const header = "t_us,cpu,event,arg,bytes_or_vec\n";

function write(text: string, name = "events.csv"): string {
  const path = join(tempFolder(), name);
  writeFileSync(path, text);
  return path;
}

test("events, interrupts by device, packets by direction; rows out of order are sorted and counted", async () => {
  const imported = await importInto([
    write(
      `${header}10.25,1,irq_handler_entry,eth0,24\n9,0,net_dev_xmit,eth0,60\n11,0,softirq_entry,,3\n12.5,2,netif_receive_skb,eth0,1500\n13,1,irq_handler_exit,,24\n`,
    ),
  ]);
  expect(validateTrace(imported.folder)).toEqual([]);
  expect(rowsOf(imported, eventTable).map(({ time_ns, cpu_index, detail }) => [time_ns, cpu_index, detail])).toEqual([
    [9000, 0, "arg=eth0 bytes_or_vec=60"],
    [10_250, 1, "arg=eth0 bytes_or_vec=24"],
    [11_000, 0, "bytes_or_vec=3"],
    [12_500, 2, "arg=eth0 bytes_or_vec=1500"],
    [13_000, 1, "bytes_or_vec=24"],
  ]);
  expect(rowsOf(imported, interruptTable)).toEqual([{ time_ns: 10_250, device_index: 0, vector: 24 }]);
  expect(rowsOf(imported, netPacketTable).map(({ time_ns, direction, bytes }) => [time_ns, direction, bytes])).toEqual([
    [9000, 1, 60],
    [12_500, 0, 1500],
  ]);
  expect(rowsOf(imported, deviceTable)).toEqual([{ vm_index: 0, name: "eth0", kind: 5 }]);
});

test.each([
  ["-1,0,a,b,1", /a time in us/],
  ["1,x,a,b,1", /a whole number from 0 to 65535/],
  ["1,0,a,b,4294967296", /a whole number from 0 to 4294967295/],
  ["1,0,a", /an event's name/],
  ["1,0,a,b", /5 columns/],
  ["1,0,a,b,1,2", /the line's end/],
  ["1,0,,b,1", /an event's name/],
])("%s is refused", async (line, expected) => {
  await expect(importInto([write(`${header}${line}\n`)])).rejects.toThrow(expected);
});

test("broken lines are refused and leave nothing behind", async () => {
  const line = "1.5,0,irq_handler_entry,eth0,24\n";
  for (let cut = 0; cut < line.length; cut++) await importBroken([write(header + line + line.slice(cut))], {});
});

const events = join(boardEvents, "events.csv");
const note = existsSync(events) ? "" : ` (skipped: there is no ${events})`;

describe.skipIf(note !== "")(`a board's six seconds${note}`, () => {
  test("are what DuckDB reads in the same file", async () => {
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    const query = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson();
    const imported = await importInto([events]);
    expect(validateTrace(imported.folder)).toEqual([]);
    const kinds = rowsOf(imported, eventKindTable).map(({ name }) => name);
    const counts = new Map<unknown, number>();
    for (const { kind_index: kind } of rowsOf(imported, eventTable)) {
      counts.set(kinds[kind as number], (counts.get(kinds[kind as number]) ?? 0) + 1);
    }
    const expected = await query(`select event, count(*)::int from '${events}' group by event`);
    expect(counts).toEqual(new Map(expected as [string, number][]));
    const [[received, sent, interrupts, spanNs]] = (await query(
      `select sum(case when event = 'netif_receive_skb' then bytes_or_vec::bigint end)::int,
       sum(case when event = 'net_dev_xmit' then bytes_or_vec::bigint end)::int,
       count(case when event = 'irq_handler_entry' then 1 end)::int, round(max(t_us) * 1000)::bigint::double from '${events}'`,
    )) as [[number, number, number, number]];
    const bytes = (direction: number) =>
      rowsOf(imported, netPacketTable).reduce(
        (sum, row) => sum + (row["direction"] === direction ? Number(row["bytes"]) : 0),
        0,
      );
    expect([bytes(0), bytes(1)]).toEqual([received, sent]);
    expect(rowsOf(imported, interruptTable)).toHaveLength(interrupts);
    expect(imported.report.span_ns).toBe(spanNs);
  });
});

test("loads and stores by instructions are refused with what to do", async () => {
  const path = write("window,instr_end,page,loads,stores\n0,100000,1fff000,5406,3800\n", "lackey.csv");
  await expect(importInto([path])).rejects.toMatchObject({
    message: expect.stringContaining("counts of instructions") as string,
    hint: expect.stringContaining("--columns") as string,
  });
});
