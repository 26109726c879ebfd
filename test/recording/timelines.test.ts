// What timelines say of whole recordings, and what they do not invent.
import { globSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { FormatError } from "../../src/base/index.ts";
import { readTimelines, type Timeline } from "../../src/recording/index.ts";
import { parseEvidence } from "../../src/recording/formats/read-evidence.ts";
import { groupEvidence } from "../../src/recording/timeline/parts.ts";
import { buildTimeline } from "../../src/recording/timeline/read-timelines.ts";
import { ownLogs } from "../kit/recordings.ts";
import { violationsOf } from "./invariants.ts";
import { bundleMembers, makeBundle } from "./make-bundle.ts";
import { samples } from "./samples.ts";
import { stepOf } from "./step-of.ts";

type File = string | Buffer;

/** Timelines of files that are named one after the other. */
function timelinesOf(files: readonly File[], offsetNs?: number): Timeline[] {
  const evidence = files.map((file, index) =>
    parseEvidence(`file-${index}`, typeof file === "string" ? Buffer.from(file, "latin1") : file, ""),
  );
  return groupEvidence(evidence).map((parts) => buildTimeline(parts, { offsetNs }));
}

function timelineOf(...files: readonly File[]): Timeline {
  const [timeline, ...others] = timelinesOf(files);
  expect(others).toEqual([]);
  expect(violationsOf(timeline!)).toEqual([]);
  return timeline!;
}

const ms = (count: number): number => Math.round(count * 1e6);

describe("dmesg of both kernels", () => {
  const pair = (): Timeline => timelineOf(samples.oldDmesg, samples.newDmesg);

  test("the board's clock joins them to a second", () => {
    const { bridge, window } = pair();
    // Read at 1 s of the old clock and at 0.36 s (0.34 by the TSC) of the new one, 102 s apart.
    const zeroNs = 1e9 + 102e9 - 0.34e9 - 100_000_100_000;
    expect(bridge).toMatchObject({ kind: "realtime", newZeroNs: null, newZeroHighNs: zeroNs + 1e9 });
    expect(bridge.newZeroLowNs).toBe(zeroNs - 1e9);
    expect(window).toMatchObject({ startNs: 0, endNs: null });
  });

  test("without any bridge the jump has no length, and neither has the window", () => {
    const [old, newer] = [samples.oldDmesg, samples.newDmesg].map((text) => text.replace(/^.*rtc_cmos.*\n/m, ""));
    const { bridge, window, unattributed, unseen, phases } = timelineOf(old!, newer!);
    expect(bridge).toMatchObject({ kind: "none", newZeroNs: null, newZeroHighNs: null, newZeroLowNs: 120_900_000 });
    expect(window).toMatchObject({ durationNs: null, durationHighNs: null });
    expect(unattributed).toMatchObject({ ns: 0, ratio: 0 });
    expect(unseen.join("\n")).toContain("how long the jump took");
    expect(phases.map(({ name }) => name)).toEqual(["kexec"]);
    expect(stepOf({ phases } as Timeline, "stop-cpus + copy-image + decompress")).toMatchObject({ durationNs: null });
    // Within one kernel lengths are known all the same.
    expect(stepOf({ phases } as Timeline, "init-memmap")).toMatchObject({ startNs: null, durationNs: ms(30) });
  });

  test("an offset that is given joins them exactly", () => {
    const [timeline] = timelinesOf([samples.oldDmesg, samples.newDmesg], 100_500_000_000);
    expect(violationsOf(timeline!)).toEqual([]);
    expect(timeline!.bridge).toMatchObject({ kind: "given", newZeroNs: 499_900_000 });
    // 400 ms of messages, of which 20 are printk's own.
    expect(timeline!.window).toMatchObject({ durationNs: 499_900_000 + ms(380) });
  });

  test("one that would let the new kernel start before the old one's end is refused", () => {
    const [timeline] = timelinesOf([samples.oldDmesg, samples.newDmesg], 1);
    expect(timeline!.bridge.kind).toBe("realtime");
    expect(timeline!.unseen.join("\n")).toContain("refused");
  });

  test("the order in which they are named does not matter", () => {
    expect(timelineOf(samples.newDmesg, samples.oldDmesg).phases).toEqual(
      JSON.parse(JSON.stringify(pair().phases).replace(/file-(\d)/g, (_, index) => `file-${1 - Number(index)}`)),
    );
  });

  test("devices are parts of the shutdown, initcalls of the boot", () => {
    expect(stepOf(pair(), "shutdown-device").children).toMatchObject([
      { name: "pci 0000:00:02.0", durationNs: 19_900_000 },
      { name: "nvme 0000:01:00.0", durationNs: ms(100) },
    ]);
    const initcalls = stepOf(pair(), "initcalls + unpack-initrd").children!;
    expect(initcalls.map(({ name }) => name)).toEqual(["pci_subsys_init", "unpack-initrd"]);
    expect(initcalls[0]!.children).toMatchObject([{ name: "probe-device", detail: "0000:00:02.0" }]);
  });

  test("messages are bounds where printk's clock ran ahead of the TSC", () => {
    const timeline = pair();
    expect(timeline.unseen.join("\n")).toContain("ran 20.0 ms ahead of the TSC");
    expect(stepOf(timeline, "start-cpus")).toMatchObject({ durationLowNs: 0, durationHighNs: ms(10) });
    // Before and behind it, they are exact.
    expect(stepOf(timeline, "start-userspace")).toMatchObject({ durationNs: ms(50) });
  });
});

describe("parts that are missing", () => {
  test("a log of the old kernel that breaks off in its shutdown leaves a hole", () => {
    const { unattributed } = timelineOf(samples.oldDmesg.replace(/^.*(Calling|Starting).*\n/gm, ""), samples.newDmesg);
    expect(unattributed.intervals).toMatchObject([{ reason: "the end of the old kernel's log is missing" }]);
    expect(unattributed.ratio).toBeNull();
  });

  test("a log of the new kernel that lacks its beginning leaves a hole up to its first sign", () => {
    const lines = samples.newDmesg.split("\n");
    const timeline = timelineOf(samples.oldDmesg, lines.slice(8).join("\n"));
    expect(timeline.unattributed).toMatchObject({
      ns: ms(50),
      intervals: [{ reason: "the beginning of the new kernel's log is missing", durationNs: ms(50) }],
    });
  });

  test("a sign that is missing joins the steps around it", () => {
    const timeline = timelineOf(samples.oldDmesg, samples.newDmesg.replace(/^.*SLUB:.*\n/m, ""));
    const step = stepOf(timeline, "reserve-preserved + free-memory + start-kernel + restore-luo");
    expect(step).toMatchObject({ durationLowNs: ms(120), durationHighNs: ms(140) });
  });

  test("a lone log of a boot has no window; one of a shutdown has no end", () => {
    expect(timelineOf(samples.newDmesg)).toMatchObject({
      oldKernel: null,
      window: { startNs: null, durationNs: null, endNs: ms(380) },
      bridge: { kind: "one-clock" },
    });
    const old = timelineOf(samples.oldDmesg);
    expect(old).toMatchObject({ newKernel: null, window: { startNs: 0, endNs: null } });
    expect(stepOf(old, "stop-cpus + copy-image + decompress")).toMatchObject({
      durationLowNs: 0,
      durationHighNs: null,
    });
  });

  test("a sign out of order is not used, and said", () => {
    const swapped = samples.newDmesg.replace("[    0.020000] Zone", "[    0.055000] Zone");
    const timeline = timelineOf(samples.oldDmesg, swapped);
    expect(timeline.unseen.join("\n")).toContain("the sign of start-kernel is out of order");
    expect(stepOf(timeline, "init-memmap + start-kernel")).toMatchObject({ durationNs: ms(5) });
  });
});

describe("traces", () => {
  test("refine the way down, beside the messages", () => {
    const timeline = timelineOf(samples.oldDmesg, samples.newDmesg, samples.graph);
    const names = timeline.phases.flatMap(({ steps }) => steps).map(({ name }) => name);
    expect(names.slice(0, 7)).toEqual([
      "reboot-call",
      "liveupdate-reboot",
      "notify-reboot",
      "shutdown-device",
      "syscore-shutdown",
      "stop-cpus",
      "copy-image + decompress",
    ]);
    expect(stepOf(timeline, "liveupdate-reboot")).toMatchObject({ durationNs: 8000, clock: "trace" });
    expect(stepOf(timeline, "shutdown-device").children).toContainEqual(
      expect.objectContaining({ name: "device_shutdown", durationNs: 119_940_000 }),
    );
    expect(timeline.phases[0]).toMatchObject({ name: "serialize", durationNs: 9000 });
  });

  test("alone they are a timeline too, with calls summed up", () => {
    const call = (at: number): string => ` ${at}.000000 |  0)  a-1  |  5.000 us  |  luo_preserve_file();\n`;
    const timeline = timelineOf(`# tracer: function_graph\n${call(1)}${call(2)}${call(3)}`);
    expect(stepOf(timeline, "preserve-memory")).toMatchObject({ count: 3, durationNs: 15_000 });
    expect(timeline.functions).toEqual([{ name: "luo_preserve_file", calls: 3, totalNs: 15_000 }]);
  });
});

describe("bundles of the recorder", () => {
  test("clocks join marks, the trace and the other kernel's messages", () => {
    const timeline = timelineOf(makeBundle(bundleMembers()));
    expect(timeline.bridge).toMatchObject({ kind: "tsc", newZeroNs: 205_402_000 });
    expect(stepOf(timeline, "copy-image + decompress")).toMatchObject({ durationNs: ms(200) });
    expect(stepOf(timeline, "shutdown-device")).toMatchObject({ startNs: 201_000, durationNs: ms(5) });
    expect(timeline.window).toMatchObject({ startNs: 0, endNs: 595_402_000 });
    expect(timeline.marks.map(({ name, atNs }) => [name, atNs])).toEqual([
      ["preserve-start", -ms(80)],
      ["preserve-end", -ms(70)],
      ["reboot-call", -ms(1)],
      ["userspace", 595_402_000],
      ["vm0-resumed", 695_402_000],
    ]);
    expect(timeline.phases.find(({ name }) => name === "preserve")).toMatchObject({ durationNs: ms(10) });
    expect(timeline.phases.find(({ name }) => name === "restore")).toMatchObject({ durationNs: ms(100) });
  });

  test("without traces the way down is one step", () => {
    const { "post/old-trace.cpu0": _, ...members } = bundleMembers();
    const timeline = timelineOf(makeBundle(members));
    // From the mark on, which is a millisecond earlier.
    const [step] = timeline.phases.find(({ name }) => name === "kexec")!.steps;
    expect(step!.name).toMatch(/^reboot-call \+ .* \+ decompress$/);
    expect(step).toMatchObject({ startNs: 0, durationNs: 206_402_000 });
  });
});

describe("suspends", () => {
  test("phases from a trace, devices in them, time between them", () => {
    const timeline = timelineOf(samples.suspendTrace);
    expect(timeline.kind).toBe("suspend");
    expect(timeline.phases.map(({ name, durationNs, steps }) => [name, durationNs, steps.length])).toEqual([
      ["sync_filesystems", ms(100), 1],
      ["dpm_suspend", ms(100), 1],
      ["CPU_OFF", ms(200), 2],
    ]);
    const [dpm] = timeline.phases[1]!.steps;
    expect(dpm!.children).toMatchObject([
      { name: "ata6", durationNs: 100_000 },
      { name: "0000:01:00.0", durationNs: ms(50) },
    ]);
    expect(timeline.unattributed).toMatchObject({ ns: 100_000, intervals: [{ durationNs: 100_000 }] });
  });

  test("phases from messages alone", () => {
    const timeline = timelineOf(samples.suspendLog);
    expect(timeline.phases.map(({ name, durationNs }) => [name, durationNs])).toEqual([
      ["sync_filesystems", ms(6)],
      ["freeze_processes", 18_931_000],
      ["CPU_OFF", 20_449_000],
      ["CPU_ON", 49_180_000],
    ]);
  });
});

test("files that hold both kernels, or the same kernel again, are updates of their own", () => {
  const both = samples.oldDmesg + samples.newDmesg;
  expect(timelinesOf([both, both])).toHaveLength(2);
  expect(timelinesOf([samples.oldDmesg, samples.newDmesg, samples.oldDmesg, samples.newDmesg])).toHaveLength(2);
  expect(timelinesOf([samples.newDmesg, samples.systemd])).toHaveLength(1);
  expect(timelinesOf([samples.suspendTrace, samples.suspendLog])).toHaveLength(1);
  expect(timelinesOf([samples.suspendLog, samples.suspendLog])).toHaveLength(2);
});

test("systemd's own lengths follow the kernel's clock", () => {
  const timeline = timelineOf(samples.newDmesg, samples.systemd);
  const systemd = timeline.phases.find(({ name }) => name === "systemd")!;
  expect(systemd.steps.map(({ name, durationNs }) => [name, durationNs])).toEqual([
    ["kernel", expect.anything()],
    ["userspace", 2.5e9],
  ]);
});

describe("the recordings of this repository", () => {
  const timelines = readTimelines(ownLogs);

  test("each is one update that adds up", () => {
    expect(timelines).toHaveLength(ownLogs.length);
    expect(timelines.flatMap(violationsOf)).toEqual([]);
  });

  test("every moment between the reboot call and the new userspace has its step", () => {
    const joined = timelines.filter(({ bridge }) => bridge.kind === "tsc");
    // Two logs lack the reading before the reboot call.
    expect(timelines.length - joined.length).toBe(2);
    expect(joined.map(({ unattributed }) => unattributed.ratio)).toEqual(joined.map(() => 0));
  });

  test("the TSC and no message says when the new kernel's clock began: always alike", () => {
    const zeros = timelines
      .filter(
        ({ oldKernel, bridge, name }) => oldKernel === "7.3.4" && bridge.kind === "tsc" && !name.includes("initrd"),
      )
      .map(({ bridge }) => bridge.newZeroNs!);
    expect(zeros.length).toBeGreaterThan(30);
    expect(Math.max(...zeros) - Math.min(...zeros)).toBeLessThan(ms(0.5));
  });
});

const bundles = globSync("recordings/bundles/*.tar.gz").sort();

describe.skipIf(bundles.length === 0)("the recorder's bundles in this repository", () => {
  test("each is one update that adds up, joined by the TSC", () => {
    const timelines = readTimelines(bundles);
    expect(timelines.map(({ bridge, unattributed }) => [bridge.kind, unattributed.ratio])).toEqual(
      bundles.map(() => ["tsc", 0]),
    );
    expect(timelines.flatMap(violationsOf)).toEqual([]);
  });

  test("the tracer's clock, which needs no message, finds the jump as long as the lab's readings do", () => {
    const [traced] = readTimelines(bundles.filter((path) => path.includes("linux-7.3.4-s2-f2")));
    if (!traced) return;
    const [lab] = readTimelines(["recordings/size-64.log.gz"]);
    const jump = stepOf(traced, "copy-image + decompress");
    expect(jump.clock).toBe("tsc");
    expect(Math.abs(traced.bridge.newZeroNs! - lab!.bridge.newZeroNs!)).toBeLessThan(ms(1));
    expect(traced.phases.map(({ name }) => name)).toEqual(["preserve", "serialize", "kexec", "restore", "finish"]);
  });
});

/** A log cut at random places and laced with another. */
const brokenLog = fc
  .tuple(
    fc.constantFrom(...Object.values(samples), gunzipSync(readFileSync("recordings/smp-2.log.gz")).toString("latin1")),
    fc.constantFrom(...Object.values(samples)),
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }),
  )
  .map(([log, other, places]) => {
    const lines = log.split("\n");
    for (const [index, place] of places.entries()) {
      const at = Math.floor(place * lines.length);
      if (index % 2 === 0) lines.splice(at, 1 + (index % 3) * 40);
      else lines.splice(at, 0, ...other.split("\n").slice(index));
    }
    return lines.join("\n");
  });

describe("whatever is fed", () => {
  test("arbitrary text is refused or read, and never crashes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 500 }), (text) => {
        try {
          expect(timelinesOf([text]).flatMap(violationsOf)).toEqual([]);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("cuts and mixtures of real logs keep to the rules", () => {
    fc.assert(
      fc.property(
        fc.array(brokenLog, { minLength: 1, maxLength: 3 }),
        fc.option(fc.maxSafeInteger()),
        (logs, offsetNs) => {
          const files = logs.filter((log) => log.trim() !== "");
          try {
            expect(timelinesOf(files, offsetNs ?? undefined).flatMap(violationsOf)).toEqual([]);
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
