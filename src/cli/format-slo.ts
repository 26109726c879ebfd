import { displayText, formatCount, formatNs, formatRatio, plural } from "../analysis/index.ts";
import { msNs, secNs, usNs } from "../base/index.ts";
import { type BandEnd, bandEnds, type BudgetJudgement, type SloJudgement, type SloVerdict } from "./judge-slos.ts";
import { formatTable } from "./table.ts";

/** Percent, cut and not rounded: a share that misses 99 % does not print as 99 %. */
function formatShare(ratio: number): string {
  // 0.29 of 1e6 is a little less than 290,000.
  return `${Math.floor(ratio * 1e6 + 1e-6) / 1e4} %`;
}

/** Rounded up, so that a limit of what is printed does hold. */
function formatLimit(ns: number): string {
  return ns >= secNs ? `${formatCount(Math.ceil(ns / msNs))} ms` : `${formatCount(Math.ceil(ns / usNs))} us`;
}

/** Seconds to the ms; an allowance is known exactly. */
function formatSec(ns: number): string {
  return `${(ns / secNs).toLocaleString("en-US", { maximumFractionDigits: 3 })} s`;
}

/** How the ends are called: of the constants, or of a sweep's draws. */
const drawNames: Readonly<Record<"slo" | "budget", Readonly<Record<BandEnd, string>>>> = {
  slo: { low: "at 5 %", base: "all together", high: "at 95 %" },
  budget: { low: "at 5 %", base: "median", high: "at 95 %" },
};

function formatSlo(slo: SloVerdict, over: SloJudgement["over"]): string {
  const rows = bandEnds.map((end) => {
    const { holds, attained_ratio, needed_ns, longest_ns, worst_vm } = slo[end];
    return [
      over === undefined ? end : drawNames.slo[end],
      formatShare(attained_ratio),
      formatNs(slo.limit_ns),
      formatLimit(needed_ns),
      formatNs(longest_ns),
      displayText(worst_vm ?? "–", 32),
      holds ? "holds" : "breached",
    ];
  });
  const heads = [over ?? "constants", "of VMs within", "limit", "would hold at", "longest pause", "worst VM", ""];
  return [
    `${displayText(slo.name, 60)}: ${formatShare(slo.vm_ratio)} of VMs stand still for at most ${formatNs(slo.limit_ns)}`,
    `${slo.verdict} (source: ${displayText(slo.source, 200)})`,
    formatTable(heads, rows, [false, true, true, true, true, false, false]),
  ].join("\n");
}

/** A table a promise, and what all of them come to. */
export function formatSloCheck({ met, vm_count, slos, over }: SloJudgement): string {
  const breached = slos.filter((slo) => !slo.met).length;
  const sum = met
    ? `${plural(slos.length, "SLO")}: ${slos.length === 1 ? "it holds" : "all hold"}`
    : `${plural(slos.length, "SLO")}: ${formatCount(breached)} breached`;
  const who = vm_count === 0 ? "no VM, so nothing can be breached" : plural(vm_count, "VM");
  return [...slos.map((slo) => formatSlo(slo, over)), `${sum} (${who})`].join("\n\n");
}

export function formatBudget(answer: BudgetJudgement): string {
  const { objective, window_sec, allowance_ns, planned_count, met, over } = answer;
  const days = formatCount(window_sec / 86_400);
  const rows = bandEnds.map((end) => {
    const { pause_ns, worst_vm, update_count, left_ns } = answer[end];
    return [
      over === undefined ? end : drawNames.budget[end],
      formatNs(pause_ns),
      displayText(worst_vm ?? "–", 32),
      update_count === null ? "any number" : formatCount(update_count),
      formatNs(left_ns),
    ];
  });
  return [
    `${objective} over ${days} days allows ${formatSec(allowance_ns)} of downtime`,
    "",
    formatTable(
      [over ?? "constants", "pause", "worst VM", "updates allowed", `left after ${formatCount(planned_count)}`],
      rows,
      [false, true, false, true, true],
    ),
    "",
    met
      ? `${plural(planned_count, "planned update")} ${planned_count === 1 ? "fits" : "fit"}`
      : `${plural(planned_count, "planned update")} ${planned_count === 1 ? "takes" : "take"} more than that`,
  ].join("\n");
}

export interface PresetRow {
  readonly name: string;
  readonly limit_ns: number;
  readonly vm_ratio: number;
  readonly source: string;
}

export function formatPresets(presets: readonly PresetRow[]): string {
  return formatTable(
    ["SLO", "longest pause", "of VMs", "source"],
    presets.map(({ name, limit_ns, vm_ratio, source }) => [name, formatNs(limit_ns), formatRatio(vm_ratio), source]),
    [false, true, true, false],
  );
}
