import { type CostId, type Costs, costSide } from "../model/index.ts";
import type { Profile } from "../profile/index.ts";
import { noiseNs, type Units } from "./fit.ts";
import type { Assumptions } from "./assumptions.ts";
import type { LineFit } from "./fit-lines.ts";
import type { TermCounts } from "./steps.ts";

/** The two lines of kernels of an update. */
export interface Lines {
  readonly from: string;
  readonly to: string;
}

/** Prices what is paid with fitted constants, each of its own kernel's line. */
export function priceFitted(
  terms: TermCounts,
  { fits, assumptions }: { fits: readonly LineFit[]; assumptions: Assumptions },
  lines: Lines,
): number {
  const unitsOf = (line: string): Units | undefined => (fits.find((fit) => fit.line === line) ?? fits[0])?.units;
  const [from, to] = [unitsOf(lines.from), unitsOf(lines.to)];
  let sum = 0;
  for (const [id, count] of terms) {
    sum += (assumptions.heldAt(id)?.ns ?? (costSide(id) === "to" ? to : from)?.get(id) ?? 0) * count;
  }
  return sum;
}

export function priceCosts(terms: TermCounts, costs: Costs): number {
  let sum = 0;
  for (const [id, count] of terms) sum += costs[id].unitNs * count;
  return sum;
}

/** From the ends of a 90 % interval to a standard deviation. */
const intervalDeviations = 2 * 1.645;

/**
 * Standard deviation of a prediction: how much each constant varies from update to update, and how well its value is
 * known. What is held at an assumption is not counted: the fit took it out of others, so that errors cancel.
 */
export function deviationNs(terms: TermCounts, profile: Profile): number {
  let variance = noiseNs * noiseNs;
  for (const [id, count] of terms) {
    const { unit_ns: unitNs, low_ns: lowNs, high_ns: highNs, status, spread_ratio: spread = 0 } = costData(profile, id);
    if (status === "assumed") continue;
    variance += (spread * unitNs * count) ** 2 + (((highNs - lowNs) / intervalDeviations) * count) ** 2;
  }
  return Math.sqrt(variance);
}

function costData(profile: Profile, id: CostId) {
  return profile.data.costs[id]!;
}
