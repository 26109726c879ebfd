import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import { asideFolder } from "../analysis/index.ts";
import { canonicalJson, FormatError, type Json, UsageError } from "../base/index.ts";
import { Configurations, type Plan, planShape, RunList, sha256Of } from "../plan/index.ts";

/** A plan that is being answered: what every worker on every machine makes the same runs of. */
export interface Sweep {
  readonly version: string;
  readonly plan: Plan;
  /** Uncertain inputs of the scenario as it was written, and those that variance is told apart by. */
  readonly inputs: readonly string[];
  readonly sobolInputs: readonly string[];
}

const fileName = "plan.json";
const formatName = "luoscope-plan";
const formatVersion = 1;

/** Longest header that is read: a plan's axes and profiles are far from it. */
const maxHeaderBytes = 256 * 1024 * 1024;

const headerShape = z.strictObject({
  format: z.literal(formatName),
  version: z.literal(formatVersion),
  luoscope_version: z.string(),
  plan: planShape,
  inputs: z.array(z.string()).max(10_000),
  sobol_inputs: z.array(z.string()).max(100),
  sha256: z.string(),
});

/** Names in a sweep's folder. */
export const partsFolder = "parts";
export const resultsFolder = "results";
const ownNames = new Set([fileName, partsFolder, resultsFolder, asideFolder]);

function toJson({ version, plan, inputs, sobolInputs }: Sweep): Record<string, Json> {
  return {
    format: formatName,
    version: formatVersion,
    luoscope_version: version,
    plan: plan as unknown as Json,
    inputs,
    sobol_inputs: sobolInputs,
  };
}

/** What a sweep is known by. Where its traces lie does not count. */
export function sweepSha256(sweep: Sweep): string {
  const traces = sweep.plan.traces.map(({ name, sha256 }) => ({ name, sha256 }));
  return sha256Of(
    canonicalJson({ ...toJson(sweep), plan: { ...(sweep.plan as unknown as Record<string, Json>), traces } }),
  );
}

export function isSweepFolder(path: string): boolean {
  return existsSync(join(path, fileName));
}

/**
 * Makes a folder a sweep's, or takes it as that of an earlier one: its parts are looked at run by run, so none is lost
 * and none of another plan's is taken for this one's.
 */
export function writeSweep(path: string, sweep: Sweep): void {
  if (existsSync(path) && !isSweepFolder(path) && readdirSync(path).length > 0) {
    const stranger = readdirSync(path).find((name) => !ownNames.has(name));
    if (stranger !== undefined) {
      throw new UsageError(`${path}: holds ${JSON.stringify(stranger)} and is no sweep's folder`, {
        hint: "name another output folder",
      });
    }
  }
  mkdirSync(join(path, partsFolder), { recursive: true });
  mkdirSync(join(path, asideFolder), { recursive: true });
  // Workers in containers all have the same process id.
  const aside = join(path, asideFolder, `${fileName}-${randomUUID()}`);
  writeFileSync(aside, `${JSON.stringify({ ...toJson(sweep), sha256: sweepSha256(sweep) }, undefined, 1)}\n`);
  renameSync(aside, join(path, fileName));
}

/**
 * Reads a sweep's folder.
 *
 * Errors   UsageError if it is none, FormatError if its header is damaged
 */
export function readSweep(path: string): Sweep {
  const file = join(path, fileName);
  if (!existsSync(file))
    throw new UsageError(`${path}: no sweep's folder`, { hint: "luoscope sweep PLAN -o FOLDER makes one" });
  const text = readFileSync(file, "utf8");
  if (text.length > maxHeaderBytes) throw new FormatError(`${file}: larger than ${maxHeaderBytes} bytes`);
  const result = headerShape.safeParse(parseJson(text, file));
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new FormatError(`${file}: ${issue!.path.join(".") || "header"}: ${issue!.message}`);
  }
  const { data } = result;
  const sweep: Sweep = {
    version: data.luoscope_version,
    plan: data.plan,
    inputs: data.inputs,
    sobolInputs: data.sobol_inputs,
  };
  if (sweepSha256(sweep) !== data.sha256) throw new FormatError(`${file}: its hash is not that of its content`);
  return sweep;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FormatError(`${file}: not JSON: ${(cause as Error).message}`, { cause });
  }
}

/** The runs of a sweep, by their numbers. */
export function listRuns({ plan, inputs, sobolInputs, version }: Sweep): RunList {
  return new RunList(plan, new Configurations(plan), { inputs, sobolInputs }, version);
}

/** What killed writers left. Only when nobody writes any more. */
export function clearAside(path: string): void {
  rmSync(join(path, asideFolder), { recursive: true, force: true });
}
