/** Writes the canonical traces of a few dozen rows under traces/tiny; the same bytes each time. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { msNs } from "../src/base/index.ts";
import { traceSchema } from "../src/trace/index.ts";
import { code, type TinyTrace, writeTinyTrace } from "../test/kit/tiny-trace.ts";

const { deviceTable, deviceIoTable, dmaTable, netPacketTable } = traceSchema;
const kind = (label: string) => code(deviceTable, "kind", label);
const ioDirection = (label: string) => code(deviceIoTable, "direction", label);
const dmaDirection = (label: string) => code(dmaTable, "direction", label);
const packetDirection = (label: string) => code(netPacketTable, "direction", label);

const tickNs = 100 * msNs;

/** Readings of two VMs each 100 ms for 1 s; those of the second come 10 ms after those of the first. */
function twoVmTicks() {
  return Array.from({ length: 11 }, (_, tick) =>
    [0, 1].map((vm) => ({
      time_ns: tick * tickNs + vm * 10 * msNs,
      vm_index: vm,
      start_ns: tick === 0 ? null : (tick - 1) * tickNs + vm * 10 * msNs,
      scan_ns: 200_000 + vm * 50_000,
    })),
  ).flat();
}

/**
 * VM web writes one hot frame in each tick and walks through its memory 8 frames a tick; VM db rests in ticks 3 to 5
 * and otherwise writes 2 + tick frames from frame 256 on.
 */
function twoVmWrites() {
  return twoVmTicks().flatMap(({ time_ns, vm_index }) => {
    const tick = Math.floor(time_ns / tickNs);
    const at = { time_ns, vm_index };
    if (vm_index === 0) {
      const walk = { ...at, start_gfn: 16 + 8 * tick, page_count: 8 };
      return tick === 0 ? [{ ...at, start_gfn: 0, page_count: 16 }] : [{ ...at, start_gfn: 5, page_count: 1 }, walk];
    }
    if (tick >= 3 && tick <= 5) return [];
    return [{ ...at, start_gfn: 256, page_count: 2 + tick }];
  });
}

const twoVms: TinyTrace = {
  name: "two-vms",
  spanNs: 1010 * msNs,
  tables: {
    vm: [
      { name: "web", guest_bytes: 16 * 1024 * 1024, vcpu_count: 2 },
      { name: "db", guest_bytes: 8 * 1024 * 1024, vcpu_count: 1 },
    ],
    device: [
      { vm_index: 0, name: "net0", kind: kind("virtio-net") },
      { vm_index: 1, name: "disk0", kind: kind("nvme") },
    ],
    mark: [
      { time_ns: 0, vm_index: null, name: "start" },
      { time_ns: 300 * msNs, vm_index: 1, name: "db rests" },
      { time_ns: 600 * msNs, vm_index: 1, name: "db works" },
    ],
    tick: twoVmTicks(),
    page_write: twoVmWrites(),
    page_population: [
      { time_ns: 0, vm_index: 0, start_gfn: 0, page_count: 512, order: 9 },
      { time_ns: 10 * msNs, vm_index: 1, start_gfn: 256, page_count: 16, order: 0 },
    ],
    device_io: [
      { submit_ns: 50 * msNs, complete_ns: 52 * msNs, device_index: 1, bytes: 8192, direction: ioDirection("write") },
      { submit_ns: 450 * msNs, complete_ns: 620 * msNs, device_index: 1, bytes: 4096, direction: ioDirection("read") },
      { submit_ns: 460 * msNs, complete_ns: 461 * msNs, device_index: 1, bytes: 0, direction: ioDirection("flush") },
      { submit_ns: 990 * msNs, complete_ns: null, device_index: 1, bytes: 4096, direction: ioDirection("write") },
    ],
    dma: [
      { time_ns: 51 * msNs, device_index: 1, start_gfn: 256, page_count: 2, direction: dmaDirection("from-memory") },
      { time_ns: 500 * msNs, device_index: 1, start_gfn: 260, page_count: 1, direction: dmaDirection("to-memory") },
    ],
    interrupt: [
      { time_ns: 52 * msNs, device_index: 1, vector: 1 },
      { time_ns: 401 * msNs, device_index: 0, vector: 0 },
      { time_ns: 620 * msNs, device_index: 1, vector: 1 },
    ],
    net_packet: [
      { time_ns: 400 * msNs, device_index: 0, direction: packetDirection("rx"), bytes: 1500, ip_protocol: 6 },
      { time_ns: 405 * msNs, device_index: 0, direction: packetDirection("tx"), bytes: 64, ip_protocol: 6 },
      { time_ns: 505 * msNs, device_index: 0, direction: packetDirection("rx"), bytes: 1500, ip_protocol: 17 },
    ],
    warning: [],
  },
};

/** Names that break naive printing, quoting and markup, and every null that the format allows. */
const namesAndNulls: TinyTrace = {
  name: "names and nulls: \"quoted\", <b>bold</b> & 'more'",
  spanNs: 200 * msNs,
  tables: {
    vm: [
      { name: "</script><script>alert(1)</script>", guest_bytes: 1024 * 1024, vcpu_count: 1 },
      { name: "", guest_bytes: 4096, vcpu_count: 1 },
    ],
    device: [
      { vm_index: 0, name: "tab\there, newline\nthere, bell\u0007, escape\u001b[31m", kind: kind("other") },
      {
        vm_index: 0,
        name: "right-to-left \u202e override, comma, \"quotes\", 'apostrophe', back\\slash",
        kind: kind("gpu"),
      },
      { vm_index: 1, name: "Ünïcödé 虚拟机 🖥", kind: kind("nic") },
    ],
    mark: [
      { time_ns: 0, vm_index: null, name: "'; DROP TABLE mark; --" },
      { time_ns: 100 * msNs, vm_index: 1, name: "x".repeat(300) },
    ],
    tick: [
      { time_ns: 0, vm_index: 0, start_ns: null, scan_ns: null },
      { time_ns: 0, vm_index: 1, start_ns: null, scan_ns: null },
      { time_ns: 100 * msNs, vm_index: 0, start_ns: 0, scan_ns: null },
    ],
    page_write: [
      { time_ns: 0, vm_index: 0, start_gfn: 0, page_count: 256 },
      { time_ns: 0, vm_index: 1, start_gfn: 0, page_count: 1 },
      { time_ns: 100 * msNs, vm_index: 0, start_gfn: 255, page_count: 1 },
    ],
    page_population: [{ time_ns: 0, vm_index: 0, start_gfn: 0, page_count: 256, order: null }],
    device_io: [{ submit_ns: 1, complete_ns: null, device_index: 0, bytes: 0, direction: ioDirection("other") }],
    dma: [{ time_ns: 2, device_index: 1, start_gfn: 255, page_count: 1, direction: dmaDirection("unknown") }],
    interrupt: [{ time_ns: 3, device_index: 1, vector: 4_294_967_295 }],
    net_packet: [
      { time_ns: 200 * msNs, device_index: 2, direction: packetDirection("unknown"), bytes: 0, ip_protocol: null },
    ],
    warning: [{ code: "made-up", rows: 1, first_row: null, detail: "Nothing here was recorded." }],
  },
};

export const tinyTraces: ReadonlyMap<string, TinyTrace> = new Map([
  ["two-vms", twoVms],
  ["names-and-nulls", namesAndNulls],
]);

export const tinyFolder = fileURLToPath(new URL("../traces/tiny", import.meta.url));

if (import.meta.main) {
  for (const [name, trace] of tinyTraces) writeTinyTrace(join(tinyFolder, name), trace);
}
