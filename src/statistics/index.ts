export { changePoints, type ChangePoint } from "./change-points.ts";
export { medianDifference, type MedianDifference } from "./bootstrap-median.ts";
export { cliffsDelta } from "./effect.ts";
export { fisherExact } from "./fisher.ts";
export { holm } from "./holm.ts";
export { kolmogorovSmirnov, type KolmogorovSmirnov } from "./kolmogorov-smirnov.ts";
export { mannWhitney, type MannWhitney, neededSamples, smallestPValue } from "./mann-whitney.ts";
export { median, quantile } from "./order-statistics.ts";
export { permutationTest, type PermutationTest } from "./permutation.ts";
