import { displayText, formatBytes, formatCount, formatNs, headlineSentence } from "../analysis/format.ts";
import { type CatalogueRow, openDatabase, runCatalogueQuery } from "../analysis/index.ts";
import { formatTable } from "./table.ts";

/** VMs that the table shows: more are in the report and the run. */
const vmLines = 20;

function formatVms(vms: readonly CatalogueRow<"vms">[]): string {
  const rows = vms
    .slice(0, vmLines)
    .map((vm) => [
      displayText(vm.vm_name, 40),
      formatBytes(vm.guest_bytes),
      formatCount(vm.folio_count),
      formatNs(vm.blackout_ns),
      `${formatNs(vm.low_ns)} … ${formatNs(vm.high_ns)}`,
    ]);
  const table = formatTable(["VM", "memory", "folios", "stands still", "low … high"], rows, [
    false,
    true,
    true,
    true,
    true,
  ]);
  return vms.length > vmLines ? `${table}\n(more VMs: luoscope query RUN vms)` : table;
}

/** A run for people: the headline and its phases, as SQL computes them for every report. */
export async function formatRun(path: string): Promise<string> {
  const database = await openDatabase({ kind: "run", path });
  try {
    const [headline] = await runCatalogueQuery(database, "headline");
    const phases = await runCatalogueQuery(database, "phases");
    const rows = phases.map((row) => [
      row.phase,
      formatNs(row.phase_ns),
      row.phase === "brownout" ? "" : `${formatNs(row.low_ns)} … ${formatNs(row.high_ns)}`,
      row.in_blackout ? "guests stand still" : "",
    ]);
    const table = formatTable(["phase", "time", "low … high", ""], rows, [false, true, true, false]);
    const vms = await runCatalogueQuery(database, "vms", { vm_limit: vmLines + 1 });
    return `${headlineSentence(headline!)}\n\n${table}\n\n${formatVms(vms)}\n\nrun: ${path}`;
  } finally {
    database.close();
  }
}
