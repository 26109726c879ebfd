import { formatValue, formatPValue, formatDeltaRatio, rowWords } from "../difference-sentences.ts";
import { formatCount, formatNs } from "../format.ts";
import type { DifferenceRows } from "../spec/difference-charts.ts";
import { nsOrDash, signedNs } from "../spec/waterfall.ts";
import { numberColumn, type TableColumn, tableMarkup, textColumn } from "./markup.ts";
import { type Sourced, sourced } from "./sources.ts";

type RowOf<Name extends keyof DifferenceRows> = DifferenceRows[Name][number];
type GroupRow = RowOf<"difference-groups"> & { readonly samples: string };

const changes: readonly TableColumn<RowOf<"difference-forest">>[] = [
  textColumn("Value", rowWords),
  textColumn("Side", (row) => row.side_label),
  textColumn("Verdict", (row) => row.verdict),
  numberColumn("Base", (row) => formatValue(row.base_median, row.unit)),
  numberColumn("New", (row) => formatValue(row.new_median, row.unit)),
  numberColumn("Change", (row) => formatDeltaRatio(row.delta_ratio)),
  numberColumn("Low", (row) => formatDeltaRatio(row.low_ratio)),
  numberColumn("High", (row) => formatDeltaRatio(row.high_ratio)),
  numberColumn("p, corrected", (row) => formatPValue(row.adjusted_p_value)),
  numberColumn("Counts as none up to", (row) => formatDeltaRatio(row.floor_ratio)),
];

const waterfall: readonly TableColumn<RowOf<"difference-waterfall">>[] = [
  textColumn("Phase", (row) => row.phase ?? ""),
  textColumn("Step", (row) => {
    if (row.row_kind === "from") return `in ${row.base_label}`;
    if (row.row_kind === "to") return `in ${row.side_label}`;
    if (row.row_kind === "rest") return "not explained by a step";
    return row.row_kind === "others" ? `${formatCount(row.step_count)} others` : row.step;
  }),
  numberColumn("Base", (row) => nsOrDash(row.base_ns)),
  numberColumn("New", (row) => nsOrDash(row.new_ns)),
  numberColumn("Of the difference", (row) => formatDeltaRatio(row.share_ratio)),
  numberColumn("Bar from", (row) => formatNs(row.start_ns)),
  numberColumn("Bar to", (row) => formatNs(row.end_ns)),
  textColumn("Mostly", (row) => row.cause ?? ""),
  numberColumn("By", (row) => (row.cause_delta_ns === null ? "–" : signedNs(row.cause_delta_ns))),
  textColumn("Paid for one", (row) => row.cause_per ?? ""),
];

const groups: readonly TableColumn<GroupRow>[] = [
  textColumn("Value", rowWords),
  textColumn("Side", (row) => row.side_label),
  numberColumn("Median", (row) => formatValue(row.median, row.unit)),
  numberColumn("Samples", (row) => formatCount(row.sample_count)),
  numberColumn("Failed", (row) => formatCount(row.failed_count)),
  numberColumn("Cliff's delta", (row) => (row.effect === null ? "–" : row.effect.toFixed(2))),
  numberColumn("p, corrected", (row) => formatPValue(row.adjusted_p_value)),
  { head: "Samples by size", cell: (row) => row.samples },
];

/** Samples stand in the line of their side: a row of its own each would be a long way to scroll. */
function groupRows(rows: Pick<DifferenceRows, "difference-groups" | "difference-samples">): GroupRow[] {
  const strips = Map.groupBy(rows["difference-samples"], (row) => `${row.panel_index} ${row.side_index}`);
  return rows["difference-groups"].map((group) => {
    const own = strips.get(`${group.panel_index} ${group.side_index}`) ?? [];
    return { ...group, samples: own.map(({ value }) => formatValue(value, group.unit)).join(", ") };
  });
}

const drawn: Readonly<Record<string, (rows: DifferenceRows) => Sourced>> = {
  changes: sourced(["difference-forest"], (rows) => tableMarkup(changes, rows["difference-forest"])),
  "change-waterfall": sourced(["difference-waterfall"], (rows) => tableMarkup(waterfall, rows["difference-waterfall"])),
  samples: sourced(["difference-groups", "difference-samples"], (rows) => tableMarkup(groups, groupRows(rows))),
};

/** The data of each chart as a table, by the chart's id. */
export function differenceTwinTables(rows: DifferenceRows): Readonly<Record<string, Sourced>> {
  return Object.fromEntries(Object.entries(drawn).map(([id, draw]) => [id, draw(rows)]));
}
