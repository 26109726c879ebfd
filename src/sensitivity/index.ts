export { type BootstrapOptions, percentile } from "./bootstrap.ts";
export type { Design } from "./design.ts";
export {
  createDistribution,
  type Distribution,
  type DistributionKind,
  distributionKinds,
  type Interval,
  mean,
  quantile,
  shareWithin,
} from "./distribution.ts";
export { UniformStream } from "./draws.ts";
export { normalCdf } from "./normal.ts";
export {
  createMorrisDesign,
  estimateMorris,
  type MorrisDesign,
  type MorrisEffect,
  type MorrisOptions,
  type MorrisResult,
} from "./morris.ts";
export {
  createOneAtATimeDesign,
  estimateOneAtATime,
  type OneAtATimeEffect,
  type OneAtATimeResult,
} from "./one-at-a-time.ts";
export {
  createSobolDesign,
  estimateSobol,
  type SobolDesign,
  type SobolIndex,
  type SobolOptions,
  type SobolResult,
} from "./sobol.ts";
