// Recordings of others, beside the repository: against what others made of the same files.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { pageBytes } from "../../src/base/index.ts";
import { traceSchema } from "../../src/trace/index.ts";
import { importInto } from "../kit/import-conformance.ts";
import { eventsOf, type ReadEvent, rowsOf } from "../kit/imported-rows.ts";
import { besideFolder } from "../kit/recordings.ts";

const foreign = join(besideFolder, "..", "traces");
const suspend = join(foreign, "pm-graph-suspend");
const damon = join(foreign, "damon-records");
const note = (folder: string) => (existsSync(folder) ? "" : ` (skipped: there is no ${folder})`);

/** Rows of a CSV file without quotes. */
function csv(text: string): Record<string, string>[] {
  const [heading, ...lines] = text.trim().split(/\r?\n/);
  const names = heading!.split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((cell, index) => [names[index]!, cell])));
}

describe.skipIf(!existsSync(suspend))(`suspends as pm-graph recorded them in 2014${note(suspend)}`, () => {
  test.each(["freeze", "mem"])("%s: phases and device callbacks are those that others read from it", async (run) => {
    const path = join(suspend, `skynet_${run}_ftrace.txt.gz`);
    const { folder, report } = await importInto([path]);
    expect(report.importer).toBe("ftrace 1");
    const events = eventsOf(folder);
    const [, first] = /(\d+\.\d+): tracing_mark_write/.exec(gunzipSync(readFileSync(path)).toString("latin1"))!;
    const ns = (seconds: string | undefined) => Math.round((Number(seconds) - Number(first)) * 1e6) * 1000;
    expect(rowsOf(folder, traceSchema.markTable).map((row) => row["name"])).toEqual([
      "SUSPEND START",
      "RESUME COMPLETE",
    ]);

    const phases = csv(readFileSync(join(suspend, "phases.csv"), "utf8")).filter((row) => row["run"] === run);
    const moments = new Set(
      events
        .filter(({ name }) => name === "suspend_resume")
        .map(({ timeNs, detail }) => `${detail!.replace(/\[0\]/, "").replace(/ (begin|end)$/, " $1")} ${timeNs}`),
    );
    expect(phases.length).toBeGreaterThan(10);
    for (const { phase, begin_s: begin, end_s: end } of phases) {
      const has = (edge: string, at: number) =>
        [...moments].some(
          (moment) => moment.startsWith(phase!.replace(/\[\d+\]$/, "")) && moment.endsWith(`${edge} ${at}`),
        );
      expect([phase, has("begin", ns(begin)), has("end", ns(end))]).toEqual([phase, true, true]);
    }

    const callbacks = csv(readFileSync(join(suspend, "device_callbacks.csv"), "utf8")).filter(
      (row) => row["run"] === run,
    );
    const starts = new Map<string, ReadEvent>();
    const durations = new Map<string, number[]>();
    for (const event of events) {
      const [, driver, device] = /^(\S+) ([^,]+), /.exec(event.detail ?? "") ?? [];
      const key = `${driver} ${device}`;
      if (event.name === "device_pm_callback_start") starts.set(key, event);
      const start = starts.get(key);
      if (event.name !== "device_pm_callback_end" || !start) continue;
      const place = `${key} ${start.timeNs} ${start.threadId} ${start.cpu}`;
      durations.set(place, [...(durations.get(place) ?? []), (event.timeNs - start.timeNs) / 1000]);
      starts.delete(key);
    }
    expect(callbacks.length).toBeGreaterThan(100);
    for (const { driver, device, begin_s: begin, dur_us: us, pid, cpu } of callbacks) {
      const place = `${driver} ${device} ${ns(begin)} ${Number(pid)} ${Number(cpu)}`;
      expect([place, durations.get(place)]).toEqual([place, expect.arrayContaining([Number(us)])]);
    }
  });
});

/** Aggregations by the number of regions that each line says there are. */
function countAggregations(regions: readonly Record<string, string>[]): number {
  let aggregations = 0;
  for (let row = 0; row < regions.length; row += Number(regions[row]!["nr_regions"])) aggregations++;
  return aggregations;
}

describe.skipIf(!existsSync(damon))(`damo's own test recording${note(damon)}`, () => {
  test("has the regions, aggregations and accesses that others read from it", async () => {
    const { folder, report } = await importInto([join(damon, "perf.data.script.gz")]);
    expect(report.importer).toBe("perf-script 1");
    const rows = rowsOf(folder, traceSchema.accessTable);
    const theirs = csv(gunzipSync(readFileSync(join(damon, "damo-test-record.csv.gz"))).toString("utf8"));
    expect([rows.length, theirs.length]).toEqual([10_260, 10_260]);
    // 56.4 s of aggregations of 100 ms; counting down nr_regions from line to line ends at 0 after as many.
    expect(new Set(rows.map((row) => row["time_ns"])).size).toBe(countAggregations(theirs));
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    expect(rows.map((row) => row["access_count"])).toEqual(theirs.map((row) => Number(row["nr_accesses"])));
    expect(rows.map((row) => Number(row["page_count"]) * pageBytes)).toEqual(
      theirs.map((row) => Number(row["end"]) - Number(row["start"])),
    );
    expect(sum(rows.map((row) => Number(row["access_count"])))).toBe(
      sum(theirs.map((row) => Number(row["nr_accesses"]))),
    );
    // One aggregation after the other: each begins where the one before ends.
    const times = [...new Set(rows.map((row) => row["time_ns"]))];
    const starts = new Map(rows.map((row) => [row["time_ns"], row["start_ns"]]));
    expect(times.map((time) => starts.get(time))).toEqual([null, ...times.slice(0, -1)]);
    // The same place gets the same frame, and places keep their order.
    const frames = new Map<string, number>();
    for (const [index, { start }] of theirs.entries()) {
      const frame = Number(rows[index]!["start_gfn"]);
      expect(frames.get(start!) ?? frame).toBe(frame);
      frames.set(start!, frame);
    }
    const places = [...frames].toSorted(([left], [right]) => Number(left) - Number(right)).map(([, frame]) => frame);
    expect(places).toEqual(places.toSorted((left, right) => left - right));
  });
});
