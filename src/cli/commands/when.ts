import type { Command } from "commander";

import { UsageError } from "../../base/index.ts";
import { printResult } from "../output.ts";
import { addStudyOptions, type StudyFlags, studyRun } from "../study-run.ts";

interface WhenFlags extends StudyFlags {
  every: string;
}

/** "100ms" as ns; shared with `replay`. */
export async function parseEvery(flag: string, text: string): Promise<number> {
  const { parseDuration } = await import("../../config/index.ts");
  const everyNs = parseDuration(text);
  if (everyNs !== undefined && everyNs > 0) return everyNs;
  throw new UsageError(`${flag} ${text}: no length of time`, {
    hint: "write a number and ns, us, ms, s or min: 100ms",
  });
}

async function runWhen(tracePath: string, flags: WhenFlags, signal: AbortSignal): Promise<void> {
  const extras = { momentsEveryNs: await parseEvery("--every", flags.every) };
  const study = { tracePath, flags, extras, chartId: "when-to-update" };
  const { runCatalogueQuery } = await import("../../analysis/index.ts");
  const answer = await studyRun(study, signal, async (database) => ({
    distribution: await runCatalogueQuery(database, "moment-distribution"),
    windows: await runCatalogueQuery(database, "moment-windows"),
    marks: await runCatalogueQuery(database, "moments-by-mark"),
    moments: flags.json === true ? await runCatalogueQuery(database, "moments", { point_limit: 1_000_000 }) : [],
  }));
  const { formatWhen } = await import("../format-when.ts");
  printResult({ json: answer, text: formatWhen(answer) }, flags.json === true);
}

export function registerWhen(program: Command, signal: AbortSignal): void {
  const command = program
    .command("when")
    .description("start the update at each moment of a trace, and say when it costs guests least")
    .argument("<trace>", "folder of a trace")
    .requiredOption("-s, --scenario <file>", "scenario in YAML; its update.at is not used for this")
    .option("-e, --every <time>", "from one start to the next", "100ms");
  addStudyOptions(command)
    .addHelpText(
      "after",
      "\nExample:\n  luoscope when traces/vm-tcg-redis-nvme-net --scenario scenarios/demo.yaml --every 100ms",
    )
    .action((trace: string, flags: WhenFlags) => runWhen(trace, flags, signal));
}
