import type { Random } from "./random.ts";

/** Whole numbers from `first` to `last`, all equally likely, which together have the share of a distribution. */
export type Group = readonly [first: number, last: number, share: number];

/** How often each value occurs. */
export type Histogram = ReadonlyMap<number, number>;

const widestRatio = 1.25;

function roundShare(share: number): number {
  return Number(share.toPrecision(5));
}

/**
 * A histogram as groups of about equal shares; values that have a group's share alone stay exact.
 *
 * A group's values lie within a quarter of each other, so that a long tail keeps its mean: there may be more groups than
 * asked for, at most ten for each power of ten.
 */
export function groupValues(histogram: Histogram, groupCount: number): Group[] {
  const values = [...histogram].sort(([left], [right]) => left - right);
  const total = values.reduce((sum, [, count]) => sum + count, 0);
  const wanted = total / groupCount;
  const groups: Group[] = [];
  for (let index = 0; index < values.length;) {
    const [first, firstCount] = values[index]!;
    let last = first;
    let held = firstCount;
    for (index++; index < values.length && held < wanted; index++) {
      const [value, count] = values[index]!;
      if (value > first * widestRatio || count >= wanted) break;
      held += count;
      last = value;
    }
    groups.push([first, last, roundShare(held / total)]);
  }
  return groups;
}

export function meanOf(groups: readonly Group[]): number {
  const total = groups.reduce((sum, [, , share]) => sum + share, 0);
  return groups.reduce((sum, [first, last, share]) => sum + (share * (first + last)) / 2, 0) / total;
}

/** Draws from groups. */
export class GroupDraw {
  readonly #groups: readonly Group[];
  readonly #total: number;

  constructor(groups: readonly Group[]) {
    this.#groups = groups;
    this.#total = groups.reduce((sum, [, , share]) => sum + share, 0);
  }

  draw(random: Random): number {
    let left = random.unit() * this.#total;
    let index = 0;
    for (; index < this.#groups.length - 1; index++) {
      left -= this.#groups[index]![2];
      if (left < 0) break;
    }
    const [first, last] = this.#groups[index]!;
    return first + random.below(last - first + 1);
  }
}

/**
 * Chooses groups so that what was really taken comes to have their shares, even where a choice turns out otherwise than
 * wished: a group is drawn in proportion to what it lacks.
 */
export class ShareKeeper {
  readonly groups: readonly Group[];
  readonly #shares: Float64Array;
  readonly #taken: Float64Array;
  readonly #lacks: Float64Array;
  #total = 0;

  constructor(groups: readonly Group[]) {
    const sum = groups.reduce((total, [, , share]) => total + share, 0);
    this.groups = groups;
    this.#shares = Float64Array.from(groups, ([, , share]) => share / sum);
    this.#taken = new Float64Array(groups.length);
    this.#lacks = new Float64Array(groups.length);
  }

  /** The group that the next `amount` should be of, among those with a value from `least` to `most`. */
  choose(random: Random, amount: number, { least, most }: { readonly least: number; readonly most: number }): number {
    const { groups } = this;
    let sum = 0;
    let best = 0;
    let bestLack = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < groups.length; index++) {
      this.#lacks[index] = 0;
      if (groups[index]![0] > most || groups[index]![1] < least) continue;
      const lack = this.#shares[index]! * (this.#total + amount) - this.#taken[index]!;
      if (lack > bestLack) {
        bestLack = lack;
        best = index;
      }
      if (lack <= 0) continue;
      this.#lacks[index] = lack;
      sum += lack;
    }
    let left = random.unit() * sum;
    for (let index = 0; index < groups.length; index++) {
      left -= this.#lacks[index]!;
      if (left < 0) return index;
    }
    return best;
  }

  /** Of the groups with a value from `least` to `most` that lack something, the nearest to a quantile from 0 to 1. */
  chooseNear(quantile: number, range: { readonly least: number; readonly most: number }): number {
    const { groups } = this;
    let wanted = 0;
    for (let share = this.#shares[0]!; share < quantile && wanted < groups.length - 1;)
      share += this.#shares[++wanted]!;
    let best = -1;
    let bestCost = Number.POSITIVE_INFINITY;
    for (let index = 0; index < groups.length; index++) {
      if (groups[index]![0] > range.most || groups[index]![1] < range.least) continue;
      const lack = this.#shares[index]! * (this.#total + 1) - this.#taken[index]!;
      // Those that lack nothing come after all others.
      const cost = Math.abs(index - wanted) + (lack > 0 ? 0 : groups.length * (1 - lack));
      if (cost >= bestCost) continue;
      bestCost = cost;
      best = index;
    }
    return Math.max(0, best);
  }

  /** The group of a value: the last one that begins at or before it. */
  groupOf(value: number): number {
    let low = 0;
    let high = this.groups.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.groups[middle]![0] <= value) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Notes what was taken. */
  take(group: number, amount: number): void {
    this.#taken[group]! += amount;
    this.#total += amount;
  }
}
