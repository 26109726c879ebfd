import { formatNs, headlineSentence } from "../analysis/format.ts";
import { openRunDatabase, runCatalogueQuery } from "../analysis/index.ts";
import { formatTable } from "./table.ts";

/** A run for people: the headline and its phases, as SQL computes them for every report. */
export async function formatRun(path: string): Promise<string> {
  const database = await openRunDatabase({ runPath: path });
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
    return `${headlineSentence(headline!)}\n\n${table}\n\nrun: ${path}`;
  } finally {
    database.close();
  }
}
