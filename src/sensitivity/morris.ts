import { assert } from "../base/index.ts";
import { type BootstrapOptions, defaultReplicateCount, drawCounts, percentileInterval } from "./bootstrap.ts";
import { checkSize, type Design } from "./design.ts";
import { UniformStream } from "./draws.ts";

export interface MorrisOptions {
  readonly inputCount: number;
  readonly trajectoryCount: number;
  /** Levels of each input, an even number; 4 is usual. */
  readonly levelCount?: number;
  readonly seed: number;
}

/** Trajectories of k + 1 rows each, from row to row with one input changed. */
export interface MorrisDesign extends Design {
  readonly trajectoryCount: number;
  /** (k + 1) · trajectories rows of k numbers. */
  readonly points: Float64Array;
  /** k numbers a trajectory: the input that each of its steps changed. */
  readonly changedInput: Uint32Array;
}

/** A random order of the inputs, for one trajectory. */
function shuffle(order: Uint32Array, stream: UniformStream, trajectory: number): void {
  const count = order.length;
  for (let input = 0; input < count; input++) order[input] = input;
  for (let last = count - 1; last > 0; last--) {
    const other = stream.integerAt(trajectory * count + last, last + 1);
    const kept = order[last]!;
    order[last] = order[other]!;
    order[other] = kept;
  }
}

/**
 * Trajectories for a screening by elementary effects. Inputs are on p levels 0, 1/(p-1), … 1, and a step is p/(2(p-1)),
 * up or down with equal chance, so that each level is met equally often. More trajectories keep the earlier ones.
 *
 * Source   Morris, Factorial Sampling Plans for Preliminary Computational Experiments, Technometrics 33 (1991)
 * Errors   UsageError for a design that is too large
 */
export function createMorrisDesign(options: MorrisOptions): MorrisDesign {
  const { inputCount, trajectoryCount, levelCount = 4, seed } = options;
  assert(levelCount >= 2 && levelCount % 2 === 0, `${levelCount} levels: an even number is expected`);
  const rowCount = (inputCount + 1) * trajectoryCount;
  checkSize("elementary effects", rowCount, rowCount * inputCount);
  const points = new Float64Array(rowCount * inputCount);
  const changedInput = new Uint32Array(inputCount * trajectoryCount);
  const [levels, ways, orders] = ["level", "way", "order"].map((name) => new UniformStream(seed, `morris/${name}`));
  const stepLevels = levelCount / 2;
  const point = new Float64Array(inputCount);
  const ends = new Float64Array(inputCount);
  for (let trajectory = 0; trajectory < trajectoryCount; trajectory++) {
    for (let input = 0; input < inputCount; input++) {
      const index = trajectory * inputCount + input;
      const lower = levels!.integerAt(index, stepLevels);
      const isUp = ways!.at(index) < 0.5;
      point[input] = (isUp ? lower : lower + stepLevels) / (levelCount - 1);
      ends[input] = (isUp ? lower + stepLevels : lower) / (levelCount - 1);
    }
    const order = changedInput.subarray(trajectory * inputCount, (trajectory + 1) * inputCount);
    shuffle(order, orders!, trajectory);
    let at = trajectory * (inputCount + 1) * inputCount;
    points.set(point, at);
    for (const input of order) {
      point[input] = ends[input]!;
      points.set(point, (at += inputCount));
    }
  }
  const fillPoint = (row: number, target: Float64Array): void =>
    target.set(points.subarray(row * inputCount, (row + 1) * inputCount));
  return { inputCount, rowCount, trajectoryCount, points, changedInput, fillPoint };
}

/** What a step of one input does to the answer, over the trajectories; in units of the answer over the whole [0, 1]. */
export interface MorrisEffect {
  /** Mean effect. */
  readonly mu: number;
  /** Mean of the effects' sizes: how much the input matters. */
  readonly muStar: number;
  /** Ends of its 95 % interval. */
  readonly muStarLow: number;
  readonly muStarHigh: number;
  /** Standard deviation of the effects: not 0 where the input acts in a curve or together with others. */
  readonly sigma: number;
}

export interface MorrisResult {
  /** One an input; NaN where too few trajectories are left: one for the means, two for sigma. */
  readonly effects: readonly MorrisEffect[];
  readonly usedCount: number;
  /** Trajectories with a missing answer. */
  readonly leftOutCount: number;
}

/** Effects of the trajectories whose answers are all there: one row of k numbers each, by input. */
function listEffects(design: MorrisDesign, answers: Float64Array): { effects: Float64Array; usedCount: number } {
  const { inputCount, trajectoryCount, points, changedInput } = design;
  const effects = new Float64Array(trajectoryCount * inputCount);
  let usedCount = 0;
  for (let trajectory = 0; trajectory < trajectoryCount; trajectory++) {
    const firstRow = trajectory * (inputCount + 1);
    if (!answers.subarray(firstRow, firstRow + inputCount + 1).every(Number.isFinite)) continue;
    for (let step = 0; step < inputCount; step++) {
      const row = firstRow + step;
      const input = changedInput[trajectory * inputCount + step]!;
      const moved = points[(row + 1) * inputCount + input]! - points[row * inputCount + input]!;
      effects[usedCount * inputCount + input] = (answers[row + 1]! - answers[row]!) / moved;
    }
    usedCount++;
  }
  return { effects, usedCount };
}

/** Mean sizes of effects under trajectories drawn anew: one row of replicates an input. */
function replicateMuStar(
  effects: Float64Array,
  { inputCount, usedCount }: { readonly inputCount: number; readonly usedCount: number },
  { seed, replicateCount = defaultReplicateCount }: BootstrapOptions,
): Float64Array[] {
  const stream = new UniformStream(seed, "morris/bootstrap");
  const length = usedCount === 0 ? 0 : replicateCount;
  const replicates = Array.from({ length: inputCount }, () => new Float64Array(length));
  const counts = new Uint32Array(usedCount);
  for (let replicate = 0; replicate < length; replicate++) {
    drawCounts(stream, replicate, counts);
    for (let input = 0; input < inputCount; input++) {
      let sum = 0;
      for (let used = 0; used < usedCount; used++) {
        sum += counts[used]! * Math.abs(effects[used * inputCount + input]!);
      }
      replicates[input]![replicate] = sum / usedCount;
    }
  }
  return replicates;
}

/**
 * Elementary effects from the answers to a design, in the order of its rows.
 *
 * Source   Morris (1991); mu*: Campolongo, Cariboni, Saltelli, Environmental Modelling & Software 22 (2007)
 */
export function estimateMorris(design: MorrisDesign, answers: Float64Array, bootstrap: BootstrapOptions): MorrisResult {
  assert(answers.length === design.rowCount, `${answers.length} answers to ${design.rowCount} rows`);
  const { inputCount, trajectoryCount } = design;
  const { effects, usedCount } = listEffects(design, answers);
  const replicates = replicateMuStar(effects, { inputCount, usedCount }, bootstrap);
  const summary = replicates.map((ofInput, input): MorrisEffect => {
    let sum = 0;
    let sizes = 0;
    for (let used = 0; used < usedCount; used++) {
      sum += effects[used * inputCount + input]!;
      sizes += Math.abs(effects[used * inputCount + input]!);
    }
    const mu = sum / usedCount;
    let squares = 0;
    for (let used = 0; used < usedCount; used++) squares += (effects[used * inputCount + input]! - mu) ** 2;
    const sigma = usedCount < 2 ? NaN : Math.sqrt(squares / (usedCount - 1));
    const { low, high } = percentileInterval(ofInput);
    return { mu, muStar: sizes / usedCount, muStarLow: low, muStarHigh: high, sigma };
  });
  return { effects: summary, usedCount, leftOutCount: trajectoryCount - usedCount };
}
