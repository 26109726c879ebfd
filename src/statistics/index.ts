export { medianDifference } from "./bootstrap-median.ts";
export { changePoints } from "./change-points.ts";
export { cliffsDelta } from "./effect.ts";
export { fisherExact } from "./fisher.ts";
export { holm } from "./holm.ts";
export { kolmogorovSmirnov } from "./kolmogorov-smirnov.ts";
export { mannWhitney, neededSamples, smallestPValue } from "./mann-whitney.ts";
export { median, medianInterval, quantile } from "./order-statistics.ts";
export { permutationTest } from "./permutation.ts";
