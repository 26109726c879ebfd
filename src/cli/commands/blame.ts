import { type Command, Option } from "commander";

import type { Grouping } from "../format-blame.ts";
import { printResult } from "../output.ts";
import { parseLimit } from "./query.ts";

const groupings = ["step", "phase", "vm", "device", "constant"] as const satisfies readonly Grouping[];

interface BlameFlags {
  by: Grouping;
  all?: boolean;
  limit: string;
  json?: boolean;
}

async function runBlame(path: string, flags: BlameFlags): Promise<void> {
  const limit = parseLimit(flags.limit);
  const { openDatabase, runCatalogueQuery } = await import("../../analysis/index.ts");
  const { terminalOf } = await import("../blocks.ts");
  const { formatBlame } = await import("../format-blame.ts");
  const allPhases = flags.all === true;
  const database = await openDatabase({ kind: "run", path });
  try {
    const answer = await runCatalogueQuery(database, "blame", { all_phases: allPhases ? 1 : 0 });
    const own = answer.filter((row) => row.grouped_by === flags.by);
    const rows = own.slice(0, limit);
    const blame = { grouping: flags.by, allPhases, rows, hiddenCount: own.length - rows.length };
    const json = { grouped_by: flags.by, all_phases: allPhases, rows, hidden_row_count: blame.hiddenCount };
    printResult({ json, text: formatBlame(blame, terminalOf()) }, flags.json === true);
  } finally {
    database.close();
  }
}

export function registerBlame(program: Command): void {
  program
    .command("blame")
    .description("list what takes longest in an update's blackout, and what of it decides the blackout's length")
    .argument("<run>", "folder of a run")
    .addOption(new Option("--by <what>", "what to add up the time by").choices(groupings).default("step"))
    .option("--all", "what happens before and after the blackout, too")
    .option("--limit <rows>", "most rows", "30")
    .addHelpText("after", "\nExample:\n  luoscope blame out/run --by constant")
    .action(runBlame);
}
