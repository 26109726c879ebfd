import { createHash } from "node:crypto";

import { canonicalJson, type Json, UsageError } from "../base/index.ts";
import { mergeValues } from "../config/index.ts";
import { checkScenario, type Scenario } from "../replay/index.ts";
import { meets } from "./constraints.ts";
import { parsePath, setPath } from "./paths.ts";
import type { Axis, AxisValue, Plan } from "./types.ts";

/** One choice of all axes' values; what of it is wrong shows when its scenario is checked. */
export interface Configuration {
  /** Its number among those that the plan keeps; -1: the plan's scenario as it was written. */
  readonly index: number;
  /** One value an axis; none for the scenario as it was written. */
  readonly values: readonly AxisValue[];
  readonly raw: Json;
  readonly traceIndex: number;
  readonly profileIndex: number;
}

/** More combinations than one plan should make; with constraints, before they are applied. */
export const maxConfigurations = 1_000_000;

/** The plan's scenario as it was written. */
export const baseConfiguration = -1;

function apply(raw: Json, { set, merge }: AxisValue): Json {
  const merged = mergeValues(raw, merge);
  return Object.entries(set).reduce((current, [path, to]) => setPath(current, parsePath(path)!, to), merged);
}

function countCombinations({ axes, combine }: Plan): number {
  if (combine === "paired") return axes[0]?.values.length ?? 1;
  return axes.reduce((product, { values }) => product * values.length, 1);
}

/** All combinations of a plan's axes that its constraints keep; made when asked for, not held. */
export class Configurations {
  readonly #plan: Plan;
  readonly #kept: Uint32Array;
  /** Before constraints. */
  readonly combinationCount: number;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.combinationCount = countCombinations(plan);
    if (this.combinationCount > maxConfigurations) {
      throw new UsageError(`${this.combinationCount} configurations; at most ${maxConfigurations} are taken`, {
        hint: "take fewer values, or combine: paired",
      });
    }
    const kept: number[] = [];
    for (let number = 0; number < this.combinationCount; number++) if (this.#keeps(number)) kept.push(number);
    this.#kept = Uint32Array.from(kept);
  }

  get count(): number {
    return this.#kept.length;
  }

  at(index: number): Configuration {
    if (index === baseConfiguration) return this.#make(index, []);
    return this.#make(index, this.#valuesOf(this.#kept[index]!));
  }

  /** The plan's scenario with one value of an axis and nothing else. */
  alone(value: AxisValue): Configuration {
    return this.#make(baseConfiguration, [value]);
  }

  /** The configuration of these values, one number an axis; undefined if constraints leave it out. */
  find(valueIndexes: readonly number[]): number | undefined {
    const { axes, combine } = this.#plan;
    const number =
      combine === "paired"
        ? (valueIndexes[0] ?? 0)
        : axes.reduce((sum, { values }, axis) => sum * values.length + valueIndexes[axis]!, 0);
    let low = 0;
    let high = this.#kept.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#kept[middle]! < number) low = middle + 1;
      else high = middle;
    }
    return this.#kept[low] === number ? low : undefined;
  }

  #valuesOf(number: number): AxisValue[] {
    const { axes, combine } = this.#plan;
    if (combine === "paired") return axes.map(({ values }) => values[number]!);
    const chosen: AxisValue[] = [];
    let rest = number;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const { values } = axes[axis]!;
      chosen[axis] = values[rest % values.length]!;
      rest = Math.floor(rest / values.length);
    }
    return chosen;
  }

  #make(index: number, values: readonly AxisValue[]): Configuration {
    const pick = (key: "trace" | "profile") => values.find((value) => value[key] !== undefined)?.[key] ?? 0;
    const raw = values.reduce<Json>(apply, this.#plan.scenario);
    return { index, values, raw, traceIndex: pick("trace"), profileIndex: pick("profile") };
  }

  #keeps(number: number): boolean {
    const { axes, excludes, requirements } = this.#plan;
    if (excludes.length === 0 && requirements.length === 0) return true;
    const values = this.#valuesOf(number);
    const labelOf = (key: string) => values[axes.findIndex((axis) => axis.key === key)]!.label;
    if (excludes.some((exclude) => Object.entries(exclude).every(([key, labels]) => labels.includes(labelOf(key))))) {
      return false;
    }
    if (requirements.length === 0) return true;
    const { raw } = this.#make(number, values);
    return requirements.every((requirement) => meets(requirement, raw));
  }
}

/** A configuration's scenario, checked. Errors are those of a scenario. */
export function scenarioOf({ raw, values }: Configuration, changes: ReadonlyMap<string, Json> = new Map()): Scenario {
  const changed = [...changes].reduce((current, [path, to]) => setPath(current, parsePath(path)!, to), raw);
  const what = values.map(({ label }) => label).join(", ") || "scenario";
  return checkScenario({ value: changed as Record<string, Json>, placeOf: () => what });
}

/** What a configuration is called: its values in the order of the axes. */
export function labelOfConfiguration({ values }: Pick<Configuration, "values">, axes: readonly Axis[]): string {
  if (values.length === 0) return "as written";
  return values.map(({ label }, axis) => `${shortKey(axes[axis]!.key)} ${label}`).join(", ");
}

/** The last word of an axis' path: `folio` of `vms[*].folio`. */
export function shortKey(key: string): string {
  return key.replace(/^.*\./, "");
}

export function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

const profileHashes = new WeakMap<object, string>();

function profileSha256(profile: Plan["profiles"][number]): string {
  const known = profileHashes.get(profile) ?? sha256Of(canonicalJson(profile));
  profileHashes.set(profile, known);
  return known;
}

/** What decides a configuration's answers but for its inputs: the same in whichever plan it stands. */
export function configurationSha256(configuration: Configuration, plan: Plan, version: string): string {
  const { traceIndex, profileIndex, raw } = configuration;
  const trace = plan.traces[traceIndex]!.sha256;
  const profile = profileSha256(plan.profiles[profileIndex]!);
  return sha256Of(canonicalJson({ version, trace, profile, scenario: raw }));
}

/** Configurations that are tried before a plan is called right. */
const triedConfigurations = 500;

/** An axis with a value of which no scenario can be made, or that makes every one wrong. */
export interface WrongValue {
  readonly axisKey: string;
  readonly reason: string;
}

/**
 * Values of axes with which none of the scenarios can be that are tried, as many as do not take long, though they are wrong
 * by themselves.
 */
export function findWrongValues(configurations: Configurations, axes: readonly Axis[]): WrongValue[] {
  const good = new Set<AxisValue>();
  const step = Math.max(1, Math.floor(configurations.count / triedConfigurations));
  for (let index = 0; index < configurations.count; index += step) {
    const configuration = configurations.at(index);
    if (configuration.values.every((value) => good.has(value)) || reasonAgainst(configuration) !== undefined) continue;
    for (const value of configuration.values) good.add(value);
  }
  return axes.flatMap(({ key, values }) =>
    values.flatMap((value): WrongValue[] => {
      const reason = good.has(value) ? undefined : reasonAgainst(configurations.alone(value));
      return reason === undefined ? [] : [{ axisKey: key, reason }];
    }),
  );
}

function reasonAgainst(configuration: Configuration): string | undefined {
  try {
    scenarioOf(configuration);
    return undefined;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}
