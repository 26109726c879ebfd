import type { CatalogueRow } from "../analysis/index.ts";
import { allowanceNs, attain, type Slo, type SortedPauses, sortPauses, spendBudget } from "../slo/index.ts";
import type { BudgetEnd, BudgetJudgement, BudgetPlan, SloEnd, SloJudgement, SloVerdict } from "./judge-slos.ts";

type PauseRow = CatalogueRow<"sweep-draw-pauses">;

/** The pauses of one configuration of a sweep. */
export interface SweepPauses {
  readonly rows: readonly PauseRow[];
  /** Runs that were refused or failed: what they would have come to is not known, so nothing holds. */
  readonly unansweredCount: number;
}

/** Shares of the draws that stand for the low and the high end. */
const [lowShare, highShare] = [0.05, 0.95];

function sortRows(rows: readonly PauseRow[]): SortedPauses {
  return sortPauses({
    pauseNs: Float64Array.from(rows, (row) => row.pause_ns),
    vmCount: Float64Array.from(rows, (row) => row.vm_count),
  });
}

function drawsOf(rows: readonly PauseRow[]): SortedPauses[] {
  const draws = new Map<number, PauseRow[]>();
  for (const row of rows) {
    const own = draws.get(row.draw_index);
    if (own) own.push(row);
    else draws.set(row.draw_index, [row]);
  }
  return [...draws.values()].map(sortRows);
}

/** The k-th of n in order, k = ceil(share n). */
function quantile<Item>(items: readonly Item[], share: number): Item {
  return items[Math.max(0, Math.ceil(share * items.length) - 1)]!;
}

interface Tally {
  readonly heldCount: number;
  readonly drawCount: number;
  readonly unansweredCount: number;
}

function verdictOf(holds: boolean, { heldCount, drawCount, unansweredCount }: Tally): string {
  if (unansweredCount > 0) return `breached: ${unansweredCount} of its runs were refused or failed`;
  const verb = holds ? "holds" : "breached";
  if (drawCount === 1) return `${verb} in its only draw`;
  return `${verb} over all draws together; in ${heldCount} of ${drawCount} draws it holds alone`;
}

function endOf(pauses: SortedPauses, slo: Slo): SloEnd {
  const { holds, attainedRatio, neededNs, longestNs } = attain(pauses, slo);
  return { holds, attained_ratio: attainedRatio, needed_ns: neededNs, longest_ns: longestNs, worst_vm: null };
}

/** Judges promises over all draws of a configuration together, and says how the 5 % and the 95 % draw would do. */
export function judgeSweepSlos(slos: readonly Slo[], { rows, unansweredCount }: SweepPauses): SloJudgement {
  const pooled = sortRows(rows);
  const draws = drawsOf(rows);
  const verdicts = slos.map((slo): SloVerdict => {
    const ends = draws.map((draw) => endOf(draw, slo)).toSorted((one, two) => one.needed_ns - two.needed_ns);
    const base = endOf(pooled, slo);
    const heldCount = ends.filter(({ holds }) => holds).length;
    return {
      name: slo.name,
      limit_ns: slo.pauseNs,
      vm_ratio: slo.vmRatio,
      source: slo.source,
      met: base.holds && unansweredCount === 0,
      verdict: verdictOf(base.holds, { heldCount, drawCount: draws.length, unansweredCount }),
      low: quantile(ends, lowShare),
      base,
      high: quantile(ends, highShare),
    };
  });
  const vmCount = draws[0]?.vmCount ?? 0;
  return { over: "draws", met: verdicts.every(({ met }) => met), vm_count: vmCount, slos: verdicts };
}

/** How many updates fit into an error budget: the longest pause of a VM in the median draw decides. */
export function judgeSweepBudget(plan: BudgetPlan, { rows, unansweredCount }: SweepPauses): BudgetJudgement {
  const { objective, windowSec, plannedCount } = plan;
  const allowedNs = allowanceNs(objective, windowSec);
  const longest = drawsOf(rows)
    .map(({ pauseNs }) => pauseNs.at(-1) ?? 0)
    .toSorted((one, two) => one - two);
  const at = (share: number): BudgetEnd => {
    const pauseNs = quantile(longest, share);
    const { updateCount, leftNs } = spendBudget({ allowedNs, pauseNs, plannedCount });
    return {
      pause_ns: pauseNs,
      worst_vm: null,
      update_count: Number.isFinite(updateCount) ? updateCount : null,
      left_ns: leftNs,
    };
  };
  const base = at(0.5);
  return {
    over: "draws",
    objective: objective.text,
    window_sec: windowSec,
    allowance_ns: allowedNs,
    planned_count: plannedCount,
    met: base.left_ns >= 0 && unansweredCount === 0,
    low: at(lowShare),
    base,
    high: at(highShare),
  };
}
