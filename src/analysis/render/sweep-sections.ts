import { displayText, formatCount, formatMeasure, formatNs, plural } from "../format.ts";
import type { SweepRows } from "../spec/sweep-charts.ts";
import { html, type Markup, numberColumn, type TableColumn, tableMarkup, textColumn, wholeTable } from "./markup.ts";
import { bytesOr, nsOr, ratioOr } from "./sweep-twins.ts";

type RowOf<Name extends keyof SweepRows> = SweepRows[Name][number];

const configurationColumns: readonly TableColumn<RowOf<"sweep-configurations">>[] = [
  numberColumn("Rank", (row) => formatCount(row.rank_index + 1)),
  numberColumn("Blackout", (row) => nsOr(row.blackout_p50_ns)),
  numberColumn("5 %", (row) => nsOr(row.blackout_p5_ns)),
  numberColumn("95 %", (row) => nsOr(row.blackout_p95_ns)),
  numberColumn("Pause at SLO's share", (row) => nsOr(row.slo_quantile_ns)),
  numberColumn("Within the SLO", (row) => ratioOr(row.attained_ratio)),
  numberColumn("Draws", (row) => ratioOr(row.held_ratio)),
  numberColumn("Memory", (row) => bytesOr(row.overhead_bytes)),
  textColumn("Keeps all", (row) => keptText(row)),
  textColumn("Configuration", (row) => row.label),
];

const stepColumns: readonly TableColumn<RowOf<"sweep-steps">>[] = [
  textColumn("Phase", (row) => row.phase ?? ""),
  textColumn("Step", (row) => (row.phase === null ? `${formatCount(row.step_count)} others` : row.step)),
  numberColumn("Takes", (row) => formatNs(row.step_ns)),
  numberColumn("Of the blackout", (row) => ratioOr(row.blackout_ratio)),
];

const inputColumns: readonly TableColumn<RowOf<"sweep-uncertain">>[] = [
  {
    head: "Input, paid for one",
    cell: (row) => html`${displayText(row.input_name, 60)}<br /><small>${displayText(row.per, 90)}</small>`,
  },
  numberColumn("Low", (row) => formatMeasure(row.low, row.unit)),
  numberColumn("Median", (row) => formatMeasure(row.base, row.unit)),
  numberColumn("High", (row) => formatMeasure(row.high, row.unit)),
  textColumn("Distribution", (row) => row.distribution),
  numberColumn("Moves the blackout by", (row) => nsOr(row.swing_ns)),
  {
    head: "Source",
    cell: (row) => {
      const source = displayText(row.source.replace(/^assumed[:,]? */, ""), 240);
      return row.assumed ? html`<span class="badge">assumed</span> ${source}` : source;
    },
  },
];

const failureColumns: readonly TableColumn<RowOf<"sweep-failures">>[] = [
  textColumn("Runs", (row) => row.state),
  numberColumn("How many", (row) => formatCount(row.run_count)),
  { head: "Reason", cell: (row) => displayText(row.reason ?? "all other reasons", 400) },
  textColumn("The first of them", (row) => row.run_id ?? ""),
  textColumn("Configuration", (row) => row.label ?? ""),
];

export function configurationsSection(
  rows: SweepRows["sweep-configurations"],
  headline: RowOf<"sweep-headline">,
): Markup {
  if (rows.length === 0) return html``;
  const table = wholeTable(configurationColumns, rows);
  const rest = headline.configuration_count - rows.length;
  const beyond = rest > 0 ? `${plural(rest, "more configuration")}: luoscope query FOLDER sweep-configurations.` : "";
  return html`<h3 class="table">Configurations, the best first</h3>
    <p class="note">
      Those that keep the SLO and the memory limit by memory, then by pause; the others by their pause. ${beyond}
    </p>
    ${table}`;
}

function keptText(row: RowOf<"sweep-configurations">): string {
  if (row.is_feasible) return "yes";
  if (row.refused_count + row.failed_count > 0) return "no: runs without an answer";
  return row.meets_slo ? "no: memory" : row.meets_memory ? "no: SLO" : "no: SLO and memory";
}

export function stepsSection(rows: SweepRows["sweep-steps"]): Markup {
  if (rows.length === 0) return html``;
  const table = wholeTable(stepColumns, rows);
  return html`<h3 class="table">What the blackout of the first is made of</h3>
    <p class="note">With all inputs at their medians; together exactly the blackout.</p>
    ${table}`;
}

export function uncertainSection(rows: SweepRows["sweep-uncertain"]): Markup {
  if (rows.length === 0) return html``;
  const table = tableMarkup(inputColumns, rows);
  return html`<h3 class="table">What is uncertain</h3>
    <p class="note">
      Of the plan's scenario, what moves its blackout most first. Low and high: the 5th and 95th percentile.
    </p>
    ${table}`;
}

export function failuresSection(rows: SweepRows["sweep-failures"]): Markup {
  if (rows.length === 0) return html``;
  const table = tableMarkup(failureColumns, rows);
  return html`<p class="note">
      Refused: the scenario cannot be, or is over its memory limits. Left out: points of a design that fall on
      configurations which constraints exclude; their samples are not used.
    </p>
    ${table}`;
}
