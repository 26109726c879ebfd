// Elementary effects, against Morris's own function.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { createMorrisDesign, estimateMorris, type MorrisDesign } from "../../src/sensitivity/index.ts";
import { ask } from "./kit.ts";

const bootstrap = { seed: 1 };

/**
 * The function of Morris (1991): 20 inputs. Its coefficients of first and second order that are not given there are drawn
 * from a standard normal; (-1)^i and (-1)^(i+j), as usual, take their place here.
 */
function morrisFunction(point: Float64Array): number {
  const w = Array.from(point, (x, index) => 2 * ([2, 4, 6].includes(index) ? (1.1 * x) / (x + 0.1) - 0.5 : x - 0.5));
  let sum = 0;
  for (let i = 0; i < 20; i++) {
    sum += (i < 10 ? 20 : (-1) ** (i + 1)) * w[i]!;
    for (let j = i + 1; j < 20; j++) {
      sum += (j < 6 ? -15 : (-1) ** (i + j)) * w[i]! * w[j]!;
      for (let l = j + 1; l < 5; l++) {
        sum += -10 * w[i]! * w[j]! * w[l]!;
        for (let s = l + 1; s < 4; s++) sum += 5 * w[i]! * w[j]! * w[l]! * w[s]!;
      }
    }
  }
  return sum;
}

describe("the design", () => {
  test("changes each input once a trajectory, by its step, on its levels", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom(2, 4, 6),
        fc.nat(),
        (inputCount, trajectoryCount, levelCount, seed) => {
          const design = createMorrisDesign({ inputCount, trajectoryCount, levelCount, seed });
          const { points, changedInput } = design;
          expect(points.length).toBe((inputCount + 1) * trajectoryCount * inputCount);
          for (const value of points) expect((value * (levelCount - 1)) % 1).toBeCloseTo(0, 9);
          for (let trajectory = 0; trajectory < trajectoryCount; trajectory++) {
            const changed = changedInput.slice(trajectory * inputCount, (trajectory + 1) * inputCount);
            expect([...changed].sort((a, b) => a - b)).toEqual(Array.from({ length: inputCount }, (_, input) => input));
            for (const [step, input] of changed.entries()) {
              const at = (trajectory * (inputCount + 1) + step) * inputCount;
              const moves = Array.from(
                { length: inputCount },
                (_, i) => points[at + inputCount + i]! - points[at + i]!,
              );
              expect(Math.abs(moves[input]!)).toBeCloseTo(levelCount / (2 * (levelCount - 1)), 9);
              expect(moves.filter((move) => move !== 0).length).toBe(1);
            }
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test("meets each level equally often, and keeps the earlier trajectories when there are more", () => {
    const few = createMorrisDesign({ inputCount: 5, trajectoryCount: 400, seed: 3 });
    const more = createMorrisDesign({ inputCount: 5, trajectoryCount: 800, seed: 3 });
    expect([...more.points.subarray(0, few.points.length)]).toEqual([...few.points]);
    const counts = [0, 0, 0, 0];
    for (const value of more.points) counts[Math.round(value * 3)]!++;
    for (const count of counts) expect(Math.abs(count / more.points.length - 0.25)).toBeLessThan(0.02);
  });

  test("that nobody could answer is refused", () => {
    expect(() => createMorrisDesign({ inputCount: 1000, trajectoryCount: 1e6, seed: 0 })).toThrow(
      "elementary effects: ",
    );
  });
});

describe("Morris's function", () => {
  const design = createMorrisDesign({ inputCount: 20, trajectoryCount: 40, seed: 5 });
  const { effects, usedCount } = estimateMorris(design, ask(design, morrisFunction), bootstrap);
  const of = (...inputs: number[]) => inputs.map((input) => effects[input - 1]!);

  test("has inputs 8, 9 and 10 matter much and act straight", () => {
    expect(usedCount).toBe(40);
    for (const { muStar, mu, sigma } of of(8, 9, 10)) {
      expect(muStar).toBeGreaterThan(30);
      expect(Math.abs(mu)).toBeCloseTo(muStar, 9);
      expect(sigma).toBeLessThan(0.35 * muStar);
    }
  });

  test("has inputs 1 to 7 matter and act in curves or with others", () => {
    for (const { muStar, sigma } of of(1, 2, 3, 4, 5, 6, 7)) {
      expect(muStar).toBeGreaterThan(20);
      expect(sigma).toBeGreaterThan(20);
    }
  });

  test("has inputs 11 to 20 matter little", () => {
    const strong = Math.min(...of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10).map(({ muStarLow }) => muStarLow));
    for (const { muStar, muStarHigh } of effects.slice(10)) {
      expect(muStar).toBeLessThan(12);
      expect(muStarHigh).toBeLessThan(strong);
    }
  });

  test("has intervals of mu* around it", () => {
    for (const { muStar, muStarLow, muStarHigh } of effects) {
      expect(muStarLow).toBeLessThan(muStar);
      expect(muStarHigh).toBeGreaterThan(muStar);
    }
  });
});

describe("estimates", () => {
  test("of a linear function are its coefficients, with sigma 0", () => {
    const coefficient = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.array(coefficient, { minLength: 1, maxLength: 8 }), fc.nat(), (coefficients, seed) => {
        const design = createMorrisDesign({ inputCount: coefficients.length, trajectoryCount: 5, seed });
        const answers = ask(design, (point) =>
          coefficients.reduce((sum, each, input) => sum + each * point[input]!, 0),
        );
        const { effects } = estimateMorris(design, answers, bootstrap);
        const scale = Math.max(1, ...coefficients.map(Math.abs));
        for (const [input, { mu, muStar, muStarLow, muStarHigh, sigma }] of effects.entries()) {
          expect(Math.abs(mu - coefficients[input]!)).toBeLessThan(1e-11 * scale);
          for (const size of [muStar, muStarLow, muStarHigh]) {
            expect(Math.abs(size - Math.abs(coefficients[input]!))).toBeLessThan(1e-11 * scale);
          }
          expect(sigma).toBeLessThan(1e-11 * scale);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("follow the inputs to other places", () => {
    const design = createMorrisDesign({ inputCount: 20, trajectoryCount: 6, seed: 2 });
    const answers = ask(design, morrisFunction);
    const { effects } = estimateMorris(design, answers, bootstrap);
    const labels = Array.from({ length: 20 }, (_, input) => input);
    fc.assert(
      fc.property(fc.shuffledSubarray(labels, { minLength: 20 }), (places) => {
        const points = new Float64Array(design.points.length);
        for (const [at, value] of design.points.entries()) points[at - (at % 20) + places[at % 20]!] = value;
        const changedInput = design.changedInput.map((input) => places[input]!);
        const moved: MorrisDesign = { ...design, points, changedInput };
        const answer = estimateMorris(moved, answers, bootstrap);
        for (const [input, effect] of effects.entries()) expect(answer.effects[places[input]!]).toEqual(effect);
      }),
      { numRuns: 20 },
    );
  });

  test("leave out a trajectory with a missing answer, and count it", () => {
    const design = createMorrisDesign({ inputCount: 3, trajectoryCount: 4, seed: 2 });
    const linear = (point: Float64Array): number => 1 + 2 * point[0]! + point[1]!;
    const answers = ask(design, linear);
    answers[5] = NaN;
    answers[6] = Infinity;
    const result = estimateMorris(design, answers, bootstrap);
    expect(result).toMatchObject({ usedCount: 3, leftOutCount: 1 });
    expect(result.effects[0]!.mu).toBeCloseTo(2, 12);
    const none = estimateMorris(design, answers.fill(NaN), bootstrap);
    expect(none).toMatchObject({ usedCount: 0, leftOutCount: 4 });
    expect(none.effects.every(({ mu, muStarLow, sigma }) => [mu, muStarLow, sigma].every(Number.isNaN))).toBe(true);
  });
});
