import { createPrng } from "../base/index.ts";
import { EnergySplitter } from "./energy.ts";
import { median } from "./order-statistics.ts";

/** A place from where on values are others than before. */
export interface ChangePoint {
  /** The first value of the new stretch. */
  readonly index: number;
  readonly pValue: number;
  /** Medians of the stretches before and behind it. */
  readonly before: number;
  readonly after: number;
}

export interface ChangePointOptions {
  readonly seed: number;
  readonly alpha?: number;
  /** Fewest values of a stretch. */
  readonly minSegment?: number;
  readonly permutationCount?: number;
}

/** Assumed: a false change in one of a hundred quiet series, and stretches that are no single outlier. */
const defaults = { alpha: 0.01, minSegment: 5, permutationCount: 199 } as const;

type Limits = Required<Omit<ChangePointOptions, "seed">> & { readonly random: () => number };

/** About the median and in units of the largest distance from it: sums lose no digits. */
function scaled(values: Float64Array): Float64Array {
  const middle = median(values);
  const most = values.reduce((size, value) => Math.max(size, Math.abs(value - middle)), 0);
  return most === 0 ? new Float64Array(values.length) : values.map((value) => (value - middle) / most);
}

/** Ranks from 1; equal values have different ones, which changes no distance. */
function ranksOf(values: Float64Array): Uint32Array {
  const order = Uint32Array.from({ length: values.length }, (_, index) => index).sort(
    (left, right) => values[left]! - values[right]!,
  );
  const ranks = new Uint32Array(values.length);
  for (const [place, index] of order.entries()) ranks[index] = place + 1;
  return ranks;
}

const wordSpan = 2 ** 32;

function shuffle(values: Float64Array, ranks: Uint32Array, random: () => number): void {
  for (let last = values.length - 1; last > 0; last--) {
    const other = Math.floor((random() / wordSpan) * (last + 1));
    const [value, rank] = [values[last]!, ranks[last]!];
    values[last] = values[other]!;
    ranks[last] = ranks[other]!;
    values[other] = value;
    ranks[other] = rank;
  }
}

/** The best split of a stretch, if one as good is rare among the same values in random orders. */
function significantSplit(stretch: Float64Array, limits: Limits): { index: number; pValue: number } | undefined {
  const { alpha, minSegment, permutationCount, random } = limits;
  const values = scaled(stretch);
  const ranks = ranksOf(values);
  const splitter = new EnergySplitter(values.length, minSegment);
  const best = splitter.best(values, ranks);
  if (!best || best.energy <= 0) return undefined;
  let asGood = 1;
  for (let permutation = 0; permutation < permutationCount; permutation++) {
    shuffle(values, ranks, random);
    if (splitter.best(values, ranks)!.energy >= best.energy) asGood++;
    // However the others come out.
    if (asGood / (permutationCount + 1) > alpha) return undefined;
  }
  return { index: best.index, pValue: asGood / (permutationCount + 1) };
}

function findSplits(values: Float64Array, from: number, limits: Limits, found: Map<number, number>): void {
  const split = significantSplit(values, limits);
  if (!split) return;
  found.set(from + split.index, split.pValue);
  findSplits(values.subarray(0, split.index), from, limits, found);
  findSplits(values.subarray(split.index), from + split.index, limits, found);
}

/**
 * Where a series changes its level or its spread: E-divisive, by halving. Advice: of a quiet series one in a hundred has a
 * point, by chance.
 *
 * Shape    in the order of the series; the same seed gives the same
 * Source   Matteson and James, Journal of the American Statistical Association 109 (2014), with each stretch split where its
 *          energy is largest, tested by permuting that stretch
 */
export function changePoints(values: Float64Array, { seed, ...options }: ChangePointOptions): ChangePoint[] {
  const found = new Map<number, number>();
  findSplits(values, 0, { ...defaults, ...options, random: createPrng(seed) }, found);
  const places = [...found.keys()].sort((left, right) => left - right);
  return places.map((index, place) => ({
    index,
    pValue: found.get(index)!,
    before: median(values.subarray(places[place - 1] ?? 0, index)),
    after: median(values.subarray(index, places[place + 1] ?? values.length)),
  }));
}
