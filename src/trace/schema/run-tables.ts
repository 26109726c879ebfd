import type { Column, Table } from "./column.ts";

/** Phases in the order in which they happen; the middle four make up the blackout. */
export const phaseLabels = ["preserve", "freeze", "serialize", "kexec", "restore", "finish", "brownout"] as const;
export type PhaseLabel = (typeof phaseLabels)[number];

/** What a byte of overhead is for. */
export const overheadLabels = [
  "folio-metadata",
  "tracker",
  "blocks",
  "fixed",
  "scratch",
  "kexec-image",
  "transient-peak",
  "device-metadata",
] as const;
export type OverheadLabel = (typeof overheadLabels)[number];

/** What the blackout does to a device event that falls into it. */
export const effectLabels = [
  "in-flight",
  "deferred",
  "packet-lost",
  "dma-continues",
  "dma-lost",
  "interrupt-lost",
  "interrupt-spurious",
  "packet-kept",
] as const;
export type EffectLabel = (typeof effectLabels)[number];

export const deviceEventLabels = ["io-submit", "io-complete", "dma", "interrupt", "packet"] as const;
export type DeviceEventLabel = (typeof deviceEventLabels)[number];

export const treatmentLabels = ["shutdown", "preserved", "emulated"] as const;
export type TreatmentLabel = (typeof treatmentLabels)[number];

const hostClock = "in ns since the trace's start, on the host's clock (it goes on during the blackout)";
const vmIndex: Column = { name: "vm_index", type: "u16", unit: "index", doc: "Row of the VM in table vm." };
export const stepIndexColumn: Column = {
  name: "step_index",
  type: "u32",
  unit: "index",
  doc: "Row of the step in table step.",
};
export const phaseColumn: Column = {
  name: "phase",
  type: "u8",
  unit: "code",
  doc: "Phase of the live update; freeze, serialize, kexec and restore are the blackout.",
  labels: phaseLabels,
};
const startNs: Column = { name: "start_ns", type: "i64", unit: "ns", doc: `Beginning, ${hostClock}.` };
const endNs: Column = { name: "end_ns", type: "i64", unit: "ns", doc: `End, ${hostClock}.` };
const rangeColumns = (what: string): readonly [Column, Column] => [
  { name: "low_ns", type: "i64", unit: "ns", doc: `${what} with every constant at its low end.` },
  { name: "high_ns", type: "i64", unit: "ns", doc: `${what} with every constant at its high end.` },
];
const sourceColumn: Column = { name: "source", type: "utf8", unit: "text", doc: "Where the constant comes from." };
const assumedColumn: Column = {
  name: "assumed",
  type: "u8",
  unit: "flag",
  doc: "1 where the constant is assumed and not measured, 0 otherwise.",
};

export const runVmTable = {
  name: "vm",
  doc: "The VMs of the scenario; the row number is the vm_index.",
  columns: [
    { name: "name", type: "utf8", unit: "text", doc: "Name in the scenario, with a number where it has copies." },
    { name: "trace_vm_index", type: "u16", unit: "index", doc: "VM of the trace that drives it." },
    { name: "guest_bytes", type: "i64", unit: "bytes", doc: "Guest memory, all of it preserved." },
    { name: "vcpu_count", type: "u16", unit: "count", doc: "Virtual CPUs." },
    {
      name: "folio_count",
      type: "i64",
      unit: "count",
      doc: "Folios that its memory consists of when it is preserved.",
    },
    { name: "hole_pages", type: "i64", unit: "pages", doc: "4 KiB pages that preserve had to allocate and zero." },
    {
      name: "migrated_pages",
      type: "i64",
      unit: "pages",
      doc: "4 KiB pages that preserve had to move out of scratch.",
    },
    { name: "pause_ns", type: "i64", unit: "ns", doc: `Its vCPUs stop, ${hostClock}.` },
    { name: "resume_ns", type: "i64", unit: "ns", doc: `Its vCPUs run again, ${hostClock}.` },
    { name: "blackout_ns", type: "i64", unit: "ns", doc: "resume_ns - pause_ns." },
    ...rangeColumns("blackout_ns"),
  ],
} as const satisfies Table;

export const runDeviceTable = {
  name: "device",
  doc: "Devices of the host and of the VMs and how the update treats them.",
  columns: [
    { ...vmIndex, nullMeans: "a device of the host" },
    { name: "name", type: "utf8", unit: "text", doc: "Name in the scenario." },
    { name: "kind", type: "utf8", unit: "text", doc: "Kind in the scenario." },
    { name: "treatment", type: "u8", unit: "code", doc: "What the update does with it.", labels: treatmentLabels },
    {
      name: "trace_device_index",
      type: "u16",
      unit: "index",
      doc: "Device of the trace that drives it.",
      nullMeans: "no device of the trace drives it",
    },
  ],
} as const satisfies Table;

export const phaseTable = {
  name: "phase",
  doc: "The phases of the update as the host sees them, without gaps or overlaps inside the blackout.",
  orderedBy: "start_ns",
  columns: [
    phaseColumn,
    startNs,
    endNs,
    ...rangeColumns("end_ns - start_ns"),
    { name: "in_blackout", type: "u8", unit: "flag", doc: "1 for freeze, serialize, kexec and restore." },
  ],
} as const satisfies Table;

export const stepTable = {
  name: "step",
  doc: "The steps of the lifecycle, each as a piece of the timeline; the row number is the step_index.",
  columns: [
    { name: "name", type: "utf8", unit: "text", doc: "Step id, as in docs/model.md." },
    phaseColumn,
    { name: "lifecycle_row", type: "u8", unit: "index", doc: "Row of the lifecycle table in docs/model.md." },
    { ...vmIndex, nullMeans: "a step of the whole host" },
    startNs,
    endNs,
    ...rangeColumns("end_ns - start_ns"),
    { name: "detail", type: "utf8", unit: "text", doc: "Kernel functions, or the device concerned." },
  ],
} as const satisfies Table;

export const costTermTable = {
  name: "cost_term",
  doc: "What each step's time is made of: a count from the model times a constant of the profile.",
  columns: [
    stepIndexColumn,
    { name: "cost", type: "utf8", unit: "text", doc: "Id of the constant in the profile." },
    { name: "unit_count", type: "f64", unit: "count", doc: "How often it is paid." },
    { name: "unit_ns", type: "f64", unit: "ns", doc: "The constant." },
    { name: "total_ns", type: "f64", unit: "ns", doc: "unit_count * unit_ns." },
    { name: "low_ns", type: "f64", unit: "ns", doc: "total_ns with the constant at its low end." },
    { name: "high_ns", type: "f64", unit: "ns", doc: "total_ns with the constant at its high end." },
    sourceColumn,
    assumedColumn,
  ],
} as const satisfies Table;

export const memoryOverheadTable = {
  name: "memory_overhead",
  doc: "Host memory that the live update costs, by what it is for.",
  columns: [
    { name: "kind", type: "u8", unit: "code", doc: "What it is for.", labels: overheadLabels },
    { ...vmIndex, nullMeans: "shared by all VMs of the host" },
    { name: "overhead_bytes", type: "i64", unit: "bytes", doc: "Size." },
    { name: "detail", type: "utf8", unit: "text", doc: "What it consists of, with its source." },
  ],
} as const satisfies Table;

export const dirtyTickTable = {
  name: "dirty_tick",
  doc: "Guest pages written a tick, on the trace's own clock (which stands still during the blackout).",
  orderedBy: "trace_time_ns",
  columns: [
    {
      name: "trace_time_ns",
      type: "i64",
      unit: "ns",
      doc: "End of the tick in ns since the trace's start, trace clock.",
    },
    { name: "trace_vm_index", type: "u16", unit: "index", doc: "VM of the trace." },
    {
      name: "start_ns",
      type: "i64",
      unit: "ns",
      doc: "Beginning of the tick, trace clock.",
      nullMeans: "the tick holds the pages that were there already, not a rate",
    },
    { name: "dirty_pages", type: "u32", unit: "pages", doc: "Distinct 4 KiB frames written in the tick." },
    {
      name: "first_touch_pages",
      type: "u32",
      unit: "pages",
      doc: "Those of them that were written for the first time since the guest resumed; 0 before.",
    },
    {
      name: "after_resume",
      type: "u8",
      unit: "flag",
      doc: "1 if the tick ended after the guest stopped, so it happens after resume.",
    },
  ],
} as const satisfies Table;

export const deviceEventTable = {
  name: "device_event",
  doc: "Device events that fall into the blackout: the activity that the trace holds for the time the guest stands still.",
  orderedBy: "time_ns",
  columns: [
    { name: "time_ns", type: "i64", unit: "ns", doc: `Moment, ${hostClock}.` },
    { name: "trace_device_index", type: "u16", unit: "index", doc: "Device of the trace." },
    { name: "kind", type: "u8", unit: "code", doc: "What happened.", labels: deviceEventLabels },
    { name: "effect", type: "u8", unit: "code", doc: "What the blackout does to it.", labels: effectLabels },
    {
      name: "bytes",
      type: "i64",
      unit: "bytes",
      doc: "Payload, length on the wire, or frames times 4096; 0 for interrupts.",
    },
  ],
} as const satisfies Table;

export const traceDeviceTable = {
  name: "trace_device",
  doc: "Devices of the trace, as named there; the row number is the trace_device_index.",
  columns: [
    { name: "trace_vm_index", type: "u16", unit: "index", doc: "VM of the trace." },
    { name: "name", type: "utf8", unit: "text", doc: "Name in the trace." },
    { name: "kind", type: "utf8", unit: "text", doc: "Kind in the trace." },
  ],
} as const satisfies Table;

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
  doc: "What else one could do with the VMs; empty unless asked for. The row number is the alternative_index.",
  columns: [
    text("name", "Stable name of the alternative."),
    { ...vmIndex, doc: "VM that stands for all copies of it." },
    { name: "vm_count", type: "u32", unit: "count", doc: "Copies, itself included." },
    flag("feasible", "1 if it can be done with this VM and comes to an end."),
    text("reason", "Why it cannot, or does not end; empty where it does."),
    flag("replaces_kernel", "1 if the host runs the new kernel afterwards."),
    { name: "stopped_ns", type: "i64", unit: "ns", doc: "The VM's vCPUs stand still." },
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

export const runMarkTable = {
  name: "mark",
  doc: "Phases of the workload, from the trace, on the trace's clock.",
  orderedBy: "trace_time_ns",
  columns: [
    { name: "trace_time_ns", type: "i64", unit: "ns", doc: "Moment in ns since the trace's start, trace clock." },
    { name: "name", type: "utf8", unit: "text", doc: "Name in the trace." },
  ],
} as const satisfies Table;

export const costTable = {
  name: "cost",
  doc: "The constants of the cost profile, used or not.",
  columns: [
    { name: "cost", type: "utf8", unit: "text", doc: "Id, as in docs/model.md." },
    { name: "unit_ns", type: "f64", unit: "ns", doc: "Base value." },
    { name: "low_ns", type: "f64", unit: "ns", doc: "Low end of its range." },
    { name: "high_ns", type: "f64", unit: "ns", doc: "High end of its range." },
    { name: "per", type: "utf8", unit: "text", doc: "What it is paid for." },
    sourceColumn,
    assumedColumn,
    { name: "used", type: "u8", unit: "flag", doc: "1 if a step of this run paid it." },
  ],
} as const satisfies Table;

export const runWarningTable = {
  name: "warning",
  doc: "Doubts about the result, from the trace, the scenario, the profile and the model.",
  columns: [
    { name: "origin", type: "utf8", unit: "text", doc: "trace, scenario, profile or model." },
    { name: "code", type: "utf8", unit: "text", doc: "Stable name of the kind of doubt." },
    { name: "rows", type: "i64", unit: "count", doc: "How many rows or items are concerned." },
    { name: "detail", type: "utf8", unit: "text", doc: "One sentence for people." },
  ],
} as const satisfies Table;

/** Every table of run format v1, in the order of docs/run-format.md. */
export const runTables: readonly Table[] = [
  runVmTable,
  runDeviceTable,
  phaseTable,
  stepTable,
  costTermTable,
  memoryOverheadTable,
  dirtyTickTable,
  deviceEventTable,
  deviceGapTable,
  requestTable,
  brownoutTickTable,
  serviceLimitTable,
  momentTable,
  alternativeTable,
  migrationRoundTable,
  traceDeviceTable,
  runMarkTable,
  costTable,
  runWarningTable,
];
