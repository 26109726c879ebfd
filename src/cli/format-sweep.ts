import {
  type CatalogueRow,
  displayText,
  formatBytes,
  formatCount,
  formatNs,
  formatRatio,
  plural,
  sweepSentence,
} from "../analysis/index.ts";
import type { ReplayableRun, ReplayDifference, SweepOutcome } from "../sweep/index.ts";
import type { CommandResult } from "./output.ts";
import { formatTable } from "./table.ts";

/** What the CLI asks a sweep's results. */
export interface SweepSummary {
  readonly headline: CatalogueRow<"sweep-headline">;
  /** What to choose, or what comes nearest. */
  readonly best: CatalogueRow<"sweep-recommendation"> | undefined;
  readonly configurations: readonly CatalogueRow<"sweep-configurations">[];
}

/** Configurations that are printed; JSON has them all. */
const shownConfigurations = 10;

const nsOr = (ns: number | null): string => (ns === null ? "–" : formatNs(ns));

function bandOf({ blackout_p5_ns: low, blackout_p95_ns: high }: CatalogueRow<"sweep-configurations">): string {
  return low === null || high === null || low === high ? "" : `${formatNs(low)} – ${formatNs(high)}`;
}

function formatConfigurations({ configurations }: SweepSummary): string {
  const rows = configurations
    .slice(0, shownConfigurations)
    .map((row) => [
      displayText(row.label, 90),
      nsOr(row.blackout_p50_ns),
      bandOf(row),
      nsOr(row.slo_quantile_ns),
      row.attained_ratio === null ? "–" : formatRatio(row.attained_ratio),
      row.overhead_bytes === null ? "–" : formatBytes(row.overhead_bytes),
      row.is_feasible ? "yes" : "no",
    ]);
  const heads = [
    "configuration",
    "blackout",
    "5 – 95 %",
    "VMs' pause at the SLO's share",
    "within SLO",
    "memory",
    "keeps all",
  ];
  return formatTable(heads, rows, [false, true, true, true, true, true, false]);
}

export function describeOutcome(
  folder: string,
  { outcome, summary, doubts }: { outcome?: SweepOutcome; summary: SweepSummary; doubts: readonly string[] },
): CommandResult {
  const { headline } = summary;
  const bad = headline.refused_count + headline.failed_count;
  const text = [
    `${sweepSentence({ headline, best: summary.best })}.`,
    "",
    formatConfigurations(summary),
    ...(summary.configurations.length > shownConfigurations
      ? [
          `… and ${plural(summary.configurations.length - shownConfigurations, "configuration")} more (--json has them all)`,
        ]
      : []),
    "",
    `${plural(headline.run_count, "run")} in ${folder}${outcome ? `: ${formatCount(outcome.newCount)} made now, ${formatCount(outcome.keptCount)} there before` : ""}`,
    ...(bad > 0
      ? [
          `${plural(headline.refused_count, "run")} refused, ${formatCount(headline.failed_count)} failed; the first: ${displayText(headline.reason ?? "", 300)}`,
        ]
      : []),
    `${plural(headline.input_count, "uncertain input")}, ${formatCount(headline.assumed_input_count)} of them assumed, not measured`,
    ...doubts.map((doubt) => `warning: ${doubt}`),
  ].join("\n");
  return { json: { folder, ...(outcome ? { outcome } : {}), ...summary, doubts }, text };
}

export function describeReplay(
  run: ReplayableRun,
  folder: string,
  differences: readonly ReplayDifference[],
): CommandResult {
  const { answer } = run;
  const same =
    differences.length === 0
      ? "The replay says the same as the sweep, to the nanosecond and the byte."
      : differences
          .map(({ what, swept, replayed }) => `${what}: the sweep says ${swept}, the replay ${replayed}`)
          .join("\n");
  const text = [
    `run ${answer.run_id} (${run.kind}): ${displayText(run.label, 200)}`,
    `blackout ${nsOr(answer.blackout_ns ?? null)}; the run is in ${folder}`,
    same,
  ].join("\n");
  const { lines: _, ...json } = { ...run, lines: undefined, profile: run.profile.name, folder, differences };
  return { json, text };
}
