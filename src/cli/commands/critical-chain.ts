import type { Command } from "commander";

import { printResult } from "../output.ts";
import { parseLimit } from "./query.ts";

interface ChainFlags {
  limit: string;
  json?: boolean;
}

async function runCriticalChain(path: string, flags: ChainFlags): Promise<void> {
  const limit = parseLimit(flags.limit);
  const { openDatabase, runCatalogueQuery } = await import("../../analysis/index.ts");
  const { terminalOf } = await import("../blocks.ts");
  const { formatCriticalChain } = await import("../format-critical-chain.ts");
  const database = await openDatabase({ kind: "run", path });
  try {
    const [headline] = await runCatalogueQuery(database, "headline");
    const totals = await runCatalogueQuery(database, "totals");
    const chain = await runCatalogueQuery(database, "critical-chain");
    const text = formatCriticalChain({ headline: headline!, totals, chain, limit }, terminalOf());
    printResult({ json: { blackout_ns: headline!.blackout_ns, chain }, text }, flags.json === true);
  } finally {
    database.close();
  }
}

export function registerCriticalChain(program: Command): void {
  program
    .command("critical-chain")
    .description("show the steps that decide how long an update's blackout is, one after the other")
    .argument("<run>", "folder of a run")
    .option("--limit <steps>", "most steps, the longest of all", "100")
    .addHelpText("after", "\nExample:\n  luoscope critical-chain out/run")
    .action(runCriticalChain);
}
