import { type Command } from "commander";

import type { Difference } from "../../compare/index.ts";
import { addCompareOptions, type CompareFlags, compareOptionsOf, shownRowsOf } from "../compare-options.ts";
import { measureSides } from "../compare-sides.ts";
import { packageVersion } from "../context.ts";
import { emit, parseOutputs } from "../publish-outputs.ts";

/** What a comparison is called where nobody says otherwise. */
export function titleOf({ columns }: Difference, title: string | undefined): string {
  if (title !== undefined) return title;
  return `${columns
    .slice(1)
    .map(({ label }) => label)
    .join(", ")} against ${columns[0]!.label}`;
}

async function runCompare(sides: readonly string[], flags: CompareFlags): Promise<void> {
  const only = shownRowsOf(flags);
  const options = compareOptionsOf(flags);
  const outputs = await parseOutputs(flags.to);
  const { compare } = await import("../../compare/index.ts");
  const measurements = await measureSides(sides, flags.profile);
  const difference = await compare(measurements, options);
  const published = { difference, title: titleOf(difference, flags.title), toolVersion: packageVersion() };
  await emit(published, {
    outputs,
    folder: flags.output,
    asJson: flags.json === true,
    text: async () => (await import("../format-compare.ts")).formatComparison(difference, only),
  });
}

export function registerCompare(program: Command): void {
  const command = program
    .command("compare")
    .description("compare runs, sweeps, recordings or samples with the first: what has changed, and why")
    .argument("<sides...>", "two or more: LABEL=PATH or PATH; one is enough with --col")
    .option("--row <dimensions>", "dimensions that make rows, separated by commas; values of others are put together")
    .option("--col <dimension>", "a dimension whose values make columns: an axis of a sweep, say");
  addCompareOptions(command)
    .addHelpText(
      "after",
      "\nExamples:\n  luoscope compare out/run out/small-folios\n  luoscope compare old=recordings/v72-size-512.log.gz new=recordings/size-512.log.gz\n  luoscope compare out/before.csv out/after.csv --to md=comment.md --to junit=results.xml",
    )
    .action(runCompare);
}
