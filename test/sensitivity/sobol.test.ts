// Variance-based indices, against functions whose indices are known.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { createSobolDesign, estimateSobol, UniformStream } from "../../src/sensitivity/index.ts";
import { directionWords, fillColumn, maxDimensions } from "../../src/sensitivity/sobol-sequence.ts";
import { ask, gFunction, gIndices, ishigami } from "./kit.ts";

const bootstrap = { seed: 1 };

describe("the sequence", () => {
  const columns = directionWords(maxDimensions).map((words) => {
    const column = new Uint32Array(1024);
    fillColumn(words, 0, column);
    return column;
  });

  test("begins as published", () => {
    const first = [0, 1, 2, 3, 4, 5].map((index) =>
      [0, 1, 2].map((dimension) => columns[dimension]![index]! / 2 ** 32),
    );
    expect(first).toEqual([
      [0, 0, 0],
      [0.5, 0.5, 0.5],
      [0.75, 0.25, 0.25],
      [0.25, 0.75, 0.75],
      [0.375, 0.375, 0.625],
      [0.875, 0.875, 0.125],
    ]);
  });

  test("is that of SciPy 1.17.1 (stats.qmc.Sobol, bits 32) at point 1000", () => {
    const seen = [0, 1, 2, 3, 10, 63, 200, 400, 511].map((dimension) => columns[dimension]![1000]);
    expect(seen).toEqual([
      943_718_400, 415_236_096, 2_227_175_424, 2_906_652_672, 364_904_448, 1_916_796_928, 3_233_808_384, 2_277_507_072,
      1_698_693_120,
    ]);
    const sumOf = (index: number): number => columns.reduce((sum, column) => sum + column[index]!, 0);
    expect([sumOf(777), sumOf(1000)]).toEqual([1_118_293_721_088, 1_079_471_243_264]);
  });

  test("has one point in each of 1024 equal parts, in every dimension", () => {
    expect(maxDimensions).toBe(512);
    for (const column of columns) expect(new Set(column.map((word) => word >>> 22)).size).toBe(1024);
  });
});

describe("the design", () => {
  test("has A, B, and A with one group of B", () => {
    const groups = [[2], [0, 3]];
    const design = createSobolDesign({ inputCount: 4, groups, sampleCount: 8, seed: 1 });
    expect(design.rowCount).toBe(8 * 4);
    const point = (row: number): number[] => {
      const target = new Float64Array(4);
      design.fillPoint(row, target);
      return [...target];
    };
    for (let sample = 0; sample < 8; sample++) {
      const [a, b, first, second] = [0, 1, 2, 3].map((block) => point(sample * 4 + block));
      expect(first).toEqual([a![0], a![1], b![2], a![3]]);
      expect(second).toEqual([b![0], a![1], a![2], b![3]]);
      for (const value of [...a!, ...b!]) expect(value > 0 && value < 1).toBe(true);
    }
  });

  test("keeps the earlier samples when there are more, and is another under another seed", () => {
    const rowOf = (sampleCount: number, seed: number): number[] => {
      const point = new Float64Array(6);
      createSobolDesign({ inputCount: 6, sampleCount, seed }).fillPoint(50, point);
      return [...point];
    };
    expect(rowOf(64, 1)).toEqual(rowOf(16, 1));
    expect(rowOf(16, 2)).not.toEqual(rowOf(16, 1));
  });

  test("is refused where it is too large, and where an input has two groups", () => {
    expect(() => createSobolDesign({ inputCount: 9, sampleCount: 1e7, seed: 0 })).toThrow(
      "at most 10000000 and 50000000",
    );
    expect(() => createSobolDesign({ inputCount: 300, sampleCount: 8, seed: 0 })).toThrow("300 inputs; at most 256");
    const twice = { inputCount: 2, groups: [[0], [0, 1]], sampleCount: 8, seed: 0 };
    expect(() => createSobolDesign(twice)).toThrow("an input is in two groups");
  });
});

interface KnownIndex {
  readonly first: number;
  readonly total: number;
}

function expectIndices(answer: (point: Float64Array) => number, known: readonly KnownIndex[], seed: number): void {
  const design = createSobolDesign({ inputCount: known.length, sampleCount: 4096, seed });
  const { indices, usedCount } = estimateSobol(design, ask(design, answer), bootstrap);
  expect(usedCount).toBe(4096);
  for (const [input, index] of indices.entries()) {
    const { first, total } = known[input]!;
    expect(Math.abs(index.first - first), `first of ${input}`).toBeLessThan(0.02);
    expect(Math.abs(index.total - total), `total of ${input}`).toBeLessThan(0.02);
    expect(first >= index.firstLow && first <= index.firstHigh, `first of ${input} in its interval`).toBe(true);
    expect(total >= index.totalLow && total <= index.totalHigh, `total of ${input} in its interval`).toBe(true);
  }
}

describe("known indices come out of", () => {
  test("Ishigami's function (Saltelli et al., Global Sensitivity Analysis: The Primer, 2008)", () => {
    const known = [
      { first: 0.3139, total: 0.5576 },
      { first: 0.4424, total: 0.4424 },
      { first: 0, total: 0.2437 },
    ];
    for (const seed of [1, 2, 3]) expectIndices(ishigami, known, seed);
  });

  test("Sobol's g-function with a = 0, 1, 4.5, 9, 99, …", () => {
    const weights = [0, 1, 4.5, 9, 99, 99, 99, 99];
    const known = gIndices(weights);
    // As printed in the Primer, to three digits.
    expect(known.slice(0, 4).map(({ first }) => Number(first.toFixed(3)))).toEqual([0.716, 0.179, 0.024, 0.007]);
    expect(known.slice(0, 4).map(({ total }) => Number(total.toFixed(3)))).toEqual([0.787, 0.242, 0.034, 0.01]);
    expectIndices(gFunction(weights), known, 1);
  });
});

/** S and ST by their definition: the variance of inner means, and the mean of inner variances. */
function doubleLoop(answer: (point: Float64Array) => number, inputCount: number, input: number): KnownIndex {
  const stream = new UniformStream(5, `loop ${input}`);
  const [outer, inner] = [1500, 300];
  let next = 0;
  const moments = (isFixed: (other: number) => boolean): { readonly means: number[]; readonly variances: number[] } => {
    const point = new Float64Array(inputCount);
    const [means, variances]: [number[], number[]] = [[], []];
    for (let round = 0; round < outer; round++) {
      for (let other = 0; other < inputCount; other++) if (isFixed(other)) point[other] = stream.at(next++);
      let [sum, squares] = [0, 0];
      for (let draw = 0; draw < inner; draw++) {
        for (let other = 0; other < inputCount; other++) if (!isFixed(other)) point[other] = stream.at(next++);
        const value = answer(point);
        sum += value;
        squares += value * value;
      }
      means.push(sum / inner);
      variances.push((squares - (sum * sum) / inner) / (inner - 1));
    }
    return { means, variances };
  };
  const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const varianceOf = ({ means, variances }: ReturnType<typeof moments>): { ofMeans: number; within: number } => {
    const middle = average(means);
    const within = average(variances);
    return { within, ofMeans: average(means.map((value) => (value - middle) ** 2)) - within / inner };
  };
  const own = varianceOf(moments((other) => other === input));
  const others = varianceOf(moments((other) => other !== input));
  return { first: own.ofMeans / (own.ofMeans + own.within), total: others.within / (others.within + others.ofMeans) };
}

test("an independent, slow route gives the same", () => {
  const answer = ([x, y, z]: Float64Array): number => Math.exp(x!) * (1 + y! * y!) + 0.5 * x! * z!;
  const design = createSobolDesign({ inputCount: 3, sampleCount: 4096, seed: 4 });
  const { indices } = estimateSobol(design, ask(design, answer), bootstrap);
  for (const [input, { first, total }] of indices.entries()) {
    const slow = doubleLoop(answer, 3, input);
    expect(Math.abs(first - slow.first)).toBeLessThan(0.03);
    expect(Math.abs(total - slow.total)).toBeLessThan(0.03);
  }
});

describe("estimates", () => {
  test("of a linear function are the squares of its coefficients, first and total alike", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }),
        fc.nat(),
        (coefficients, seed) => {
          const design = createSobolDesign({ inputCount: coefficients.length, sampleCount: 1024, seed });
          const answers = ask(design, (point) => coefficients.reduce((sum, each, at) => sum + each * point[at]!, 1e3));
          const { indices } = estimateSobol(design, answers, { seed, replicateCount: 2 });
          const all = coefficients.reduce((sum, each) => sum + each * each, 0);
          for (const [input, { first, total }] of indices.entries()) {
            const exact = coefficients[input]! ** 2 / all;
            expect(Math.abs(first - exact)).toBeLessThan(0.01);
            expect(Math.abs(total - exact)).toBeLessThan(0.01);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  test("of one group of all inputs are 1, and of groups what their inputs have together", () => {
    const all = createSobolDesign({ inputCount: 3, groups: [[0, 1, 2]], sampleCount: 4096, seed: 1 });
    const [one] = estimateSobol(all, ask(all, ishigami), bootstrap).indices;
    expect(one!.first).toBeCloseTo(1, 2);
    expect(one!.total).toBeCloseTo(1, 2);
    const pairs = createSobolDesign({ inputCount: 3, groups: [[0, 2], [1]], sampleCount: 4096, seed: 1 });
    const { indices } = estimateSobol(pairs, ask(pairs, ishigami), bootstrap);
    // The first and the third act together, and not with the second.
    for (const value of [indices[0]!.first, indices[0]!.total]) expect(Math.abs(value - 0.5576)).toBeLessThan(0.02);
    for (const value of [indices[1]!.first, indices[1]!.total]) expect(Math.abs(value - 0.4424)).toBeLessThan(0.02);
  });

  test("follow the factors to other places, intervals included", () => {
    const weights = [0, 1, 4.5, 9, 99];
    const design = createSobolDesign({ inputCount: 5, sampleCount: 64, seed: 1 });
    const answers = ask(design, gFunction(weights));
    const { indices } = estimateSobol(design, answers, bootstrap);
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }), (order) => {
        const groups = order.map((input) => [input]);
        const moved = createSobolDesign({ inputCount: 5, groups, sampleCount: 64, seed: 1 });
        const answer = estimateSobol(moved, ask(moved, gFunction(weights)), bootstrap);
        for (const [place, input] of order.entries()) expect(answer.indices[place]).toEqual(indices[input]);
      }),
      { numRuns: 20 },
    );
  });

  test("do not change with the answer's unit or origin", () => {
    const design = createSobolDesign({ inputCount: 3, sampleCount: 256, seed: 1 });
    const answers = ask(design, ishigami);
    const { indices } = estimateSobol(design, answers, bootstrap);
    const other = estimateSobol(
      design,
      answers.map((answer) => 1e9 + 1e3 * answer),
      bootstrap,
    );
    for (const [input, index] of indices.entries()) {
      expect(other.indices[input]!.first).toBeCloseTo(index.first, 6);
      expect(other.indices[input]!.totalHigh).toBeCloseTo(index.totalHigh, 6);
    }
  });

  test("leave out a sample with a missing answer, and count it", () => {
    const design = createSobolDesign({ inputCount: 3, sampleCount: 2048, seed: 1 });
    const answers = ask(design, ishigami);
    for (let row = 0; row < design.rowCount; row += 101) answers[row] = NaN;
    const holes = Math.ceil(design.rowCount / 101);
    const result = estimateSobol(design, answers, bootstrap);
    expect(result).toMatchObject({ usedCount: 2048 - holes, leftOutCount: holes });
    expect(Math.abs(result.indices[0]!.total - 0.5576)).toBeLessThan(0.05);
    const none = estimateSobol(design, answers.fill(NaN), bootstrap);
    expect(none).toMatchObject({ usedCount: 0, leftOutCount: 2048 });
    expect(Object.values(none.indices[0]!).every(Number.isNaN)).toBe(true);
  });

  test("of an answer that never changes are 0", () => {
    const design = createSobolDesign({ inputCount: 2, sampleCount: 16, seed: 1 });
    const { indices, variance } = estimateSobol(design, new Float64Array(design.rowCount).fill(5), bootstrap);
    expect(variance).toBe(0);
    expect(indices.flatMap((index) => Object.values(index)).every((value) => value === 0)).toBe(true);
  });
});
