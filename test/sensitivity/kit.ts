import type { Design } from "../../src/sensitivity/index.ts";

/** The answers of a function to every row of a design. */
export function ask(design: Design, answer: (point: Float64Array) => number): Float64Array {
  const point = new Float64Array(design.inputCount);
  return Float64Array.from({ length: design.rowCount }, (_, row) => {
    design.fillPoint(row, point);
    return answer(point);
  });
}

/** Sobol's g-function, whose indices are known. */
export function gFunction(weights: readonly number[]): (point: Float64Array) => number {
  return (point) =>
    weights.reduce((product, a, input) => (product * (Math.abs(4 * point[input]! - 2) + a)) / (1 + a), 1);
}

/** Its indices by formula: partial variances 1/(3(1+a)^2), and their products. */
export function gIndices(weights: readonly number[]): { readonly first: number; readonly total: number }[] {
  const parts = weights.map((a) => 1 / (3 * (1 + a) ** 2));
  const all = parts.reduce((product, part) => product * (1 + part), 1);
  return parts.map((part) => ({ first: part / (all - 1), total: (part * (all / (1 + part))) / (all - 1) }));
}

/** Ishigami and Homma's function on [0, 1]^3, with a = 7 and b = 0.1. */
export function ishigami(point: Float64Array): number {
  const [x, y, z] = Array.from(point, (share) => (2 * share - 1) * Math.PI) as [number, number, number];
  return Math.sin(x) + 7 * Math.sin(y) ** 2 + 0.1 * z ** 4 * Math.sin(x);
}
