// Each format's words, and how they may be broken.
import { expect, describe, test } from "vitest";

import { ByteLines } from "../../src/recording/formats/byte-lines.ts";
import { parseClocks, parseMarks } from "../../src/recording/formats/clock-files.ts";
import type { Evidence } from "../../src/recording/formats/evidence.ts";
import { parseMessage } from "../../src/recording/formats/messages.ts";
import { parseEvidence } from "../../src/recording/formats/read-evidence.ts";
import { NameTable } from "../../src/recording/formats/spans.ts";
import { parseStartup, parseUnits } from "../../src/recording/formats/systemd.ts";
import { readTar } from "../../src/recording/formats/tar.ts";
import { bundleMembers, makeBundle, makeTar } from "./make-bundle.ts";
import { samples } from "./samples.ts";

function read(text: string | Buffer): Evidence {
  return parseEvidence("x", typeof text === "string" ? Buffer.from(text, "latin1") : text, "");
}

/** Calls of a graph as readable rows. */
function callsOf(evidence: Evidence): string[] {
  return evidence.graphs.flatMap(({ spans }) =>
    Array.from({ length: spans.count }, (_, index) => {
      const values = [spans.depths[index], spans.nameOf(index), spans.startNs[index], spans.durationNs[index]];
      return values.join(" ");
    }),
  );
}

describe("messages", () => {
  test.each([
    ["[    1.234567] text", 1_234_567_000, "text", false],
    ["<6>[   12.000001] text", 12_000_001_000, "text", true],
    ["<14>[    0.000000] text", 0, "text", true],
    ["[   50.304591][ T4382] sd 0:0:0:0: x", 50_304_591_000, "sd 0:0:0:0: x", false],
    ["[   50.304591][    C1] x", 50_304_591_000, "x", false],
    ["[    2.000000] myhost kernel: Run /init", 2_000_000_000, "Run /init", false],
    ["[    2.000000] myhost systemd[1]: Started x", 2_000_000_000, "systemd[1]: Started x", false],
    ["\u001b[2J[    0.500000] behind a console's noise", 500_000_000, "behind a console's noise", false],
  ])("%s", (line, ns, text, leveled) => {
    expect(parseMessage(line)).toEqual({ ns, text, leveled });
  });

  test.each(["", "text", "[1] x", "[ 1.2.3] x", `[${"9".repeat(30)}.0] x`, "[    1.0]no space"])(
    "none in %j",
    (line) => {
      expect(parseMessage(line)).toBeUndefined();
    },
  );
});

describe("kernel logs", () => {
  test("what a boot and a shutdown say", () => {
    const [old] = read(samples.oldDmesg).kernels;
    expect(old).toMatchObject({
      version: "7.3.4",
      whole: true,
      handedOver: false,
      tscKhz: 2_000_000,
      tscRefined: false,
    });
    expect(old!.shutdowns.map(({ name }) => name)).toEqual(["pci 0000:00:02.0", "nvme 0000:01:00.0"]);
    expect(old!.syscore.map(({ name }) => name)).toEqual(["kvm_shutdown"]);
    expect(old!.jump?.ns).toBe(100_121_000_000);
    expect(old!.rtc?.epochNs).toBe(1_795_420_800e9);
    const [newer] = read(samples.newDmesg).kernels;
    expect(newer!.stable).toMatchObject({ offsetNs: 10_000_000, excessNs: 20_000_000 });
    expect(newer!.initcalls).toMatchObject([
      { name: "probe-device", detail: "0000:00:02.0", startNs: 221_000_000, endNs: 225_000_000 },
      { name: "pci_subsys_init", startNs: 220_000_000, endNs: 230_000_000 },
    ]);
  });

  test("two kernels in one log are told apart by their banners, or by the clock behind the jump", () => {
    expect(read(samples.oldDmesg + samples.newDmesg).kernels).toHaveLength(2);
    const withoutBanner = samples.newDmesg.replace(/^.*Linux version.*\n/, "");
    const [old, newer] = read(samples.oldDmesg + withoutBanner).kernels;
    expect(old?.jump).toBeDefined();
    expect(newer).toMatchObject({ whole: false, handedOver: true });
  });

  test("an initcall whose beginning is lost began as long ago as the kernel says", () => {
    const [log] = read(samples.newDmesg.replace(/^.*calling .*\n/m, "")).kernels;
    expect(log!.initcalls.at(-1)).toMatchObject({ name: "pci_subsys_init", startNs: 220_000_000, endNs: 230_000_000 });
  });

  test("device callbacks in the words of old and new kernels", () => {
    const words = `[  1.000000] calling  7-0061+ @ 4122, parent: i2c-7\n[  1.000009] call 7-0061+ returned 0 after 9 usecs\n`;
    expect(read(words).kernels[0]!.devices).toMatchObject([{ name: "7-0061", detail: "parent i2c-7" }]);
    expect(read(samples.suspendLog).kernels[0]!.devices).toMatchObject([
      { name: "0000:01:00.0", startNs: 477_700_000_000, endNs: 477_710_000_000, detail: "nvme pci_pm_suspend" },
    ]);
  });

  test("the longest silences are kept", () => {
    const [log] = read(samples.newDmesg).kernels;
    const longest = log!.silences.reduce((best, next) =>
      next.endNs - next.startNs > best.endNs - best.startNs ? next : best,
    );
    expect(longest).toMatchObject({
      startNs: 100_000_000,
      endNs: 200_000_000,
      before: "smp: Bringing up secondary CPUs ...",
    });
  });

  test("readings of the lab that are no numbers are left out", () => {
    const lines = ['"mono_ns":1e308,"tsc":1', '"mono_ns":-1,"tsc":1', '"mono_ns":1.5,"tsc":1', '"mono_ns":"1","tsc":1'];
    for (const line of lines) expect(read(`LAB {"ev":"reboot",${line}}\n`).lab?.reboot).toBeUndefined();
    const cut = read(`LAB {"ev":"reboot","mono_ns":1,[    2.000000] a message cut in\nKEYS 0 [   1.000000] x\n`);
    expect(cut).toMatchObject({ damagedLines: 2, lab: undefined, kernels: [{ last: { ns: 2_000_000_000 } }] });
  });
});

describe("function graphs", () => {
  test("with times and tasks, interleaved", () => {
    const evidence = read(samples.graph);
    expect(callsOf(evidence)).toEqual([
      "0 kernel_kexec 100000001000 NaN",
      "1 liveupdate_reboot 100000002000 8000",
      "2 luo_session_serialize 100000003000 3000",
      "0 unrelated 100000003000 100",
      "1 kernel_restart_prepare 100000011000 119984000",
      "2 device_shutdown 100000050000 119940000",
      "3 pci_device_shutdown 100000060000 119900000",
      "1 syscore_shutdown 100120000000 900000",
      "1 machine_shutdown 100121100000 5000000",
    ]);
    expect(evidence).toMatchObject({ format: "function_graph trace", damagedLines: 0 });
  });

  test("without times, with return values, callers, interrupts, switches and losses", () => {
    const evidence = read(samples.graphWithoutTimes);
    expect(callsOf(evidence)).toEqual([
      "0 luo_preserve_file NaN NaN",
      "1 kho_preserve_folio NaN 633",
      "0 __rcu_read_lock NaN 100",
      "1 memfd_luo_preserve NaN NaN",
    ]);
    expect(evidence.remarks.join("\n")).toContain("lost 12 events");
    expect(evidence.damagedLines).toBe(0);
  });

  test("as trace-cmd reports it, and as a buffer without tracer shows it", () => {
    expect(callsOf(read(samples.traceCmd))).toEqual([
      "0 liveupdate_reboot 100000002000 8000",
      "1 luo_session_serialize 100000003000 3000",
      "0 unrelated 100000004000 500",
    ]);
    const plain = `# tracer: nop
           <...>-1       [000] ...1.     4.927104: device_shutdown() {
           <...>-1       [000] ...1.     4.927105:   wait_for_device_probe();
           <...>-1       [000] ...1.     4.927240: }
           <...>-268     [000] ...1.     4.950000: tracing_mark_write: x() {
`;
    expect(callsOf(read(plain))).toEqual([
      "0 device_shutdown 4927104000 136000",
      "1 wait_for_device_probe 4927105000 NaN",
    ]);
  });

  test("a call that began before the trace is known by its end, if that says its name", () => {
    const end = "  1.000010 |   0)   a-1    |   5.000 us    |  }";
    expect(callsOf(read(`# tracer: function_graph\n${end} /* luo_open */\n`))).toEqual(["0 luo_open 1000005000 5000"]);
    expect(read(`# tracer: function_graph\n${end}\n`).remarks.join()).toContain("1 calls began before the trace");
  });

  test("lines that are none are counted", () => {
    const broken = ["  1.0 |   0)   a-1    |   5.000 us    |  name", " 0)   1.0 us", " 1.0 | 0) | x y z", "?"];
    expect(read(`# tracer: function_graph\n${broken.join("\n")}\n`).damagedLines).toBe(broken.length);
  });

  test("names are told apart by all their bytes", () => {
    const table = new NameTable();
    const names = Array.from({ length: 3000 }, (_, index) => `function_${index * 7919}`);
    const intern = (name: string): number => table.intern(Buffer.from(name), 0, name.length);
    const ids = names.map(intern);
    expect(new Set(ids).size).toBe(names.length);
    expect(names.map(intern)).toEqual(ids);
    expect(ids.map((id) => table.nameOf(id))).toEqual(names);
    expect(table.find("function_7919")).toBe(1);
    expect(table.find("function_1")).toBeUndefined();
  });
});

describe("events of a suspend", () => {
  test("actions and devices, by their beginnings and ends", () => {
    const { suspend, remarks } = read(samples.suspendTrace);
    expect(suspend!.actions.map(({ name }) => name)).toEqual([
      "sync_filesystems[0]",
      "suspend_enter[3]",
      "dpm_suspend[2]",
      "CPU_OFF[1]",
      "CPU_OFF[2]",
    ]);
    expect(suspend!.devices).toMatchObject([
      { name: "ata6", detail: "type [suspend], parent 0000:00:1f.2" },
      { name: "0000:01:00.0", detail: "nvme bus [suspend], parent 0000:00:1c.0", endNs: 550_150_200_000 },
    ]);
    expect(remarks.join()).toContain("1 events are not used: timer_start");
  });
});

describe("systemd", () => {
  test("lengths of a start, without what comes before the kernel", () => {
    expect(read(samples.systemd).startup!.parts).toEqual([
      { name: "kernel", ns: 612_000_000 },
      { name: "userspace", ns: 2_500_000_000 },
    ]);
    expect(read(samples.journal).startup!.parts.map(({ name }) => name)).toEqual(["kernel", "initrd", "userspace"]);
  });

  test.each(["Startup finished in x (kernel)", "Startup finished in 1.5s", "Startup finished in 1e9s (kernel)"])(
    "%s",
    (line) => {
      expect(parseStartup(line, { file: "", line: 1 })).toBeUndefined();
    },
  );

  test("units", () => {
    expect(read(samples.units).startup!.units).toMatchObject([{ name: "ssh.service", startNs: 2e9, endNs: 2.5e9 }]);
    expect(parseUnits([null, 1, { name: "a", activating: 1e300, time: 0 }], "")).toBeUndefined();
  });
});

describe("bundles", () => {
  const members = bundleMembers();

  test("messages, clocks, marks and traces of both kernels", () => {
    const { kernels, clocks, marks, graphs, damagedLines, format } = read(makeBundle(members));
    expect(format).toBe("bundle of luoscope-record");
    expect(kernels).toMatchObject([{ side: "new", version: "7.3.4" }]);
    expect(clocks.map(({ side, tsc }) => [side, tsc])).toEqual([
      ["old", 1_000_000_000],
      ["new", 2_270_804_000],
    ]);
    expect(marks.map(({ name }) => name)).toContain("reboot-call");
    expect(damagedLines).toBe(1);
    expect(callsOf({ graphs } as Evidence)).toEqual([
      "0 kernel_kexec 90000000 NaN",
      "1 liveupdate_reboot 90001000 100000",
      "1 device_shutdown 90201000 5000000",
      "1 machine_shutdown 95301000 100000",
      "1 machine_kexec 95402000 NaN",
    ]);
  });

  test("the text of a trace where its pages are missing", () => {
    const { "post/old-trace.cpu0": _, ...others } = members;
    const evidence = read(makeBundle({ ...others, "post/old-trace": Buffer.from(samples.graph) }));
    expect(callsOf(evidence)[0]).toBe("0 kernel_kexec 100000001000 NaN");
  });

  const dmesg = { "post/dmesg": members["post/dmesg"]! };
  test.each([
    [
      "a member that was changed",
      makeBundle(dmesg, { files: [{ path: "post/dmesg", sha256: "0" }] }),
      "post/dmesg is not as",
    ],
    [
      "a member that is missing",
      makeBundle(dmesg, { files: [{ path: "pre/dmesg", sha256: null }] }),
      "pre/dmesg is missing",
    ],
    ["a version to come", makeBundle(dmesg, { version: 2 }), "bundle of version 2; 1 is known"],
    ["another format", makeBundle(dmesg, { format: "x" }), "not a recording's"],
    ["no manifest", makeTar(dmesg), "a tar without manifest.json"],
    ["a manifest that is none", makeTar({ "manifest.json": Buffer.from("{") }), "manifest.json is no JSON"],
    ["a member that is cut", makeBundle(members).subarray(0, 1000), "member 1 is not whole"],
    ["a tar that is cut between its members", makeTar(dmesg).subarray(0, -1024), "the tar has no end"],
  ])("%s is refused", (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(message);
  });

  test("paths are names and nothing more; a directory is no member", () => {
    const tar = makeTar({ "../../etc/passwd": Buffer.from("x"), "./a": Buffer.from("y") });
    expect([...readTar("x", tar).keys()]).toEqual(["../../etc/passwd", "a"]);
  });

  test("clocks and marks, and lines that are none", () => {
    const place = { side: "old", file: "f" } as const;
    const lines = [
      "sample 1 mono_before_ns=5 mono_after_ns=4",
      "sample 2 mono_before_ns=1e9 mono_after_ns=2",
      "tsc_khz 0",
      "x",
    ];
    expect(parseClocks(lines.join("\n"), place)).toMatchObject({ samples: [], tscKhz: undefined, damagedLines: 4 });
    expect(parseMarks("1 a\n-1 b\nx\n99999999999999999999 c\n", place)).toMatchObject({
      marks: [{ ns: 1 }],
      damagedLines: 3,
    });
  });
});

test("lines end with or without a carriage return, the last one without any", () => {
  const lines = new ByteLines(Buffer.from("a\r\n\nb"));
  const found: string[] = [];
  while (lines.next()) found.push(`${lines.number} ${lines.text()}`);
  expect(found).toEqual(["1 a", "2 ", "3 b"]);
});

test.each(["", "hello\nworld\n", "{}", "[{}]", "\u0000\u0001\u0002"])("nothing known in %j", (text) => {
  expect(() => read(text)).toThrow("no recording");
});
