import type { Command } from "commander";

import { displayText } from "../../analysis/format.ts";
import { UsageError } from "../../base/index.ts";
import type { HeatmapSize } from "../format-heatmap.ts";
import { printResult } from "../output.ts";

interface HeatmapFlags {
  vm?: string;
  size?: string;
  json?: boolean;
}

/** Bins of one direction: more are no picture for a terminal. */
const mostBins = 1000;

function parseSize(text: string): HeatmapSize {
  const [, columns, rows] = /^(\d{1,4})x(\d{1,4})$/.exec(text) ?? [];
  const [timeBins, frameBins] = [Number(columns), Number(rows)];
  if (timeBins >= 1 && timeBins <= mostBins && frameBins >= 1 && frameBins <= mostBins) return { timeBins, frameBins };
  throw new UsageError(`--size ${text}: no size of a picture`, {
    hint: `write columns and rows, each from 1 to ${mostBins}: 80x20`,
  });
}

/** VMs that a hint names. */
const namedVms = 10;

/** Row of the VM of that name; without a name, the first. */
function findVm(names: readonly string[], wanted: string | undefined): number {
  if (names.length === 0) throw new UsageError("the trace has no VM", { hint: "name a trace with dirty pages" });
  const found = wanted === undefined ? 0 : names.indexOf(wanted);
  if (found >= 0) return found;
  const shown = names.slice(0, namedVms).map((name) => displayText(name, 40));
  throw new UsageError(`--vm ${displayText(wanted ?? "", 40)}: the trace has no VM of that name`, {
    hint: `it has ${shown.join(", ")}${names.length > namedVms ? " and more" : ""}`,
  });
}

async function runHeatmap(path: string, flags: HeatmapFlags): Promise<void> {
  const size = flags.size === undefined ? undefined : parseSize(flags.size);
  const { openDatabase, runCatalogueQuery } = await import("../../analysis/index.ts");
  const { openFolder, readRows, traceSchema } = await import("../../trace/index.ts");
  const { terminalOf } = await import("../blocks.ts");
  const { formatHeatmap, heatmapSize } = await import("../format-heatmap.ts");
  const terminal = terminalOf();
  const database = await openDatabase({ kind: "trace", path });
  try {
    const source = openFolder("trace", path).sources.get(traceSchema.vmTable.name);
    const names = source ? readRows(traceSchema.vmTable, source).map(({ name }) => String(name)) : [];
    const vmIndex = findVm(names, flags.vm);
    const { timeBins, frameBins } = size ?? heatmapSize(terminal);
    const parameters = { vm_index: vmIndex, time_bins: timeBins, frame_bins: frameBins };
    const cells = await runCatalogueQuery(database, "dirty-heatmap", parameters);
    const json = { vm_index: vmIndex, vm_name: names[vmIndex], cells };
    printResult({ json, text: formatHeatmap({ vmName: names[vmIndex]!, cells }, terminal) }, flags.json === true);
  } finally {
    database.close();
  }
}

export function registerHeatmap(program: Command): void {
  program
    .command("heatmap")
    .description("draw where in a VM's memory pages are written, and when, in the terminal")
    .argument("<trace>", "folder of a trace")
    .option("--vm <name>", "VM of the trace (the first)")
    .option("--size <columns x rows>", "characters of the picture, as 80x20 (as wide as the terminal)")
    .addHelpText("after", "\nExample:\n  luoscope heatmap traces/vm-tcg-redis-nvme-net --size 80x20")
    .action(runHeatmap);
}
