// Trace texts that no sample has: rare lines, damage, and what somebody made to harm.
import { describe, expect, test } from "vitest";

import { defaultLimits, traceSchema } from "../../src/trace/index.ts";
import { importText, rowsOf } from "../kit/imported-rows.ts";
import { code } from "../kit/tiny-trace.ts";

const {
  accessTable,
  counterTable,
  deviceIoTable,
  deviceTable,
  interruptTable,
  markTable,
  netPacketTable,
  pagePopulationTable,
  vmTable,
} = traceSchema;

let clockUs = 0;
const at = () => `    1.${String((clockUs += 10)).padStart(6, "0")}`;
/** A line of the kernel's trace. */
const line = (what: string, task = "swapper-0") => `${task.padStart(18)}      [001] d..2. ${at()}: ${what}\n`;
const ftrace = (...events: string[]) => `# tracer: nop\n#\n${events.map((what) => line(what)).join("")}`;

describe("block requests", () => {
  const issue = (rwbs: string, bytes: number, sector: number, sectors: number) =>
    `block_rq_issue: 8,0 ${rwbs} ${bytes} () ${sector} + ${sectors} [x y) z]`;
  const complete = (rwbs: string, sector: number, sectors: number) =>
    `block_rq_complete: 8,0 ${rwbs} () ${sector} + ${sectors} [0]`;

  test("are complete when all their sectors are", async () => {
    const { folder, codes } = await importText(
      ftrace(issue("R", 8192, 64, 16), complete("R", 64, 8), complete("R", 72, 8)),
    );
    const rows = rowsOf(folder, deviceIoTable);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ submit_ns: 0, complete_ns: 20_000, bytes: 8192, offset_bytes: 64 * 512 });
    expect(codes).not.toHaveProperty("requests-without-completion");
  });

  test("at one place at once, issued again, and lost", async () => {
    const { folder, codes } = await importText(
      ftrace(
        issue("W", 4096, 8, 8),
        issue("W", 4096, 8, 8),
        complete("W", 8, 8),
        complete("W", 8, 8),
        issue("WS", 512, 100, 1),
        "block_rq_requeue: 8,0 WS () 100 + 1 [0]",
        issue("WS", 512, 100, 1),
        complete("WS", 100, 1),
        issue("FWFS", 512, 200, 1),
        issue("FF", 0, 0, 0),
        complete("FF", 2 ** 64, 0),
        complete("R", 999, 8),
      ),
    );
    const rows = rowsOf(folder, deviceIoTable);
    const direction = (label: string) => code(deviceIoTable, "direction", label);
    expect(rows.map((row) => [row["complete_ns"] !== null, row["direction"], row["offset_bytes"]])).toEqual([
      [true, direction("write"), 4096],
      [true, direction("write"), 4096],
      [true, direction("write"), 51_200],
      [false, direction("write"), 102_400],
      [true, direction("flush"), null],
    ]);
    expect(codes).toMatchObject({ "requests-without-completion": 1, "completions-without-request": 1 });
  });

  test("with fields that are not theirs stay events alone", async () => {
    const { folder, codes, events } = await importText(
      ftrace("block_rq_issue: nothing of the kind", "block_rq_complete: 8,0 R"),
    );
    expect(rowsOf(folder, deviceIoTable)).toEqual([]);
    expect(events.map(({ detail }) => detail)).toEqual(["nothing of the kind", "8,0 R"]);
    expect(codes["fields-not-understood"]).toBe(2);
  });
});

test("interrupts belong to the device that the handler names, with the queue as its vector", async () => {
  const names = [
    "nvme0q3",
    "nvme0q12",
    "virtio1-input.1",
    "virtio1-output.0",
    "eth0-TxRx-2",
    "i915",
    "ahci[0000:00:1f.2]",
    "a b",
  ];
  const { folder } = await importText(ftrace(...names.map((name) => `irq_handler_entry: irq=33 name=${name}`)));
  const devices = rowsOf(folder, deviceTable);
  const kinds = deviceTable.columns[2].labels;
  const found = rowsOf(folder, interruptTable).map((row) => {
    const device = devices[Number(row["device_index"])]!;
    return `${device["name"]} ${kinds[Number(device["kind"])]} ${row["vector"]}`;
  });
  expect(found).toEqual([
    "nvme0 nvme 3",
    "nvme0 nvme 12",
    "virtio1 virtio-net 2",
    "virtio1 virtio-net 1",
    "eth0 nic 2",
    "i915 gpu 33",
    "ahci[0000:00:1f.2] other 33",
    "a b other 33",
  ]);
});

test("a packet counts once, whether it is seen queued or transmitted", async () => {
  const queue = "net_dev_queue: dev=eth0 skbaddr=00000000a len=98";
  const sent = "net_dev_xmit: dev=eth0 skbaddr=00000000a len=98 rc=0";
  const both = await importText(
    ftrace(queue, sent, queue, sent, sent.replace("rc=0", "rc=16"), "netif_receive_skb: dev=lo skbaddr=0 len=84"),
  );
  const rows = rowsOf(both.folder, netPacketTable);
  const [rx, tx] = [code(netPacketTable, "direction", "rx"), code(netPacketTable, "direction", "tx")];
  expect(rows.map((row) => [row["direction"], row["bytes"]])).toEqual([
    [tx, 98],
    [tx, 98],
    [rx, 84],
  ]);
  const alone = await importText(ftrace(queue, queue, queue));
  expect(rowsOf(alone.folder, netPacketTable)).toHaveLength(3);
});

test("a guest's pages are populated at the first fault that is not for a device", async () => {
  const { folder, codes } = await importText(
    ftrace(
      "kvm_page_fault: vcpu 3 rip 0x1000 address 0x0000000000005000 error_code 0x14",
      "kvm_entry: vcpu 3, rip 0x1000",
      "kvm_page_fault: vcpu 3 rip 0x1000 address 0x00000000fee00300 error_code 0x14",
      "kvm_mmio: mmio write len 4 gpa 0xfee00300 val 0x0",
      "kvm_page_fault: address 5fff error_code 14",
      "kvm_page_fault: address 40000000 error_code 14",
      "kvm_page_fault: address ffffffffffffffffffff error_code 14",
    ),
  );
  expect(rowsOf(folder, pagePopulationTable).map((row) => [row["start_gfn"], row["order"]])).toEqual([
    [5, null],
    [0x4_0000, null],
  ]);
  expect(rowsOf(folder, vmTable)).toEqual([{ name: "guest", guest_bytes: 17 * 64 * 2 ** 20, vcpu_count: 4 }]);
  expect(codes).toMatchObject({ "population-from-faults": 2, "fields-not-understood": 1 });
});

describe("DAMON's aggregations", () => {
  const region = (target: string, count: number, start: number, end: number, rest = "3 1") =>
    `damon_aggregated: target_id=${target} nr_regions=${count} ${start}-${end}: ${rest}`;

  test("of two targets and with lost events do not run into each other", async () => {
    const { folder } = await importText(
      ftrace(
        region("0", 2, 4096, 8192),
        region("18446623435582458880", 1, 94_253_027_950_592, 94_253_027_954_688, "7"),
        region("0", 2, 8192, 16_384),
        // The second region of this one was lost.
        region("0", 2, 4096, 8192),
        region("0", 2, 4096, 8192),
        region("0", 2, 8192, 16_384),
      ),
    );
    const rows = rowsOf(folder, accessTable);
    expect(
      rows.map((row) => [row["vm_index"], row["time_ns"], row["start_ns"], row["start_gfn"], row["age_count"]]),
    ).toEqual([
      [0, 0, null, 1, 1],
      [0, 0, null, 2, 1],
      [1, 10_000, null, 0, null],
      [0, 30_000, 0, 1, 1],
      [0, 40_000, 30_000, 1, 1],
      [0, 40_000, 30_000, 2, 1],
    ]);
    expect(rowsOf(folder, vmTable).map((row) => row["guest_bytes"])).toEqual([16_384, 4096]);
  });

  test("that make no sense stay events alone; too much memory is refused", async () => {
    const { folder, codes } = await importText(
      ftrace(
        region("0", 1, 8192, 4096),
        region("0", 1, 0, 0, "-1 -1"),
        region("0", 1, 0, 4096, "99999999999"),
        region("0", 1, 0, 4096),
      ),
    );
    expect(codes["fields-not-understood"]).toBe(3);
    expect(rowsOf(folder, accessTable)).toHaveLength(1);
    await expect(importText(ftrace(region("0", 1, 0, 2 ** 47)))).rejects.toThrow(/expected at most 4294967295 pages/);
  });
});

describe("marks", () => {
  test("are what people write, and not what Android's programs write", async () => {
    const { folder, events } = await importText(
      `${ftrace("tracing_mark_write: phase one", "tracing_mark_write: B|12|draw", "tracing_mark_write: E", "print: tracing_mark_write: two")}lines of it\n`,
    );
    expect(rowsOf(folder, markTable).map((row) => row["name"])).toEqual(["phase one", "two\nlines of it"]);
    expect(events).toHaveLength(4);
  });

  test("may hold any bytes", async () => {
    const { folder } = await importText(ftrace("tracing_mark_write: \u00ff\u001b[31m\u0000<b>"));
    expect(rowsOf(folder, markTable)[0]!["name"]).toBe("\ufffd\u001b[31m\u0000<b>");
  });
});

describe("lines", () => {
  test("of several recordings keep the recording's name with the task", async () => {
    const { events } = await importText(
      `cpus=2\n guest.dat:           vm-12    [000]     1.000001: kvm_entry: vcpu 0\n  host.dat:     <...>-7     [001]     1.000002: sched_switch: x\n`,
    );
    expect(events.map(({ task, threadId }) => [task, threadId])).toEqual([
      ["guest.dat: vm", 12],
      ["host.dat: <...>", 7],
    ]);
  });

  test("in any order are put in theirs", async () => {
    const { codes, events } = await importText(
      `# tracer: nop\n${["3", "1", "2"].map((second) => `               a-1       [000]     ${second}.000000: x: y\n`).join("")}`,
    );
    expect(events.map(({ timeNs }) => timeNs)).toEqual([0, 1e9, 2e9]);
    expect(codes).toMatchObject({ "rows-reordered": 2, "clock-went-back": 1 });
  });

  test("that are torn are counted, and a file of them is refused", async () => {
    const { codes, report } = await importText(`${ftrace("a: b", "c: d")}   torn-12 [00\n`);
    expect(codes["lines-not-understood"]).toBe(1);
    expect(report.sources[0]).toMatchObject({ rows: 5, kept_rows: 2 });
    const torn = "not a line of it\n".repeat(5);
    await expect(importText(`${ftrace("a: b")}${torn}`)).rejects.toThrow(
      /expected events, found 1 of them and 5 other lines/,
    );
    await expect(importText("# tracer: nop\n#\n")).rejects.toThrow(/expected events, found none/);
  });

  test("with numbers beyond their columns are no events", async () => {
    const wide = ["x-99999999999 [000]     1.0", "x-1 [99999]     1.0", "x-1 [-1]     1.0", "x-1 [000]     -1.0"];
    const { events, codes } = await importText(
      `${ftrace("a: b", "a: b", "a: b", "a: b")}${wide.map((start) => `${start}: e: f\n`).join("")}`,
    );
    expect([events.length, codes["lines-not-understood"]]).toEqual([4, 4]);
  });

  test("with times that no trace can hold are refused", async () => {
    const far = `${ftrace("a: b")}               a-1       [000] 99999999999.000000: x: y\n`;
    await expect(importText(far)).rejects.toThrow(/s from the trace's start, expected at most/);
  });

  test("that go on and on do not take the memory", async () => {
    const stack = ` => ${"f".repeat(200)}\n`.repeat(20_000);
    const { events, codes } = await importText(`${ftrace("a: b")}${stack}${line("c: d").repeat(20_000)}`);
    expect(events[0]!.detail!.length).toBeLessThanOrEqual(1024 * 1024);
    expect(codes["lines-not-understood"]).toBeGreaterThan(10_000);
  });

  test.each([
    ["dashes", "-1".repeat(30_000)],
    ["dashes and CPUs", "-1 [1] ".repeat(9000)],
    ["numbers", "1 ".repeat(30_000)],
    ["times", "1.000001 ".repeat(7000)],
    ["spaces", " ".repeat(60_000)],
    ["an event of digits", `               a-1       [000]     1.000001: ${"9".repeat(60_000)}: x`],
  ])("of %s do not take the time", async (_, text) => {
    const start = performance.now();
    const many = `${text}\n`.repeat(60);
    for (const format of ["ftrace", "trace-cmd", "perf-script"]) {
      await importText(`${line("a: b").repeat(100)}${many}`, { format }).catch(() => {});
    }
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  test("longer than the limit are refused", async () => {
    await expect(importText(`${ftrace("a: b")}${"x".repeat(defaultLimits.lineBytes + 2 ** 19)}\n`)).rejects.toThrow(
      /line_bytes/,
    );
  });

  test("end with the whole ones", async () => {
    const { events, report } = await importText(`${ftrace("a: b", "c: d")}               a-1       [000]     1.00`);
    expect(events).toHaveLength(2);
    expect(report.truncated).toHaveLength(1);
  });
});

test("counts nothing that is not there", async () => {
  const { folder } = await importText(ftrace("kvm_exit: vcpu 0 reason hlt"));
  expect(rowsOf(folder, counterTable)).toEqual([]);
});
