import type { Column, Table } from "./column.ts";
import { phaseColumn, stepIndexColumn } from "./run-columns.ts";

/** What is predicted of an update as a whole; docs/metrics.md says from where to where each reaches. */
export const quantityLabels = ["preserve", "retrieve", "reboot_to_userspace", "blackout"] as const;

const updateIndex: Column = {
  name: "update_index",
  type: "u32",
  unit: "index",
  doc: "Row of the update in table update.",
};
const lengthColumns: readonly Column[] = [
  { name: "predicted_ns", type: "i64", unit: "ns", doc: "Predicted from what is known before the update." },
  { name: "low_ns", type: "i64", unit: "ns", doc: "Low end of the prediction's 90 % interval." },
  { name: "high_ns", type: "i64", unit: "ns", doc: "High end of the prediction's 90 % interval." },
  {
    name: "recorded_ns",
    type: "i64",
    unit: "ns",
    doc: "Recorded length.",
    nullMeans: "the recording does not say",
  },
];
const count = (name: string, doc: string): Column => ({ name, type: "i64", unit: "count", doc });
const flag = (name: string, doc: string): Column => ({ name, type: "u8", unit: "flag", doc });
const text = (name: string, doc: string): Column => ({ name, type: "utf8", unit: "text", doc });

export const updateTable = {
  name: "update",
  isIndexed: true,
  doc: "The recorded updates of which times are predicted, with what these depend on; the row number is the update_index.",
  columns: [
    text("name", "Name of the recording; two may share one."),
    text("kernel_from", "Release of the kernel that is replaced."),
    text("kernel_to", "Release of the kernel that takes over."),
    text(
      "workload",
      "Arguments of the workload with its defaults, then the other words of the command line: equal texts are the same update.",
    ),
    count("cpu_count", "CPUs of the host."),
    count("node_count", "NUMA nodes of the host."),
    { name: "ram_bytes", type: "i64", unit: "bytes", doc: "Memory of the host." },
    count("session_count", "Sessions of LUO."),
    count("file_count", "Files preserved, in all sessions."),
    count("folio_count", "Folios that the files consist of when they are preserved."),
    count("key_count", "Keys of the preserved set, metadata included."),
    count("region_count", "Runs that these keys form: neighbours of one order are one run."),
    count("region_visit_count", "Reserved regions that the new kernel steps over while it reserves the keys."),
    { name: "moved_pages", type: "i64", unit: "pages", doc: "4 KiB pages that preserving moves out of scratch." },
    { name: "image_bytes", type: "i64", unit: "bytes", doc: "Memory that the loaded kexec image takes." },
    { name: "initrd_bytes", type: "i64", unit: "bytes", doc: "Size of the initrd in it." },
    flag("scattered", "1 where most folios lie alone, so that the boot's cost grows with the square of their number."),
    flag("traced", "1 where a tracer ran, whose cost is in the recorded times and not in the predicted ones."),
    flag("fitted", "1 where the profile was fitted to this very recording."),
  ],
} as const satisfies Table;

export const comparedStepTable = {
  name: "step",
  isIndexed: true,
  doc: "The steps of each update that a recording can tell apart, predicted and recorded; the row number is the step_index.",
  columns: [
    updateIndex,
    text("span", "Stable name of the stretch, the same in every update."),
    text("name", "The model's steps that are paid in it, as in docs/model.md."),
    phaseColumn,
    ...lengthColumns,
  ],
} as const satisfies Table;

export const quantityTable = {
  name: "quantity",
  doc: "What is predicted of each update as a whole.",
  columns: [
    updateIndex,
    { name: "quantity", type: "u8", unit: "code", doc: "What it is.", labels: quantityLabels },
    ...lengthColumns,
  ],
} as const satisfies Table;

export const comparedTermTable = {
  name: "cost_term",
  doc: "What each predicted step is made of: a count from the model times a constant of the profile.",
  columns: [
    stepIndexColumn,
    text("cost", "Id of the constant in the profile."),
    { name: "unit_count", type: "f64", unit: "count", doc: "How often it is paid." },
    { name: "unit_ns", type: "f64", unit: "ns", doc: "The constant." },
    { name: "total_ns", type: "f64", unit: "ns", doc: "unit_count * unit_ns." },
  ],
} as const satisfies Table;

export const noteTable = {
  name: "note",
  doc: "Why an interval is wide, a comparison unfair, or nothing predicted.",
  columns: [
    text("name", "Name of the recording."),
    { ...updateIndex, nullMeans: "nothing is predicted of it" },
    text("detail", "One sentence for people."),
  ],
} as const satisfies Table;

/** Every table of comparison format v1, in the order of docs/comparison-format.md. */
export const comparisonTables: readonly Table[] = [
  updateTable,
  comparedStepTable,
  quantityTable,
  comparedTermTable,
  noteTable,
];
