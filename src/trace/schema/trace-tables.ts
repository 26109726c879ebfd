import type { Table } from "./column.ts";
import { eventTables } from "./event-tables.ts";
import { deviceIndex, pageCount, startGfn, timeNs, vmIndex } from "./shared-columns.ts";

export {
  accessTable,
  counterKindTable,
  counterTable,
  eventKindTable,
  eventTable,
  hostTable,
  probeTable,
  taskTable,
  vmRequestTable,
} from "./event-tables.ts";

export const vmTable = {
  name: "vm",
  isIndexed: true,
  doc: "The VMs of the trace; the row number is the vm_index.",
  columns: [
    { name: "name", type: "utf8", unit: "text", doc: "Name as the source gives it; may hold any character." },
    {
      name: "guest_bytes",
      type: "i64",
      unit: "bytes",
      doc: "Size of guest memory; frames lie below guest_bytes / 4096.",
    },
    { name: "vcpu_count", type: "u16", unit: "count", doc: "Virtual CPUs." },
  ],
} as const satisfies Table;

export const deviceTable = {
  name: "device",
  isIndexed: true,
  doc: "The devices of the trace; the row number is the device_index.",
  columns: [
    { ...vmIndex, doc: "VM that the device belongs to." },
    { name: "name", type: "utf8", unit: "text", doc: "Name as the source gives it; may hold any character." },
    {
      name: "kind",
      type: "u8",
      unit: "code",
      doc: "What kind of device it is.",
      labels: ["other", "nvme", "virtio-net", "virtio-blk", "interrupt-controller", "nic", "gpu"],
    },
  ],
} as const satisfies Table;

export const tickTable = {
  name: "tick",
  doc: "One row for each reading of a VM's dirty pages, also for readings that found none.",
  orderedBy: "time_ns",
  columns: [
    { ...timeNs, doc: "Moment of the reading: the tick's end." },
    vmIndex,
    {
      name: "start_ns",
      type: "i64",
      unit: "ns",
      doc: "The previous reading: writes of this tick fell into (start_ns, time_ns].",
      nullMeans: "no earlier reading: the rows of this tick are the pages that were there already, not a rate",
    },
    {
      name: "scan_ns",
      type: "i64",
      unit: "ns",
      doc: "What the reading itself took.",
      nullMeans: "the source does not say",
    },
  ],
} as const satisfies Table;

export const pageWriteTable = {
  name: "page_write",
  doc: "Runs of guest frames that were written during a tick; a frame written many times in a tick stands once. Where a source itself names a frame twice in a tick, both runs are kept and warning pages-repeated-in-tick counts them.",
  orderedBy: "time_ns",
  columns: [
    { ...timeNs, doc: "End of the tick; a row of table tick has the same time and VM." },
    vmIndex,
    startGfn,
    pageCount,
  ],
} as const satisfies Table;

export const pagePopulationTable = {
  name: "page_population",
  doc: "Runs of guest frames that became backed by host memory, with the folio order of the backing.",
  orderedBy: "time_ns",
  columns: [
    timeNs,
    vmIndex,
    startGfn,
    pageCount,
    {
      name: "order",
      type: "u8",
      unit: "order",
      doc: "log2 of the folio's 4 KiB pages: 0 = 4 KiB, 9 = 2 MiB, 18 = 1 GiB.",
      nullMeans: "the source does not say how the frames are backed",
    },
  ],
} as const satisfies Table;

export const deviceIoTable = {
  name: "device_io",
  doc: "Requests that the guest gave to a device.",
  orderedBy: "submit_ns",
  columns: [
    { ...timeNs, name: "submit_ns", doc: "The request reached the device." },
    {
      ...timeNs,
      name: "complete_ns",
      doc: "The device reported completion; never before submit_ns.",
      nullMeans: "no completion in the trace",
    },
    deviceIndex,
    { name: "bytes", type: "i64", unit: "bytes", doc: "Payload; 0 for a flush or a command without data." },
    {
      name: "direction",
      type: "u8",
      unit: "code",
      doc: "Which way the data goes, seen from the guest.",
      labels: ["read", "write", "flush", "other"],
    },
    {
      name: "offset_bytes",
      type: "i64",
      unit: "bytes",
      doc: "Where on the device the data begins.",
      nullMeans: "not a place on the device, or the source does not say",
      since: 2,
    },
  ],
} as const satisfies Table;

export const dmaTable = {
  name: "dma",
  doc: "Guest frames that a device read or wrote by DMA.",
  orderedBy: "time_ns",
  columns: [
    timeNs,
    deviceIndex,
    startGfn,
    pageCount,
    {
      name: "direction",
      type: "u8",
      unit: "code",
      doc: "Who writes: the device writes guest memory (to-memory), or reads it (from-memory).",
      labels: ["to-memory", "from-memory", "unknown"],
    },
  ],
} as const satisfies Table;

export const interruptTable = {
  name: "interrupt",
  doc: "Interrupts that a device raised.",
  orderedBy: "time_ns",
  columns: [
    timeNs,
    deviceIndex,
    { name: "vector", type: "u32", unit: "index", doc: "Vector or queue number in the device's own numbering." },
  ],
} as const satisfies Table;

export const netPacketTable = {
  name: "net_packet",
  doc: "Packets on the VM's wire.",
  orderedBy: "time_ns",
  columns: [
    timeNs,
    deviceIndex,
    {
      name: "direction",
      type: "u8",
      unit: "code",
      doc: "Seen from the guest.",
      labels: ["rx", "tx", "unknown"],
    },
    { name: "bytes", type: "u32", unit: "bytes", doc: "Length on the wire." },
    {
      name: "ip_protocol",
      type: "u8",
      unit: "code",
      doc: "IP protocol number: 6 TCP, 17 UDP.",
      nullMeans: "not an IP packet, or the source does not say",
    },
    {
      name: "source_port",
      type: "u16",
      unit: "code",
      doc: "Port of the sender, TCP or UDP.",
      nullMeans: "a packet without ports, or the source does not say",
      since: 2,
    },
    {
      name: "destination_port",
      type: "u16",
      unit: "code",
      doc: "Port of the receiver, TCP or UDP.",
      nullMeans: "a packet without ports, or the source does not say",
      since: 2,
    },
  ],
} as const satisfies Table;

export const markTable = {
  name: "mark",
  doc: "Named moments of the workload: a phase begins and lasts to the next mark of the same VM.",
  orderedBy: "time_ns",
  columns: [
    timeNs,
    { ...vmIndex, nullMeans: "the mark belongs to the whole trace" },
    { name: "name", type: "utf8", unit: "text", doc: "Name as the source gives it; may hold any character." },
  ],
} as const satisfies Table;

export const warningTable = {
  name: "warning",
  doc: "What the importer left out or doubted.",
  columns: [
    { name: "code", type: "utf8", unit: "text", doc: "Stable name of the kind of doubt." },
    { name: "rows", type: "i64", unit: "count", doc: "Source rows concerned." },
    {
      name: "first_row",
      type: "i64",
      unit: "index",
      doc: "First source row concerned, 1 = the first data row.",
      nullMeans: "not about single rows",
    },
    { name: "detail", type: "utf8", unit: "text", doc: "One sentence for people." },
  ],
} as const satisfies Table;

/** Every table of the trace format, in the order of docs/trace-format.md. */
export const traceTables: readonly Table[] = [
  vmTable,
  deviceTable,
  markTable,
  tickTable,
  pageWriteTable,
  pagePopulationTable,
  deviceIoTable,
  dmaTable,
  interruptTable,
  netPacketTable,
  ...eventTables,
  warningTable,
];
