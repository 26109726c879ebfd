/** Where a series falls apart most, and how far both parts are from each other. */
export interface Split {
  /** First value of the second part. */
  readonly index: number;
  readonly energy: number;
}

/** Sums of |x - y| over pairs, one value after the other: a Fenwick tree over ranks holds counts and sums. */
class DistanceSums {
  readonly #counts: Float64Array;
  readonly #sums: Float64Array;
  #count = 0;
  #sum = 0;

  constructor(size: number) {
    this.#counts = new Float64Array(size + 1);
    this.#sums = new Float64Array(size + 1);
  }

  clear(): void {
    this.#counts.fill(0);
    this.#sums.fill(0);
    this.#count = 0;
    this.#sum = 0;
  }

  /** Adds a value; gives the sum of its distances from those before. */
  add(value: number, rank: number): number {
    let [below, sumBelow] = [0, 0];
    for (let at = rank; at > 0; at -= at & -at) {
      below += this.#counts[at]!;
      sumBelow += this.#sums[at]!;
    }
    for (let at = rank; at < this.#counts.length; at += at & -at) {
      this.#counts[at] = this.#counts[at]! + 1;
      this.#sums[at] = this.#sums[at]! + value;
    }
    const distance = value * below - sumBelow + (this.#sum - sumBelow) - value * (this.#count - below);
    this.#count++;
    this.#sum += value;
    return distance;
  }
}

/** Finds the best split of series of one set of values, in any order, without room for each anew. */
export class EnergySplitter {
  readonly #minSegment: number;
  readonly #sums: DistanceSums;
  /** Sums of distances within the first so many values, and within those from here on. */
  readonly #within: Float64Array;
  readonly #behind: Float64Array;

  constructor(count: number, minSegment: number) {
    this.#minSegment = minSegment;
    this.#sums = new DistanceSums(count);
    this.#within = new Float64Array(count + 1);
    this.#behind = new Float64Array(count + 1);
  }

  /**
   * The split with the largest energy; undefined where the series is too short for two parts.
   *
   * Source   Székely and Rizzo's energy statistic, as in Matteson and James, Journal of the American Statistical
   *          Association 109 (2014), (6) with alpha 1
   */
  best(values: Float64Array, ranks: Uint32Array): Split | undefined {
    const count = values.length;
    if (count < 2 * this.#minSegment) return undefined;
    this.#sums.clear();
    for (let at = 0; at < count; at++)
      this.#within[at + 1] = this.#within[at]! + this.#sums.add(values[at]!, ranks[at]!);
    this.#sums.clear();
    this.#behind[count] = 0;
    for (let at = count - 1; at >= 0; at--) {
      this.#behind[at] = this.#behind[at + 1]! + this.#sums.add(values[at]!, ranks[at]!);
    }
    const all = this.#within[count]!;
    let found: Split = { index: this.#minSegment, energy: -Infinity };
    for (let index = this.#minSegment; index <= count - this.#minSegment; index++) {
      const [first, second] = [index, count - index];
      const [own, other] = [this.#within[index]!, this.#behind[index]!];
      const between = (2 * (all - own - other)) / (first * second);
      const inside = (2 * own) / (first * (first - 1)) + (2 * other) / (second * (second - 1));
      const energy = ((first * second) / count) * (between - inside);
      if (energy > found.energy) found = { index, energy };
    }
    return found;
  }
}
