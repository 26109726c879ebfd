/** Least squares by their normal equations: sums of products of columns, row by row, and of columns with the goal. */
export interface NormalEquations {
  readonly size: number;
  readonly gram: Float64Array;
  readonly moment: Float64Array;
}

export function createEquations(size: number): NormalEquations {
  return { size, gram: new Float64Array(size * size), moment: new Float64Array(size) };
}

/** Adds one observation: its row of `size` counts at `offset`, the goal, and its weight. */
export function addRow(
  { size, gram, moment }: NormalEquations,
  row: { counts: Float64Array; offset: number; goal: number; weight: number },
): void {
  const { counts, offset, goal, weight } = row;
  for (let left = 0; left < size; left++) {
    const count = counts[offset + left]!;
    if (count === 0) continue;
    const scaled = count * weight;
    moment[left]! += scaled * goal;
    for (let right = 0; right < size; right++) gram[left * size + right]! += scaled * counts[offset + right]!;
  }
}

/** Smallest pivot, as a share of a column's own length, below which the column says nothing that others do not. */
const leastPivot = 1e-12;

/**
 * Solves for the columns of `active` alone, by Cholesky's decomposition; other columns get 0. A column that hangs on
 * those before it gets 0, too.
 */
function solveActive({ size, gram, moment }: NormalEquations, active: readonly number[]): Float64Array {
  const count = active.length;
  const lower = new Float64Array(count * count);
  const forward = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    let goal = moment[active[row]!]!;
    for (let column = 0; column <= row; column++) {
      let value = gram[active[row]! * size + active[column]!]!;
      for (let inner = 0; inner < column; inner++)
        value -= lower[row * count + inner]! * lower[column * count + inner]!;
      const pivot = lower[column * count + column]!;
      if (column < row) lower[row * count + column] = pivot > 0 ? value / pivot : 0;
      else lower[row * count + row] = value > leastPivot * gram[active[row]! * (size + 1)]! ? Math.sqrt(value) : 0;
    }
    for (let inner = 0; inner < row; inner++) goal -= lower[row * count + inner]! * forward[inner]!;
    const pivot = lower[row * count + row]!;
    forward[row] = pivot > 0 ? goal / pivot : 0;
  }
  const solution = new Float64Array(size);
  for (let row = count - 1; row >= 0; row--) {
    const pivot = lower[row * count + row]!;
    let value = forward[row]!;
    for (let below = row + 1; below < count; below++) value -= lower[below * count + row]! * solution[active[below]!]!;
    solution[active[row]!] = pivot > 0 ? value / pivot : 0;
  }
  return solution;
}

/** Rescales columns to length 1, since one counts boots and another pages. */
function normalise({ size, gram, moment }: NormalEquations): { scaled: NormalEquations; lengths: Float64Array } {
  const lengths = Float64Array.from({ length: size }, (_, column) => Math.sqrt(gram[column * (size + 1)]!) || 1);
  const scaled = createEquations(size);
  for (let row = 0; row < size; row++) {
    scaled.moment[row] = moment[row]! / lengths[row]!;
    for (let column = 0; column < size; column++) {
      scaled.gram[row * size + column] = gram[row * size + column]! / (lengths[row]! * lengths[column]!);
    }
  }
  return { scaled, lengths };
}

/** How steeply the sum of squares falls along each column, in scaled units. */
function descents({ size, gram, moment }: NormalEquations, solution: Float64Array): Float64Array {
  return Float64Array.from({ length: size }, (_, row) => {
    let slope = moment[row]!;
    for (let column = 0; column < size; column++) slope -= gram[row * size + column]! * solution[column]!;
    return slope;
  });
}

/** One step towards `wanted` that keeps every value at 0 or above, and the columns that it brought to 0. */
function stepTowards(solution: Float64Array, wanted: Float64Array, active: readonly number[]): Set<number> {
  let share = 1;
  const stopped = new Set<number>();
  for (const column of active) {
    if (wanted[column]! > 0) continue;
    const drop = solution[column]! - wanted[column]!;
    const reach = drop > 0 ? solution[column]! / drop : 0;
    if (reach < share || stopped.size === 0) stopped.clear();
    if (reach <= share) stopped.add(column);
    share = Math.min(share, reach);
  }
  for (const column of active) {
    solution[column]! += share * (wanted[column]! - solution[column]!);
  }
  for (const column of stopped) solution[column] = 0;
  return stopped;
}

/**
 * Least squares with non-negative unknowns.
 *
 * Source   Lawson and Hanson, Solving Least Squares Problems (1974), chapter 23, algorithm NNLS
 */
export function solveNonNegative(equations: NormalEquations): Float64Array {
  const { scaled, lengths } = normalise(equations);
  const { size } = equations;
  const tolerance = 1e-10 * Math.sqrt(scaled.moment.reduce((sum, value) => sum + value * value, 0));
  const solution = new Float64Array(size);
  let active: number[] = [];
  const barred = new Set<number>();
  for (let round = 0; round < 3 * size; round++) {
    const slopes = descents(scaled, solution);
    let best = -1;
    for (let column = 0; column < size; column++) {
      if (active.includes(column) || barred.has(column) || slopes[column]! <= tolerance) continue;
      if (best < 0 || slopes[column]! > slopes[best]!) best = column;
    }
    if (best < 0) break;
    active = [...active, best].sort((left, right) => left - right);
    for (;;) {
      const wanted = solveActive(scaled, active);
      const stopped = stepTowards(solution, wanted, active);
      if (stopped.size === 0) break;
      // A column that falls back at once would come in again for ever.
      if (stopped.has(best)) barred.add(best);
      active = active.filter((column) => !stopped.has(column));
    }
  }
  return solution.map((value, column) => value / lengths[column]!);
}

/**
 * Columns that others before them explain: which ones, and by which. A column is explained when what is left of it
 * after the others are taken out is less than `leastShare` of its length.
 */
export function findExplained(
  { size, gram }: NormalEquations,
  leastShare: number,
): readonly { readonly column: number; readonly by: readonly number[] }[] {
  const explained: { column: number; by: readonly number[] }[] = [];
  const kept: number[] = [];
  for (let column = 0; column < size; column++) {
    const length = gram[column * (size + 1)]!;
    const target = createEquations(size);
    target.gram.set(gram);
    for (let row = 0; row < size; row++) target.moment[row] = gram[row * size + column]!;
    const parts = solveActive(target, kept);
    let left = length;
    for (const other of kept) left -= parts[other]! * gram[other * size + column]!;
    if (length > 0 && left > leastShare * leastShare * length) kept.push(column);
    else explained.push({ column, by: kept.filter((other) => isPart({ parts, gram, size }, other, column)) });
  }
  return explained;
}

/** Whether a kept column makes up a hundredth of the explained one at least. */
function isPart(
  { parts, gram, size }: { parts: Float64Array; gram: Float64Array; size: number },
  other: number,
  column: number,
): boolean {
  const share = parts[other]! * Math.sqrt(gram[other * (size + 1)]!);
  return Math.abs(share) > 0.01 * Math.sqrt(gram[column * (size + 1)]!);
}
