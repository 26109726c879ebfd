import type { CatalogueRow } from "../analysis/index.ts";
import { allowanceNs, attain, type Objective, type Slo, sortPauses, spendBudget } from "../slo/index.ts";

type PauseRow = CatalogueRow<"vm-pauses">;

/** Which value of each constant the pauses rest on. */
export const bandEnds = ["low", "base", "high"] as const;
export type BandEnd = (typeof bandEnds)[number];

const columnOf = { low: "low_ns", base: "pause_ns", high: "high_ns" } as const satisfies Record<
  BandEnd,
  keyof PauseRow
>;

/** The same question at all three values. */
export type Band<Value> = { readonly [End in BandEnd]: Value };

function overBand<Value>(ask: (column: (typeof columnOf)[BandEnd]) => Value): Band<Value> {
  return { low: ask(columnOf.low), base: ask(columnOf.base), high: ask(columnOf.high) };
}

/** The VM that stands still longest; of several, the first. */
function worstRow(rows: readonly PauseRow[], column: (typeof columnOf)[BandEnd]): PauseRow | undefined {
  return rows.reduce<PauseRow | undefined>(
    (worst, row) => (worst && worst[column] >= row[column] ? worst : row),
    undefined,
  );
}

function countVms(rows: readonly PauseRow[]): number {
  return rows.reduce((sum, row) => sum + row.vm_count, 0);
}

export interface SloEnd {
  readonly holds: boolean;
  readonly attained_ratio: number;
  /** The shortest limit that would hold. */
  readonly needed_ns: number;
  readonly longest_ns: number;
  readonly worst_vm: string | null;
}

export interface SloVerdict extends Band<SloEnd> {
  readonly name: string;
  readonly limit_ns: number;
  readonly vm_ratio: number;
  readonly source: string;
  readonly met: boolean;
  readonly verdict: string;
}

export interface SloJudgement {
  /** Whose low end, base and high end these are; constants where it does not say. */
  readonly over?: "draws";
  /** All hold, with every constant at its base. */
  readonly met: boolean;
  readonly vm_count: number;
  readonly slos: readonly SloVerdict[];
}

function verdictOf({ low, base, high }: Band<SloEnd>): string {
  if (base.holds) {
    return high.holds
      ? "holds, also with every constant at its high end"
      : "holds, but not with every constant at its high end";
  }
  return low.holds
    ? "breached; it would hold with every constant at its low end"
    : "breached, even with every constant at its low end";
}

/** Judges promises over the pauses of a folder, at the base and at both ends of the constants' ranges. */
export function judgeSlos(slos: readonly Slo[], rows: readonly PauseRow[]): SloJudgement {
  const vmCount = Float64Array.from(rows, (row) => row.vm_count);
  const pauses = overBand((column) => ({
    sorted: sortPauses({ pauseNs: Float64Array.from(rows, (row) => row[column]), vmCount }),
    worst: worstRow(rows, column)?.vm_name ?? null,
  }));
  const verdicts = slos.map((slo): SloVerdict => {
    const endOf = (end: BandEnd): SloEnd => {
      const { holds, attainedRatio, neededNs, longestNs } = attain(pauses[end].sorted, slo);
      return {
        holds,
        attained_ratio: attainedRatio,
        needed_ns: neededNs,
        longest_ns: longestNs,
        worst_vm: pauses[end].worst,
      };
    };
    const band = { low: endOf("low"), base: endOf("base"), high: endOf("high") };
    const { name, pauseNs, vmRatio, source } = slo;
    const facts = { name, limit_ns: pauseNs, vm_ratio: vmRatio, source };
    return { ...facts, met: band.base.holds, verdict: verdictOf(band), ...band };
  });
  return { met: verdicts.every(({ met }) => met), vm_count: countVms(rows), slos: verdicts };
}

export interface BudgetEnd {
  readonly pause_ns: number;
  readonly worst_vm: string | null;
  /** Null where no VM stands still: any number. */
  readonly update_count: number | null;
  readonly left_ns: number;
}

export interface BudgetJudgement extends Band<BudgetEnd> {
  readonly over?: "draws";
  readonly objective: string;
  readonly window_sec: number;
  readonly allowance_ns: number;
  readonly planned_count: number;
  /** The planned updates fit, with every constant at its base. */
  readonly met: boolean;
}

export interface BudgetPlan {
  readonly objective: Objective;
  readonly windowSec: number;
  readonly plannedCount: number;
}

/** How many updates fit into an error budget: those of the VM that stands still longest. */
export function judgeBudget(plan: BudgetPlan, rows: readonly PauseRow[]): BudgetJudgement {
  const { objective, windowSec, plannedCount } = plan;
  const allowedNs = allowanceNs(objective, windowSec);
  const band = overBand((column): BudgetEnd => {
    const worst = worstRow(rows, column);
    const pauseNs = worst?.[column] ?? 0;
    const { updateCount, leftNs } = spendBudget({ allowedNs, pauseNs, plannedCount });
    return {
      pause_ns: pauseNs,
      worst_vm: worst?.vm_name ?? null,
      update_count: Number.isFinite(updateCount) ? updateCount : null,
      left_ns: leftNs,
    };
  });
  return {
    objective: objective.text,
    window_sec: windowSec,
    allowance_ns: allowedNs,
    planned_count: plannedCount,
    met: band.base.left_ns >= 0,
    ...band,
  };
}
