import type { Column, Table } from "./column.ts";
import { phaseColumn } from "./run-columns.ts";

/** Why a run is made. */
export const runKindLabels = ["grid", "tornado", "morris", "sobol"] as const;
/** How it ended. */
export const runStatusLabels = ["done", "refused", "failed"] as const;
/** What an axis' or an input's numbers are. */
export const unitLabels = ["bytes", "ns", "number", "text"] as const;
/** What an uncertain input is a value of. */
export const targetLabels = ["cost", "boot", "scenario"] as const;
/** What a column of a design stands for. */
export const factorLabels = ["axis", "input", "others"] as const;

const text = (name: string, doc: string): Column => ({ name, type: "utf8", unit: "text", doc });
const flag = (name: string, doc: string): Column => ({ name, type: "u8", unit: "flag", doc });
const notDone = "the run was refused or failed";
const ns = (name: string, doc: string): Column => ({ name, type: "i64", unit: "ns", doc, nullMeans: notDone });
const bytes = (name: string, doc: string): Column => ({ name, type: "i64", unit: "bytes", doc, nullMeans: notDone });
const count = (name: string, doc: string): Column => ({ name, type: "i64", unit: "count", doc, nullMeans: notDone });
const unit: Column = { name: "unit", type: "u8", unit: "code", doc: "What its numbers are.", labels: unitLabels };
const factor: Column = {
  name: "factor",
  type: "u8",
  unit: "code",
  doc: "What it is: an axis, an uncertain input, or all inputs that are not named together.",
  labels: factorLabels,
};
const configurationIndex: Column = {
  name: "configuration_index",
  type: "u32",
  unit: "index",
  doc: "Row of the configuration in table configuration.",
};
const axisIndex: Column = { name: "axis_index", type: "u16", unit: "index", doc: "Row of the axis in table axis." };
const runIndex: Column = { name: "run_index", type: "u32", unit: "index", doc: "Row of the run in table run." };

export const axisTable = {
  name: "axis",
  isIndexed: true,
  doc: "The plan's axes; the row number is the axis_index.",
  columns: [
    text("key", "Path of the scenario that the axis sets, or its name where it sets several."),
    unit,
    { name: "value_count", type: "u32", unit: "count", doc: "Values of the axis." },
  ],
} as const satisfies Table;

export const configurationTable = {
  name: "configuration",
  isIndexed: true,
  doc: "The configurations; the row number is the configuration_index. The last is the plan's scenario as it was written.",
  columns: [
    text("label", "Its values, in the order of the axes."),
    flag("is_base", "1: the plan's scenario as it was written; it is no configuration of the axes."),
    text("trace_name", "Trace that drives it."),
    text("profile_name", "Cost profile."),
  ],
} as const satisfies Table;

export const settingTable = {
  name: "setting",
  doc: "What each configuration has chosen of each axis.",
  orderedBy: "configuration_index",
  columns: [
    configurationIndex,
    axisIndex,
    { name: "value_index", type: "u32", unit: "index", doc: "Number of the value on its axis, from 0." },
    text("label", "The value as people write it."),
    {
      name: "value",
      type: "f64",
      unit: "measure",
      doc: "The value as a number, in what the axis' unit says.",
      nullMeans: "it is no number",
    },
  ],
} as const satisfies Table;

const endOf = (name: string, doc: string): Column => ({ name, type: "f64", unit: "measure", doc });

export const inputTable = {
  name: "input",
  isIndexed: true,
  doc: "What is uncertain in the plan's scenario; the row number is the input_index.",
  columns: [
    text("name", "Constant of the profile, boot_ms, or path of the scenario."),
    { name: "target", type: "u8", unit: "code", doc: "What it is a value of.", labels: targetLabels },
    unit,
    text("distribution", "How it is distributed: lognormal, normal, uniform or triangular."),
    endOf("low", "Low end: its 5th percentile, of a uniform or triangular its least value."),
    endOf("base", "Its median; of a triangular its mode."),
    endOf("high", "High end: its 95th percentile, of a uniform or triangular its largest value."),
    text("per", "Of a constant: what it is paid for, a piece."),
    flag("assumed", "1: nobody measured it."),
    text("source", "What the interval rests on."),
  ],
} as const satisfies Table;

export const sweepRunTable = {
  name: "run",
  isIndexed: true,
  doc: "Every run of the plan; the row number is the run_index.",
  columns: [
    text("run_id", "Its name: that of what decides its answer, whatever plan it stands in."),
    { name: "kind", type: "u8", unit: "code", doc: "Why it is made.", labels: runKindLabels },
    { ...configurationIndex, nullMeans: "constraints leave the configuration out that a design's point falls on" },
    {
      name: "draw_index",
      type: "u32",
      unit: "index",
      doc: "Draw of what is uncertain, 0 being all medians; of a design its row.",
    },
    { name: "status", type: "u8", unit: "code", doc: "How it ended.", labels: runStatusLabels },
    text("reason", "Why it was refused or failed; else nothing."),
    ns("preserve_ns", "Length of the phase."),
    ns("freeze_ns", "Length of the phase."),
    ns("serialize_ns", "Length of the phase."),
    ns("kexec_ns", "Length of the phase."),
    ns("restore_ns", "Length of the phase."),
    ns("finish_ns", "Length of the phase."),
    ns("blackout_ns", "Host's blackout: freeze, serialize, kexec and restore."),
    bytes("metadata_bytes", "Memory for metadata: folio metadata, tracker, blocks, fixed pages, device metadata."),
    bytes("scratch_bytes", "Memory reserved for scratch."),
    bytes("kexec_image_bytes", "Memory of the loaded kexec image."),
    bytes("transient_peak_bytes", "Memory that preserving holds only while it runs."),
    count("in_flight_count", "Requests in flight when the guests stop, of all devices."),
    count("waited_count", "Requests that wait for their device to be ready."),
    ns("stalled_ns", "What the update adds to the latencies of all requests."),
    ns("worst_latency_ns", "Longest latency of a request around the gap."),
    ns("catch_up_ns", "From the moment at which the last device is ready to where no request waits any more."),
    count("dropped_count", "Packets that nobody takes."),
    count("fault_count", "First touches after the resume, of the class of VMs that has most."),
    ns("lost_ns", "What these cost the class of VMs that loses most."),
    ns("full_speed_ns", "Until those VMs are at full speed again."),
  ],
} as const satisfies Table;

export const runPauseTable = {
  name: "run_pause",
  doc: "For how long the VMs of each run stand still: equal lengths together, shortest first.",
  orderedBy: "run_index",
  columns: [
    runIndex,
    { name: "pause_ns", type: "i64", unit: "ns", doc: "From where a VM's first vCPU stops to where its vCPUs run." },
    { name: "vm_count", type: "u32", unit: "count", doc: "VMs that stand still for so long." },
  ],
} as const satisfies Table;

export const runStepTable = {
  name: "run_step",
  doc: "What the phases of runs with all inputs at their medians are made of: together exactly the phase.",
  orderedBy: "run_index",
  columns: [
    runIndex,
    phaseColumn,
    text("step", "Name of the step."),
    { name: "step_ns", type: "i64", unit: "ns", doc: "What the phase waits for in it." },
  ],
} as const satisfies Table;

const effect = (name: string, doc: string): Column => ({
  name,
  type: "f64",
  unit: "ns",
  doc,
  nullMeans: "runs that it takes did not end well",
});

export const tornadoTable = {
  name: "tornado",
  doc: "The blackout of the plan's scenario with one uncertain input at an end of its interval, all others at their medians.",
  columns: [
    text("name", "Name of the input."),
    effect("base_ns", "Blackout with all at their medians."),
    effect("low_ns", "Blackout with this one at its 5th percentile."),
    effect("high_ns", "Blackout with this one at its 95th percentile."),
  ],
} as const satisfies Table;

const usedCount: Column = {
  name: "used_count",
  type: "u32",
  unit: "count",
  doc: "Samples that the estimate rests on.",
};
const leftOutCount: Column = {
  name: "left_out_count",
  type: "u32",
  unit: "count",
  doc: "Samples that were left out: a run of theirs was refused, failed, or fell on a constraint.",
};

export const morrisTable = {
  name: "morris",
  doc: "Elementary effects on the blackout: how much each factor matters, over its whole interval or all values of its axis.",
  columns: [
    text("name", "Name of the axis or the input."),
    factor,
    effect("mu_ns", "Mean effect."),
    effect("mu_star_ns", "Mean size of the effect."),
    effect("mu_star_low_ns", "Low end of its 95 % interval."),
    effect("mu_star_high_ns", "High end of its 95 % interval."),
    effect("sigma_ns", "Standard deviation: not 0 where the factor acts in a curve, or together with others."),
    usedCount,
    leftOutCount,
  ],
} as const satisfies Table;

const share = (name: string, doc: string): Column => ({
  name,
  type: "f64",
  unit: "ratio",
  doc,
  nullMeans: "no sample is left",
});

export const sobolTable = {
  name: "sobol",
  doc: "Shares of the blackout's variance.",
  columns: [
    text("name", "Name of the axis or the input, or all others."),
    factor,
    share("first_ratio", "First order: what goes away if it becomes known."),
    share("first_low_ratio", "Low end of its 95 % interval."),
    share("first_high_ratio", "High end of its 95 % interval."),
    share("total_ratio", "Total: what stays if all others become known."),
    share("total_low_ratio", "Low end of its 95 % interval."),
    share("total_high_ratio", "High end of its 95 % interval."),
    usedCount,
    leftOutCount,
  ],
} as const satisfies Table;

/** Tables of a sweep, in the order of its documentation. */
export const sweepTables: readonly Table[] = [
  axisTable,
  configurationTable,
  settingTable,
  inputTable,
  sweepRunTable,
  runPauseTable,
  runStepTable,
  tornadoTable,
  morrisTable,
  sobolTable,
];
