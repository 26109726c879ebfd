import { msNs } from "../../src/base/index.ts";
import { traceSchema } from "../../src/trace/index.ts";
import { code, type TinyTrace } from "./tiny-trace.ts";

const { deviceIoTable, deviceTable, netPacketTable } = traceSchema;

/** Names that try to leave every place into which a name is put, or to be run by a spreadsheet. */
export const hostileTexts = [
  "=cmd|' /C calc'!A0",
  "+1+1",
  "-2+3",
  "@SUM(1)",
  "\t=1",
  "\r=1",
  "\n=1",
  " =1",
  "\u202e=1",
  "\u0000=1",
  "＝1",
  "'=1",
  'a "quoted", name',
  "two\nlines\r\nof text",
  "nul\u0000inside",
  "\u202eesrever",
  "semi;colon",
  "",
  "'); DROP TABLE vm; --",
  "</script>",
  "a longer name, which is more than twelve bytes",
  "drei\u{1f600}zwölf",
] as const;

const requests = [
  ["read", 10, 40],
  ["write", 20, 30],
  ["read", 25, 60],
  ["flush", 70, null],
] as const;

/**
 * Two VMs and something in every table of the format: slices that nest and slices that overlap by half, probes that go
 * without an answer, accesses with and without a number of samples. Times are ms.
 */
export const eventfulTrace: TinyTrace = {
  name: "eventful",
  spanNs: 100 * msNs,
  tables: {
    vm: [
      { name: "web", guest_bytes: 16 * 1024 * 1024, vcpu_count: 2 },
      { name: "db", guest_bytes: 8 * 1024 * 1024, vcpu_count: 1 },
    ],
    device: [
      { vm_index: 0, name: "net0", kind: code(deviceTable, "kind", "virtio-net") },
      { vm_index: 1, name: "disk0", kind: code(deviceTable, "kind", "nvme") },
    ],
    mark: [
      { time_ns: 0, vm_index: null, name: "begin" },
      { time_ns: 50 * msNs, vm_index: null, name: "load" },
      { time_ns: 20 * msNs + 40 * msNs, vm_index: 1, name: "db works" },
    ],
    tick: [0, 1, 2, 3].flatMap((tick) =>
      [0, 1].map((vm) => ({
        time_ns: 20 * tick * msNs,
        vm_index: vm,
        start_ns: tick === 0 ? null : 20 * (tick - 1) * msNs,
        scan_ns: null,
      })),
    ),
    page_write: [
      { time_ns: 0, vm_index: 0, start_gfn: 0, page_count: 100 },
      { time_ns: 20 * msNs, vm_index: 0, start_gfn: 0, page_count: 3 },
      { time_ns: 20 * msNs, vm_index: 0, start_gfn: 8, page_count: 4 },
      { time_ns: 20 * msNs, vm_index: 1, start_gfn: 0, page_count: 5 },
      { time_ns: 60 * msNs, vm_index: 0, start_gfn: 0, page_count: 9 },
    ],
    page_population: [
      { time_ns: 0, vm_index: 0, start_gfn: 0, page_count: 512, order: 9 },
      { time_ns: 5 * msNs, vm_index: 0, start_gfn: 512, page_count: 16, order: null },
    ],
    device_io: requests.map(([direction, submit, complete], index) => ({
      submit_ns: submit * msNs,
      complete_ns: complete === null ? null : complete * msNs,
      device_index: 1,
      bytes: 4096 * index,
      direction: code(deviceIoTable, "direction", direction),
      offset_bytes: index === 0 ? null : 512 * index,
    })),
    dma: [{ time_ns: 12 * msNs, device_index: 1, start_gfn: 3, page_count: 2, direction: 0 }],
    interrupt: [12, 12.1, 40].map((ms) => ({ time_ns: ms * msNs, device_index: 1, vector: 3 })),
    net_packet: [
      [1, "rx", 60],
      [1.5, "tx", 1500],
      [90, "rx", 60],
    ].map(([ms, direction, bytes], index) => ({
      time_ns: (ms as number) * msNs,
      device_index: 0,
      direction: code(netPacketTable, "direction", direction as string),
      bytes: bytes as number,
      ip_protocol: index === 0 ? null : 6,
      source_port: index === 0 ? null : 6379,
      destination_port: null,
    })),
    access: [
      [20, 0, 0, 100, 0, 10],
      [20, 0, 100, 50, 10, 10],
      [20, 0, 150, 30, 4, 10],
      [40, 0, 0, 120, 1, 10],
      [40, 1, 0, 64, 7, null],
    ].map(([ms, vm, start, pages, accesses, samples]) => ({
      time_ns: ms! * msNs,
      start_ns: (ms! - 20) * msNs,
      vm_index: vm!,
      start_gfn: start!,
      page_count: pages!,
      access_count: accesses!,
      sample_count: samples ?? null,
      age_count: null,
    })),
    event_kind: [
      { category: "function_graph", name: "luo_freeze" },
      { category: "function_graph", name: "kho_finalize" },
      { category: "sched", name: "sched_switch" },
      { category: null, name: "note" },
    ],
    task: [
      { name: "vmm", thread_id: 101, process_id: 100 },
      { name: "kworker", thread_id: 7, process_id: null },
      { name: "kworker renamed", thread_id: 7, process_id: null },
    ],
    event: [
      [10, 30, 0, 0, 1, null],
      [12, 5, 1, 0, 1, "first = 1"],
      [20, 40, 1, 0, 0, "longer than what is around it"],
      [25, null, 2, 1, 1, "prev=vmm next=kworker"],
      [30, 1, 0, 2, null, null],
      [35, null, 3, null, null, "of nobody"],
      [36, 2, 3, null, 1, null],
    ].map(([ms, duration, kind, task, cpu, detail]) => ({
      time_ns: (ms as number) * msNs,
      duration_ns: duration === null ? null : (duration as number) * msNs,
      kind_index: kind as number,
      task_index: task as number | null,
      cpu_index: cpu as number | null,
      detail: detail as string | null,
    })),
    counter_kind: [
      { name: "sent", unit: "bytes", vm_index: 0 },
      { name: "load", unit: null, vm_index: null },
    ],
    counter: [
      { time_ns: 0, kind_index: 0, value: 10 },
      { time_ns: 5 * msNs, kind_index: 1, value: 0.25 },
      { time_ns: 10 * msNs, kind_index: 0, value: -3 },
    ],
    probe: [0, 10, 20, 30, 40, 50].map((ms, index) => ({
      time_ns: ms * msNs,
      answer_ns: index >= 2 && index <= 3 ? null : (ms + 1) * msNs,
      sequence: index,
      vm_index: 0,
    })),
    vm_request: [
      {
        vm_index: 0,
        start_ns: 0,
        stop_ns: null,
        cluster: "a",
        numa_node_count: null,
        affinity: null,
        affinity_group: null,
        fault_domain: null,
      },
    ],
    host: [
      { name: "host-0", cluster: null, cpu_count: 64, memory_bytes: 2 ** 40, numa_node_count: 2, is_free_part: 1 },
    ],
    warning: [{ code: "doubt", rows: 2, first_row: null, detail: "Nothing in it was recorded." }],
  },
};

/** Texts wherever a trace takes some, and nothing else. */
export const hostileTrace: TinyTrace = {
  name: hostileTexts.join("|"),
  spanNs: hostileTexts.length * msNs,
  tables: {
    vm: hostileTexts.map((name) => ({ name, guest_bytes: 4096, vcpu_count: 1 })),
    device: hostileTexts.map((name, index) => ({ vm_index: index, name, kind: 0 })),
    mark: hostileTexts.map((name, index) => ({ time_ns: index * msNs, vm_index: index, name })),
    device_io: hostileTexts.map((_, index) => ({
      submit_ns: index,
      complete_ns: null,
      device_index: index,
      bytes: 0,
      direction: 3,
      offset_bytes: null,
    })),
    event_kind: hostileTexts.map((name) => ({ category: name, name })),
    task: hostileTexts.map((name, index) => ({ name, thread_id: index, process_id: null })),
    event: hostileTexts.map((detail, index) => ({
      time_ns: index * msNs,
      duration_ns: 10,
      kind_index: index,
      task_index: index,
      cpu_index: null,
      detail,
    })),
    counter_kind: hostileTexts.map((name) => ({ name, unit: name, vm_index: null })),
    counter: hostileTexts.map((_, index) => ({ time_ns: index, kind_index: index, value: index / 3 })),
    warning: hostileTexts.map((text) => ({ code: text, rows: 0, first_row: null, detail: text })),
  },
};
