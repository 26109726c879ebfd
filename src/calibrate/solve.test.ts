import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { addRow, createEquations, findExplained, solveNonNegative } from "./solve.ts";

function equationsOf(rows: readonly (readonly number[])[], goals: readonly number[]) {
  const equations = createEquations(rows[0]!.length);
  for (const [index, row] of rows.entries()) {
    addRow(equations, { counts: Float64Array.from(row), offset: 0, goal: goals[index]!, weight: 1 });
  }
  return equations;
}

describe("least squares without negative unknowns", () => {
  test("finds what made the rows, whatever their scales", () => {
    const rows = [
      [1, 65_536, 0],
      [1, 16_384, 3],
      [1, 1024, 7e6],
      [2, 0, 5e6],
    ];
    const made = [7500, 485, 0.25];
    const goals = rows.map((row) => row.reduce((sum, count, column) => sum + count * made[column]!, 0));
    const found = solveNonNegative(equationsOf(rows, goals));
    for (const [column, unit] of made.entries()) expect(found[column]! / unit).toBeCloseTo(1, 6);
  });

  test("sets to zero what would be negative", () => {
    const found = solveNonNegative(
      equationsOf(
        [
          [1, 0],
          [1, 1],
          [1, 2],
        ],
        [3, 2, 1],
      ),
    );
    expect(found[0]).toBeCloseTo(2, 9);
    expect(found[1]).toBe(0);
  });

  // Karush, Kuhn and Tucker: nothing negative, no unknown above zero has a slope, none at zero wants to rise.
  test("no other answer is better, by the conditions that any minimum meets", () => {
    const value = fc.integer({ min: -50, max: 50 });
    const problem = fc.integer({ min: 1, max: 6 }).chain((size) =>
      fc.record({
        rows: fc.array(fc.array(value, { minLength: size, maxLength: size }), { minLength: size, maxLength: 12 }),
        goals: fc.array(value, { minLength: 12, maxLength: 12 }),
      }),
    );
    fc.assert(
      fc.property(problem, ({ rows, goals }) => {
        const found = solveNonNegative(equationsOf(rows, goals));
        const residuals = rows.map(
          (row, index) => goals[index]! - row.reduce((sum, count, column) => sum + count * found[column]!, 0),
        );
        for (const [column, unit] of found.entries()) {
          const slope = rows.reduce((sum, row, index) => sum + row[column]! * residuals[index]!, 0);
          expect(unit).toBeGreaterThanOrEqual(0);
          const near = 1e-5 * (1 + Math.abs(50 * 50 * rows.length));
          if (unit > 1e-9) expect(Math.abs(slope)).toBeLessThan(near);
          else expect(slope).toBeLessThan(near);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("columns that hang on others", () => {
  test("a double, a sum and an empty one are named with what explains them", () => {
    const rows = [
      [1, 4, 2, 5, 0],
      [1, 4, 9, 5, 0],
      [1, 4, 3, 5, 0],
      [2, 1, 3, 3, 0],
    ];
    // Column 3 is 0 and 1 together.
    expect(findExplained(equationsOf(rows, [0, 0, 0, 0]), 1e-3)).toEqual([
      { column: 3, by: [0, 1] },
      { column: 4, by: [] },
    ]);
  });

  test("a column with a part of its own is none", () => {
    const rows = [
      [1, 1],
      [1, 1],
      [1, 1.1],
    ];
    expect(findExplained(equationsOf(rows, [0, 0, 0]), 1e-3)).toEqual([]);
  });
});
