// Numbers addressed by seed, name and index.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { threefry, UniformStream } from "../../src/sensitivity/draws.ts";

/** Known answers of the cipher's authors (Random123, kat_vectors: threefry2x32, 20 rounds). */
const known: readonly (readonly [counter: [number, number], key: [number, number], words: [number, number]])[] = [
  [
    [0, 0],
    [0, 0],
    [0x6b20_0159, 0x99ba_4efe],
  ],
  [
    [0xffff_ffff, 0xffff_ffff],
    [0xffff_ffff, 0xffff_ffff],
    [0x1cb9_96fc, 0xbb00_2be7],
  ],
  [
    [0x243f_6a88, 0x85a3_08d3],
    [0x1319_8a2e, 0x0370_7344],
    [0xc492_3a9c, 0x483d_f7a0],
  ],
];

test.each(known)("the cipher of %j under %j is the published one", ([low, high], key, words) => {
  const out = new Uint32Array(2);
  threefry(key, low, high, out);
  expect([...out]).toEqual(words);
});

const take = (stream: UniformStream, count: number, from = 0): number[] =>
  Array.from({ length: count }, (_, index) => stream.at(from + index));

describe("a stream", () => {
  test("gives the same number at an index, whatever was drawn before", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 53 - 1 }),
        fc.string({ unit: "binary", maxLength: 9 }),
        fc.array(fc.integer({ min: 0, max: 2 ** 53 - 1 }), { minLength: 1, maxLength: 20 }),
        (seed, name, indices) => {
          const one = new UniformStream(seed, name);
          const forward = indices.map((index) => one.at(index));
          const other = new UniformStream(seed, name);
          const backward = indices.toReversed().map((index) => other.at(index));
          expect(backward.reverse()).toEqual(forward);
          for (const value of forward) expect(value > 0 && value < 1).toBe(true);
        },
      ),
    );
  });

  test("is another for another seed, name or index", () => {
    const names = ["", "a", "b", "ab", "ba", "a\0", "\0a", "aa", "aaa"];
    const firsts = names.flatMap((name) => [0, 1, 2 ** 32, 2 ** 33].map((seed) => new UniformStream(seed, name).at(0)));
    expect(new Set(firsts).size).toBe(firsts.length);
    const stream = new UniformStream(1, "a");
    expect(new Set([0, 1, 2 ** 32, 2 ** 32 + 1].map((index) => stream.at(index))).size).toBe(4);
  });

  // Limits are of a share of 1e-4 of seeds or less; the seeds are fixed.
  test("is uniform: 64 cells of 64,000 numbers, and all 52 bits even", () => {
    const values = take(new UniformStream(7, "cells"), 64_000);
    const cells = Array.from({ length: 64 }, () => 0);
    for (const value of values) cells[Math.floor(value * 64)]!++;
    const chiSquare = cells.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeGreaterThan(27);
    expect(chiSquare).toBeLessThan(112);
    for (let bit = 1; bit <= 52; bit++) {
      const ones = values.filter((value) => Math.floor(value * 2 ** bit) % 2 === 1).length;
      expect(Math.abs(ones - 32_000)).toBeLessThan(4.5 * Math.sqrt(16_000));
    }
  });

  test.each([
    ["names", new UniformStream(7, "vm-1"), new UniformStream(7, "vm-2"), 0],
    ["seeds", new UniformStream(7, "vm-1"), new UniformStream(8, "vm-1"), 0],
    ["neighbours", new UniformStream(7, "vm-1"), new UniformStream(7, "vm-1"), 1],
  ])("has nothing to do with another of other %s", (_, one, other, lag) => {
    const count = 40_000;
    const [left, right] = [take(one, count), take(other, count, lag)];
    const products = left.reduce((sum, value, index) => sum + (value - 0.5) * (right[index]! - 0.5), 0);
    expect(Math.abs((products / count) * 12)).toBeLessThan(4.5 / Math.sqrt(count));
    const cells = Array.from({ length: 64 }, () => 0);
    for (const [index, value] of left.entries()) cells[Math.floor(value * 8) * 8 + Math.floor(right[index]! * 8)]!++;
    const chiSquare = cells.reduce((sum, seen) => sum + (seen - count / 64) ** 2 / (count / 64), 0);
    expect(chiSquare).toBeLessThan(112);
  });

  test("gives each whole number below a bound", () => {
    const stream = new UniformStream(3, "whole");
    const seen = new Set(Array.from({ length: 200 }, (_, index) => stream.integerAt(index, 6)));
    expect([...seen].sort((left, right) => left - right)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
