import {
  type CatalogueRow,
  displayText,
  formatBytes,
  formatCount,
  formatNs,
  formatRatio,
  plural,
} from "../analysis/index.ts";
import type { ReplayableRun, ReplayDifference, SweepOutcome } from "../sweep/index.ts";
import type { CommandResult } from "./output.ts";
import { formatTable } from "./table.ts";

/** What the CLI asks a sweep's results. */
export interface SweepSummary {
  readonly headline: CatalogueRow<"sweep-headline">;
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

/** What to choose, in a sentence; where nothing will do, what comes nearest. */
export function verdictOf({ headline, configurations }: SweepSummary): string {
  const slo = `${formatRatio(headline.slo_vm_ratio)} of VMs within ${formatNs(headline.slo_pause_ns)}`;
  const [best] = configurations;
  if (!best || best.slo_quantile_ns === null) return "No configuration has an answer.";
  const pause = formatNs(best.slo_quantile_ns);
  const memory = best.overhead_bytes === null ? "" : ` at ${formatBytes(best.overhead_bytes)} of memory`;
  const label = displayText(best.label, 200);
  if (best.is_feasible) {
    return `Choose ${label}: ${formatRatio(headline.slo_vm_ratio)} of VMs stand still for at most ${pause}${memory}, the least of ${plural(headline.feasible_count, "configuration")} that keep ${slo}.`;
  }
  return `No configuration keeps ${slo}. Nearest: ${label}, with ${pause}${memory}.`;
}

export function describeOutcome(
  folder: string,
  { outcome, summary, doubts }: { outcome?: SweepOutcome; summary: SweepSummary; doubts: readonly string[] },
): CommandResult {
  const { headline } = summary;
  const bad = headline.refused_count + headline.failed_count;
  const text = [
    verdictOf(summary),
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
