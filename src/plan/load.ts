import { resolve } from "node:path";

import { type Json, ToolError, UsageError } from "../base/index.ts";
import { loadYaml, type LoadedYaml, type RawYaml, type ReadText } from "../config/index.ts";
import { type Profile } from "../profile/index.ts";
import { checkScenario, readScenario } from "../replay/index.ts";
import { presetSlo } from "../slo/index.ts";
import { openFolder } from "../trace/index.ts";
import { type AxisReaders, folderOf, readAxis } from "./axes.ts";
import { baseConfiguration, Configurations, findWrongValues, scenarioOf } from "./configurations.ts";
import { excludedLabels, parseRequirement } from "./constraints.ts";
import { readInput, scenarioValue } from "./inputs.ts";
import { type PlanFile, planSchema } from "./schema.ts";
import type { Axis, Plan, PlanTrace, Requirement, UncertainInput } from "./types.ts";

/** How files that a plan names are read. */
export interface PlanReaders {
  readonly readText: ReadText;
  /** A profile by its name, or by a path from a folder. */
  readonly readProfile: (nameOrPath: string, folder: string) => Profile;
}

type Place = LoadedYaml<PlanFile>["placeOf"];

/** Everything that is wrong with a plan, so that people need not mend it line by line. */
class Problems {
  readonly #lines: string[] = [];
  #hint: string | undefined;

  /** A part's value; undefined if it is wrong, which is noted with where it stands. */
  inPart<Value>(place: string, path: string, read: () => Value): Value | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      this.add(place, path, error.message, error.hint);
      return undefined;
    }
  }

  add(place: string, path: string, message: string, hint?: string): void {
    this.#lines.push(`${place}: ${path}: ${message}`);
    this.#hint ??= hint;
  }

  throwIfAny(): void {
    if (this.#lines.length === 0) return;
    throw new UsageError(this.#lines.join("\n"), { hint: this.#hint ?? "docs/plan.md lists every key" });
  }
}

/** Traces and profiles of a plan, each once. */
class Sources {
  readonly traces: PlanTrace[] = [];
  readonly profiles: Profile[] = [];
  readonly #readers: PlanReaders;

  constructor(readers: PlanReaders) {
    this.#readers = readers;
  }

  addTrace(path: string): number {
    const { header } = openFolder("trace", path);
    return numberOf(this.traces, { path, name: header.name, sha256: header.sha256 }, (trace) => trace.sha256);
  }

  addProfile(nameOrPath: string, folder: string): number {
    return numberOf(this.profiles, this.#readers.readProfile(nameOrPath, folder), ({ canonical }) => canonical);
  }
}

function numberOf<Item>(items: Item[], item: Item, keyOf: (item: Item) => string): number {
  const known = items.findIndex((other) => keyOf(other) === keyOf(item));
  return known >= 0 ? known : items.push(item) - 1;
}

interface Reading {
  readonly file: PlanFile;
  readonly placeOf: Place;
  readonly sources: Sources;
  readonly readers: PlanReaders;
  readonly problems: Problems;
}

function readAxes({ file, placeOf, sources, readers, problems }: Reading): Axis[] {
  return Object.entries(file.axes).flatMap(([key, axis]) => {
    const place = placeOf(["axes", key]);
    const folder = folderOf(place);
    const own: AxisReaders = {
      addTrace: (path) => sources.addTrace(resolve(folder, path)),
      addProfile: (name) => sources.addProfile(name, folder),
      readMap: (path) => readScenario(resolve(folder, path), readers.readText).value,
    };
    return problems.inPart(place, `axes.${key}`, () => readAxis(key, axis, own)) ?? [];
  });
}

function checkPaired(axes: readonly Axis[], { file, placeOf, problems }: Reading): void {
  if (file.combine === "product") return;
  const [first] = axes;
  for (const { key, values } of axes) {
    if (values.length === first!.values.length) continue;
    const counts = `${values.length} values, but ${first!.key} has ${first!.values.length}`;
    const hint = "axes that are paired have equally many values; combine: product takes all combinations";
    problems.add(placeOf(["axes", key]), `axes.${key}`, counts, hint);
  }
}

function readConstraints(axes: readonly Axis[], { file, placeOf, problems }: Reading) {
  const excludes: Plan["excludes"][number][] = [];
  const requirements: Requirement[] = [];
  for (const [index, constraint] of file.constraints.entries()) {
    problems.inPart(placeOf(["constraints", index]), `constraints[${index}]`, () => {
      if ("require" in constraint) {
        requirements.push(parseRequirement(constraint.require));
        return;
      }
      const labels = Object.entries(constraint.exclude).map(([key, written]) => [
        key,
        excludedLabels(key, written, axes),
      ]);
      excludes.push(Object.fromEntries(labels));
    });
  }
  return { excludes, requirements };
}

function readInputs(scenario: Json, axes: readonly Axis[], { file, placeOf, problems }: Reading): UncertainInput[] {
  return Object.entries(file.uncertain).flatMap(([name, interval]) => {
    if (name === "profile" || typeof interval === "string") return [];
    const input = problems.inPart(placeOf(["uncertain", name]), `uncertain.${name}`, () => {
      checkChosen(name, axes);
      return readInput(name, interval, scenario);
    });
    return input ?? [];
  });
}

/** A quantity is either chosen or uncertain. */
function checkChosen(name: string, axes: readonly Axis[]): void {
  const axis = axes.find(({ key, values }) => key === name || values.some(({ set }) => Object.hasOwn(set, name)));
  if (axis) throw new UsageError(`axis ${axis.key} sets it, too`);
}

/** Values of axes that by themselves make no scenario, where no combination makes one either. */
function checkScenarios(plan: Plan, { placeOf, problems }: Reading): void {
  const configurations = problems.inPart(placeOf(["axes"]), "axes", () => new Configurations(plan));
  if (!configurations) return;
  if (configurations.count === 0) {
    problems.add(placeOf(["constraints"]), "constraints", "they leave no configuration", "take one of them out");
  }
  for (const { axisKey, reason } of findWrongValues(configurations, plan.axes)) {
    problems.add(placeOf(["axes", axisKey]), `axes.${axisKey}`, reason);
  }
  const base = configurations.at(baseConfiguration);
  for (const input of plan.inputs.filter(({ target }) => target === "scenario")) {
    const { name, interval } = input;
    problems.inPart(placeOf(["uncertain", name]), `uncertain.${name}`, () => {
      for (const value of [interval.low, interval.high]) {
        scenarioOf(base, new Map([[name, scenarioValue(input, value, base.raw)]]));
      }
    });
  }
}

/** What a plan would leave unsaid without being wrong: errors where people ask to be strict. */
export function listDoubts(plan: Plan): string[] {
  const doubts: string[] = [];
  for (const { key, values } of plan.axes) {
    if (values.length === 1) doubts.push(`axes.${key}: only one value: nothing is compared`);
  }
  const [profile] = plan.profiles;
  const drawn = plan.inputs.length + (plan.drawsProfile && profile ? 1 : 0);
  if (plan.repeats > 0 && drawn === 0) doubts.push("repeats: nothing is uncertain, so every repeat gives the same");
  if (plan.repeats === 0 && drawn > 0)
    doubts.push("uncertain: without repeats nothing is drawn, and results have no band");
  if (plan.repeats > 0 && plan.repeats < 20) {
    doubts.push(`repeats: ${plan.repeats}; a band of 5 to 95 % needs 20 at least`);
  }
  return doubts;
}

/**
 * Loads a plan with everything that it names.
 *
 * Paths are relative to the file that they stand in. A value of an axis that makes no scenario in any combination is an
 * error here; combinations that do not go together are runs that are refused.
 *
 * Errors   UsageError with `file:line: dotted.path: what is wrong` for everything that is; FormatError for a trace that is
 *          damaged
 */
export function loadPlan(path: string, readers: PlanReaders): Plan {
  const { readText } = readers;
  const source = { readText, what: "plan", schema: planSchema, hint: "docs/plan.md lists every key" };
  const { value: file, placeOf } = loadYaml(path, source);
  const problems = new Problems();
  const sources = new Sources(readers);
  const reading: Reading = { file, placeOf, sources, readers, problems };
  const raw = readBase(reading);
  const axes = readAxes(reading);
  if (sources.traces.length === 0 && file.trace === undefined && file.axes["trace"] === undefined) {
    problems.add(path, "trace", "missing", "name a folder of a trace, or an axis of several");
  }
  checkPaired(axes, reading);
  const inputs = readInputs(raw?.value ?? {}, axes, reading);
  const constraints = readConstraints(axes, reading);
  problems.throwIfAny();
  const plan = { ...settingsOf(file), ...constraints, scenario: raw!.value, axes, inputs, ...listSources(sources) };
  checkScenarios(plan, reading);
  problems.throwIfAny();
  return plan;
}

/** Reads the plan's scenario, its trace and its profile. */
function readBase({ file, placeOf, sources, readers, problems }: Reading): RawYaml | undefined {
  const at = (key: string, name: string) => resolve(folderOf(placeOf([key])), name);
  if (file.trace !== undefined) {
    problems.inPart(placeOf(["trace"]), "trace", () => sources.addTrace(at("trace", file.trace!)));
  }
  return problems.inPart(placeOf(["scenario"]), "scenario", () => {
    const raw = readScenario(at("scenario", file.scenario), readers.readText);
    const scenario = checkScenario(raw);
    const place = placeOf([file.profile === undefined ? "scenario" : "profile"]);
    sources.addProfile(file.profile ?? scenario.profile, folderOf(place));
    return raw;
  });
}

function settingsOf(file: PlanFile) {
  const { name, seed, repeats, combine, sensitivity } = file;
  return {
    name,
    seed,
    repeats,
    combine,
    drawsProfile: file.uncertain.profile === "intervals",
    slo: file.slo ?? presetSlo("pause-5s"),
    memoryLimitBytes: file.limits.memory_overhead ?? null,
    sensitivity: {
      tornado: sensitivity.tornado,
      morrisTrajectories: sensitivity.morris?.trajectories ?? 0,
      sobolSamples: sensitivity.sobol?.samples ?? 0,
    },
  };
}

function listSources({ traces, profiles }: Sources): Pick<Plan, "traces" | "profiles"> {
  return { traces, profiles: profiles.map(({ data }) => data) };
}
