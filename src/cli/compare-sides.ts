import { existsSync } from "node:fs";

import { UsageError } from "../base/index.ts";
import type { Measurement } from "../compare/index.ts";
import type { Profile } from "../profile/index.ts";
import { profilePath, readText } from "./context.ts";

/** Longest label of a side. */
const maxLabelLength = 100;

/** `label=path`; a path that is there as a whole has no label. */
export function splitLabel(argument: string): { readonly label?: string; readonly path: string } {
  const cut = argument.indexOf("=");
  if (cut <= 0 || existsSync(argument)) return { path: argument };
  const label = argument.slice(0, cut);
  if (label.length > maxLabelLength)
    throw new UsageError(`a label of ${label.length} characters; at most ${maxLabelLength}`);
  return { label, path: argument.slice(cut + 1) };
}

/** Reads the profile once, when a recording asks for it. */
async function profileReader(name: string): Promise<() => Profile> {
  const { parseProfile } = await import("../profile/index.ts");
  let profile: Profile | undefined;
  return () => {
    const path = profilePath(name);
    profile ??= parseProfile(readText(path), path);
    return profile;
  };
}

/** Measures what the command line names; side by side, as much of it is waiting for DuckDB. */
export async function measureSides(sides: readonly string[], profileName: string): Promise<Measurement[]> {
  const { measure } = await import("../compare/index.ts");
  const readProfile = await profileReader(profileName);
  return Promise.all(
    sides.map((side) => {
      const { label, path } = splitLabel(side);
      return measure(path, { readProfile, ...(label === undefined ? {} : { label }) });
    }),
  );
}

/** `phase,step` as names. */
export function splitNames(list: string | undefined): readonly string[] | undefined {
  return list
    ?.split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** A number within bounds, of an option. */
export function numberWithin(text: string, option: string, [least, most]: readonly [number, number]): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most) return value;
  throw new UsageError(`${option} ${text.slice(0, 40)}: not a number from ${least} to ${most}`);
}
