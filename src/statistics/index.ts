export {
  defaultMedianReplicateCount,
  medianDifference,
  type MedianDifference,
  type MedianDifferenceOptions,
} from "./bootstrap-median.ts";
export {
  type ChangePoint,
  type ChangePointOptions,
  changePoints,
  defaultChangeAlpha,
  defaultChangePermutationCount,
  defaultMinSegment,
} from "./change-points.ts";
export { cliffsDelta } from "./effect.ts";
export { fisherExact } from "./fisher.ts";
export { holm } from "./holm.ts";
export { kolmogorovSmirnov, type KolmogorovSmirnovResult } from "./kolmogorov-smirnov.ts";
export { mannWhitney, type MannWhitneyResult, neededSamples, smallestPValue } from "./mann-whitney.ts";
export { median, medianInterval, type MedianInterval, quantile } from "./order-statistics.ts";
export {
  defaultPermutationCount,
  type PermutationOptions,
  type PermutationResult,
  permutationTest,
} from "./permutation.ts";
