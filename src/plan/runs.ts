import { canonicalJson, type Json } from "../base/index.ts";
import {
  createMorrisDesign,
  createOneAtATimeDesign,
  createSobolDesign,
  type Design,
  type MorrisDesign,
  shareWithin,
  type SobolDesign,
  UniformStream,
} from "../sensitivity/index.ts";
import { baseConfiguration, type Configurations, configurationSha256, sha256Of } from "./configurations.ts";
import type { Plan } from "./types.ts";

/** Why a run is made: a configuration with one draw of what is uncertain, or a point of a design. */
export type RunKind = "grid" | "tornado" | "morris" | "sobol";
export const runKinds: readonly RunKind[] = ["grid", "tornado", "morris", "sobol"];

/** Share of each input's distribution that a run takes: 0.5 is its median. */
export type Shares = (inputName: string) => number;

export interface RunSpec {
  readonly index: number;
  readonly kind: RunKind;
  /** Undefined where a design's point falls on a configuration that constraints leave out. */
  readonly configurationIndex: number | undefined;
  /** Draw of a configuration, 0 being all medians; or row of a design. */
  readonly row: number;
}

/** What one column of a design stands for. */
export type Factor =
  | { readonly kind: "axis"; readonly name: string; readonly valueCount: number }
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "others"; readonly name: string };

/** All inputs that a design does not name, drawn together by one number. */
export const othersFactor = "all others";

const alwaysMedian: Shares = () => 0.5;

interface Segment {
  readonly kind: RunKind;
  readonly from: number;
  readonly count: number;
}

/** Indexes of a stream that one number chooses from: as many as its bits tell apart. */
const streamPlaces = 2 ** 48;

function factorsOf(plan: Plan, inputNames: readonly string[]): Factor[] {
  const axes = plan.combine === "paired" ? plan.axes.slice(0, 1) : plan.axes;
  const chosen = axes
    .filter(({ values }) => values.length > 1)
    .map(({ key, values }): Factor => ({ kind: "axis", name: key, valueCount: values.length }));
  return [...chosen, ...inputNames.map((name): Factor => ({ kind: "input", name }))];
}

/**
 * Every run of a plan, by its number: first the configurations with their draws, then the designs.
 *
 * A run is known by what decides its answer and by nothing else, so that it is found again under another number, in
 * another plan, or in the parts of a sweep that somebody killed.
 */
export class RunList {
  readonly plan: Plan;
  readonly configurations: Configurations;
  /** Inputs of the scenario as it was written; designs change these. */
  readonly inputNames: readonly string[];
  readonly tornado: Design | undefined;
  readonly morris: MorrisDesign | undefined;
  readonly sobol: SobolDesign | undefined;
  readonly morrisFactors: readonly Factor[];
  readonly sobolFactors: readonly Factor[];
  readonly count: number;
  readonly #segments: readonly Segment[];
  readonly #streams = new Map<string, UniformStream>();
  readonly #version: string;
  readonly #inputsSha256: string;
  #known: { index: number; sha256: string } | undefined;

  constructor(
    plan: Plan,
    configurations: Configurations,
    names: { readonly inputs: readonly string[]; readonly sobolInputs: readonly string[] },
    version: string,
  ) {
    const { sensitivity, seed } = plan;
    this.plan = plan;
    this.configurations = configurations;
    this.inputNames = names.inputs;
    this.#version = version;
    this.morrisFactors = factorsOf(plan, names.inputs);
    this.sobolFactors = [...factorsOf(plan, names.sobolInputs), { kind: "others", name: othersFactor }];
    if (sensitivity.tornado && names.inputs.length > 0) this.tornado = createOneAtATimeDesign(names.inputs.length);
    const { morrisTrajectories: trajectoryCount, sobolSamples: sampleCount } = sensitivity;
    if (trajectoryCount > 0 && this.morrisFactors.length > 0) {
      this.morris = createMorrisDesign({ inputCount: this.morrisFactors.length, trajectoryCount, seed });
    }
    if (sampleCount > 0) this.sobol = createSobolDesign({ inputCount: this.sobolFactors.length, sampleCount, seed });
    const inputs = { seed, drawsProfile: plan.drawsProfile, inputs: plan.inputs as unknown as Json };
    this.#inputsSha256 = sha256Of(canonicalJson(inputs));
    this.#segments = this.#listSegments();
    this.count = this.#segments.reduce((sum, { count }) => sum + count, 0);
  }

  #listSegments(): Segment[] {
    const counts: readonly (readonly [RunKind, number])[] = [
      ["grid", this.configurations.count * (1 + this.plan.repeats)],
      ["tornado", this.tornado?.rowCount ?? 0],
      ["morris", this.morris?.rowCount ?? 0],
      ["sobol", this.sobol?.rowCount ?? 0],
    ];
    let from = 0;
    return counts.map(([kind, count]) => {
      const segment = { kind, from, count };
      from += count;
      return segment;
    });
  }

  /** Numbers of the runs of one kind. */
  segment(kind: RunKind): { readonly from: number; readonly count: number } {
    return this.#segments.find((segment) => segment.kind === kind)!;
  }

  at(index: number): RunSpec {
    const segment = this.#segments.findLast(({ from, count }) => count > 0 && index >= from)!;
    const { kind } = segment;
    const row = index - segment.from;
    if (kind === "tornado") return { index, kind, row, configurationIndex: baseConfiguration };
    if (kind === "grid") {
      const draws = 1 + this.plan.repeats;
      return { index, kind, row: row % draws, configurationIndex: Math.floor(row / draws) };
    }
    return { index, kind, row, configurationIndex: this.#configurationOf(kind, row) };
  }

  #pointOf(kind: "morris" | "sobol", row: number): Float64Array {
    const design = (kind === "morris" ? this.morris : this.sobol)!;
    const point = new Float64Array(design.inputCount);
    design.fillPoint(row, point);
    return point;
  }

  /** An axis' share of 0 to 1 falls on one of its values. */
  #configurationOf(kind: "morris" | "sobol", row: number): number | undefined {
    const factors = kind === "morris" ? this.morrisFactors : this.sobolFactors;
    const point = this.#pointOf(kind, row);
    const indexOf = new Map<string, number>();
    for (const [column, factor] of factors.entries()) {
      if (factor.kind !== "axis") continue;
      indexOf.set(factor.name, Math.min(factor.valueCount - 1, Math.floor(point[column]! * factor.valueCount)));
    }
    return this.configurations.find(this.plan.axes.map(({ key }) => indexOf.get(key) ?? 0));
  }

  /** What a run takes of each input. */
  sharesOf({ kind, row }: RunSpec): Shares {
    if (kind === "grid") return row === 0 ? alwaysMedian : (name) => this.#stream(name).at(row - 1);
    if (kind === "tornado") return this.#tornadoShares(row);
    const factors = kind === "morris" ? this.morrisFactors : this.sobolFactors;
    const point = this.#pointOf(kind, row);
    const columns = new Map(
      factors.flatMap((factor, column) => (factor.kind === "axis" ? [] : [[factor.name, column]])),
    );
    const others = columns.get(othersFactor);
    const place = others === undefined ? undefined : Math.floor(point[others]! * streamPlaces);
    return (name) => {
      const column = columns.get(name);
      // The ends of a distribution may be without bound; elementary effects are those over its interval.
      if (column !== undefined) return kind === "morris" ? shareWithin(point[column]!) : point[column]!;
      return place === undefined ? 0.5 : this.#stream(name).at(place);
    };
  }

  #tornadoShares(row: number): Shares {
    const point = new Float64Array(this.inputNames.length);
    this.tornado!.fillPoint(row, point);
    const changed = point.findIndex((share) => share !== 0.5);
    const name = this.inputNames[changed];
    return (input) => (input === name ? point[changed]! : 0.5);
  }

  #stream(name: string): UniformStream {
    const known = this.#streams.get(name) ?? new UniformStream(this.plan.seed, name);
    this.#streams.set(name, known);
    return known;
  }

  /** The name of a run: equal names, equal answers. */
  idOf(index: number): string {
    const spec = this.at(index);
    const { kind, row, configurationIndex } = spec;
    const configuration = configurationIndex === undefined ? "none" : this.#configurationSha256(configurationIndex);
    return sha256Of(`${configuration} ${this.#inputsSha256} ${this.#describe(kind, row)}`).slice(0, 24);
  }

  #describe(kind: RunKind, row: number): string {
    if (kind === "grid") return row === 0 ? "medians" : `draw ${row}`;
    if (kind === "tornado") return row === 0 ? "medians" : `${this.inputNames[(row - 1) >> 1]} ${row % 2}`;
    const factors = (kind === "morris" ? this.morrisFactors : this.sobolFactors).map(({ name }) => name);
    const { morrisTrajectories, sobolSamples } = this.plan.sensitivity;
    return `${kind} ${kind === "morris" ? morrisTrajectories : sobolSamples} ${row} ${factors.join(" ")}`;
  }

  /** Runs of one configuration stand side by side: the last one's hash is kept. */
  #configurationSha256(index: number): string {
    if (this.#known?.index !== index) {
      const sha256 = configurationSha256(this.configurations.at(index), this.plan, this.#version);
      this.#known = { index, sha256 };
    }
    return this.#known.sha256;
  }
}
