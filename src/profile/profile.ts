import { parseDocument } from "yaml";

import { canonicalJson, UsageError } from "../base/index.ts";
import { type Cost, type CostId, costIds, type Costs, costSide, kernelLine } from "../model/index.ts";
import { type CostData, type ProfileData, profileSchema } from "./schema.ts";

/** A cost profile: every constant of the model with its range and source, for one line of kernels and some others. */
export interface Profile {
  readonly name: string;
  readonly about: string;
  readonly kernel: string;
  readonly costs: Costs;
  readonly assumedCount: number;
  /** Canonical text, for the run's hash. */
  readonly canonical: string;
  readonly data: ProfileData;
}

/** No profile is near this size; a larger file is something else. */
const maxChars = 8 * 1024 * 1024;

function parseYaml(text: string, path: string): unknown {
  if (text.length > maxChars) {
    throw new UsageError(`${path}: larger than ${maxChars} characters`, { hint: "name a cost profile" });
  }
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) throw new UsageError(`${path}: not YAML: ${error.message}`, { cause: error });
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    throw new UsageError(`${path}: ${(cause as Error).message}`, { cause, hint: "write profiles without aliases" });
  }
}

function toCost({ unit_ns, low_ns, high_ns, source, status }: CostData): Cost {
  return { unitNs: unit_ns, lowNs: low_ns, highNs: high_ns, source, assumed: status === "assumed" };
}

function toCosts(data: ProfileData["costs"]): Costs {
  return Object.fromEntries(costIds.map((id) => [id, toCost(data[id]!)])) as unknown as Costs;
}

function makeProfile(data: ProfileData, costData: ProfileData["costs"], canonical: string): Profile {
  const costs = toCosts(costData);
  return {
    name: data.name,
    about: data.about,
    kernel: data.kernel,
    costs,
    assumedCount: costIds.filter((id) => costs[id].assumed).length,
    canonical,
    data: { ...data, costs: costData },
  };
}

/**
 * Checks a profile's text, YAML or JSON.
 *
 * Errors   UsageError that names each constant that is missing, unknown or wrong
 */
export function parseProfile(text: string, path: string): Profile {
  const result = profileSchema.safeParse(parseYaml(text, path));
  if (!result.success) {
    const problems = result.error.issues.map(
      (issue) => `${path}: ${issue.path.join(".") || "profile"}: ${issue.message}`,
    );
    throw new UsageError(problems.join("\n"), { hint: "docs/model.md lists the constants" });
  }
  return profileOf(result.data);
}

/** A profile with other costs, whatever its kernels: what one draw of them is. */
export function profileWith(data: ProfileData, name: string, costs: Costs): Profile {
  const changed = costIds.map((id) => {
    const { unitNs, lowNs, highNs } = costs[id];
    return [id, { ...data.costs[id]!, unit_ns: unitNs, low_ns: lowNs, high_ns: highNs }] as const;
  });
  const { kernels: _, ...rest } = data;
  return profileOf({ ...rest, name, costs: Object.fromEntries(changed) });
}

/** A profile of data that was checked before. */
export function profileOf(data: ProfileData): Profile {
  return makeProfile(data, data.costs, canonicalJson(data));
}

/**
 * The profile for an update from one kernel into another: each constant comes from the kernel that it belongs to, where
 * the profile has that kernel's own.
 */
export function profileFor(profile: Profile, { from, to }: { from: string; to: string }): Profile {
  const { data } = profile;
  if (!data.kernels) return profile;
  const releases = { from, to, userspace: to };
  const own = (id: CostId): CostData => data.kernels?.[kernelLine(releases[costSide(id)])]?.[id] ?? data.costs[id]!;
  return makeProfile(data, Object.fromEntries(costIds.map((id) => [id, own(id)])), profile.canonical);
}
