import {
  cliffsDelta,
  fisherExact,
  kolmogorovSmirnov,
  mannWhitney,
  medianDifference,
  neededSamples,
  permutationTest,
  smallestPValue,
} from "../statistics/index.ts";
import type { Cell, Change, CompareSettings, TestResult } from "./difference.ts";
import { directionOf, floorOf, judgeUnfinished, ratioOf, undecided } from "./judge-exact.ts";
import type { Metric } from "./metric.ts";

/** A question to which Holm's correction gives an answer: its p-value. */
export interface NoisyTrial {
  /** Of the location; undefined where there are too few samples for a test. */
  readonly pValue: number | undefined;
  /** Kolmogorov and Smirnov's. */
  readonly ksPValue?: number;
  /** Whether more of the one side did not finish: Fisher's test; undefined where all did. */
  readonly finishedPValue: number | undefined;
  /** Says what is to be said, with the p-values after correction. */
  readonly conclude: (adjusted: Adjusted) => Change;
}

export interface Adjusted {
  readonly pValue: number;
  readonly finishedPValue: number | undefined;
  /** Kolmogorov and Smirnov's, corrected among themselves: advice only. */
  readonly spreadPValue: number;
  readonly testCount: number;
}

/** Samples of both sides, all finished. */
interface Pair {
  readonly metric: Metric;
  readonly base: Cell;
  readonly next: Cell;
}

type Measured = Omit<TestResult, "adjustedPValue"> & {
  readonly delta: number;
  readonly low: number;
  readonly high: number;
};

function measurePair({ base, next }: Pair, seed: number): Measured {
  const { pValue, isExact } = mannWhitney(base.values, next.values);
  const spread = kolmogorovSmirnov(base.values, next.values);
  const { delta, low, high } = medianDifference(base.values, next.values, { seed });
  return {
    pValue,
    isExact,
    permutationPValue: permutationTest(base.values, next.values, { seed }).pValue,
    ksDistance: spread.distance,
    ksPValue: spread.pValue,
    effect: cliffsDelta(base.values, next.values),
    delta,
    low,
    high,
  };
}

/** Why nothing is known: too few samples for so many tests, or too much noise. */
function inconclusiveReason({ base, next }: Pair, settings: CompareSettings, testCount: number): string {
  const level = settings.alpha / testCount;
  if (smallestPValue(base.values.length, next.values.length) > level) {
    return `too few samples for ${testCount} tests: ${neededSamples(level)} a side are needed`;
  }
  return "the interval holds both no change and one that would matter: more samples are needed";
}

function decide(pair: Pair, measured: Measured, adjusted: Adjusted, settings: CompareSettings) {
  const { metric, base } = pair;
  const { delta, low, high } = measured;
  const floor = floorOf(metric, base.median!);
  const isShown = adjusted.pValue <= settings.alpha;
  const spreads = adjusted.spreadPValue <= settings.alpha && !isShown ? "; the spread has changed" : "";
  if (isShown && Math.abs(delta) > floor) return { verdict: directionOf(metric, delta), reason: "significant" };
  if (isShown) return { verdict: "same" as const, reason: "significant, and within the floor" };
  if (low >= -floor && high <= floor)
    return { verdict: "same" as const, reason: `no change beyond the floor${spreads}` };
  return { verdict: "inconclusive" as const, reason: inconclusiveReason(pair, settings, adjusted.testCount) + spreads };
}

/** A lone value a side, or too few: a difference, and no verdict. */
function fewSamples({ metric, base, next }: Pair, settings: CompareSettings): Change {
  const delta = next.median! - base.median!;
  const count = Math.min(base.values.length, next.values.length);
  const reason = `${count} of at least ${settings.minSamples} samples`;
  return {
    ...undecided("inconclusive", reason),
    isBeyondFloor: Math.abs(delta) > floorOf(metric, base.median!),
    delta,
    deltaRatio: ratioOf(delta, base.median!),
  };
}

function failedOf({ failedCount, values }: Cell): string {
  return `${failedCount} of ${failedCount + values.length}`;
}

/** Where significantly more of one side finished, that goes before how long it took. */
function judgeFinished({ base, next }: Pair, pValue: number | undefined, settings: CompareSettings) {
  if (pValue === undefined || pValue > settings.alpha) return undefined;
  const isWorse = next.failedCount * base.values.length > base.failedCount * next.values.length;
  const reason = `${failedOf(next)} did not finish, and ${failedOf(base)} of the base`;
  return { verdict: isWorse ? ("did-not-finish" as const) : ("better" as const), reason, isBeyondFloor: true };
}

function finishedTest(base: Cell, next: Cell): number | undefined {
  if (base.failedCount === 0 && next.failedCount === 0) return undefined;
  return fisherExact(base.values.length, base.failedCount, next.values.length, next.failedCount);
}

/** Zeros and ones: what is compared is how many of them there are. */
function flagTrial({ metric, base, next }: Pair, settings: CompareSettings): NoisyTrial {
  const onesOf = ({ values }: Cell): number => values.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0);
  const [baseOnes, nextOnes] = [onesOf(base), onesOf(next)];
  const pValue = fisherExact(baseOnes, base.values.length - baseOnes, nextOnes, next.values.length - nextOnes);
  const delta = nextOnes / next.values.length - baseOnes / base.values.length;
  const counts = `${nextOnes} of ${next.values.length}, and ${baseOnes} of ${base.values.length} of the base`;
  return {
    pValue,
    finishedPValue: finishedTest(base, next),
    conclude: (adjusted) => {
      const change = { ...undecided("inconclusive", `${counts}: more samples are needed`), delta };
      if (adjusted.pValue <= settings.alpha) return { ...change, verdict: directionOf(metric, delta), reason: counts };
      return delta === 0 ? { ...change, verdict: "same", reason: counts } : change;
    },
  };
}

function measuredTrial(pair: Pair, settings: CompareSettings): NoisyTrial {
  const { metric, base, next } = pair;
  const finishedPValue = finishedTest(base, next);
  if (Math.min(base.values.length, next.values.length) < settings.minSamples) {
    return { pValue: undefined, finishedPValue, conclude: () => fewSamples(pair, settings) };
  }
  const measured = measurePair(pair, settings.seed);
  const { delta, low, high, ...test } = measured;
  return {
    pValue: measured.pValue,
    finishedPValue,
    ksPValue: measured.ksPValue,
    conclude: (adjusted) => ({
      ...decide(pair, measured, adjusted, settings),
      isBeyondFloor: Math.abs(delta) > floorOf(metric, base.median!),
      delta,
      deltaRatio: ratioOf(delta, base.median!),
      deltaLow: low,
      deltaHigh: high,
      test: { ...test, adjustedPValue: adjusted.pValue },
    }),
  };
}

/**
 * Prepares the comparison of measured values: p-values first, the verdict once all of them are known.
 *
 * Shape    did not finish, or better, where Fisher's test says that more of one side finished; else better or worse where
 *          Mann-Whitney's p-value after Holm is at most alpha and the medians differ by more than the floor; same where the
 *          interval of their difference lies within the floor; else inconclusive
 */
export function tryNoisy(metric: Metric, base: Cell, next: Cell, settings: CompareSettings): NoisyTrial {
  const unfinished = judgeUnfinished(base, next);
  if (unfinished) return { pValue: undefined, finishedPValue: undefined, conclude: () => unfinished };
  const pair = { metric, base, next };
  const trial = metric.unit === "flag" ? flagTrial(pair, settings) : measuredTrial(pair, settings);
  return {
    ...trial,
    conclude: (adjusted) => ({
      ...trial.conclude(adjusted),
      ...judgeFinished(pair, adjusted.finishedPValue, settings),
    }),
  };
}
