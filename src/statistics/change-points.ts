import { assert } from "../base/index.ts";
import { UniformStream } from "../sensitivity/index.ts";
import { bestSplit, createStretch, type Split, type Stretch } from "./energy.ts";
import { normalize } from "./normalize.ts";
import { median } from "./order-statistics.ts";

export interface ChangePoint {
  /** The first value after the change. */
  readonly index: number;
  readonly pValue: number;
  /** Medians of the segments on both sides, each up to the next change. */
  readonly before: number;
  readonly after: number;
}

export interface ChangePointOptions {
  readonly seed: number;
  /** Chance to see a change where there is none, in the whole series. */
  readonly alpha?: number;
  /** Least values of a segment, at least 2. */
  readonly minSegment?: number;
  /** Shuffles that a split is held against. */
  readonly permutationCount?: number;
}

/** Assumed: one series in a hundred that does not change is said to. */
export const defaultChangeAlpha = 0.01;
/** Assumed: fewer values are as likely an accident as a change. */
export const defaultMinSegment = 5;
/** As Matteson and James; the least p-value is then 1 in 200. */
export const defaultChangePermutationCount = 199;

/** Sums in another order may differ by this share of the largest energy that there could be. */
const energyTolerance = 1e-12;

interface Segment {
  readonly start: number;
  readonly stretch: Stretch;
  readonly split: Split;
}

function createSegment(values: Float64Array, start: number, end: number, minSegment: number): Segment {
  const stretch = createStretch(values.subarray(start, end));
  return { start, stretch, split: bestSplit(stretch, stretch.ranks, minSegment) };
}

function shuffle(ranks: Uint32Array, stream: UniformStream, from: number): number {
  let used = from;
  for (let at = ranks.length - 1; at > 0; at--) {
    const other = stream.integerAt(used++, at + 1);
    const rank = ranks[at]!;
    ranks[at] = ranks[other]!;
    ranks[other] = rank;
  }
  return used;
}

/**
 * How often values shuffled within their segments split as well as the best split does, (b + 1) / (m + 1); 1 as soon as it
 * must be above alpha.
 */
function splitPValue(
  segments: readonly Segment[],
  stream: UniformStream,
  options: Required<ChangePointOptions>,
): number {
  const { alpha, minSegment, permutationCount } = options;
  const observed = Math.max(...segments.map(({ split }) => split.energy));
  const count = segments.reduce((sum, { stretch }) => sum + stretch.ranks.length, 0);
  const limit = observed - energyTolerance * count;
  // No energy, no difference: rounding must not make one.
  if (!(limit > 0)) return 1;
  const shuffled = segments.map(({ stretch }) => stretch.ranks.slice());
  let asGoodCount = 0;
  let used = 0;
  for (let time = 0; time < permutationCount; time++) {
    let isAsGood = false;
    for (const [index, { stretch }] of segments.entries()) {
      const ranks = shuffled[index]!;
      used = shuffle(ranks, stream, used);
      isAsGood ||= bestSplit(stretch, ranks, minSegment).energy >= limit;
    }
    if (isAsGood) asGoodCount++;
    if ((asGoodCount + 1) / (permutationCount + 1) > alpha) return 1;
  }
  return (asGoodCount + 1) / (permutationCount + 1);
}

/**
 * Where a series changes its distribution: E-divisive. The best split of all segments is held against shuffles within the
 * segments; if few split as well, it is a change, and both its sides are segments from then on.
 *
 * Every segment's right part goes up to its end, which leaves O(n log n) a shuffle and finds a short disturbance in the
 * middle of a long segment later than the paper's search over both ends would.
 *
 * Shape    finite values in their order; changes by index
 * Source   Matteson and James, A nonparametric approach for multiple change point analysis of multivariate data, JASA 109
 *          (2014)
 */
export function changePoints(
  values: Float64Array,
  {
    seed,
    alpha = defaultChangeAlpha,
    minSegment = defaultMinSegment,
    permutationCount = defaultChangePermutationCount,
  }: ChangePointOptions,
): ChangePoint[] {
  assert(Number.isInteger(minSegment) && minSegment >= 2, `a segment of ${minSegment} values has no spread`);
  const normal = normalize(values).values;
  let segments = [createSegment(normal, 0, normal.length, minSegment)];
  const found: { readonly index: number; readonly pValue: number }[] = [];
  for (;;) {
    const splittable = segments.filter(({ split }) => split.at >= 0);
    if (splittable.length === 0) break;
    const stream = new UniformStream(seed, `change-points/${found.length}`);
    const pValue = splitPValue(splittable, stream, { seed, alpha, minSegment, permutationCount });
    if (pValue > alpha) break;
    const best = splittable.reduce((one, other) => (other.split.energy > one.split.energy ? other : one));
    const index = best.start + best.split.at;
    found.push({ index, pValue });
    const end = best.start + best.stretch.ranks.length;
    const parts = [createSegment(normal, best.start, index, minSegment), createSegment(normal, index, end, minSegment)];
    segments = segments.flatMap((segment) => (segment === best ? parts : [segment]));
  }
  found.sort((left, right) => left.index - right.index);
  const bounds = [0, ...found.map(({ index }) => index), values.length];
  const medians = bounds.slice(1).map((end, segment) => median(values.subarray(bounds[segment], end)));
  return found.map((change, order) => ({ ...change, before: medians[order]!, after: medians[order + 1]! }));
}
