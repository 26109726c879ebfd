import { Matrix, solve } from "ml-matrix";

/** One observation: how often each constant was paid, and the time that it took. */
export interface Observation {
  readonly name: string;
  readonly counts: readonly number[];
  readonly ns: number;
}

export interface Fit {
  readonly units: readonly number[];
  /** Largest and root-mean-square relative error over the observations. */
  readonly worstRatio: number;
  readonly rmsRatio: number;
  readonly observations: number;
}

function solveWeighted(observations: readonly Observation[], active: readonly number[]): number[] {
  const rows = observations.map(({ counts, ns }) => active.map((column) => counts[column]! / ns));
  return solve(new Matrix(rows), Matrix.columnVector(observations.map(() => 1)), true).to1DArray();
}

/**
 * Least squares of relative errors with non-negative constants: a negative one is set to zero and left out, most
 * negative first (the active-set rule of Lawson and Hanson in its simplest form).
 */
export function fitUnits(observations: readonly Observation[]): Fit {
  const columns = observations[0]!.counts.length;
  let active = Array.from({ length: columns }, (_, column) => column);
  let solved = solveWeighted(observations, active);
  while (solved.some((unit) => unit < 0)) {
    const worst = solved.indexOf(Math.min(...solved));
    active = active.filter((_, index) => index !== worst);
    solved = solveWeighted(observations, active);
  }
  const units = Array.from({ length: columns }, (_, column) => solved[active.indexOf(column)] ?? 0);
  const ratios = observations.map(
    ({ counts, ns }) => counts.reduce((sum, count, column) => sum + count * units[column]!, 0) / ns - 1,
  );
  return {
    units,
    worstRatio: ratios.reduce((worst, ratio) => Math.max(worst, Math.abs(ratio)), 0),
    rmsRatio: Math.sqrt(ratios.reduce((sum, ratio) => sum + ratio * ratio, 0) / ratios.length),
    observations: observations.length,
  };
}
