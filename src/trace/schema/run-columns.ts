import type { Column } from "./column.ts";

/** Phases in the order in which they happen; the middle four make up the blackout. */
export const phaseLabels = ["preserve", "freeze", "serialize", "kexec", "restore", "finish", "brownout"] as const;
export type PhaseLabel = (typeof phaseLabels)[number];

export const hostClock = "in ns since the trace's start, on the host's clock (it goes on during the blackout)";
export const vmIndex: Column = { name: "vm_index", type: "u16", unit: "index", doc: "Row of the VM in table vm." };
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
export const startNs: Column = { name: "start_ns", type: "i64", unit: "ns", doc: `Beginning, ${hostClock}.` };
export const endNs: Column = { name: "end_ns", type: "i64", unit: "ns", doc: `End, ${hostClock}.` };
export const rangeColumns = (what: string): readonly [Column, Column] => [
  { name: "low_ns", type: "i64", unit: "ns", doc: `${what} with every constant at its low end.` },
  { name: "high_ns", type: "i64", unit: "ns", doc: `${what} with every constant at its high end.` },
];
export const sourceColumn: Column = {
  name: "source",
  type: "utf8",
  unit: "text",
  doc: "Where the constant comes from.",
};
export const assumedColumn: Column = {
  name: "assumed",
  type: "u8",
  unit: "flag",
  doc: "1 where the constant is assumed and not measured, 0 otherwise.",
};
