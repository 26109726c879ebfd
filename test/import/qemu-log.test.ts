// The kit on logs that QEMU itself wrote, and what the importer makes of lines that are in none of them.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { describeImporter, importInto } from "../kit/import-conformance.ts";
import { importBytes, namedRows, rowsOf, warningCounts } from "../kit/imported-rows.ts";
import { sampleFile } from "../kit/samples.ts";

const timed = sampleFile("qemu/7.2.22/virtio-nvme-timestamps.log");
const withDma = sampleFile("qemu/7.2.22/nvme-dma.log.gz");
const log = (path: string) => [sampleFile(`qemu/${path}`)];
const importText = (text: string) => importBytes("vm.log", text, { format: "qemu-log" });

describeImporter("qemu-log", [
  { golden: "qemu-log-virtio-nvme", files: [timed] },
  { golden: "qemu-log-migration-source-7.2", files: log("7.2.22/precopy.source.log") },
  { golden: "qemu-log-migration-source-10.0", files: log("10.0.13/precopy.source.log") },
  { golden: "qemu-log-migration-target-10.0", files: log("10.0.13/precopy.target.log") },
  { golden: "qemu-log-nvme-dma", files: [withDma] },
  { golden: "qemu-log-firmware", files: log("7.2.22/firmware-mmio-timestamps.log.gz") },
]);

/** Whole µs since the first line, of a line of the log. */
function readNaively(path: string) {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  const parsed = lines.map((line) => /^(\d+)@(\d+)\.(\d{6}):(\S+) ?(.*)$/.exec(line)!);
  const us = (row: RegExpExecArray) => (Number(row[2]) - Number(parsed[0]![2])) * 1e6 + Number(row[3]);
  return parsed.map((row) => ({ ns: (us(row) - us(parsed[0]!)) * 1000, event: row[4]!, args: row[5]! }));
}

describe("against a naive reading of the log", () => {
  test("every line is an event, and every disk request of the guest a request", async () => {
    const imported = await importInto([timed]);
    const lines = readNaively(timed);
    const events = namedRows(imported, "event");
    expect(events.map(({ name, time_ns }) => [name, time_ns])).toEqual(lines.map(({ event, ns }) => [event, ns]));
    const io = rowsOf(imported, "device_io");
    const bytesOf = (event: string, argument: RegExp, scale: number) =>
      lines
        .filter((line) => line.event === event)
        .reduce((sum, { args }) => sum + Number(argument.exec(args)![1]) * scale, 0);
    const read = bytesOf("virtio_blk_handle_read", /nsectors (\d+)/, 512) + bytesOf("pci_nvme_read", /count (\d+)/, 1);
    const written =
      bytesOf("virtio_blk_handle_write", /nsectors (\d+)/, 512) + bytesOf("pci_nvme_write", /count (\d+)/, 1);
    const sum = (direction: number) =>
      io.filter((row) => row["direction"] === direction).reduce((bytes, row) => bytes + (row["bytes"] as number), 0);
    expect([sum(0), sum(1)]).toEqual([read, written]);
    // The guest's two fsyncs: the NVMe's has no completion, as its event was not traced.
    expect(io.filter((row) => row["direction"] === 2).map((row) => row["complete_ns"] !== null)).toEqual([true, false]);
    const interrupts = lines.filter(({ event }) =>
      ["virtio_notify", "virtio_notify_irqfd", "pci_nvme_irq_msix"].includes(event),
    );
    expect(rowsOf(imported, "interrupt").map(({ time_ns }) => time_ns)).toEqual(interrupts.map(({ ns }) => ns));
  });

  test("each request's latency is that of its own two lines", async () => {
    const lines = readNaively(timed);
    const submits = new Map<string, number>();
    const latencies: number[] = [];
    for (const { event, args, ns } of lines) {
      const request = /req (\S+)/.exec(args)?.[1] ?? "";
      if (event.startsWith("virtio_blk_handle_")) submits.set(request, ns);
      const submit = submits.get(request);
      if (event === "virtio_blk_req_complete" && submit !== undefined) {
        latencies.push(ns - submit);
        submits.delete(request);
      }
    }
    const io = rowsOf(await importInto([timed]), "device_io");
    const virtio = io.filter((row) => row["device_index"] === 0 && row["direction"] !== 2);
    const found = virtio.map((row) => (row["complete_ns"] as number) - (row["submit_ns"] as number));
    expect(found.sort((one, other) => one - other)).toEqual(latencies.sort((one, other) => one - other));
  });

  test("frames that the drive maps, each with the direction of the command before it", async () => {
    const lines = gunzipSync(readFileSync(withDma)).toString("utf8").trimEnd().split("\n");
    const naive: { pages: number; direction: number }[] = [];
    let opcode = 0;
    let endGfn = 0;
    for (const line of lines) {
      opcode = Number(/_cmd cid .* opc (\w+)/.exec(line)?.[1] ?? opcode);
      const [, address, bytes] = /map_addr addr (\w+) len (\d+)/.exec(line) ?? [];
      if (address === undefined) continue;
      const start = Math.floor(Number(address) / 4096);
      const end = Math.ceil((Number(address) + Number(bytes)) / 4096);
      endGfn = Math.max(endGfn, end);
      naive.push({ pages: end - start, direction: [2, 1, 0, 2][opcode % 4]! });
    }
    const imported = await importInto([withDma]);
    const dma = rowsOf(imported, "dma");
    expect(dma.map((row) => ({ pages: row["page_count"], direction: row["direction"] }))).toEqual(naive);
    expect(rowsOf(imported, "vm")[0]!["guest_bytes"]).toBe(Math.ceil(endGfn / 16_384) * 64 * 2 ** 20);
    // Completed are all, by the events that tell the guest; those of the admin queue are no requests.
    const io = rowsOf(imported, "device_io");
    expect(io.length).toBe(lines.filter((line) => line.includes("pci_nvme_io_cmd")).length);
    expect(io.every((row) => row["complete_ns"] !== null)).toBe(true);
  });

  test("the time that each device's state took is the event's duration", async () => {
    const [path] = log("10.0.13/precopy.source.log");
    const us = [...readFileSync(path!, "utf8").matchAll(/ downtime=(\d+)/g)].map((found) => Number(found[1]));
    const events = namedRows(await importInto([path!]), "event").filter(({ name }) => name === "vmstate_downtime_save");
    const total = events.reduce((sum, row) => sum + (row["duration_ns"] as number), 0);
    expect([events.length, total]).toEqual([us.length, us.reduce((sum, value) => sum + value, 0) * 1000]);
  });
});

describe("what QEMU's samples do not hold", () => {
  test("frames of DMA, with the direction of their command", async () => {
    const imported = await importText(
      [
        "7@100.000000:pci_nvme_io_cmd cid 3 nsid 0x1 sqid 2 opc 0x2 opname 'NVME_NVM_CMD_READ'",
        "7@100.000001:pci_nvme_read cid 3 nsid 1 nlb 16 count 8192 lba 0x20",
        "7@100.000002:pci_nvme_map_prp trans_len 4096 len 8192 prp1 0x10000000 prp2 0x10001000 num_prps 3",
        "7@100.000003:pci_nvme_map_addr addr 0x10000800 len 4096",
        "8@100.000004:pci_nvme_map_addr addr 0x1000 len 512",
        "7@100.000005:pci_nvme_admin_cmd cid 3 sqid 0 opc 0x6 opname 'NVME_ADM_CMD_IDENTIFY'",
        "7@100.000006:pci_nvme_map_addr addr 0x2000 len 4096",
        "7@100.000007:pci_nvme_rw_complete_cb cid 3 blk 'nv'",
        "7@100.000008:pci_nvme_enqueue_req_completion cid 3 cqid 0 dw0 0x0 dw1 0x0 status 0x0",
        "7@100.000009:pci_nvme_enqueue_req_completion cid 3 cqid 2 dw0 0x0 dw1 0x0 status 0x0",
        "",
      ].join("\n"),
    );
    expect(rowsOf(imported, "device_io")).toEqual([
      { submit_ns: 0, complete_ns: 9000, device_index: 0, bytes: 8192, direction: 0, offset_bytes: 0x20 * 512 },
    ]);
    expect(
      rowsOf(imported, "dma").map((row) => [row["time_ns"], row["start_gfn"], row["page_count"], row["direction"]]),
    ).toEqual([
      [3000, 0x10000, 2, 0],
      [4000, 1, 1, 2],
      [6000, 2, 1, 0],
    ]);
    expect(rowsOf(imported, "vm")[0]!["guest_bytes"]).toBe(320 * 2 ** 20);
  });

  test("where no address is traced, the pages that commands name themselves", async () => {
    const entries = (len: number) =>
      `7@100.000001:pci_nvme_map_prp trans_len 2048 len ${len} prp1 0x10800 prp2 0x30000 num_prps 3`;
    const command = "7@100.000000:pci_nvme_io_cmd cid 3 nsid 0x1 sqid 2 opc 0x1 opname 'X'";
    const done = "7@100.000002:pci_nvme_enqueue_req_completion cid 3 cqid 2 dw0 0x0 dw1 0x0 status 0x0";
    const lines = [2048, 6144, 12_288].flatMap((len) => [command, entries(len), done]);
    const imported = await importText(`${lines.join("\n")}\n`);
    expect(rowsOf(imported, "dma").map((row) => [row["start_gfn"], row["page_count"], row["direction"]])).toEqual([
      [0x10, 1, 1],
      [0x10, 1, 1],
      [0x30, 1, 1],
      [0x10, 1, 1],
    ]);
    expect(warningCounts(imported)["dma-lists-unread"]).toBe(1);
  });

  test("lines of newer versions, with ISO times, threads and messages between", async () => {
    const imported = await importBytes(
      "vm.log",
      [
        "qemu-system-x86_64: -accel kvm: not there",
        "2026-07-01T10:00:00.000100Z [guest a] qemu-system-x86_64: (11:main): virtio_set_status vdev 0x10 val 3",
        "2026-07-01T10:00:00.000200Z qemu-system-x86_64: (12:CPU 0/TCG): apic_deliver_irq dest 0 vector 239 trigger_mode 0",
        "2026-07-01T10:00:00.000300Z qemu-system-x86_64: warning: host clock is slow",
        "",
        "2026-07-01T12:00:00.000400+02:00 qemu-system-x86_64: (12:CPU 0/TCG): migrate_set_state new state active",
        "",
      ].join("\n"),
    );
    expect(imported.report.importer).toBe("qemu-log 1");
    expect(namedRows(imported, "event").map(({ name, time_ns, detail }) => [name, time_ns, detail])).toEqual([
      ["virtio_set_status", 0, "vdev 0x10 val 3"],
      ["apic_deliver_irq", 100_000, "dest 0 vector 239 trigger_mode 0"],
      ["message", 200_000, "qemu-system-x86_64: warning: host clock is slow"],
      ["migrate_set_state", 300_000, "new state active"],
    ]);
    expect(rowsOf(imported, "task").map(({ name, thread_id }) => [name, thread_id])).toEqual([
      ["main", 11],
      ["CPU 0/TCG", 12],
      ["qemu", null],
    ]);
    expect(rowsOf(imported, "interrupt")).toEqual([{ time_ns: 100_000, device_index: 0, vector: 239 }]);
    expect(rowsOf(imported, "mark")).toEqual([{ time_ns: 300_000, vm_index: null, name: "migration active" }]);
    expect(imported.report.sources[0]!.dropped.map(({ code, rows }) => [code, rows])).toEqual([
      ["untimed-lines-dropped", 1],
      ["blank-lines-dropped", 1],
    ]);
  });

  test("rates and amounts of a migration, in units that say what they are", async () => {
    const imported = await importText(
      [
        "7@100.000000:migrate_transferred transferred 1048576 time_spent 100 bandwidth 10485 max_size 3145728",
        "7@100.000001:migrate_pending size 4096 max 100 (pre = 4096 compat=0 post=0)",
        "7@100.000002:dirtyrate_calculate dirty rate: 3 MB/s",
        "",
      ].join("\n"),
    );
    expect(namedRows(imported, "counter").map(({ name, value }) => [name, value])).toEqual([
      ["migration bandwidth", 10_485_000],
      ["migration pending", 4096],
      ["dirty rate", 3 * 2 ** 20],
    ]);
  });

  test("ids used again, sizes and queues that no line tells, and lines out of order are said", async () => {
    const imported = await importText(
      [
        "7@100.000000:pci_nvme_io_cmd cid 3 nsid 0x1 sqid 1 opc 0x1 opname 'X'",
        "7@100.000001:pci_nvme_io_cmd cid 3 nsid 0x1 sqid 1 opc 0x0 opname 'X'",
        "7@100.000002:pci_nvme_io_cmd cid 3 nsid 0x1 sqid 2 opc 0x0 opname 'X'",
        "7@100.000004:pci_nvme_aio_flush_cb cid 3 blk 'nv'",
        "7@100.000003:virtio_notify vdev 0x10 vq 0x20",
        "",
      ].join("\n"),
    );
    expect(warningCounts(imported)).toEqual({
      "guest-size-assumed": 1,
      "command-ids-reused": 1,
      "completions-ambiguous": 1,
      "interrupts-without-queue": 1,
      "rows-reordered": 1,
      "requests-without-completion": 2,
      "request-sizes-unknown": 1,
    });
    expect(rowsOf(imported, "device_io").map((row) => row["complete_ns"])).toEqual([null, 4000, null]);
  });

  test.each([
    "7@100.000000:pci_nvme_read cid 99999999 nlb 0 count 18446744073709551615 lba 0xffffffffffffffff",
    "7@100.000000:pci_nvme_read cid 1 nlb 1 count 512 lba 0xffffffffffffffff",
    "7@100.000000:pci_nvme_map_addr addr 0xffffffffffffffff len 18446744073709551615",
    "7@100.000000:pci_nvme_irq_msix raising MSI-X IRQ vector 4294967296",
    "7@100.000000:apic_deliver_irq vector -1",
    "7@100.000000:vmstate_downtime_save type=x downtime=9007199254740991",
    "7@100.000000:vmstate_downtime_save downtime=NaN",
    "99999999999@100.000000:virtio_set_status \xff\xfe",
  ])("takes %j as an event, whatever its numbers", async (line) => {
    const imported = await importText(`${line}\n`);
    expect(rowsOf(imported, "event")).toHaveLength(1);
  });

  test("a log without times is known, and refused with what to do", async () => {
    await expect(importInto(log("7.2.22/virtio-nvme.log"))).rejects.toThrow("expected times");
  });

  test.each(["7@9999999999999.000000:a_b c\n", "1@1.000000:a_b\n1@99999999.000000:a_b\n"])(
    "refuses or places %j within whole ns",
    async (text) => {
      await importText(text).then(
        ({ report }) => expect(report.span_ns).toBe(0),
        (error: Error) => expect(error.message).toContain("s from the trace's start"),
      );
    },
  );
});
