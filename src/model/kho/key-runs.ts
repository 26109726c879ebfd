import { assert, orderPages } from "../../base/index.ts";
import type { KeyRun } from "./radix-tree.ts";

/** Order of the tracker's walk: by ascending key, so largest order first. */
function compareRuns(left: KeyRun, right: KeyRun): number {
  return right.order - left.order || left.first - right.first;
}

/** The same keys in as few runs as can be, by ascending key. Runs must not overlap. */
export function mergeRuns(runs: readonly KeyRun[]): KeyRun[] {
  const merged: KeyRun[] = [];
  for (const run of [...runs].sort(compareRuns)) {
    const last = merged.at(-1);
    if (last?.order === run.order && last.first + last.count >= run.first) {
      assert(last.first + last.count === run.first, `block ${run.first} of order ${run.order} is preserved twice`);
      merged[merged.length - 1] = { ...last, count: last.count + run.count };
    } else merged.push(run);
  }
  return merged;
}

/** First page that two runs share, whatever their orders; undefined when none do. */
export function findOverlap(runs: readonly KeyRun[]): number | undefined {
  const spans = runs
    .map(({ order, first, count }) => ({ start: first * orderPages(order), end: (first + count) * orderPages(order) }))
    .sort((left, right) => left.start - right.start);
  let end = 0;
  for (const span of spans) {
    if (span.start < end) return span.start;
    end = span.end;
  }
  return undefined;
}

/** Runs of one order, sorted, to look up single blocks. */
class OrderRuns {
  readonly order: number;
  readonly #runs: readonly KeyRun[];
  /** Lookups mostly go upwards, so the last answer is tried first. */
  #last = 0;

  constructor(order: number, runs: readonly KeyRun[]) {
    this.order = order;
    this.#runs = runs;
  }

  has(block: number): boolean {
    const last = this.#runs[this.#last]!;
    if (block >= last.first && block < last.first + last.count) return true;
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { first, count } = this.#runs[middle]!;
      if (first + count <= block) low = middle + 1;
      else high = middle;
    }
    if (low === this.#runs.length || this.#runs[low]!.first > block) return false;
    this.#last = low;
    return true;
  }
}

/** The preserved set of a handover: which blocks it has. */
export class KeySet {
  readonly runs: readonly KeyRun[];
  readonly #orders: readonly OrderRuns[];

  /** Runs as `mergeRuns` gives them. */
  constructor(runs: readonly KeyRun[]) {
    this.runs = runs;
    const orders = [...new Set(runs.map(({ order }) => order))];
    this.#orders = orders.map(
      (order) =>
        new OrderRuns(
          order,
          runs.filter((run) => run.order === order),
        ),
    );
  }

  /** Order of the preserved block that begins at page `frame`; undefined when none does. */
  orderAt(frame: number): number | undefined {
    for (const runs of this.#orders) {
      const block = frame / orderPages(runs.order);
      if (Number.isInteger(block) && runs.has(block)) return runs.order;
    }
    return undefined;
  }

  /** What is left without `taken`, which are blocks of this set, each once. */
  without(taken: readonly KeyRun[]): KeyRun[] {
    const gone = mergeRuns(taken);
    const rest: KeyRun[] = [];
    let next = 0;
    for (const { order, first, count } of this.runs) {
      let start = first;
      for (; next < gone.length && gone[next]!.order === order && gone[next]!.first < first + count; next++) {
        const run = gone[next]!;
        if (run.first > start) rest.push({ order, first: start, count: run.first - start });
        start = run.first + run.count;
      }
      if (start < first + count) rest.push({ order, first: start, count: first + count - start });
    }
    assert(next === gone.length, "taken blocks are blocks of the set");
    return rest;
  }
}
