// The kit on kernel messages in each format, naive readings of them, and what no sample holds.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { describeImporter, importInto } from "../kit/import-conformance.ts";
import { importBytes, importFiles, namedRows, rowsOf, warningCounts } from "../kit/imported-rows.ts";
import { besideFolder } from "../kit/recordings.ts";
import { sampleFile } from "../kit/samples.ts";

const traces = join(besideFolder, "..", "traces");
const suspendLogs = join(traces, "kexec-suspend-logs");
const pmGraph = join(traces, "pm-graph-suspend");
const sample = (name: string) => sampleFile(`dmesg/2.38.1/${name}`);

describeImporter("dmesg", [
  { golden: "dmesg-plain", files: [sample("dmesg.txt")] },
  { golden: "dmesg-T", files: [sample("dmesg-T.txt")] },
  { golden: "dmesg-iso", files: [sample("dmesg-iso.txt")] },
  { golden: "dmesg-delta", files: [sample("dmesg-delta.txt")] },
  { golden: "dmesg-x", files: [sample("dmesg-x.txt")] },
  { golden: "dmesg-J", files: [sample("dmesg-J.json")] },
  { golden: "dmesg-kmsg", files: [sample("dev-kmsg.txt")] },
  { golden: "dmesg-initcall", files: [sample("initcall-debug.dmesg.txt")] },
  { golden: "dmesg-kexec-console", files: [sample("kexec.console.txt")] },
  { golden: "dmesg-initcall-kexec-console", files: [sample("initcall-debug-kexec.console.txt.gz")] },
  { golden: "dmesg-journal", files: [sampleFile("systemd-analyze/257/journal-short-monotonic.txt.gz")] },
  { golden: "dmesg-power9-kexec", files: [join(suspendLogs, "power9-lpar-kexec-boot.log")] },
  { golden: "dmesg-arm64-kexec", files: [join(suspendLogs, "arm64-vm-kexec-cpu-kill.log")] },
  { golden: "dmesg-pm-graph", files: [join(pmGraph, "skynet_mem_dmesg.txt.gz")] },
]);

/** Lines with a time, as `[seconds, text]`, and the further lines of a message with its first. */
function readNaively(path: string): { us: number; text: string }[] {
  const messages: { us: number; text: string }[] = [];
  const bytes = readFileSync(path);
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  for (const line of text.trimEnd().split(/\r?\n/)) {
    const [, second, us, rest] = /^\[ *(\d+)\.(\d{6})\] (.*)$/.exec(line) ?? [];
    if (second !== undefined) messages.push({ us: Number(second) * 1e6 + Number(us), text: rest! });
    else if (/^ {15}/.test(line)) messages.at(-1)!.text += `\n${line.slice(15)}`;
  }
  return messages;
}

const boot = sample("dmesg.txt");

describe("against a naive reading", () => {
  test("every message, with its time and text", async () => {
    const events = rowsOf(await importInto([boot]), "event");
    expect(events.map(({ time_ns, detail }) => [time_ns, detail ?? ""])).toEqual(
      readNaively(boot).map(({ us, text }) => [us * 1000, text]),
    );
  });

  test.each(["dmesg-x.txt", "dmesg-r.txt", "dmesg-d.txt", "dmesg-J.json", "dmesg-iso.txt"])(
    "%s says the same as dmesg.txt",
    async (name) => {
      const [plain, other] = [await importInto([boot]), await importInto([sample(name)])];
      const messages = (imported: typeof plain) =>
        namedRows(imported, "event").map((row) => [row["time_ns"], row["name"], row["detail"]]);
      expect(messages(other)).toEqual(messages(plain));
    },
  );

  test("steps alone say the same but for the first one, which dmesg takes as 0", async () => {
    const plain = rowsOf(await importInto([boot]), "event").map((row) => row["time_ns"] as number);
    const steps = rowsOf(await importInto([sample("dmesg-delta.txt")]), "event").map((row) => row["time_ns"]);
    const first = plain.find((ns) => ns > 0)!;
    expect(steps).toEqual(plain.map((ns) => Math.max(ns - first, 0)));
  });

  test("-T says the second of the calendar, in a zone that is assumed", async () => {
    const imported = await importInto([sample("dmesg-T.txt")]);
    const times = rowsOf(imported, "event").map((row) => row["time_ns"] as number);
    const naive = readNaively(boot).map(({ us }) => Math.floor(us / 1e6) * 1e9);
    expect(times).toEqual(naive);
    expect(warningCounts(imported)).toEqual({ "time-zone-assumed": naive.length });
  });

  test("initcalls last as long as they say, and end when they say it", async () => {
    const path = sample("initcall-debug.dmesg.txt");
    const naive = readNaively(path).flatMap(({ us, text }) => {
      const [, name, took] = /^initcall (\S+?)(?:\+\S+)? .*returned -?\d+ after (\d+) usecs$/.exec(text) ?? [];
      return name === undefined ? [] : [{ name, endNs: us * 1000, durationNs: Number(took) * 1000 }];
    });
    const imported = await importInto([path]);
    const kinds = rowsOf(imported, "event_kind");
    const calls = rowsOf(imported, "event").filter(
      (row) => kinds[row["kind_index"] as number]!["category"] === "initcall",
    );
    const found = calls.map((row) => ({
      name: kinds[row["kind_index"] as number]!["name"],
      endNs: (row["time_ns"] as number) + (row["duration_ns"] as number),
      durationNs: row["duration_ns"],
    }));
    const byEnd = (one: { endNs: number }, other: { endNs: number }) => one.endNs - other.endNs;
    // Nothing began before the clock did, so none is cut.
    expect(found.sort(byEnd).map(({ endNs, durationNs }) => [endNs, durationNs])).toEqual(
      naive.sort(byEnd).map(({ endNs, durationNs }) => [endNs, durationNs]),
    );
    expect(new Set(found.map(({ name }) => name))).toEqual(new Set(naive.map(({ name }) => name)));
    expect(naive.length).toBeGreaterThan(500);
  });

  test.each(["kexec.console.txt", "initcall-debug-kexec.console.txt.gz"])(
    "%s: the second kernel goes on where the first ended",
    async (name) => {
      const messages = readNaively(sample(name));
      const border = messages.findLastIndex(({ text }) => text.startsWith("Linux version "));
      const lastUs = Math.max(...messages.slice(0, border).map(({ us }) => us));
      const imported = await importInto([sample(name)]);
      expect(warningCounts(imported)["clock-restarted"]).toBe(1);
      const marks = rowsOf(imported, "mark").map((row) => [row["name"], row["time_ns"]]);
      expect(marks.filter(([mark]) => (mark as string).startsWith("Linux version"))).toEqual([
        ["Linux version 6.1.0-56-amd64", 0],
        ["Linux version 6.1.0-56-amd64", lastUs * 1000],
      ]);
      expect(marks.filter(([mark]) => mark === "kexec: Starting new kernel")).toHaveLength(1);
      expect(imported.report.span_ns).toBe((lastUs + messages.at(-1)!.us) * 1000);
    },
  );
});

describe.skipIf(!existsSync(besideFolder))(
  `consoles and logs beside the repository (skipped where there are none)`,
  () => {
    const recordings = existsSync(besideFolder)
      ? readdirSync(besideFolder).filter((name, index) => name.endsWith(".log.gz") && index % 6 === 0)
      : [];
    test.each(recordings)("%s is taken: each kernel begins, and hands over", async (name) => {
      const imported = await importInto([join(besideFolder, name)]);
      const marks = rowsOf(imported, "mark").map((row) => row["name"] as string);
      expect(marks.filter((mark) => mark.startsWith("Linux version")).length).toBeGreaterThanOrEqual(2);
      expect(warningCounts(imported)["clock-restarted"]).toBeGreaterThanOrEqual(1);
    });

    const logs = [
      ...(existsSync(suspendLogs) ? readdirSync(suspendLogs).filter((name) => name.endsWith(".log")) : []).map((name) =>
        join(suspendLogs, name),
      ),
      ...(existsSync(pmGraph) ? readdirSync(pmGraph).filter((name) => /_dmesg/.test(name)) : []).map((name) =>
        join(pmGraph, name),
      ),
    ];
    test.each(logs)("%s is taken: every line with a time", async (path) => {
      const bytes = readFileSync(path);
      const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
      const lines = text.split("\n").filter((line) => /^\[ *\d+\.\d{6}\]/.test(line));
      expect(rowsOf(await importInto([path]), "event")).toHaveLength(lines.length);
    });
  },
);

const importText = (text: string) => importBytes("x.txt", text, { format: "dmesg" });

describe("what the samples do not hold", () => {
  test("who printed, syslog's words before the time, firmware's before the banner, and levels", async () => {
    const imported = await importText(
      [
        "\u001bcBooting from ROM..\u001b[2J[    0.000000] Linux version 7.0.0 (x)",
        "[    1.000001][   T12] sd 0:0:0:0: [sda] done",
        "[    1.000002][    C3] ACPI: fine",
        "Nov 26 02:54:06 host kernel: [    1.000003] usb 1-1: new",
        "<3>[    1.000004] plain text: no subsystem",
        "kern  :err   : [    1.000005] EXT4-fs (vda1): mounted",
        "login: ",
        "",
      ].join("\n"),
    );
    expect(
      namedRows(imported, "event").map((row) => [row["name"], row["time_ns"], row["cpu_index"], row["detail"]]),
    ).toEqual([
      ["message", 0, null, "Linux version 7.0.0 (x)"],
      ["sd", 1_000_001_000, null, "sd 0:0:0:0: [sda] done"],
      ["ACPI", 1_000_002_000, 3, "ACPI: fine"],
      ["usb", 1_000_003_000, null, "usb 1-1: new"],
      ["message", 1_000_004_000, null, "plain text: no subsystem"],
      ["EXT4-fs", 1_000_005_000, null, "EXT4-fs (vda1): mounted"],
    ]);
    expect(rowsOf(imported, "task")).toEqual([{ name: "thread 12", thread_id: 12, process_id: null }]);
    expect(warningCounts(imported)).toEqual({ "columns-dropped": 1 });
    expect(imported.report.sources[0]!.dropped.map(({ code, rows }) => [code, rows])).toEqual([
      ["untimed-lines-dropped", 1],
    ]);
  });

  test("further lines of /dev/kmsg go on with the message", async () => {
    const imported = await importText(
      "6,1,1000001,-;acpi PNP0A03:00: one\n SUBSYSTEM=acpi\n DEVICE=+acpi:PNP0A03:00\n6,2,1000002,-,caller=T1;two\n",
    );
    expect(namedRows(imported, "event").map((row) => [row["name"], row["time_ns"], row["detail"]])).toEqual([
      ["acpi", 0, "acpi PNP0A03:00: one\nSUBSYSTEM=acpi\nDEVICE=+acpi:PNP0A03:00"],
      ["message", 1000, "two"],
    ]);
  });

  test("durations are cut at the trace's start, and nonsense is none", async () => {
    const imported = await importText(
      [
        "[    5.000000] initcall a+0x0/0x1 returned 0 after 10 usecs",
        "[    5.000001] initcall b+0x0/0x1 returned 0 after 99999999999999999999 usecs",
        "[    5.000002] initcall c returned -19 after 1 usecs",
        "[    5.000003] pci 0000:00:00.0: quirk_x+0x0/0x2 took 1 usecs",
        "[    5.000004] 7 usecs",
        "[    5.000005]  usecs",
        "[    5.000006] probe of dev:1 returned 0 after 2 usecs",
        "",
      ].join("\n"),
    );
    expect(namedRows(imported, "event").map((row) => [row["name"], row["time_ns"], row["duration_ns"]])).toEqual(
      [
        ["a", 0, 0],
        ["message", 1000, null],
        ["c", 1000, 1000],
        ["quirk_x", 2000, 1000],
        ["message", 4000, null],
        ["message", 5000, null],
        ["dev:1", 4000, 2000],
      ].sort((one, other) => (one[1] as number) - (other[1] as number)),
    );
  });

  test("kinds stay few whatever messages say", async () => {
    const lines = Array.from({ length: 3000 }, (_, index) => `[    1.000000] x${index}: y\n`).join("");
    expect(rowsOf(await importText(lines), "event_kind")).toHaveLength(1001);
  });

  test("files of two boots on one time line are doubted", async () => {
    const begin = "[    0.000000] Linux version 6.1.0\n[    1.000000] a: b\n";
    const imported = await importFiles({ "old.txt": begin, "new.txt": begin });
    expect(warningCounts(imported)).toEqual({ "boots-on-one-clock": 2 });
    const placed = await importFiles(
      { "old.txt": begin, "new.txt": begin },
      { offsetsNs: new Map([["new.txt", 5e9]]) },
    );
    expect(placed.report.span_ns).toBe(6e9);
  });

  test.each([
    ["dmesg-reltime.txt", "found times to the minute"],
    ["dmesg-notime.txt", "found messages without any"],
  ])("%s is known, and refused with what to do", async (name, message) => {
    await expect(importInto([sample(name)])).rejects.toThrow(message);
  });

  test.each([
    ["[    1.000000] a\n[999999999.000000] b\n", "s from the trace's start"],
    ["[1795661774.123456] 64 bytes\n", "expected kernel messages with their times"],
    ['{"dmesg": [{"pri": 6, "time": -1, "msg": "x"}]}', 'expected a message with "time"'],
    ['{"dmesg": [{"pri": 6, "time": 1, "msg": 5}]}', 'expected a message with "time"'],
    ['{"dmesg": [{"pri": 6, "time": 1e300, "msg": "x"}]}', 'expected a message with "time"'],
    ["[    1.000] xorg\n", "expected kernel messages with their times"],
  ])("refuses %j", async (text, message) => {
    await expect(importText(text)).rejects.toThrow(message);
  });
});
