import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { countKeys, countRadixPages, type KeyRun } from "./radix-tree.ts";
import { RadixTracker } from "./tracker.ts";

/** Blocks near borders of leaves and tables, and anywhere in 256 TiB. */
const block = fc.oneof(
  fc.integer({ min: 0, max: 70_000 }),
  fc.tuple(fc.constantFrom(2 ** 15, 2 ** 24, 2 ** 33), fc.integer({ min: -40, max: 40 })).map(([at, by]) => at + by),
  fc.integer({ min: 0, max: 2 ** 34 }),
);
/** Orders for which blocks of these numbers lie within 52 address bits. */
const order = fc.constantFrom(0, 1, 2, 5);

/** The same by sets: every key's prefixes, which stay when the key goes. */
class SlowTracker {
  readonly #keys = new Set<bigint>();
  readonly #tables = [15n, 24n, 33n, 42n, 51n].map((shift) => ({ shift, seen: new Set<bigint>() }));

  static key(order: number, block: number): bigint {
    return (1n << BigInt(52 - order)) + BigInt(block);
  }

  add(order: number, block: number): void {
    const key = SlowTracker.key(order, block);
    this.#keys.add(key);
    for (const { shift, seen } of this.#tables) seen.add(key >> shift);
  }

  remove(order: number, block: number): void {
    this.#keys.delete(SlowTracker.key(order, block));
  }

  has(order: number, block: number): boolean {
    return this.#keys.has(SlowTracker.key(order, block));
  }

  keyCount(): number {
    return this.#keys.size;
  }

  pages(): number[] {
    return [...this.#tables.map(({ seen }) => seen.size), 1];
  }
}

describe("the tracker, key by key", () => {
  test("[KHO-02] [KHO-04] agrees with sets over any history of adding and taking out", () => {
    const step = fc.record({ adds: fc.boolean(), order, block });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (history) => {
        const [fast, slow] = [new RadixTracker(), new SlowTracker()];
        for (const { adds, order, block } of history) {
          for (const tracker of [fast, slow]) tracker[adds ? "add" : "remove"](order, block);
        }
        expect(fast.pages()).toEqual(slow.pages());
        expect(fast.keyCount()).toBe(slow.keyCount());
        for (const { order, block } of history) expect(fast.has(order, block)).toBe(slow.has(order, block));
      }),
    );
  });

  test("[KHO-04] what is taken out again leaves its pages behind", () => {
    const tracker = new RadixTracker();
    const empty = tracker.pages();
    for (let block = 0; block < 100_000; block++) tracker.add(0, block);
    const full = tracker.pages();
    for (let block = 0; block < 100_000; block++) tracker.remove(0, block);
    expect(tracker.keyCount()).toBe(0);
    expect(tracker.pages()).toEqual(full);
    expect(full).not.toEqual(empty);
    for (let block = 0; block < 100_000; block++) tracker.add(0, block);
    expect(tracker.pages()).toEqual(full);
  });

  test("a run is its keys, wherever it starts and ends, and however it is split", () => {
    const run = fc.record({ order, first: block, count: fc.integer({ min: 1, max: 70_000 }) });
    fc.assert(
      fc.property(run, fc.double({ min: 0, max: 1, noNaN: true }), (whole, at) => {
        const [byRun, byKey, split] = [new RadixTracker(), new RadixTracker(), new RadixTracker()];
        byRun.addRun(whole);
        for (let key = 0; key < whole.count; key++) byKey.add(whole.order, whole.first + key);
        const left = Math.floor(at * whole.count);
        for (const part of [
          { ...whole, count: left },
          { ...whole, first: whole.first + left, count: whole.count - left },
        ]) {
          split.addRun(part);
        }
        expect(byRun.pages()).toEqual(byKey.pages());
        expect(byRun.pages()).toEqual(split.pages());
        expect(byRun.pages()).toEqual(countRadixPages([whole]));
        expect([byRun.keyCount(), byKey.keyCount(), split.keyCount()]).toEqual(Array(3).fill(whole.count));
        expect(byRun.has(whole.order, whole.first - 1 + whole.count)).toBe(true);
        expect(byRun.has(whole.order, whole.first + whole.count)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test("counts of runs agree with entering them, overlaps of orders and all", () => {
    const run = fc.record({
      order,
      first: fc.integer({ min: 0, max: 2 ** 20 }),
      count: fc.integer({ min: 1, max: 9000 }),
    });
    fc.assert(
      fc.property(fc.array(run, { maxLength: 8 }), (drawn) => {
        const ends = new Map<number, number>();
        const runs: KeyRun[] = drawn.map(({ order, first, count }) => {
          const start = Math.max(first, ends.get(order) ?? 0);
          ends.set(order, start + count);
          return { order, first: start, count };
        });
        const tracker = new RadixTracker();
        for (const each of runs) tracker.addRun(each);
        expect(tracker.pages()).toEqual(countRadixPages(runs));
        expect(tracker.keyCount()).toBe(countKeys(runs));
      }),
    );
  });

  test("a key beyond 53 bits is a defect, not a wrong count", () => {
    expect(() => new RadixTracker().add(0, 2 ** 40)).toThrow(/53 bits/);
  });
});
