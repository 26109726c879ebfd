import { createPrng } from "../base/index.ts";
import type { CostId } from "../model/index.ts";
import type { GroupFit } from "./fit.ts";

export interface Interval {
  readonly lowNs: number;
  readonly highNs: number;
}

const replicates = 200;
const lowShare = 0.05;

/** Least half width of an interval: of any constant, and of one that a single recording shows. */
const leastRatio = 0.01;
const loneRatio = 0.1;

/** Exponential weights, one a recording: no recording is ever left out whole, unlike when they are drawn with return. */
function drawFactors(names: readonly string[], random: () => number): Map<string, number> {
  return new Map(names.map((name) => [name, -Math.log((random() + 1) / 2 ** 32)]));
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

/**
 * 90 % intervals of a group's constants, by weighing recordings anew two hundred times.
 *
 * Source   Rubin, The Bayesian Bootstrap, Annals of Statistics 9 (1981); a fixed seed, so that it repeats
 */
export function bootstrapIntervals(group: GroupFit): ReadonlyMap<CostId, Interval> {
  const random = createPrng(1);
  const draws = new Map<CostId, number[]>(group.constants.map((id) => [id, []]));
  for (let replicate = 0; replicate < replicates; replicate++) {
    const units = group.resolve(drawFactors(group.recordings, random));
    for (const [id, ns] of units) draws.get(id)!.push(ns);
  }
  return new Map(
    [...draws].map(([id, values]) => {
      const sorted = values.sort((left, right) => left - right);
      const unitNs = group.units.get(id)!;
      const least = unitNs * (group.behind.get(id)!.length > 1 ? leastRatio : loneRatio);
      const lowNs = Math.max(0, Math.min(quantile(sorted, lowShare), unitNs - least));
      const highNs = Math.max(quantile(sorted, 1 - lowShare), unitNs + least);
      return [id, { lowNs, highNs }];
    }),
  );
}
