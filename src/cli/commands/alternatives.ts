import type { Command } from "commander";

import { printResult } from "../output.ts";
import { addStudyOptions, type StudyFlags, studyRun } from "../study-run.ts";

async function runAlternatives(tracePath: string, flags: StudyFlags, signal: AbortSignal): Promise<void> {
  const study = { tracePath, flags, extras: { withAlternatives: true }, chartId: "alternatives" };
  const { runCatalogueQuery } = await import("../../analysis/index.ts");
  const answer = await studyRun(study, signal, async (database) => ({
    alternatives: await runCatalogueQuery(database, "alternatives"),
    rounds: await runCatalogueQuery(database, "migration-rounds"),
  }));
  const { formatAlternatives } = await import("../format-alternatives.ts");
  printResult({ json: answer, text: formatAlternatives(answer.alternatives) }, flags.json === true);
}

export function registerAlternatives(program: Command, signal: AbortSignal): void {
  const command = program
    .command("alternatives")
    .description("say what live migration and other ways around the update would cost the same VMs")
    .argument("<trace>", "folder of a trace")
    .requiredOption(
      "-s, --scenario <file>",
      "scenario in YAML; its migration section says what there is to migrate with",
    );
  addStudyOptions(command)
    .addHelpText(
      "after",
      "\nExample:\n  luoscope alternatives traces/vm-tcg-redis-nvme-net --scenario scenarios/demo.yaml",
    )
    .action((trace: string, flags: StudyFlags) => runAlternatives(trace, flags, signal));
}
