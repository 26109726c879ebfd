import { resolve } from "node:path";

import { type Json, ToolError, UsageError } from "../base/index.ts";
import { loadYaml, type LoadedYaml, type ReadText } from "../config/index.ts";
import { type Profile } from "../profile/index.ts";
import { checkScenario, readScenario } from "../replay/index.ts";
import { presetSlo } from "../slo/index.ts";
import { openFolder } from "../trace/index.ts";
import { type AxisReaders, folderOf, readAxis } from "./axes.ts";
import { excludedLabels, parseRequirement } from "./constraints.ts";
import { readInput } from "./inputs.ts";
import { type PlanFile, planSchema } from "./schema.ts";
import type { Axis, Plan, PlanTrace, Requirement, UncertainInput } from "./types.ts";

/** How files that a plan names are read. */
export interface PlanReaders {
  readonly readText: ReadText;
  /** A profile by its name, or by a path from a folder. */
  readonly readProfile: (nameOrPath: string, folder: string) => Profile;
}

type Place = LoadedYaml<PlanFile>["placeOf"];

/** What is wrong in a part of the plan, with where it stands; a part that is right gives its value. */
function inPart<Value>(place: string, path: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    throw new UsageError(`${place}: ${path}: ${error.message}`, {
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
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
}

function readAxes({ file, placeOf, sources, readers }: Reading): Axis[] {
  return Object.entries(file.axes).map(([key, axis]) => {
    const place = placeOf(["axes", key]);
    const folder = folderOf(place);
    const own: AxisReaders = {
      addTrace: (path) => sources.addTrace(resolve(folder, path)),
      addProfile: (name) => sources.addProfile(name, folder),
      readMap: (path) => readScenario(resolve(folder, path), readers.readText).value,
    };
    return inPart(place, `axes.${key}`, () => readAxis(key, axis, own));
  });
}

function checkPaired(axes: readonly Axis[], { file, placeOf }: Reading): void {
  if (file.combine === "product") return;
  const [first] = axes;
  const other = axes.find(({ values }) => values.length !== first!.values.length);
  if (!other) return;
  throw new UsageError(
    `${placeOf(["axes", other.key])}: axes.${other.key}: ${other.values.length} values, but ${first!.key} has ${first!.values.length}`,
    { hint: "axes that are paired have equally many values; combine: product takes all combinations" },
  );
}

function readConstraints(axes: readonly Axis[], { file, placeOf }: Reading) {
  const excludes: Plan["excludes"][number][] = [];
  const requirements: Requirement[] = [];
  for (const [index, constraint] of file.constraints.entries()) {
    inPart(placeOf(["constraints", index]), `constraints[${index}]`, () => {
      if ("require" in constraint) requirements.push(parseRequirement(constraint.require));
      else {
        const labels = Object.entries(constraint.exclude).map(([key, written]) => [
          key,
          excludedLabels(key, written, axes),
        ]);
        excludes.push(Object.fromEntries(labels));
      }
    });
  }
  return { excludes, requirements };
}

function readInputs(scenario: Json, { file, placeOf }: Reading): UncertainInput[] {
  return Object.entries(file.uncertain).flatMap(([name, interval]) => {
    if (name === "profile" || typeof interval === "string") return [];
    const place = placeOf(["uncertain", name]);
    return [inPart(place, `uncertain.${name}`, () => readInput(name, interval, scenario))];
  });
}

/** A constant that an axis or the plan names must be there; what is drawn must not be set by an axis, too. */
function checkInputs(inputs: readonly UncertainInput[], axes: readonly Axis[], { placeOf }: Reading): void {
  for (const { name } of inputs) {
    const axis = axes.find(({ key, values }) => key === name || values.some(({ set }) => Object.hasOwn(set, name)));
    if (!axis) continue;
    throw new UsageError(`${placeOf(["uncertain", name])}: uncertain.${name}: axis ${axis.key} sets it, too`, {
      hint: "a quantity is either chosen or uncertain",
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
 * Paths are relative to the file that they stand in. Each axis' values are tried on the scenario one by one, so that what
 * is wrong by itself is an error here; combinations that do not go together are runs that fail.
 *
 * Errors   UsageError with `file:line: dotted.path: what is wrong`; FormatError for a trace that is damaged
 */
export function loadPlan(path: string, readers: PlanReaders): Plan {
  const { readText } = readers;
  const source = { readText, what: "plan", schema: planSchema, hint: "docs/plan.md lists every key" };
  const { value: file, placeOf } = loadYaml(path, source);
  const sources = new Sources(readers);
  const reading: Reading = { file, placeOf, sources, readers };
  const at = (key: string, name: string) => resolve(folderOf(placeOf([key])), name);
  const raw = readScenario(at("scenario", file.scenario), readText);
  const scenario = checkScenario(raw);
  const profileName = file.profile ?? scenario.profile;
  const profilePlace = placeOf([file.profile === undefined ? "scenario" : "profile"]);
  if (file.trace !== undefined) inPart(placeOf(["trace"]), "trace", () => sources.addTrace(at("trace", file.trace!)));
  inPart(profilePlace, "profile", () => sources.addProfile(profileName, folderOf(profilePlace)));
  const axes = readAxes(reading);
  if (sources.traces.length === 0) {
    throw new UsageError(`${path}: trace: missing`, { hint: "name a folder of a trace, or an axis of several" });
  }
  checkPaired(axes, reading);
  const inputs = readInputs(raw.value, reading);
  checkInputs(inputs, axes, reading);
  const { sensitivity } = file;
  return {
    name: file.name,
    seed: file.seed,
    repeats: file.repeats,
    combine: file.combine,
    scenario: raw.value,
    traces: sources.traces,
    profiles: sources.profiles.map(({ data }) => data),
    axes,
    ...readConstraints(axes, reading),
    drawsProfile: file.uncertain.profile === "intervals",
    inputs,
    slo: file.slo ?? presetSlo("pause-5s"),
    memoryLimitBytes: file.limits.memory_overhead ?? null,
    sensitivity: {
      tornado: sensitivity.tornado,
      morrisTrajectories: sensitivity.morris?.trajectories ?? 0,
      sobolSamples: sensitivity.sobol?.samples ?? 0,
    },
  };
}
