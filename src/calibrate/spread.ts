import { type CostId, costIds, costSide } from "../model/index.ts";
import { type QuantityId, quantityIds } from "../profile/index.ts";
import { isHeld } from "./assumptions.ts";
import type { Residual } from "./cross-validate.ts";
import { median, noiseNs, type Units } from "./fit.ts";
import type { LineFit } from "./fit-lines.ts";
import { addRow, createEquations, solveNonNegative } from "./solve.ts";

/** A residual of so many times its span's usual one counts as that: one recording must not set how much all vary. */
const mostTimes = 4;
const leastUsualRatio = 0.001;

/** Share of left-out recordings that an interval is made to hold. */
const confidence = 0.9;

function unitsOf(fits: readonly LineFit[], line: string): Units {
  return (fits.find((fit) => fit.line === line) ?? fits[0]!).units;
}

/** What a constant adds to a span, as a share of it. */
function sharesOf({ terms, lines, recordedNs }: Residual, fits: readonly LineFit[]): ReadonlyMap<CostId, number> {
  const [from, to] = [unitsOf(fits, lines.from), unitsOf(fits, lines.to)];
  const shares = new Map<CostId, number>();
  for (const [id, count] of terms) {
    if (isHeld(id)) continue;
    const unitNs = (costSide(id) === "to" ? to : from).get(id) ?? 0;
    shares.set(id, (unitNs * count) / (recordedNs + noiseNs));
  }
  return shares;
}

function missedRatio({ predictedNs, recordedNs }: Residual): number {
  return Math.abs(predictedNs - recordedNs) / (recordedNs + noiseNs);
}

/** Median of what was missed, by span. */
function usualRatios(residuals: readonly Residual[]): ReadonlyMap<string, number> {
  const ratios = new Map<string, number[]>();
  for (const residual of residuals) {
    const list = ratios.get(residual.id);
    if (list) list.push(missedRatio(residual));
    else ratios.set(residual.id, [missedRatio(residual)]);
  }
  return new Map([...ratios].map(([id, list]) => [id, Math.max(leastUsualRatio, median(list))]));
}

/**
 * How much each constant varies from update to update: shares whose squares, added up over a span, come nearest to the
 * squares of what the predictions of left-out recordings missed.
 */
export function fitSpreads(residuals: readonly Residual[], fits: readonly LineFit[]): ReadonlyMap<CostId, number> {
  const size = costIds.length;
  const equations = createEquations(size);
  const usual = usualRatios(residuals);
  for (const residual of residuals) {
    const counts = new Float64Array(size);
    for (const [id, share] of sharesOf(residual, fits)) counts[costIds.indexOf(id)] = share * share;
    const missed = Math.min(missedRatio(residual), mostTimes * usual.get(residual.id)!);
    addRow(equations, { counts, offset: 0, goal: missed * missed, weight: 1 });
  }
  const squares = solveNonNegative(equations);
  return new Map(costIds.map((id, column) => [id, Math.sqrt(squares[column]!)]));
}

/** What the predictions of one quantity missed, in units of their own estimate. */
export interface QuantityFactor {
  readonly factor: number;
  readonly recordings: number;
}

type DeviationOf = (residual: Residual) => number;

function scoresOf(residuals: readonly Residual[], id: QuantityId, deviationOf: DeviationOf): readonly number[] {
  return residuals
    .filter((residual) => residual.id === id)
    .map((residual) => Math.abs(residual.predictedNs - residual.recordedNs) / deviationOf(residual))
    .sort((left, right) => left - right);
}

function factorOf(scores: readonly number[]): number {
  const rank = Math.min(scores.length, Math.ceil((scores.length + 1) * confidence));
  return Math.max(leastFactor, scores[rank - 1] ?? normalFactor);
}

/** The least factor: recordings that all but repeat each other must not promise more than they show. */
const leastFactor = 0.5;

/** Without a recording: 90 % of a normal distribution. */
const normalFactor = 1.645;

/**
 * How many of its own deviations a prediction's interval must reach to hold nine in ten recordings that were left out.
 *
 * Source   split conformal prediction with normalised residuals: Lei et al., JASA 113 (2018)
 */
export function fitFactors(
  residuals: readonly Residual[],
  deviationOf: DeviationOf,
): Record<QuantityId, QuantityFactor> {
  const factors = quantityIds.map((id): [QuantityId, QuantityFactor] => {
    const scores = scoresOf(residuals, id, deviationOf);
    return [id, { factor: Number(factorOf(scores).toPrecision(4)), recordings: scores.length }];
  });
  return Object.fromEntries(factors) as Record<QuantityId, QuantityFactor>;
}

/**
 * Share of left-out recordings that an interval holds whose factor comes from all others: each recording in turn takes
 * no part in its own.
 */
export function coverageOf(residuals: readonly Residual[], deviationOf: DeviationOf): Record<QuantityId, number> {
  const shares = quantityIds.map((id): [QuantityId, number] => {
    const scores = scoresOf(residuals, id, deviationOf);
    const held = scores.filter((score, index) => score <= factorOf(scores.filter((_, other) => other !== index)));
    return [id, scores.length === 0 ? Number.NaN : held.length / scores.length];
  });
  return Object.fromEntries(shares) as Record<QuantityId, number>;
}
