import { formatBytes, formatCount, formatNs } from "../format.ts";
import { signedPercent } from "../spec/axes.ts";
import type { ComparisonRows } from "../spec/comparison-charts.ts";
import { numberColumn, type TableColumn, tableMarkup, textColumn } from "./markup.ts";
import { type Sourced, sourced } from "./sources.ts";

type RowOf<Name extends keyof ComparisonRows> = ComparisonRows[Name][number];

function lengthColumns<Row extends { predicted_ns: number; low_ns: number; high_ns: number; recorded_ns: number }>() {
  return [
    numberColumn<Row>("Recorded", (row) => formatNs(row.recorded_ns)),
    numberColumn<Row>("Predicted", (row) => formatNs(row.predicted_ns)),
    numberColumn<Row>("Low", (row) => formatNs(row.low_ns)),
    numberColumn<Row>("High", (row) => formatNs(row.high_ns)),
  ];
}

const points: readonly TableColumn<RowOf<"predicted-by-step">>[] = [
  textColumn("Phase", (row) => row.phase ?? "quantity"),
  textColumn("What", (row) => row.point_name),
  textColumn("Recording", (row) => row.update_name),
  numberColumn("Like it", (row) => formatCount(row.update_count)),
  ...lengthColumns<RowOf<"predicted-by-step">>(),
  numberColumn("Error", (row) => signedPercent(row.error_ratio)),
  textColumn("Interval", (row) => (row.is_inside ? "met" : "missed")),
];

const residuals: readonly TableColumn<RowOf<"residuals-by-driver">>[] = [
  textColumn("Quantity", (row) => row.quantity),
  textColumn("Recording", (row) => row.update_name),
  textColumn("Fitted to", (row) => (row.fitted ? "yes" : "no")),
  numberColumn("Error", (row) => signedPercent(row.error_ratio)),
  numberColumn("Pages moved", (row) => formatCount(row.moved_pages)),
  numberColumn("Folios", (row) => formatCount(row.folio_count)),
  numberColumn("Region visits", (row) => formatCount(row.region_visit_count)),
  numberColumn("RAM", (row) => formatBytes(row.ram_bytes)),
  numberColumn("CPUs", (row) => formatCount(row.cpu_count)),
  numberColumn("Nodes", (row) => formatCount(row.node_count)),
  numberColumn("Sessions and files", (row) => formatCount(row.session_file_count)),
];

const waterfall: readonly TableColumn<RowOf<"kernel-waterfall">>[] = [
  textColumn("Part", (row) => (row.in_blackout ? "blackout" : "VMs run")),
  textColumn("Step", (row) =>
    row.row_kind === "older" || row.row_kind === "newer" ? `sum, Linux ${row.step_name}` : row.step_name,
  ),
  numberColumn("Older kernel", (row) => (row.older_ns === null ? "" : formatNs(row.older_ns))),
  numberColumn("Newer kernel", (row) => (row.newer_ns === null ? "" : formatNs(row.newer_ns))),
  numberColumn("Bar from", (row) => formatNs(row.start_ns)),
  numberColumn("Bar to", (row) => formatNs(row.end_ns)),
  numberColumn("As predicted to", (row) => (row.predicted_end_ns === null ? "" : formatNs(row.predicted_end_ns))),
  textColumn("Mostly", (row) => row.cost_name ?? ""),
];

const boots: readonly TableColumn<RowOf<"scattered-boot">>[] = [
  textColumn("Recording", (row) => row.update_name),
  textColumn("Into Linux", (row) => row.kernel_to),
  textColumn("Scattered", (row) => (row.scattered ? "yes" : "no")),
  numberColumn("Keys", (row) => formatCount(row.key_count)),
  numberColumn("Runs", (row) => formatCount(row.region_count)),
  numberColumn("As lone folios", (row) => formatCount(row.lone_count)),
  ...lengthColumns<RowOf<"scattered-boot">>(),
  numberColumn("Error", (row) => signedPercent(row.error_ratio)),
];

const drawn: Readonly<Record<string, (rows: ComparisonRows) => Sourced>> = {
  "predicted-by-step": sourced(["predicted-by-step"], (rows) => tableMarkup(points, rows["predicted-by-step"])),
  "residuals-by-driver": sourced(["residuals-by-driver"], (rows) =>
    tableMarkup(residuals, rows["residuals-by-driver"]),
  ),
  "kernel-waterfall": sourced(["kernel-waterfall"], (rows) => tableMarkup(waterfall, rows["kernel-waterfall"])),
  "scattered-boot": sourced(["scattered-boot"], (rows) => tableMarkup(boots, rows["scattered-boot"])),
};

/** The data of each chart as a table, by the chart's id. */
export function comparisonTwinTables(rows: ComparisonRows): Readonly<Record<string, Sourced>> {
  return Object.fromEntries(Object.entries(drawn).map(([id, draw]) => [id, draw(rows)]));
}
