// Real live updates of real kernels, recorded as a user records one. Bundles and consoles stay in out/lab.
import { readFileSync } from "node:fs";

import { beforeAll, describe, expect, test } from "vitest";

import { readTimelines } from "../../src/recording/index.ts";
import { Bundle, type ClockSample } from "./bundle.ts";
import { labLacks, persistentBuffer, recordLiveUpdate, type LiveUpdate } from "./lab.ts";
import type { TraceEvent } from "./trace-pages.ts";

const lacks = labLacks();
if (lacks.length > 0) console.log(`no live updates are made: this workplace lacks ${lacks.join(", ")}`);

/** ns from call to return of a function's first call; NaN when it never returned. */
function durationOf(events: readonly TraceEvent[], name: string): number {
  const leave = events.find((event) => event.kind === "leave" && event.name === name);
  return leave?.kind === "leave" ? leave.durationNs : NaN;
}

const namesOf = (events: readonly TraceEvent[]): Set<string> =>
  new Set(events.flatMap((event) => (event.kind === "mark" ? [] : [event.name])));
const marksOf = (bundle: Bundle, step: string): string[] =>
  bundle.lines(`${step}/marks`).map((line) => line.split(" ")[1]!);

const labLines = (log: string): Record<string, unknown>[] =>
  [...log.matchAll(/^LAB (\{.*\})\r?$/gm)].map(([, json]) => JSON.parse(json!) as Record<string, unknown>);

/** The sample with the narrowest bracket. */
const tightest = (samples: readonly ClockSample[]): ClockSample =>
  samples.reduce((best, sample) => (sample.after - sample.before < best.after - best.before ? sample : best));

/** The line through two samples, each in the middle of its bracket. */
function monotonicToTsc(first: ClockSample, last: ClockSample): (ns: number) => number {
  const middle = (sample: ClockSample): number => (sample.before + sample.after) / 2;
  const rate = (last.tsc - first.tsc) / (middle(last) - middle(first));
  return (ns) => first.tsc + (ns - middle(first)) * rate;
}

function recorded(update: LiveUpdate): () => Bundle {
  let path = "";
  let log = "";
  beforeAll(async () => {
    ({ bundle: path, console: log } = await recordLiveUpdate(update));
  });

  test("is whole, and says what it has", () => {
    const bundle = new Bundle(path);
    expect(bundle.first).toBe("manifest.json");
    expect(bundle.manifest).toMatchObject({ format: "luoscope-recording", version: 1, kexec: true });
    expect(bundle.manifest.boot_ids.pre).toMatch(/^[\da-f-]{36}$/);
    expect(bundle.manifest.boot_ids.post).toMatch(/^[\da-f-]{36}$/);
    expect(bundle.manifest.boot_ids.post).not.toBe(bundle.manifest.boot_ids.pre);
    expect(bundle.wrongFiles()).toEqual([]);
    expect(["manifest.json", ...bundle.manifest.files.map((file) => file.path)].sort()).toEqual(bundle.files);
    expect(readFileSync(log, "utf8")).toContain('{"ev":"done"}');
  });

  test("holds both kernels' facts and logs", () => {
    const bundle = new Bundle(path);
    expect(bundle.text("pre/version")).toContain(`Linux version ${update.from} `);
    expect(bundle.text("post/version")).toContain(`Linux version ${update.into} `);
    expect(bundle.text("pre/dmesg")).toContain("Linux version");
    expect(bundle.text("post/dmesg")).toContain("KHO: found kexec handover data");
    expect(bundle.text("post/dmesg")).toContain(`KHO: exec from: ${update.from}`);
    for (const file of ["meminfo", "buddyinfo", "zoneinfo", "iomem", "cpuinfo", "pci", "kho/out/scratch_len"]) {
      expect(bundle.text(`pre/${file}`), file).not.toBe("");
      expect(bundle.text(`post/${file}`), file).not.toBe("");
    }
    expect(bundle.text("post/kho/in/sub_fdts/kexec-metadata")).toContain(update.from);
    const own = (step: string): string[] => [`recorder-${step}-start`, `recorder-${step}-end`];
    expect(marksOf(bundle, "pre")).toEqual(["preserve-start", "preserve-end", ...own("save"), "reboot-call"]);
    expect(marksOf(bundle, "post")).toEqual(["userspace", ...own("arrive"), "vm0-resumed"]);
  });

  test("joins the clocks of both kernels by the TSC", () => {
    const bundle = new Bundle(path);
    const files = ["pre/clocks", "pre/saved/clocks", "post/clocks-arrive", "post/clocks"];
    const samples = files.flatMap((file) => bundle.clocks(file));
    expect(samples).toHaveLength(20);
    // The lab runs 1 instruction a ns; a bracket is the work of four writes, and of an interrupt now and then.
    const brackets = samples.map(({ before, after }) => after - before);
    expect(Math.min(...brackets)).toBeLessThan(30_000);
    expect(Math.max(...brackets)).toBeLessThan(1_000_000);
    const ticks = samples.map((sample) => sample.tsc);
    expect(ticks).toEqual([...ticks].sort((a, b) => a - b));
    // Within a kernel, TSC and trace clock go at the same rate: virtual time has 1 GHz.
    const [first, last] = [samples[0]!, samples[9]!];
    const rate = (last.tsc - first.tsc) / (last.local - first.local);
    expect(rate).toBeCloseTo(1, 3);
  });

  test("agrees with what the lab's own program read from the same clocks", () => {
    const bundle = new Bundle(path);
    const lab = labLines(readFileSync(log, "utf8"));
    const errorAt = (event: string, from: string, to: string): number => {
      const { tsc, mono_ns: mono } = lab.find((line) => line["ev"] === event) as { tsc: number; mono_ns: number };
      return monotonicToTsc(tightest(bundle.clocks(from)), tightest(bundle.clocks(to)))(mono) - tsc;
    };
    expect(Math.abs(errorAt("reboot", "pre/clocks", "pre/saved/clocks"))).toBeLessThan(20_000);
    // Here the program reads the TSC when it starts, and CLOCK_MONOTONIC some time later.
    const later = errorAt("userspace2", "post/clocks-arrive", "post/clocks");
    expect(later).toBeGreaterThan(-20_000);
    expect(later).toBeLessThan(500_000);
  });

  test("traces how the new kernel retrieves", () => {
    const events = new Bundle(path).trace("post/trace", "post");
    const names = namesOf(events);
    for (const name of ["luo_open", "luo_session_deserialize", "luo_retrieve_file", "memfd_luo_retrieve"]) {
      expect(names, name).toContain(name);
    }
    const retrieved = events.filter((event) => event.kind === "leave" && event.name === "luo_retrieve_file");
    expect(retrieved).toHaveLength(update.sessions * update.files);
  });

  return () => new Bundle(path);
}

function tracesTheReboot(update: LiveUpdate, bundleOf: () => Bundle): void {
  test("traces the old kernel from preserving to its end", () => {
    const bundle = bundleOf();
    expect(bundle.manifest.missing).toEqual([]);
    const events = bundle.trace("post/old-trace", "pre");
    const preserved = events.filter((event) => event.kind === "leave" && event.name === "memfd_luo_preserve");
    expect(preserved).toHaveLength(update.sessions * update.files);
    for (const name of ["luo_ioctl", "luo_session_ioctl", "liveupdate_reboot", "device_shutdown", "machine_shutdown"]) {
      expect(durationOf(events, name), name).toBeGreaterThan(100);
    }
    // These two never return.
    expect(events.filter((event) => event.kind !== "mark" && event.name === "kernel_kexec")).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ kind: "enter", name: "machine_kexec" });
    expect([...namesOf(events)].filter((name) => name.startsWith("0x"))).toEqual([]);
    const marks = events.flatMap((event) => (event.kind === "mark" ? [event.text.split(" ")[0]] : []));
    expect(marks).toEqual(["luoscope:preserve-start", "luoscope:preserve-end", "luoscope:reboot-call"]);
  });

  test("has the reboot between its call and the new userspace, on one clock", () => {
    const bundle = bundleOf();
    const [saved, arrived] = [bundle.clocks("pre/saved/clocks")[0]!, bundle.clocks("post/clocks-arrive")[0]!];
    const ticksOf = (ns: number): number => saved.tsc + ns - saved.local;
    const events = bundle.trace("post/old-trace", "pre");
    const call = events.find((event) => event.kind === "enter" && event.name === "kernel_kexec")!;
    const end = events.at(-1)!;
    expect(end.ns - call.ns).toBeGreaterThan(100_000);
    // Some 1.2 s of virtual time lie between the jump and this script in the new kernel; 7.2 hashes for as long again.
    const toArrival = arrived.tsc - ticksOf(end.ns);
    expect(toArrival).toBeGreaterThan(5e8);
    expect(toArrival).toBeLessThan(5e9);
  });
}

/** What luoscope makes of the bundle. */
function isImported(bundleOf: () => Bundle): void {
  const between = [
    "reboot-call",
    "liveupdate-reboot",
    "notify-reboot",
    "shutdown-device",
    "syscore-shutdown",
    "stop-cpus",
  ];

  test("is imported: each step from kernel_kexec to the jump is the trace's, and nothing is unattributed", () => {
    const [timeline] = readTimelines([bundleOf().path]);
    const steps = timeline!.phases.flatMap((phase) => (/serialize|kexec/.test(phase.name) ? phase.steps : []));
    expect(steps.slice(0, between.length).map(({ name }) => name)).toEqual(between);
    for (const { name, clock, durationNs } of steps.slice(0, between.length)) {
      expect(clock, name).toBe("trace");
      expect(durationNs, name).toBeGreaterThan(100);
    }
    expect(steps[between.length]!.name).toMatch(/^copy-image( \+ purgatory)? \+ decompress$/);
    expect(steps[between.length]!.durationNs).toBeGreaterThan(200e6);
    expect(timeline!.bridge.kind).toBe("tsc");
    expect(timeline!.unattributed.ratio).toBe(0);
  });
}

describe.skipIf(lacks.length > 0)("7.3.4 into itself", () => {
  const update: LiveUpdate = {
    name: "linux-7.3.4-s2-f2",
    from: "7.3.4",
    into: "7.3.4",
    sessions: 2,
    files: 2,
    kernelArguments: persistentBuffer,
  };
  const bundleOf = recorded(update);
  tracesTheReboot(update, bundleOf);
  isImported(bundleOf);

  test("has the old trace as text too, for one kernel's names hold in the other", () => {
    expect(bundleOf().text("post/old-trace")).toMatch(/ machine_kexec\(\) \{\n$/);
  });
});

describe.skipIf(lacks.length > 0)("7.2.13 into 7.3.4, on two CPUs", () => {
  const update: LiveUpdate = {
    name: "linux-7.2.13-to-7.3.4-s8-f1",
    from: "7.2.13",
    into: "7.3.4",
    cpus: 2,
    sessions: 8,
    files: 1,
    kernelArguments: persistentBuffer,
  };
  const bundleOf = recorded(update);
  tracesTheReboot(update, bundleOf);
  isImported(bundleOf);

  test("has no text of the old trace: the new kernel would name other functions", () => {
    expect(bundleOf().has("post/old-trace")).toBe(false);
  });
});

describe.skipIf(lacks.length > 0)("7.3.4 into itself, without a buffer that outlives the kexec", () => {
  const update: LiveUpdate = {
    name: "linux-7.3.4-s3-f1-no-buffer",
    from: "7.3.4",
    into: "7.3.4",
    sessions: 3,
    files: 1,
    kernelArguments: [],
  };
  const bundleOf = recorded(update);

  test("says so, and traces as far as save", () => {
    const bundle = bundleOf();
    expect(bundle.manifest.missing.map(({ step, item }) => `${step}: ${item}`)).toEqual(["pre: trace of the reboot"]);
    expect(bundle.has("post/old-trace.cpu0")).toBe(false);
    const events = bundle.trace("pre/saved/trace", "pre");
    expect(events.filter((event) => event.kind === "leave" && event.name === "memfd_luo_preserve")).toHaveLength(3);
    expect(namesOf(events)).not.toContain("kernel_kexec");
  });
});
