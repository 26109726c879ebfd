import type { Command } from "commander";

import { UsageError } from "../base/index.ts";
import type { CompareOptions } from "../compare/index.ts";
import { numberWithin, splitNames } from "./compare-sides.ts";
import { type ShownRows, shownRows } from "./shown-rows.ts";

/** Flags that `compare` and `gate` share. */
export interface CompareFlags {
  readonly row?: string;
  readonly col?: string;
  readonly filter?: string;
  readonly only: string;
  readonly exact?: boolean;
  readonly alpha?: string;
  readonly minSamples?: string;
  readonly seed?: string;
  readonly profile: string;
  readonly to?: readonly string[];
  readonly output?: string;
  readonly title?: string;
  readonly json?: boolean;
}

function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** Adds the flags that say what is compared, and where it goes. */
export function addCompareOptions(command: Command): Command {
  return command
    .option("--filter <filter>", "rows to take: `phase:kexec vm:/^db/ -step:decompress` (docs/compare.md)")
    .option("--only <rows>", `rows to show: ${shownRows.join(", ")}`, "changed")
    .option("--exact", "take measured values for exact: recordings in virtual time")
    .option("--alpha <share>", "chance of any false alarm in the whole comparison (default: 0.01)")
    .option("--min-samples <count>", "samples a side below which nothing is said of what is measured (default: 5)")
    .option("--seed <number>", "seed of permutations and bootstrap (default: 1)")
    .option("-p, --profile <name>", "cost profile that says what recorded steps are made of", "qemu-icount-7.3")
    .option("--title <text>", "title of what is written")
    .option(
      "--to <format=file>",
      "also write it for others: md, junit, ... (docs/outputs.md); may be given several times",
      collect,
    )
    .option("-o, --output <folder>", "also write it as a folder, for `report` and `query`");
}

export function shownRowsOf({ only }: CompareFlags): ShownRows {
  const found = shownRows.find((name) => name === only);
  if (found !== undefined) return found;
  throw new UsageError(`--only ${only}: unknown`, { hint: `one of these: ${shownRows.join(", ")}` });
}

const seedRange = [0, 2 ** 32 - 1] as const;

/** What flags say of how to compare. */
export function compareOptionsOf(flags: CompareFlags): CompareOptions {
  const rows = splitNames(flags.row);
  const settings = {
    ...(flags.alpha === undefined ? {} : { alpha: numberWithin(flags.alpha, "--alpha", [1e-9, 0.5]) }),
    ...(flags.minSamples === undefined
      ? {}
      : { minSamples: Math.round(numberWithin(flags.minSamples, "--min-samples", [2, 1000])) }),
    ...(flags.seed === undefined ? {} : { seed: Math.round(numberWithin(flags.seed, "--seed", seedRange)) }),
  };
  return {
    settings,
    ...(rows === undefined ? {} : { rows }),
    ...(flags.col === undefined ? {} : { column: flags.col }),
    ...(flags.filter === undefined ? {} : { filter: flags.filter }),
    ...(flags.exact === true ? { exact: true } : {}),
  };
}
