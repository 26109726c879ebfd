// The kit on what QEMU said over QMP, and naive readings of the same files.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { describeImporter, importInto, type Imported } from "../kit/import-conformance.ts";
import { importBytes, namedRows, rowsOf, warningCounts } from "../kit/imported-rows.ts";
import { besideFolder } from "../kit/recordings.ts";
import { sampleFile } from "../kit/samples.ts";

const traces = join(besideFolder, "..", "traces");
const recordedHere = join(traces, "recorded-here", "vm-tcg-migrate-qmp.json");
const published = join(traces, "qemu-pg-migration", "migration_samples.csv.gz");
const sample = (name: string) => [sampleFile(`qemu/${name}`)];

describeImporter("qmp", [
  { golden: "qmp-precopy-conversation", files: sample("10.0.13/precopy.conversation.jsonl") },
  { golden: "qmp-precopy-target", files: sample("10.0.13/precopy-target.conversation.jsonl") },
  { golden: "qmp-precopy-samples", files: sample("10.0.13/precopy.replies.json") },
  { golden: "qmp-postcopy-conversation", files: sample("7.2.22/postcopy.conversation.jsonl") },
  { golden: "qmp-multifd-samples", files: sample("7.2.22/multifd.replies.json") },
  { golden: "qmp-cancelled-conversation", files: sample("7.2.22/cancelled.conversation.jsonl") },
  { golden: "qmp-dirty-rate-7.2", files: sample("7.2.22/dirty-rate-page-sampling.conversation.jsonl") },
  { golden: "qmp-dirty-rate-10.0", files: sample("10.0.13/dirty-rate-page-sampling.conversation.jsonl") },
  { golden: "qmp-dirty-rate-samples", files: sample("10.0.13/dirty-rate-page-sampling.replies.json") },
  { golden: "qmp-blocked-samples", files: sample("7.2.22/blocked.replies.json") },
  { golden: "qmp-recorded-here", files: [recordedHere] },
  { golden: "qmp-published-runs", files: [published] },
]);

type Reply = Record<string, number | string> & { ram?: Record<string, number> };

/** Values of a counter of the first VM, in order. */
function values(imported: Imported, name: string): number[] {
  return namedRows(imported, "counter")
    .filter((row) => row["name"] === name)
    .map((row) => row["value"] as number);
}

function readReplies(path: string): Reply[] {
  const samples = JSON.parse(readFileSync(path, "utf8")) as { reply: { return: Reply } }[];
  return samples.map(({ reply }) => reply.return);
}

describe("against a naive reading", () => {
  test.each(["10.0.13/precopy", "7.2.22/multifd", "7.2.22/postcopy"])("%s: every number, in its unit", async (name) => {
    const [path] = sample(`${name}.replies.json`);
    const replies = readReplies(path!).filter(({ ram }) => ram);
    const imported = await importInto([path!]);
    expect(values(imported, "migration transferred")).toEqual(replies.map(({ ram }) => ram!["transferred"]));
    expect(values(imported, "migration dirty rate")).toEqual(
      replies.map(({ ram }) => ram!["dirty-pages-rate"]! * 4096),
    );
    expect(values(imported, "migration throughput")).toEqual(replies.map(({ ram }) => ram!["mbps"]! * 125_000));
    expect(values(imported, "migration total time")).toEqual(replies.map((reply) => Number(reply["total-time"]) * 1e6));
    const downtimes = replies.filter((reply) => "downtime" in reply).map((reply) => Number(reply["downtime"]) * 1e6);
    expect(values(imported, "migration downtime")).toEqual(downtimes);
    expect(rowsOf(imported, "vm")[0]!["guest_bytes"]).toBe(replies[0]!.ram!["total"]);
  });

  test("a conversation places its replies where the recorder's own clock saw them", async () => {
    const conversation = await importInto(sample("10.0.13/precopy.conversation.jsonl"));
    const list = JSON.parse(readFileSync(sample("10.0.13/precopy.replies.json")[0]!, "utf8")) as {
      t_us: number;
      reply: { return: Reply };
    }[];
    const startUs = 1_795_662_051_138_985;
    const active = list.filter(({ reply }) => reply.return["status"] === "active");
    const rows = namedRows(conversation, "counter").filter((row) => row["name"] === "migration transferred");
    const offsetsMs = active.map(
      ({ t_us: us }, index) => ((rows[index]!["time_ns"] as number) / 1000 - (us - startUs)) / 1000,
    );
    // QEMU rounds to ms, and the answer takes its way to the recorder.
    expect(Math.max(...offsetsMs.map(Math.abs))).toBeLessThan(2);
    expect(rowsOf(conversation, "mark").map(({ name }) => name)).toEqual([
      "migration setup",
      "migration active",
      "migration device",
      "migration completed",
    ]);
  });

  test.each(["7.2.22", "10.0.13"])("dirty rates of %s are MiB a second", async (version) => {
    const measured = readReplies(sample(`${version}/dirty-rate-page-sampling.replies.json`)[0]!).filter(
      (reply) => reply["status"] === "measured",
    );
    const expected = measured.map((reply) => Number(reply["dirty-rate"]) * 2 ** 20);
    for (const shape of ["conversation.jsonl", "replies.json"]) {
      const imported = await importInto(sample(`${version}/dirty-rate-page-sampling.${shape}`));
      expect(values(imported, "dirty rate")).toEqual(expected);
    }
  });

  test.skipIf(!existsSync(published))(
    "the published table: each run a VM, and sums that a line by line reading gives",
    async () => {
      const [header, ...lines] = gunzipSync(readFileSync(published)).toString("utf8").trimEnd().split("\n");
      const columns = header!.split(",");
      const cells = lines.map((line) => Object.fromEntries(line.split(",").map((cell, at) => [columns[at]!, cell])));
      const sum = (column: string, scale: number) =>
        cells.reduce((total, row) => total + Number(row[column]!) * scale, 0);
      const imported = await importInto([published]);
      const total = (name: string) => values(imported, name).reduce((all, value) => all + value, 0);
      expect(total("migration dirty rate")).toBe(sum("dirty_pages_rate", 4096));
      expect(total("migration total time")).toBe(sum("total_time", 1e6));
      expect(total("migration transferred")).toBe(sum("transferred", 1));
      expect(total("migration throughput")).toBeCloseTo(sum("mbps", 125_000), 0);
      expect(rowsOf(imported, "vm").length).toBe(new Set(cells.map((row) => `${row["scenario"]} ${row["run"]}`)).size);
      expect(imported.report.sources[0]!.rows).toBe(lines.length);
    },
  );

  test.skipIf(!existsSync(recordedHere))(
    "this project's own samples: phases, rates, one migration and one save",
    async () => {
      const samples = JSON.parse(readFileSync(recordedHere, "utf8")) as Record<string, Reply>[];
      const imported = await importInto([recordedHere]);
      expect(values(imported, "dirty rate")).toEqual(
        samples.filter(({ result }) => result).map(({ result }) => Number(result!["dirty-rate"]) * 2 ** 20),
      );
      expect(values(imported, "migration total time").slice(-2)).toEqual([4953e6, 75e6]);
      expect(values(imported, "migration downtime").at(-2)).toBe(5e6);
    },
  );
});

const message = (value: unknown) => `${JSON.stringify(value)}\n`;
const event = (name: string, seconds: number, data: unknown) =>
  message({ timestamp: { seconds, microseconds: 250_000 }, event: name, data });

const goodSample = { t: 1, reply: { status: "active", ram: {} } };

describe("what the samples do not hold", () => {
  test("pretty messages, prompts before them, and rates by virtual CPU", async () => {
    const text = [
      '{"QMP": {"version": {}, "capabilities": []}}',
      '<- {\n  "timestamp": {\n "seconds": 1700000000, "microseconds": 5},\n "event": "STOP"}',
      "(some text)",
      '{"return": {"status": "measured", "start-time": 1700000001, "calc-time": 500, "calc-time-unit": "millisecond",',
      ' "dirty-rate": 7, "vcpu-dirty-rate": [{"id": 0, "dirty-rate": 3}, {"id": 1, "dirty-rate": 4}, 5]}}',
      "",
    ].join("\n");
    const imported = await importBytes("q.log", text);
    expect(namedRows(imported, "counter").map(({ name, time_ns, value }) => [name, time_ns, value])).toEqual([
      ["dirty rate", 1_499_995_000, 7 * 2 ** 20],
      ["dirty rate vcpu 0", 1_499_995_000, 3 * 2 ** 20],
      ["dirty rate vcpu 1", 1_499_995_000, 4 * 2 ** 20],
    ]);
    expect(namedRows(imported, "event").map(({ name, detail }) => [name, detail])).toEqual([["STOP", null]]);
    expect(imported.report.sources[0]!.dropped.map(({ code, rows }) => [code, rows])).toEqual([
      ["qmp-commands-dropped", 1],
      ["damaged-lines-dropped", 2],
    ]);
  });

  test("without events a migration has its own clock; two migrations each their begin", async () => {
    const reply = (ms: number) => message({ return: { status: "active", "total-time": ms, ram: { transferred: ms } } });
    const own = await importBytes("q.log", reply(1500) + reply(2500));
    expect(namedRows(own, "counter").map(({ time_ns }) => time_ns)).toEqual([1.5e9, 1.5e9, 2.5e9, 2.5e9]);
    const two = await importBytes(
      "q.log",
      event("MIGRATION", 1000, { status: "setup" }) +
        reply(1900) +
        event("MIGRATION", 1010, { status: "failed" }) +
        event("MIGRATION", 1020, { status: "setup" }) +
        reply(100),
    );
    const times = namedRows(two, "counter").filter(({ name }) => name === "migration transferred");
    expect(times.map(({ time_ns }) => time_ns)).toEqual([1.9e9, 20.1e9]);
  });

  test("fields that nobody knows are named", async () => {
    const text = message([{ t: 1, reply: { status: "active", ram: { transferred: 5, wonder: 7 }, "total-time": -3 } }]);
    const imported = await importBytes("q.json", text);
    expect(warningCounts(imported)).toEqual({ "guest-size-assumed": 1, "columns-dropped": 2 });
    expect(imported.report.warnings.at(-1)!.detail).toContain("total_time, wonder");
  });

  test.each([
    [message([goodSample, { t: "NaN", reply: { status: "active", ram: {} } }]), "expected a sample with its time"],
    [message([goodSample, { t: -1, reply: { status: "active", ram: {} } }]), "expected a sample with its time"],
    [message([goodSample, { t_us: 1e300, reply: { status: "active", ram: {} } }]), "expected a sample with its time"],
    [
      "t,status,total_time,mbps,normal\n1,active,5,NaN,1\n",
      'line 2: expected a number from 0 in column mbps, found "NaN"',
    ],
    ["t,status,total_time,mbps,normal\n1,active,5\n", "line 2: expected 5 cells"],
    ["t,status,total_time,mbps,normal\nx,active,5,1,1\n", "line 2: expected a time"],
    [event("STOP", -1, {}), "expected replies"],
    [message({ return: { status: "active", "total-time": 1e300, ram: {} } }), "expected replies"],
  ])("refuses %j", async (text, error) => {
    await expect(importBytes("q.json", text, { format: "qmp" })).rejects.toThrow(error);
  });

  test("a conversation that says nothing of memory is known, and refused with what to do", async () => {
    await expect(importInto(sample("7.2.22/blocked.conversation.jsonl"))).rejects.toThrow(
      "expected replies of query-migrate",
    );
  });
});
