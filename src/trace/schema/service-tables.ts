import type { Column, Table } from "./column.ts";
import { assumedColumn, endNs, hostClock, rangeColumns, sourceColumn, startNs, vmIndex } from "./run-columns.ts";

/** What the gap does to a request. */
const requestFateLabels = ["untouched", "drained", "kept", "requeued", "waited", "delayed", "open"] as const;

const traceDeviceIndex: Column = {
  name: "trace_device_index",
  type: "u16",
  unit: "index",
  doc: "Device of the trace.",
};
const gapVmIndex: Column = {
  ...vmIndex,
  doc: "VM that stands for all that this VM of the trace drives: the one that stands still longest.",
};

export const deviceGapTable = {
  name: "device_gap",
  doc: "The time in which each device of the trace does not serve its guest, and what it does to packets and memory.",
  columns: [
    gapVmIndex,
    traceDeviceIndex,
    {
      name: "fate",
      type: "u8",
      unit: "code",
      doc: "What becomes of the device.",
      labels: ["goes-on", "stops", "emulated"],
    },
    { name: "stop_ns", type: "i64", unit: "ns", doc: `The vCPUs stop, ${hostClock}.` },
    { name: "resume_ns", type: "i64", unit: "ns", doc: `The vCPUs run again, ${hostClock}.` },
    { name: "ready_ns", type: "i64", unit: "ns", doc: `The device answers the guest again, ${hostClock}.` },
    {
      name: "reachable_ns",
      type: "i64",
      unit: "ns",
      doc: `The network reaches it again: ready_ns, and the time that switches take to relearn; ${hostClock}.`,
    },
    {
      name: "changed_pages",
      type: "i64",
      unit: "pages",
      doc: "Distinct guest frames that it wrote by DMA while no CPU ran: no dirty log has them.",
    },
    {
      name: "last_packet_ns",
      type: "i64",
      unit: "ns",
      doc: `The last packet in either direction before stop_ns, ${hostClock}.`,
      nullMeans: "the trace has none before",
    },
    {
      name: "arrived_count",
      type: "i64",
      unit: "count",
      doc: "Packets from outside between stop_ns and reachable_ns.",
    },
    { name: "kept_count", type: "i64", unit: "count", doc: "Of these, kept in the card's receive ring." },
    { name: "dropped_count", type: "i64", unit: "count", doc: "Of these, lost." },
    { name: "tcp_dropped_count", type: "i64", unit: "count", doc: "TCP segments among the lost." },
    { name: "udp_dropped_count", type: "i64", unit: "count", doc: "UDP datagrams among the lost." },
    {
      name: "retransmission_count",
      type: "i64",
      unit: "count",
      doc: "Retransmissions of the first lost TCP segment until one gets through.",
    },
    {
      name: "tcp_resume_ns",
      type: "i64",
      unit: "ns",
      doc: `When that is, ${hostClock}.`,
      nullMeans: "no TCP segment was lost",
    },
  ],
} as const satisfies Table;

export const requestTable = {
  name: "request",
  doc: "Requests of the trace's devices from 30 s before the vCPUs stop to 30 s after they run again (twice the gap, if that is longer), with and without the gap.",
  columns: [
    gapVmIndex,
    traceDeviceIndex,
    {
      name: "submit_ns",
      type: "i64",
      unit: "ns",
      doc: `The guest asks for it, or would have if it ran, ${hostClock}.`,
    },
    {
      name: "alone_ns",
      type: "i64",
      unit: "ns",
      doc: "From there to its completion as the trace has it, without an update.",
      nullMeans: "it never completes in the trace",
    },
    {
      name: "latency_ns",
      type: "i64",
      unit: "ns",
      doc: "From there to its completion as the guest sees it, with the update.",
      nullMeans: "it never completes in the trace",
    },
    {
      name: "fate",
      type: "u8",
      unit: "code",
      doc: "What the gap does to it: in flight and drained, kept or requeued; came meanwhile and waited; came later and was delayed behind those.",
      labels: requestFateLabels,
    },
    { name: "bytes", type: "i64", unit: "bytes", doc: "Payload; 0 for a flush." },
    {
      name: "direction",
      type: "u8",
      unit: "code",
      doc: "Which way the data goes, seen from the guest.",
      labels: ["read", "write", "flush", "other"],
    },
  ],
} as const satisfies Table;

export const brownoutTickTable = {
  name: "brownout_tick",
  doc: "How a guest gets up to speed: its ticks after resume, each longer by the faults of its first touches; one VM for all copies.",
  columns: [
    { ...vmIndex, doc: "VM that stands for all copies of it." },
    {
      name: "mapping",
      type: "u8",
      unit: "code",
      doc: "As its folios are mapped, or as if every 4 KiB page were mapped alone: what large folios spare.",
      labels: ["as-backed", "small-pages"],
    },
    startNs,
    endNs,
    { name: "fault_count", type: "i64", unit: "count", doc: "Pages of 4 KiB, 2 MiB or 1 GiB that are touched first." },
    { name: "lost_ns", type: "i64", unit: "ns", doc: "Of end_ns - start_ns, spent in these faults." },
  ],
} as const satisfies Table;

const text = (name: string, doc: string): Column => ({ name, type: "utf8", unit: "text", doc });
const flag = (name: string, doc: string): Column => ({ name, type: "u8", unit: "flag", doc });

export const alternativeTable = {
  name: "alternative",
  isIndexed: true,
  doc: "What else one could do with the VMs; empty unless asked for. The row number is the alternative_index.",
  columns: [
    text("name", "Stable name of the alternative."),
    { ...vmIndex, doc: "VM that stands for all copies of it." },
    { name: "vm_count", type: "u32", unit: "count", doc: "Copies, itself included." },
    flag("feasible", "1 if it can be done with this VM and comes to an end."),
    text("reason", "Why it cannot, or does not end; empty where it does."),
    flag("replaces_kernel", "1 if the host runs the new kernel afterwards."),
    { name: "stopped_ns", type: "i64", unit: "ns", doc: "The VM's vCPUs stand still." },
    {
      name: "qemu_downtime_ns",
      type: "i64",
      unit: "ns",
      doc: "What QEMU itself would call downtime: of a VM that is paused before, only the last part.",
      nullMeans: "no migration",
    },
    { name: "degraded_ns", type: "i64", unit: "ns", doc: "The VM runs, but slower than usual." },
    { name: "total_ns", type: "i64", unit: "ns", doc: "From the first to the last moment of it, for one VM." },
    {
      name: "host_ns",
      type: "i64",
      unit: "ns",
      doc: "The same for all copies: VMs that are moved go one after the other over the one link.",
    },
    {
      name: "moved_bytes",
      type: "i64",
      unit: "bytes",
      doc: "Bytes that leave the host, or go to its disk, for one VM.",
    },
    { name: "extra_bytes", type: "i64", unit: "bytes", doc: "Memory beside the VM's own that is held meanwhile." },
    {
      name: "round_count",
      type: "u32",
      unit: "count",
      doc: "Passes over dirty memory.",
      nullMeans: "it knows no rounds",
    },
    text("lost_state", "State of devices or guests that it cannot take along; empty where there is none."),
    text("detail", "What it rests on, and what of it is assumed."),
  ],
} as const satisfies Table;

export const migrationRoundTable = {
  name: "migration_round",
  doc: "The rounds of the alternatives that have some.",
  columns: [
    {
      name: "alternative_index",
      type: "u32",
      unit: "index",
      doc: "Row of the alternative in table alternative.",
    },
    { name: "round_index", type: "u32", unit: "index", doc: "Number of the round, from 0." },
    { name: "start_ns", type: "i64", unit: "ns", doc: "Beginning, in ns since the migration's start." },
    { name: "end_ns", type: "i64", unit: "ns", doc: "End, in ns since the migration's start." },
    {
      name: "dirty_pages",
      type: "i64",
      unit: "pages",
      doc: "Pages to send when the round begins: a union, each page once.",
    },
    { name: "sent_bytes", type: "i64", unit: "bytes", doc: "Bytes sent in it." },
    {
      name: "throttle_ratio",
      type: "f64",
      unit: "ratio",
      doc: "Share of the time that the vCPUs are held back at its end.",
    },
  ],
} as const satisfies Table;

export const momentTable = {
  name: "moment",
  doc: "The same update, asked for at other moments of the trace; empty unless asked for.",
  orderedBy: "trace_time_ns",
  columns: [
    { name: "trace_time_ns", type: "i64", unit: "ns", doc: "The update is asked for, in ns since the trace's start." },
    {
      name: "stop_ns",
      type: "i64",
      unit: "ns",
      doc: "The blackout begins, in ns since the trace's start: later where preserving was not done.",
    },
    { name: "blackout_ns", type: "i64", unit: "ns", doc: "Blackout of the host." },
    ...rangeColumns("blackout_ns"),
    {
      name: "complete",
      type: "u8",
      unit: "flag",
      doc: "0 where the trace ends before the blackout's length has passed: what it does is then not all seen.",
    },
    { name: "in_flight_count", type: "i64", unit: "count", doc: "Requests in flight when the vCPUs stop." },
    { name: "waited_count", type: "i64", unit: "count", doc: "Requests that come while their device does not serve." },
    { name: "stalled_ns", type: "i64", unit: "ns", doc: "What the update adds to the latencies of all requests." },
    { name: "worst_latency_ns", type: "i64", unit: "ns", doc: "The longest latency of a request that it touches." },
    {
      name: "catch_up_ns",
      type: "i64",
      unit: "ns",
      doc: "From the moment a device is ready to where no request waits behind the gap.",
    },
    { name: "dropped_count", type: "i64", unit: "count", doc: "Packets from outside that are lost." },
    {
      name: "fault_count",
      type: "i64",
      unit: "count",
      doc: "First touches to the trace's end, of the VM with the most.",
    },
    { name: "lost_ns", type: "i64", unit: "ns", doc: "Time that this VM spends in their faults." },
    {
      name: "full_speed_ns",
      type: "i64",
      unit: "ns",
      doc: "From resume to the end of the last tick in which a VM was slower than 99 %.",
    },
  ],
} as const satisfies Table;

export const serviceLimitTable = {
  name: "service_limit",
  doc: "Timeouts of guests and of their clients that a gap may cross.",
  columns: [
    { name: "name", type: "utf8", unit: "text", doc: "What gives up, or notices." },
    {
      name: "kind",
      type: "u8",
      unit: "code",
      doc: "What it waits for: a request's completion, or a sign of life from the network.",
      labels: ["request", "silence"],
    },
    { name: "limit_ns", type: "i64", unit: "ns", doc: "How long." },
    sourceColumn,
    assumedColumn,
  ],
} as const satisfies Table;

/** What guests and their clients feel, and what else one could do: tables of run format v1. */
export const serviceTables: readonly Table[] = [
  deviceGapTable,
  requestTable,
  brownoutTickTable,
  serviceLimitTable,
  momentTable,
  alternativeTable,
  migrationRoundTable,
];
