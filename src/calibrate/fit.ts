import { costCatalogue, type CostId, costIds, costSide } from "../model/index.ts";
import { type Assumptions, likeIds, whatToRecord } from "./assumptions.ts";
import type { Observation } from "./observe.ts";
import { addRow, createEquations, findExplained, type NormalEquations, solveNonNegative } from "./solve.ts";

/** Constants of one kernel line, in ns. */
export type Units = ReadonlyMap<CostId, number>;

/** A constant that these recordings cannot tell apart from others, and what it is held at: 0 is contained in those. */
export interface Inseparable {
  readonly id: CostId;
  readonly from: readonly CostId[];
  readonly heldNs: number;
  readonly record: string;
}

/** Constants that share observations and are fitted together. */
export interface GroupFit {
  readonly spans: readonly string[];
  readonly constants: readonly CostId[];
  readonly units: Units;
  readonly recordings: readonly string[];
  /** Recordings in which a constant was paid. */
  readonly behind: ReadonlyMap<CostId, readonly string[]>;
  readonly inseparable: readonly Inseparable[];
  /** Root mean square of relative differences, and how many observations count less since they stray. */
  readonly rmsRatio: number;
  readonly strayCount: number;
  /** Solves again with each recording's weight multiplied, for a bootstrap. */
  resolve(factors: ReadonlyMap<string, number>): Units;
}

/** Shorter steps vary by what happens to be in a cache; an error of that size counts as one of them. */
export const noiseNs = 20_000;

/** Differences beyond so many times the usual one count less, the further the less. */
const strayFactor = 3;
const leastScaleRatio = 0.01;
const rounds = 12;

/** A column of which others leave less than this share of its length is explained by them. */
const leastOwnShare = 1e-3;

/** Another line's value counts as one recording that showed this constant and nothing else. */
const drawnWeight = 1;

/**
 * Order in which constants are kept when they cannot be told apart: what every boot pays first, those that have a value
 * to fall back on last.
 */
function byRank(left: CostId, right: CostId, { fallbackFor }: Assumptions): number {
  const rank = (id: CostId): number => {
    if (fallbackFor(id) !== undefined || likeIds[id] !== undefined) return 2;
    return costCatalogue[id].per === "boot" ? 0 : 1;
  };
  return rank(left) - rank(right) || costIds.indexOf(left) - costIds.indexOf(right);
}

/** One line of kernels to fit: `known` prices all other constants, `drawnTo` those that this line is likely near to. */
export interface LineProblem {
  readonly line: string;
  readonly observations: readonly Observation[];
  /** By side's line: constants that are fitted already. */
  readonly known: ReadonlyMap<string, Units>;
  readonly drawnTo?: Units;
  readonly assumptions: Assumptions;
}

function lineOfTerm(id: CostId, { from, to }: Observation): string {
  return costSide(id) === "to" ? to : from;
}

interface Reduced {
  readonly observation: Observation;
  /** Constants to fit, with their counts. */
  readonly open: ReadonlyMap<CostId, number>;
  /** Time that is priced already. */
  readonly knownNs: number;
}

/** What of an observation is left to fit; undefined when a line in it is neither this one nor known. */
function reduce(observation: Observation, { line, known, assumptions }: LineProblem): Reduced | undefined {
  const open = new Map<CostId, number>();
  let knownNs = 0;
  for (const [id, count] of observation.terms) {
    const held = assumptions.heldAt(id);
    const termLine = lineOfTerm(id, observation);
    if (held) knownNs += held.ns * count;
    else if (termLine === line) open.set(id, count);
    else {
      const units = known.get(termLine);
      if (!units) return undefined;
      knownNs += (units.get(id) ?? 0) * count;
    }
  }
  return open.size > 0 ? { observation, open, knownNs } : undefined;
}

/** Splits observations into groups that share no constant. */
function splitGroups(reduced: readonly Reduced[]): Reduced[][] {
  const parent = new Map<CostId, CostId>();
  const find = (id: CostId): CostId => {
    let root = id;
    while (parent.get(root) !== undefined && parent.get(root) !== root) root = parent.get(root)!;
    return root;
  };
  for (const { open } of reduced) {
    const [first, ...others] = open.keys();
    const root = find(first!);
    parent.set(root, root);
    for (const other of others) parent.set(find(other), root);
  }
  const groups = new Map<CostId, Reduced[]>();
  for (const one of reduced) {
    const root = find(one.open.keys().next().value!);
    const group = groups.get(root);
    if (group) group.push(one);
    else groups.set(root, [one]);
  }
  return [...groups.values()];
}

/** Dense rows of one group, in relative units: a count over the time that it is part of. */
class Rows {
  readonly ids: readonly CostId[];
  readonly counts: Float64Array;
  readonly goals: Float64Array;
  readonly weights: Float64Array;
  readonly group: readonly Reduced[];
  readonly assumptions: Assumptions;

  constructor(group: readonly Reduced[], assumptions: Assumptions) {
    this.group = group;
    this.assumptions = assumptions;
    const ids = [...new Set(group.flatMap(({ open }) => [...open.keys()]))];
    this.ids = ids.sort((left, right) => byRank(left, right, assumptions));
    const size = this.ids.length;
    this.counts = new Float64Array(group.length * size);
    this.goals = new Float64Array(group.length);
    this.weights = new Float64Array(group.length);
    for (const [row, { observation, open, knownNs }] of group.entries()) {
      const unit = observation.ns + noiseNs;
      for (const [column, id] of this.ids.entries()) this.counts[row * size + column] = (open.get(id) ?? 0) / unit;
      this.goals[row] = (observation.ns - knownNs) / unit;
      this.weights[row] = observation.weight;
    }
  }

  equations(factor: (row: number) => number): NormalEquations {
    const size = this.ids.length;
    const equations = createEquations(size);
    for (const [row, goal] of this.goals.entries()) {
      addRow(equations, { counts: this.counts, offset: row * size, goal, weight: this.weights[row]! * factor(row) });
    }
    return equations;
  }

  residuals(units: Float64Array): Float64Array {
    const size = this.ids.length;
    return this.goals.map((goal, row) => {
      let sum = -goal;
      for (let column = 0; column < size; column++) sum += this.counts[row * size + column]! * units[column]!;
      return sum;
    });
  }

  recordingOf(row: number): string {
    return this.group[row]!.observation.recording;
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted.length === 0 ? 0 : sorted[Math.floor(sorted.length / 2)]!;
}

/** Weights that fall with the square of how far a row strays, by span, since each span varies by its own measure. */
function strayWeights(rows: Rows, residuals: Float64Array): Float64Array {
  const bySpan = new Map<string, number[]>();
  for (const [row, residual] of residuals.entries()) {
    const { span } = rows.group[row]!.observation;
    const list = bySpan.get(span);
    if (list) list.push(Math.abs(residual));
    else bySpan.set(span, [Math.abs(residual)]);
  }
  const scales = new Map(
    [...bySpan].map(([span, values]) => [span, Math.max(leastScaleRatio, 1.4826 * median(values))]),
  );
  return residuals.map((residual, row) => {
    // By span, each of which varies by its own measure.
    const times = Math.abs(residual) / (strayFactor * scales.get(rows.group[row]!.observation.span)!);
    return times <= 1 ? 1 : 1 / (times * times);
  });
}

/** Draws constants towards those of another line, as far as observations leave them free. */
function addDraw(equations: NormalEquations, ids: readonly CostId[], drawnTo: Units | undefined): void {
  const { size, gram, moment } = equations;
  for (const [column, id] of ids.entries()) {
    const near = drawnTo?.get(id);
    if (near === undefined || near === 0) continue;
    const weight = drawnWeight / near ** 2;
    gram[column * (size + 1)]! += weight;
    moment[column]! += weight * near;
  }
}

/** Constants that the recordings cannot tell apart: the later ones of each set. */
function findInseparable(rows: Rows, drawnTo: Units | undefined): readonly Inseparable[] {
  const equations = rows.equations(() => 1);
  addDraw(equations, rows.ids, drawnTo);
  return findExplained(equations, leastOwnShare).map(({ column, by }) => {
    const id = rows.ids[column]!;
    const heldNs = rows.assumptions.fallbackFor(id)?.ns ?? 0;
    return { id, from: by.map((other) => rows.ids[other]!), heldNs, record: whatToRecord(id) };
  });
}

/** Takes columns out of the equations whose constants have their values already. */
function holdColumns({ size, gram, moment }: NormalEquations, held: ReadonlyMap<number, number>): void {
  for (const [column, ns] of held) {
    for (let row = 0; row < size; row++) moment[row]! -= gram[row * size + column]! * ns;
  }
  for (const column of held.keys()) {
    for (let other = 0; other < size; other++) {
      gram[column * size + other] = 0;
      gram[other * size + column] = 0;
    }
    moment[column] = 0;
  }
}

interface Solved {
  readonly solution: Float64Array;
  readonly weights: Float64Array;
  readonly solve: (factor: (row: number) => number) => Float64Array;
}

function solveRobustly(rows: Rows, held: ReadonlyMap<number, number>, drawnTo: Units | undefined): Solved {
  const solve = (factor: (row: number) => number): Float64Array => {
    const equations = rows.equations(factor);
    addDraw(equations, rows.ids, drawnTo);
    holdColumns(equations, held);
    const solution = solveNonNegative(equations);
    for (const [column, ns] of held) solution[column] = ns;
    return solution;
  };
  let weights = new Float64Array(rows.goals.length).fill(1);
  let solution = solve(() => 1);
  for (let round = 0; round < rounds; round++) {
    const found = strayWeights(rows, rows.residuals(solution));
    weights = Float64Array.from(found);
    solution = solve((row) => found[row]!);
  }
  return { solution, weights, solve };
}

/** Held values of inseparable constants by column; one that is like another takes that one's, once it is known. */
function heldColumns(rows: Rows, inseparable: readonly Inseparable[], like?: Float64Array): Map<number, number> {
  return new Map(
    inseparable.map(({ id, heldNs }) => {
      const model = likeIds[id];
      const likeNs = like && model ? like[rows.ids.indexOf(model)] : undefined;
      return [rows.ids.indexOf(id), likeNs ?? heldNs];
    }),
  );
}

function fitRows(rows: Rows, drawnTo: Units | undefined): GroupFit {
  const inseparable = findInseparable(rows, drawnTo);
  let solved = solveRobustly(rows, heldColumns(rows, inseparable), drawnTo);
  if (inseparable.some(({ id }) => likeIds[id] !== undefined)) {
    solved = solveRobustly(rows, heldColumns(rows, inseparable, solved.solution), drawnTo);
  }
  const { solution, weights, solve } = solved;
  const toUnits = (values: Float64Array): Units => new Map(rows.ids.map((id, column) => [id, values[column]!]));
  const residuals = rows.residuals(solution);
  const sumWeights = rows.weights.reduce((sum, weight) => sum + weight, 0);
  const squares = residuals.reduce((sum, residual, row) => sum + rows.weights[row]! * residual * residual, 0);
  return {
    spans: [...new Set(rows.group.map(({ observation }) => observation.span))],
    constants: rows.ids,
    units: toUnits(solution),
    recordings: [...new Set(rows.group.map(({ observation }) => observation.recording))],
    behind: recordingsBehind(rows),
    inseparable: inseparable.map((each) => ({ ...each, heldNs: solution[rows.ids.indexOf(each.id)]! })),
    rmsRatio: Math.sqrt(squares / sumWeights),
    strayCount: weights.filter((weight) => weight < 0.5).length,
    resolve: (factors) => toUnits(solve((row) => weights[row]! * (factors.get(rows.recordingOf(row)) ?? 1))),
  };
}

function recordingsBehind(rows: Rows): ReadonlyMap<CostId, readonly string[]> {
  const size = rows.ids.length;
  return new Map(
    rows.ids.map((id, column) => {
      const names = new Set<string>();
      for (let row = 0; row < rows.group.length; row++) {
        if (rows.counts[row * size + column]! > 0) names.add(rows.recordingOf(row));
      }
      return [id, [...names]];
    }),
  );
}

/**
 * Fits one line's constants: non-negative least squares of relative differences, in which what strays counts less.
 *
 * Source   iteratively reweighted least squares; weights fall as those of Welsch and Kuh's and Cauchy's family do
 */
export function fitLine(problem: LineProblem): readonly GroupFit[] {
  const reduced = problem.observations.flatMap((observation) => reduce(observation, problem) ?? []);
  return splitGroups(reduced).map((group) => fitRows(new Rows(group, problem.assumptions), problem.drawnTo));
}
