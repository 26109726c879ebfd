import type { Command } from "commander";

import { printResult } from "../output.ts";

async function runTime(path: string, { json = false }: { json?: boolean }): Promise<void> {
  const { openDatabase, runCatalogueQuery } = await import("../../analysis/index.ts");
  const { terminalOf } = await import("../blocks.ts");
  const { formatTime, writesPoints } = await import("../format-time.ts");
  const terminal = terminalOf();
  const database = await openDatabase({ kind: "run", path });
  try {
    const [headline] = await runCatalogueQuery(database, "headline");
    const answer = {
      headline: headline!,
      phases: await runCatalogueQuery(database, "phases"),
      totals: await runCatalogueQuery(database, "totals"),
      // What JSON holds does not depend on who looks at it.
      writes: await runCatalogueQuery(database, "dirty-over-time", json ? {} : { point_limit: writesPoints(terminal) }),
    };
    printResult({ json: answer, text: formatTime(answer, terminal) }, json);
  } finally {
    database.close();
  }
}

export function registerTime(program: Command): void {
  program
    .command("time")
    .description("say how long an update takes: its blackout phase by phase, and before and after it")
    .argument("<run>", "folder of a run")
    .addHelpText("after", "\nExample:\n  luoscope time out/run")
    .action(runTime);
}
