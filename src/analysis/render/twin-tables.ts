import { formatBytes, formatCount, formatNs, formatRatio } from "../format.ts";
import type { ReportRows } from "../spec/charts.ts";
import { html, numberColumn, type TableColumn, tableMarkup, textColumn } from "./markup.ts";
import { serviceTwins } from "./service-twins.ts";
import { type Sourced, sourced } from "./sources.ts";

type RowOf<Name extends keyof ReportRows> = ReportRows[Name][number];

const steps: readonly TableColumn<RowOf<"steps-gantt">>[] = [
  textColumn("Phase", (row) => row.phase),
  textColumn("Step", (row) => row.step_name),
  textColumn("VM", (row) => row.vm_name ?? (row.piece_count > 1 ? `${formatCount(row.piece_count)} pieces` : "host")),
  numberColumn("Start", (row) => formatNs(row.start_offset_ns)),
  numberColumn("Duration", (row) => formatNs(row.busy_ns)),
  numberColumn("Low", (row) => formatNs(row.low_ns)),
  numberColumn("High", (row) => formatNs(row.high_ns)),
  textColumn("Detail", (row) => row.detail),
];

const blackouts: readonly TableColumn<RowOf<"blackout-by-phase-vm">>[] = [
  textColumn("VM", (row) => row.vm_name),
  numberColumn("Memory", (row) => formatBytes(row.guest_bytes)),
  textColumn("Phase", (row) => row.phase),
  numberColumn("In this phase", (row) => formatNs(row.part_ns)),
  numberColumn("Stands still for", (row) => formatNs(row.blackout_ns)),
  numberColumn("Low", (row) => formatNs(row.low_ns)),
  numberColumn("High", (row) => formatNs(row.high_ns)),
];

const blame: readonly TableColumn<RowOf<"device-blame">>[] = [
  textColumn("Device", (row) => row.device_name),
  textColumn("Step", (row) => row.step_name),
  numberColumn("From", (row) => formatNs(row.start_offset_ns)),
  numberColumn("To", (row) => formatNs(row.end_offset_ns)),
  numberColumn("Work", (row) => formatNs(row.busy_ns)),
  numberColumn("Steps", (row) => formatCount(row.step_count)),
  numberColumn("The device on the clock", (row) => formatNs(row.device_clock_ns)),
];

const overheads: readonly TableColumn<RowOf<"overhead-by-kind">>[] = [
  textColumn("Kind", (row) => row.kind),
  textColumn("Group", (row) => row.overhead_group),
  numberColumn("Size", (row) => formatBytes(row.overhead_bytes)),
  numberColumn("Bytes", (row) => formatCount(row.overhead_bytes)),
  numberColumn("Of guest memory", (row) => (row.guest_ratio === null ? "" : formatRatio(row.guest_ratio))),
  numberColumn("Items", (row) => formatCount(row.item_count)),
  textColumn("Largest item", (row) => row.detail),
];

const stretches: readonly TableColumn<RowOf<"overhead-over-time">>[] = [
  textColumn("Group", (row) => row.overhead_group),
  numberColumn("From", (row) => formatNs(row.start_offset_ns)),
  numberColumn("To", (row) => formatNs(row.end_offset_ns)),
  numberColumn("Held", (row) => formatBytes(row.overhead_bytes)),
];

const writes: readonly TableColumn<RowOf<"dirty-over-time">>[] = [
  numberColumn("From", (row) => formatNs(row.start_ns)),
  numberColumn("To", (row) => formatNs(row.end_ns)),
  numberColumn("All writes (pages/s)", (row) => formatCount(Math.round(row.dirty_pages_per_sec))),
  numberColumn("First since resume (pages/s)", (row) => formatCount(Math.round(row.first_touch_pages_per_sec))),
];

const effects: readonly TableColumn<RowOf<"device-effects">>[] = [
  textColumn("Effect", (row) => row.effect),
  textColumn("Event", (row) => row.kind),
  numberColumn("Events", (row) => formatCount(row.event_count)),
  numberColumn("Bytes", (row) => formatBytes(row.event_bytes)),
  numberColumn("Devices", (row) => formatCount(row.device_count)),
  numberColumn("First", (row) => formatNs(row.first_offset_ns)),
  numberColumn("Last", (row) => formatNs(row.last_offset_ns)),
];

const events: readonly TableColumn<RowOf<"device-events">>[] = [
  numberColumn("From", (row) => formatNs(row.start_offset_ns)),
  numberColumn("To", (row) => formatNs(row.end_offset_ns)),
  textColumn("Effect", (row) => row.effect),
  textColumn("Event", (row) => row.kind),
  numberColumn("Events", (row) => formatCount(row.event_count)),
  numberColumn("Bytes", (row) => formatBytes(row.event_bytes)),
];

const drawn: Readonly<Record<string, (rows: ReportRows) => Sourced>> = {
  "phase-gantt": sourced(["steps-gantt"], (rows) => tableMarkup(steps, rows["steps-gantt"])),
  "blackout-by-phase": sourced(["blackout-by-phase-vm"], (rows) =>
    tableMarkup(blackouts, rows["blackout-by-phase-vm"]),
  ),
  "device-blame": sourced(["device-blame"], (rows) => tableMarkup(blame, rows["device-blame"])),
  "memory-overhead": sourced(
    ["overhead-by-kind", "overhead-over-time"],
    (rows) =>
      html`${tableMarkup(overheads, rows["overhead-by-kind"])}${tableMarkup(stretches, rows["overhead-over-time"])}`,
  ),
  "dirty-pages": sourced(["dirty-over-time"], (rows) => tableMarkup(writes, rows["dirty-over-time"])),
  "device-events": sourced(
    ["device-effects", "device-events"],
    (rows) => html`${tableMarkup(effects, rows["device-effects"])}${tableMarkup(events, rows["device-events"])}`,
  ),
  ...serviceTwins,
};

/** The data of each chart as a table, by the chart's id. */
export function twinTables(rows: ReportRows): Readonly<Record<string, Sourced>> {
  return Object.fromEntries(Object.entries(drawn).map(([id, draw]) => [id, draw(rows)]));
}
