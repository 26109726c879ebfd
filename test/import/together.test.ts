// Files of several formats in one import: one time line, one catalogue, every row in order.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { UsageError } from "../../src/base/index.ts";
import { traceSchema, validateTrace } from "../../src/trace/index.ts";
import { importInto } from "../kit/import-conformance.ts";
import { rowsOf } from "../kit/imported-rows.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const samples = fileURLToPath(new URL("../../traces/samples", import.meta.url));
const capture = join(samples, "tcpdump/4.99.3/veth-gap-s64.pcap.gz");
const ping = join(samples, "ping/20221126/lost-D.txt");
const pages = ["pages.csv", "ticks.csv"].map((name) => join(samples, "page-scan/1", name));

describe("one import of several formats", () => {
  test("puts a capture and ping's log of the same outage on one time line", async () => {
    const { folder, report } = await importInto([capture, ping]);
    expect(report.importer).toMatch(/^(ping|pcap) \d+ \+ (ping|pcap) \d+$/);
    expect(validateTrace(folder)).toEqual([]);
    const answers = rowsOf(folder, traceSchema.probeTable).flatMap(({ answer_ns: ns }) =>
      ns === null ? [] : [Number(ns)],
    );
    const packets = rowsOf(folder, traceSchema.netPacketTable)
      .filter(({ ip_protocol: protocol }) => protocol === 1)
      .map(({ time_ns: ns }) => Number(ns));
    const gapOf = (times: readonly number[]) => {
      const sorted = times.toSorted((one, other) => one - other);
      const gaps = sorted.map((ns, index) => [ns - (sorted[index - 1] ?? ns), sorted[index - 1] ?? ns] as const);
      return gaps.reduce((most, gap) => (gap[0] > most[0] ? gap : most));
    };
    const answered = new Set(answers.map((ns) => Math.round(ns / 1e6)));
    expect(packets.some((ns) => answered.has(Math.round(ns / 1e6)))).toBe(true);
    // The last answer before the outage is a packet of the capture, a moment before ping printed it.
    const [, before] = gapOf(answers);
    const last = packets.filter((ns) => ns <= before).at(-1)!;
    expect(before - last).toBeLessThan(5e6);
  });

  test("takes page writes and a capture of another clock once the user relates them, in order", async () => {
    await expect(importInto([...pages, capture])).rejects.toThrow(UsageError);
    await expect(importInto([...pages, capture])).rejects.toThrow(
      /own clock of page-scan.*realtime|realtime.*own clock/,
    );
    const offsetsNs = new Map([["veth-gap-s64.pcap.gz", 50_000_000]]);
    const { folder, report } = await importInto([...pages, capture], { offsetsNs });
    expect(validateTrace(folder)).toEqual([]);
    expect(rowsOf(folder, traceSchema.netPacketTable)[0]!["time_ns"]).toBe(50_000_000);
    expect(rowsOf(folder, traceSchema.pageWriteTable)).toHaveLength(3);
    expect(report.header.inputs).toHaveLength(3);
    const [first] = rowsOf(folder, traceSchema.vmTable);
    expect(first!["name"]).toBe("1");
  });

  test("refuses a file that nobody knows, and passes over one that only lies in the folder", async () => {
    const stranger = join(tempFolder(), "notes.txt");
    writeFileSync(stranger, readFileSync(fileURLToPath(import.meta.url)));
    await expect(importInto([ping, stranger])).rejects.toThrow(/expected a known format, found notes\.txt/);
  });
});
