import { formatBytes, formatCount, formatMeasure, formatNs, formatRatio } from "../format.ts";
import type { SweepRows } from "../spec/sweep-charts.ts";
import { numberColumn, type TableColumn, tableMarkup, textColumn } from "./markup.ts";
import { type Sourced, sourced } from "./sources.ts";

type RowOf<Name extends keyof SweepRows> = SweepRows[Name][number];

export const nsOr = (ns: number | null): string => (ns === null ? "–" : formatNs(ns));
export const ratioOr = (ratio: number | null): string => (ratio === null ? "–" : formatRatio(ratio));
export const bytesOr = (bytes: number | null): string => (bytes === null ? "–" : formatBytes(bytes));
const countOr = (count: number | null): string => (count === null ? "any" : formatCount(count));
const yesNo = (flag: boolean | null): string => (flag === true ? "yes" : "no");
const signed = (ratio: number): string => (ratio < 0 ? `−${formatRatio(-ratio)}` : formatRatio(ratio));

const whatIf: readonly TableColumn<RowOf<"sweep-what-if">>[] = [
  textColumn("Axis", (row) => row.axis_key),
  textColumn("Value", (row) => row.value_label + (row.is_chosen ? " (as ranks first)" : "")),
  numberColumn("Blackout, median", (row) => nsOr(row.blackout_p50_ns)),
  numberColumn("5 %", (row) => nsOr(row.blackout_p5_ns)),
  numberColumn("95 %", (row) => nsOr(row.blackout_p95_ns)),
  numberColumn("Pause at the SLO's share", (row) => nsOr(row.slo_quantile_ns)),
  numberColumn("Memory", (row) => bytesOr(row.overhead_bytes)),
  textColumn("Keeps all", (row) =>
    row.configuration_index === null ? "left out by constraints" : yesNo(row.is_feasible),
  ),
];

const pareto: readonly TableColumn<RowOf<"sweep-pareto">>[] = [
  numberColumn("Rank", (row) => (row.rank_index === null ? "–" : formatCount(row.rank_index + 1))),
  textColumn("Configuration", (row) => row.label ?? `${formatCount(row.configuration_count)} together`),
  numberColumn("Memory", (row) => formatBytes(row.overhead_bytes)),
  numberColumn("Pause at the SLO's share", (row) => formatNs(row.slo_quantile_ns)),
  numberColumn("Blackout, median", (row) => nsOr(row.blackout_p50_ns)),
  numberColumn("Within the SLO", (row) => ratioOr(row.attained_ratio)),
  textColumn("Keeps all", (row) => yesNo(row.is_feasible)),
  textColumn("Front", (row) => (row.is_knee ? "knee" : row.is_front ? "on it" : "")),
];

const phases: readonly TableColumn<RowOf<"sweep-phases">>[] = [
  textColumn("Shown as", (row) => row.role_name),
  textColumn("Configuration", (row) => row.short_label ?? "the only one"),
  textColumn("Phase", (row) => row.phase),
  numberColumn("In this phase", (row) => formatNs(row.part_ns)),
  numberColumn("Blackout", (row) => formatNs(row.blackout_ns)),
  numberColumn("5 %", (row) => nsOr(row.low_ns)),
  numberColumn("95 %", (row) => nsOr(row.high_ns)),
];

const attainment: readonly TableColumn<RowOf<"sweep-attainment">>[] = [
  textColumn("Shown as", (row) => row.role_name),
  textColumn("Configuration", (row) => row.label),
  numberColumn("At most", (row) => formatNs(row.pause_ns)),
  numberColumn("Share of VMs", (row) => formatRatio(row.within_ratio)),
  numberColumn("Within the SLO", (row) => formatRatio(row.attained_ratio)),
];

const budget: readonly TableColumn<RowOf<"sweep-budget">>[] = [
  numberColumn("Rank", (row) => formatCount(row.rank_index + 1)),
  textColumn("Configuration", (row) => row.label),
  textColumn("Objective", (row) => row.objective),
  numberColumn("Downtime allowed", (row) => formatNs(row.allowance_ns)),
  numberColumn("Longest pause of a VM", (row) => formatNs(row.pause_ns)),
  numberColumn("5 %", (row) => formatNs(row.low_ns)),
  numberColumn("95 %", (row) => formatNs(row.high_ns)),
  numberColumn("Updates", (row) => countOr(row.update_count)),
  numberColumn("At least", (row) => countOr(row.least_count)),
  numberColumn("At most", (row) => countOr(row.most_count)),
];

const contributions: readonly TableColumn<RowOf<"sweep-contributions">>[] = [
  textColumn("Phase", (row) => row.phase ?? ""),
  textColumn("Step", (row) => {
    if (row.row_kind === "from") return `blackout of ${row.from_label}`;
    if (row.row_kind === "to") return `blackout of ${row.to_label}`;
    return row.row_kind === "others" ? `${formatCount(row.step_count)} others` : row.step;
  }),
  numberColumn("From", (row) => nsOr(row.from_ns)),
  numberColumn("To", (row) => nsOr(row.to_ns)),
  numberColumn("Bar from", (row) => formatNs(row.start_ns)),
  numberColumn("Bar to", (row) => formatNs(row.end_ns)),
];

const measureOr = (value: number | null, unit: string | null): string =>
  value === null ? "–" : formatMeasure(value, unit ?? "number");

const tornado: readonly TableColumn<RowOf<"sweep-tornado">>[] = [
  textColumn("Input", (row) => row.input_name ?? `any of ${formatCount(row.input_count)} others`),
  textColumn("Assumed", (row) =>
    row.input_name === null ? `${formatCount(row.assumed_count)} of them` : yesNo(row.assumed_count > 0),
  ),
  numberColumn("Low", (row) => measureOr(row.low, row.unit)),
  numberColumn("Median", (row) => measureOr(row.base, row.unit)),
  numberColumn("High", (row) => measureOr(row.high, row.unit)),
  textColumn("Paid for one", (row) => row.per ?? ""),
  numberColumn("Blackout at low", (row) => formatNs(row.low_ns)),
  numberColumn("Base", (row) => formatNs(row.base_ns)),
  numberColumn("At high", (row) => formatNs(row.high_ns)),
];

const morris: readonly TableColumn<RowOf<"sweep-morris">>[] = [
  textColumn("Factor", (row) => row.factor_name),
  textColumn("Is", (row) => row.factor_kind + (row.assumed ? ", assumed" : "")),
  numberColumn("μ*", (row) => formatNs(row.mu_star_ns)),
  numberColumn("Low", (row) => formatNs(row.mu_star_low_ns)),
  numberColumn("High", (row) => formatNs(row.mu_star_high_ns)),
  numberColumn("μ", (row) => formatNs(row.mu_ns)),
  numberColumn("σ", (row) => formatNs(row.sigma_ns)),
];

const sobol: readonly TableColumn<RowOf<"sweep-sobol">>[] = [
  textColumn("Factor", (row) => row.factor_name),
  textColumn("Is", (row) => row.factor_kind + (row.assumed ? ", assumed" : "")),
  numberColumn("Total", (row) => signed(row.total_ratio)),
  numberColumn("Low", (row) => signed(row.total_low_ratio)),
  numberColumn("High", (row) => signed(row.total_high_ratio)),
  numberColumn("First order", (row) => signed(row.first_ratio)),
  numberColumn("Low", (row) => signed(row.first_low_ratio)),
  numberColumn("High", (row) => signed(row.first_high_ratio)),
];

const drawn: Readonly<Record<string, (rows: SweepRows) => Sourced>> = {
  pareto: sourced(["sweep-pareto"], (rows) => tableMarkup(pareto, rows["sweep-pareto"])),
  "what-if": sourced(["sweep-what-if"], (rows) => tableMarkup(whatIf, rows["sweep-what-if"])),
  "blackout-by-configuration": sourced(["sweep-phases"], (rows) => tableMarkup(phases, rows["sweep-phases"])),
  contributions: sourced(["sweep-contributions"], (rows) => tableMarkup(contributions, rows["sweep-contributions"])),
  "slo-attainment": sourced(["sweep-attainment"], (rows) => tableMarkup(attainment, rows["sweep-attainment"])),
  "error-budget": sourced(["sweep-budget"], (rows) => tableMarkup(budget, rows["sweep-budget"])),
  tornado: sourced(["sweep-tornado"], (rows) => tableMarkup(tornado, rows["sweep-tornado"])),
  morris: sourced(["sweep-morris"], (rows) => tableMarkup(morris, rows["sweep-morris"])),
  sobol: sourced(["sweep-sobol"], (rows) => tableMarkup(sobol, rows["sweep-sobol"])),
};

/** The data of each chart as a table, by the chart's id. */
export function sweepTwinTables(rows: SweepRows): Readonly<Record<string, Sourced>> {
  return Object.fromEntries(Object.entries(drawn).map(([id, draw]) => [id, draw(rows)]));
}
