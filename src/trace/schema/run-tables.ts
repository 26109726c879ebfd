import type { Table } from "./column.ts";
import {
  assumedColumn,
  endNs,
  hostClock,
  phaseColumn,
  rangeColumns,
  sourceColumn,
  startNs,
  stepIndexColumn,
  vmIndex,
} from "./run-columns.ts";
import { serviceTables } from "./service-tables.ts";

export { type PhaseLabel, phaseLabels } from "./run-columns.ts";
export * from "./service-tables.ts";

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

export const runVmTable = {
  name: "vm",
  isIndexed: true,
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
  isIndexed: true,
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

export const phaseStepTable = {
  name: "phase_step",
  doc: "What the phases wait for, by step: together exactly the phase. Steps that run beside a longer one are not in it.",
  columns: [
    phaseColumn,
    { name: "step", type: "utf8", unit: "text", doc: "Step id, as in docs/model.md." },
    { name: "step_ns", type: "i64", unit: "ns", doc: "What the phase waits for in it." },
  ],
} as const satisfies Table;

export const stepTable = {
  name: "step",
  isIndexed: true,
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
  isIndexed: true,
  doc: "Devices of the trace, as named there; the row number is the trace_device_index.",
  columns: [
    { name: "trace_vm_index", type: "u16", unit: "index", doc: "VM of the trace." },
    { name: "name", type: "utf8", unit: "text", doc: "Name in the trace." },
    { name: "kind", type: "utf8", unit: "text", doc: "Kind in the trace." },
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
  phaseStepTable,
  stepTable,
  costTermTable,
  memoryOverheadTable,
  dirtyTickTable,
  deviceEventTable,
  ...serviceTables,
  traceDeviceTable,
  runMarkTable,
  costTable,
  runWarningTable,
];
