import type { Column } from "./column.ts";

/** Columns that several tables of a trace have. */

export const timeNs: Column = {
  name: "time_ns",
  type: "i64",
  unit: "ns",
  doc: "Moment, in ns since the trace's start.",
};
export const vmIndex: Column = { name: "vm_index", type: "u16", unit: "index", doc: "Row of the VM in table vm." };
export const deviceIndex: Column = {
  name: "device_index",
  type: "u16",
  unit: "index",
  doc: "Row of the device in table device.",
};
export const startGfn: Column = {
  name: "start_gfn",
  type: "u32",
  unit: "gfn",
  doc: "First guest frame (guest physical address / 4096) of the run.",
};
export const pageCount: Column = {
  name: "page_count",
  type: "u32",
  unit: "pages",
  doc: "4 KiB frames in the run, 1 or more.",
};
