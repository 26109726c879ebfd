import { assert, UsageError } from "../base/index.ts";
import { type BootstrapOptions, defaultReplicateCount, drawCounts, percentileInterval } from "./bootstrap.ts";
import { checkSize, type Design } from "./design.ts";
import { UniformStream } from "./draws.ts";
import { directionWords, fillColumn, maxDimensions } from "./sobol-sequence.ts";

export interface SobolOptions {
  readonly inputCount: number;
  /** Inputs that count as one factor, by their numbers; without them each input is one. No input is in two. */
  readonly groups?: readonly (readonly number[])[];
  /** Samples: a power of two is spread best. */
  readonly sampleCount: number;
  readonly seed: number;
}

/** Samples of groups + 2 rows each: A, B, then for each group A with the group's inputs taken from B. */
export interface SobolDesign extends Design {
  readonly sampleCount: number;
  readonly groups: readonly (readonly number[])[];
}

const wordSpan = 2 ** 32;

/** Two samples' worth of columns: those of A, then those of B. */
function sampleColumns(dimensionCount: number, sampleCount: number, seed: number): Uint32Array[] {
  const shifts = new UniformStream(seed, "sobol/shift");
  return directionWords(dimensionCount).map((words, dimension) => {
    const column = new Uint32Array(sampleCount);
    fillColumn(words, shifts.integerAt(dimension, wordSpan) >>> 0, column);
    return column;
  });
}

function checkGroups(groups: readonly (readonly number[])[], inputCount: number): void {
  const inputs = groups.flat();
  assert(new Set(inputs).size === inputs.length, "an input is in two groups");
  for (const input of inputs) assert(input >= 0 && input < inputCount, `a group names input ${input} of ${inputCount}`);
}

/**
 * Saltelli's design for first and total order, over a Sobol sequence with a seeded digital shift: each number is uniform,
 * and none is 0 or 1. More samples keep the earlier ones, with their rows in front.
 *
 * Source   Saltelli et al., Computer Physics Communications 181 (2010)
 * Errors   UsageError for a design that is too large
 */
export function createSobolDesign({ inputCount, groups, sampleCount, seed }: SobolOptions): SobolDesign {
  const factors = groups ?? Array.from({ length: inputCount }, (_, input) => [input]);
  checkGroups(factors, inputCount);
  const blockCount = factors.length + 2;
  checkSize("variance-based indices", sampleCount * blockCount, sampleCount * 2 * inputCount);
  if (2 * inputCount > maxDimensions) {
    throw new UsageError(`variance-based indices: ${inputCount} inputs; at most ${maxDimensions / 2}`, {
      hint: "screen them with elementary effects first",
    });
  }
  const columns = sampleColumns(2 * inputCount, sampleCount, seed);
  const factorOf = new Int32Array(inputCount).fill(-1);
  for (const [factor, inputs] of factors.entries()) for (const input of inputs) factorOf[input] = factor;
  const fillPoint = (row: number, point: Float64Array): void => {
    const sample = Math.floor(row / blockCount);
    const block = row % blockCount;
    for (let input = 0; input < inputCount; input++) {
      const fromB = block === 1 || (block > 1 && factorOf[input] === block - 2);
      const column = columns[fromB ? inputCount + input : input]!;
      point[input] = (column[sample]! + 0.5) / wordSpan;
    }
  };
  return { inputCount, rowCount: sampleCount * blockCount, sampleCount, groups: factors, fillPoint };
}

/** Shares of the answer's variance. Estimates may lie a little outside of 0 to 1. */
export interface SobolIndex {
  /** What goes away if the factor becomes known. */
  readonly first: number;
  /** Ends of its 95 % interval, and of the total's. */
  readonly firstLow: number;
  readonly firstHigh: number;
  /** What stays if all others become known: the factor's own share and all that it has with others. */
  readonly total: number;
  readonly totalLow: number;
  readonly totalHigh: number;
}

export interface SobolResult {
  /** One a group; all 0 where the answer never changes, and NaN where none is left. */
  readonly indices: readonly SobolIndex[];
  readonly mean: number;
  readonly variance: number;
  readonly usedCount: number;
  /** Samples with a missing answer. */
  readonly leftOutCount: number;
}

/** What each sample adds to the estimates; one row of groups a sample where there are groups. */
interface Terms {
  readonly usedCount: number;
  readonly factorCount: number;
  readonly mean: number;
  /** Sum and sum of squares of A and B, less the mean. */
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  readonly firsts: Float64Array;
  readonly totals: Float64Array;
}

/** First rows of the samples whose answers are all there. */
function wholeSamples({ sampleCount, groups }: SobolDesign, answers: Float64Array): number[] {
  const blockCount = groups.length + 2;
  return Array.from({ length: sampleCount }, (_, sample) => sample * blockCount).filter((row) =>
    answers.subarray(row, row + blockCount).every(Number.isFinite),
  );
}

function listTerms(design: SobolDesign, answers: Float64Array): Terms {
  const rows = wholeSamples(design, answers);
  const factorCount = design.groups.length;
  const usedCount = rows.length;
  const mean = rows.reduce((sum, row) => sum + answers[row]! + answers[row + 1]!, 0) / (2 * usedCount);
  const [sums, squares] = [new Float64Array(usedCount), new Float64Array(usedCount)];
  const [firsts, totals] = [new Float64Array(usedCount * factorCount), new Float64Array(usedCount * factorCount)];
  for (const [used, row] of rows.entries()) {
    // The estimator of first order scatters less where the answers are centred.
    const a = answers[row]! - mean;
    const b = answers[row + 1]! - mean;
    sums[used] = a + b;
    squares[used] = a * a + b * b;
    for (let factor = 0; factor < factorCount; factor++) {
      const mixed = answers[row + 2 + factor]! - mean;
      firsts[used * factorCount + factor] = b * (mixed - a);
      totals[used * factorCount + factor] = (a - mixed) ** 2 / 2;
    }
  }
  return { usedCount, factorCount, mean, sums, squares, firsts, totals };
}

/** Estimates with each sample taken so many times: first orders, then totals; gives the variance. */
function weigh(terms: Terms, counts: Uint32Array, indices: Float64Array): number {
  const { usedCount, factorCount, sums, squares, firsts, totals } = terms;
  let sum = 0;
  let square = 0;
  indices.fill(0);
  for (let used = 0; used < usedCount; used++) {
    const count = counts[used]!;
    if (count === 0) continue;
    sum += count * sums[used]!;
    square += count * squares[used]!;
    for (let factor = 0; factor < factorCount; factor++) {
      const at = used * factorCount + factor;
      indices[factor]! += count * firsts[at]!;
      indices[factorCount + factor]! += count * totals[at]!;
    }
  }
  const offset = sum / (2 * usedCount);
  const variance = square / (2 * usedCount) - offset * offset;
  for (let at = 0; at < indices.length; at++) {
    indices[at] = variance === 0 ? 0 : indices[at]! / usedCount / variance;
  }
  return variance;
}

/** Replicates of each estimate; none where no sample is left. */
function replicateIndices(terms: Terms, { seed, replicateCount = defaultReplicateCount }: BootstrapOptions) {
  const { usedCount, factorCount } = terms;
  const stream = new UniformStream(seed, "sobol/bootstrap");
  const length = usedCount === 0 ? 0 : replicateCount;
  const replicates = Array.from({ length: 2 * factorCount }, () => new Float64Array(length));
  const counts = new Uint32Array(usedCount);
  const indices = new Float64Array(2 * factorCount);
  for (let replicate = 0; replicate < length; replicate++) {
    drawCounts(stream, replicate, counts);
    weigh(terms, counts, indices);
    for (const [at, values] of replicates.entries()) values[replicate] = indices[at]!;
  }
  return replicates;
}

/**
 * First and total order of each group from the answers to a design, in the order of its rows.
 *
 * The intervals take samples as independent of each other; a Sobol sequence is spread better, so they are rather too wide.
 *
 * Source   first order: Saltelli et al. (2010), table 2 (b); total: Jansen, Computer Physics Communications 117 (1999)
 */
export function estimateSobol(design: SobolDesign, answers: Float64Array, bootstrap: BootstrapOptions): SobolResult {
  assert(answers.length === design.rowCount, `${answers.length} answers to ${design.rowCount} rows`);
  const terms = listTerms(design, answers);
  const { usedCount, factorCount } = terms;
  const values = new Float64Array(2 * factorCount);
  const variance = weigh(terms, new Uint32Array(usedCount).fill(1), values);
  const intervals = replicateIndices(terms, bootstrap).map(percentileInterval);
  const indices = design.groups.map((_, factor): SobolIndex => {
    const [first, total] = [intervals[factor]!, intervals[factorCount + factor]!];
    return {
      first: values[factor]!,
      firstLow: first.low,
      firstHigh: first.high,
      total: values[factorCount + factor]!,
      totalLow: total.low,
      totalHigh: total.high,
    };
  });
  return { indices, mean: terms.mean, variance, usedCount, leftOutCount: design.sampleCount - usedCount };
}
