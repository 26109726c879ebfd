import { assert } from "../base/index.ts";
import { inverseNormal, millsRatio, normalCdf, normalDensity } from "./normal.ts";

export const distributionKinds = ["lognormal", "normal", "uniform", "triangular"] as const;
export type DistributionKind = (typeof distributionKinds)[number];

/** What is known of a quantity that is never below 0: 0 <= low <= base <= high. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Median; without it the middle of the kind. */
  readonly base?: number;
  /** Without it lognormal, and normal where low is 0. */
  readonly kind?: DistributionKind;
}

/** One side of the median, in standard deviations of it. */
interface Side {
  /** The value goes with the exponential of the normal, and not with the normal. */
  readonly isLog: boolean;
  readonly sigma: number;
}

/** An interval read as a distribution, ready to draw from. */
export interface Distribution {
  readonly kind: DistributionKind;
  readonly low: number;
  /** Median of a lognormal or normal, mode of a triangular; not used by a uniform. */
  readonly base: number;
  readonly high: number;
  readonly lowSide: Side;
  readonly highSide: Side;
}

/** Ends of the interval, as shares below them. */
export const lowShare = 0.05;
export const highShare = 0.95;

const highShareNormal = inverseNormal(highShare);

function sideOf(kind: DistributionKind, less: number, more: number): Side {
  const isLog = kind === "lognormal" && less > 0;
  return { isLog, sigma: (isLog ? Math.log(Math.min(Number.MAX_VALUE, more / less)) : more - less) / highShareNormal };
}

/**
 * Reads an interval as a distribution. Both sides of the median have a spread of their own, so that all three numbers hold.
 *
 * `lognormal`    low and high are its 5th and 95th percentile, base its median (without it √(low·high)). Below a median
 *                with low = 0 it is as `normal`, since no logarithm reaches 0; without a base its median is then high / 2
 * `normal`       the same with straight sides (base: the middle); what would be below 0 is 0, at most 5 % of draws
 * `uniform`      low and high are the whole range; base is not used
 * `triangular`   low and high are the whole range, base its mode (without it the middle)
 *
 * Errors         InvariantError for numbers that are no interval: whoever reads them from a user checks them
 */
export function createDistribution({ low, high, base, kind }: Interval): Distribution {
  const isLog = kind === undefined ? low > 0 : kind === "lognormal";
  const centre = base ?? (isLog && low > 0 ? Math.sqrt(low) * Math.sqrt(high) : low + (high - low) / 2);
  // A root may be off by its last bit.
  const median = base === undefined ? Math.min(high, Math.max(low, centre)) : base;
  const isOrdered = low >= 0 && low <= median && median <= high && high < Infinity;
  assert(isOrdered, `${low} to ${high} around ${median} is no interval of numbers from 0`);
  const chosen = kind ?? (isLog ? "lognormal" : "normal");
  return {
    kind: chosen,
    low,
    base: median,
    high,
    lowSide: sideOf(chosen, low, median),
    highSide: sideOf(chosen, median, high),
  };
}

/** The least share that is looked up: further out a quantile would be infinite. */
const leastShare = 2 ** -53;

function sideQuantile({ base, lowSide, highSide }: Distribution, share: number): number {
  const normal = inverseNormal(share);
  const { isLog, sigma } = normal < 0 ? lowSide : highSide;
  if (!isLog) return Math.max(0, base + sigma * normal);
  return Math.min(Number.MAX_VALUE, base * Math.exp(sigma * normal));
}

function triangularQuantile({ low, base, high }: Distribution, share: number): number {
  const span = high - low;
  if (span === 0) return low;
  if (share * span < base - low) return low + Math.sqrt(share * span * (base - low));
  return high - Math.sqrt((1 - share) * span * (high - base));
}

/** The value with a share of the distribution below it; finite for every share from 0 to 1. */
export function quantile(distribution: Distribution, share: number): number {
  switch (distribution.kind) {
    case "lognormal":
    case "normal":
      return sideQuantile(distribution, Math.min(1 - leastShare, Math.max(leastShare, share)));
    case "uniform":
      return distribution.low + share * (distribution.high - distribution.low);
    case "triangular":
      return triangularQuantile(distribution, share);
  }
}

/** What the half below the median adds to the mean: the integral of its values over the normal's lower half. */
function lowPart({ base, lowSide: { isLog, sigma } }: Distribution): number {
  if (isLog) return base * millsRatio(sigma) * normalDensity(0);
  if (sigma === 0) return base / 2;
  const clip = base / sigma;
  return base * (0.5 - normalCdf(-clip)) + sigma * (normalDensity(clip) - normalDensity(0));
}

function highPart({ base, highSide: { isLog, sigma } }: Distribution): number {
  if (!isLog) return base / 2 + sigma * normalDensity(0);
  return base * (Math.exp((sigma * sigma) / 2) - millsRatio(sigma) * normalDensity(0));
}

/** The mean, by formula; infinite where a lognormal's is beyond the range of numbers. */
export function mean(distribution: Distribution): number {
  const { kind, low, base, high } = distribution;
  switch (kind) {
    case "lognormal":
    case "normal":
      return lowPart(distribution) + highPart(distribution);
    case "uniform":
      return low + (high - low) / 2;
    case "triangular":
      return low / 3 + base / 3 + high / 3;
  }
}

/**
 * A design's 0 to 1 as a share within the interval: 0 is its low end, 1 its high end.
 *
 * Designs with few levels use 0 and 1 themselves, where a lognormal's quantiles are as far out as numbers go.
 */
export function shareWithin(level: number): number {
  return lowShare + level * (highShare - lowShare);
}
