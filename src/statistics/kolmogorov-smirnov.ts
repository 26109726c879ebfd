import { rank } from "./ranks.ts";

export interface KolmogorovSmirnov {
  /** Largest distance of the two shares of values up to a point. */
  readonly distance: number;
  readonly pValue: number;
  readonly isExact: boolean;
}

/** Pairs up to which all orders are counted. */
const exactPairs = 10_000;
const seriesTerms = 100;

/** Distance times n1 n2: a whole number, so that orders are compared exactly. Only between different values it counts. */
function largestGap(isNext: Uint8Array, ties: readonly number[], [n1, n2]: readonly [number, number]): number {
  let [gap, most, at] = [0, 0, 0];
  for (const run of ties) {
    for (let each = 0; each < run; each++) gap += isNext[at++] === 1 ? n1 : -n2;
    most = Math.max(most, Math.abs(gap));
  }
  return most;
}

/** Share of the orders of both sides whose gap is below `limit` wherever values differ: by paths over a grid. */
function shareBelow(ties: readonly number[], [n1, n2]: readonly [number, number], limit: number): number {
  const ends = new Uint8Array(n1 + n2 + 1);
  let end = 0;
  for (const run of ties) ends[(end += run)] = 1;
  // ways[j]: share of the paths to i of the base and j of the new that stayed within.
  let ways = new Float64Array(n2 + 1);
  ways[0] = 1;
  for (let i = 0; i <= n1; i++) {
    const row = new Float64Array(n2 + 1);
    for (let j = 0; j <= n2; j++) {
      const steps = i + j;
      if (steps === 0) row[0] = 1;
      else {
        // The last of the first so many values is one of the base in i of i + j cases.
        const up = i > 0 ? ways[j]! * (i / steps) : 0;
        row[j] = up + (j > 0 ? row[j - 1]! * (j / steps) : 0);
      }
      if (ends[steps] === 1 && Math.abs(j * n1 - i * n2) >= limit) row[j] = 0;
    }
    ways = row;
  }
  return ways[n2]!;
}

/** Kolmogorov's series for long samples. */
function seriesPValue(distance: number, [n1, n2]: readonly [number, number]): number {
  const root = Math.sqrt((n1 * n2) / (n1 + n2));
  const x = distance * root;
  if (x < 0.2) return 1;
  let sum = 0;
  for (let term = 1; term <= seriesTerms; term++) sum += (term % 2 === 1 ? 2 : -2) * Math.exp(-2 * (term * x) ** 2);
  return Math.min(1, Math.max(0, sum));
}

/**
 * Whether two sides are spread alike: Kolmogorov and Smirnov's test of two samples, two-sided.
 *
 * Shape    exact up to 10,000 pairs, with the ties at hand; else by Kolmogorov's series
 * Source   Hodges, Arkiv för Matematik 3 (1958); with ties Schröer and Trenkler, Computational Statistics & Data Analysis
 *          20 (1995)
 */
export function kolmogorovSmirnov(base: Float64Array, next: Float64Array): KolmogorovSmirnov {
  const sizes = [base.length, next.length] as const;
  const pairs = sizes[0] * sizes[1];
  if (pairs === 0) return { distance: 0, pValue: 1, isExact: true };
  const { isNext, ties } = rank(base, next);
  const gap = largestGap(isNext, ties, sizes);
  const distance = gap / pairs;
  if (gap === 0) return { distance, pValue: 1, isExact: true };
  if (pairs > exactPairs) return { distance, pValue: seriesPValue(distance, sizes), isExact: false };
  return { distance, pValue: Math.min(1, Math.max(0, 1 - shareBelow(ties, sizes, gap))), isExact: true };
}
