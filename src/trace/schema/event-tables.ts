import type { Column, Table } from "./column.ts";
import { pageCount, startGfn, timeNs, vmIndex } from "./shared-columns.ts";

/** Tables of format version 2: what tracers, counters and inventories know that page writes and devices do not. */

const kindIndex = (table: string): Column => ({
  name: "kind_index",
  type: "u32",
  unit: "index",
  doc: `Row of the kind in table ${table}.`,
});

export const accessTable = {
  name: "access",
  doc: "Regions of guest frames that an access monitor saw used. Accesses are reads and writes alike: they say what is warm, and never what is dirty.",
  orderedBy: "time_ns",
  since: 2,
  columns: [
    { ...timeNs, doc: "End of the aggregation." },
    {
      ...timeNs,
      name: "start_ns",
      doc: "Begin of the aggregation: the accesses fell into (start_ns, time_ns].",
      nullMeans: "the source does not say",
    },
    vmIndex,
    startGfn,
    pageCount,
    { name: "access_count", type: "u32", unit: "count", doc: "Samples of the aggregation that found an access." },
    {
      name: "sample_count",
      type: "u32",
      unit: "count",
      doc: "Samples of the aggregation.",
      nullMeans: "the source does not say",
    },
    {
      name: "age_count",
      type: "u32",
      unit: "count",
      doc: "Aggregations for which the region has been as it is.",
      nullMeans: "the source does not say",
    },
  ],
} as const satisfies Table;

export const eventKindTable = {
  name: "event_kind",
  isIndexed: true,
  doc: "Kinds of event; the row number is the kind_index of table event.",
  since: 2,
  columns: [
    {
      name: "category",
      type: "utf8",
      unit: "text",
      doc: "Subsystem or group, like sched, kvm, initcall or function_graph.",
      nullMeans: "the source does not say",
    },
    { name: "name", type: "utf8", unit: "text", doc: "Name as the source gives it; may hold any character." },
  ],
} as const satisfies Table;

export const taskTable = {
  name: "task",
  isIndexed: true,
  doc: "Tasks and tracks on which events happened; the row number is the task_index.",
  since: 2,
  columns: [
    { name: "name", type: "utf8", unit: "text", doc: "Name as the source gives it; may hold any character." },
    {
      name: "thread_id",
      type: "u32",
      unit: "code",
      doc: "Thread's id.",
      nullMeans: "not a thread, or the source does not say",
    },
    {
      name: "process_id",
      type: "u32",
      unit: "code",
      doc: "Id of the thread's process.",
      nullMeans: "the source does not say",
    },
  ],
} as const satisfies Table;

export const eventTable = {
  name: "event",
  doc: "Events of tracers and logs, also those that nothing else is made of: none is dropped for being unknown.",
  orderedBy: "time_ns",
  since: 2,
  columns: [
    { ...timeNs, doc: "The event, or its begin." },
    {
      name: "duration_ns",
      type: "i64",
      unit: "ns",
      doc: "How long it lasted.",
      nullMeans: "a moment, or the trace does not hold the end",
    },
    kindIndex("event_kind"),
    {
      name: "task_index",
      type: "u32",
      unit: "index",
      doc: "Row of the task in table task.",
      nullMeans: "the source does not say",
    },
    { name: "cpu_index", type: "u16", unit: "index", doc: "CPU.", nullMeans: "the source does not say" },
    {
      name: "detail",
      type: "utf8",
      unit: "text",
      doc: "The event's fields as the source writes them.",
      nullMeans: "none",
    },
  ],
} as const satisfies Table;

export const counterKindTable = {
  name: "counter_kind",
  isIndexed: true,
  doc: "What the values of table counter count; the row number is the kind_index.",
  since: 2,
  columns: [
    { name: "name", type: "utf8", unit: "text", doc: "Name as the source gives it; may hold any character." },
    { name: "unit", type: "utf8", unit: "text", doc: "Unit of the values.", nullMeans: "the source does not say" },
    { ...vmIndex, doc: "VM that is measured.", nullMeans: "not one VM" },
  ],
} as const satisfies Table;

export const counterTable = {
  name: "counter",
  doc: "Values measured over time: dirty rates, bytes sent, CPU use.",
  orderedBy: "time_ns",
  since: 2,
  columns: [
    timeNs,
    kindIndex("counter_kind"),
    { name: "value", type: "f64", unit: "measure", doc: "Value in the unit of its kind." },
  ],
} as const satisfies Table;

export const probeTable = {
  name: "probe",
  doc: "Requests that somebody outside sent at a steady pace to see whether the service answers.",
  orderedBy: "time_ns",
  since: 2,
  columns: [
    { ...timeNs, doc: "The probe was sent." },
    {
      ...timeNs,
      name: "answer_ns",
      doc: "Its first answer came back; never before time_ns.",
      nullMeans: "no answer in the trace",
    },
    { name: "sequence", type: "u32", unit: "code", doc: "Number of the probe in its source." },
    { ...vmIndex, nullMeans: "the source does not say who answers" },
  ],
} as const satisfies Table;

export const vmRequestTable = {
  name: "vm_request",
  doc: "What an inventory says of a VM besides its size: when it lived and where it may be placed.",
  since: 2,
  columns: [
    vmIndex,
    { ...timeNs, name: "start_ns", doc: "The VM begins.", nullMeans: "the source does not say" },
    { ...timeNs, name: "stop_ns", doc: "The VM ends.", nullMeans: "it does not, or the source does not say" },
    {
      name: "cluster",
      type: "utf8",
      unit: "text",
      doc: "Cluster or pool that it belongs to.",
      nullMeans: "the source does not say",
    },
    {
      name: "numa_node_count",
      type: "u8",
      unit: "count",
      doc: "NUMA nodes that the VM spreads over.",
      nullMeans: "the source does not say",
    },
    {
      name: "affinity",
      type: "utf8",
      unit: "text",
      doc: "Rule of placement, as anti-affinity.",
      nullMeans: "none",
    },
    { name: "affinity_group", type: "utf8", unit: "text", doc: "VMs that the rule holds for.", nullMeans: "none" },
    { name: "fault_domain", type: "utf8", unit: "text", doc: "Fault domain asked for.", nullMeans: "none" },
  ],
} as const satisfies Table;

export const hostTable = {
  name: "host",
  doc: "Hosts of an inventory.",
  since: 2,
  columns: [
    { name: "name", type: "utf8", unit: "text", doc: "Name as the source gives it; may hold any character." },
    {
      name: "cluster",
      type: "utf8",
      unit: "text",
      doc: "Cluster or pool that it belongs to.",
      nullMeans: "the source does not say",
    },
    { name: "cpu_count", type: "u16", unit: "count", doc: "Logical CPUs." },
    { name: "memory_bytes", type: "i64", unit: "bytes", doc: "Memory." },
    { name: "numa_node_count", type: "u8", unit: "count", doc: "NUMA nodes.", nullMeans: "the source does not say" },
    {
      name: "is_free_part",
      type: "u8",
      unit: "flag",
      doc: "1: CPUs and memory are what was free when the inventory was taken; 0: all that the host has.",
    },
  ],
} as const satisfies Table;

export const eventTables: readonly Table[] = [
  accessTable,
  eventKindTable,
  taskTable,
  eventTable,
  counterKindTable,
  counterTable,
  probeTable,
  vmRequestTable,
  hostTable,
];
