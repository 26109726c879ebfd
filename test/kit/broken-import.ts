// Imports what may be broken, and holds the outcome against what an importer promises.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ToolError } from "../../src/base/index.ts";
import { type ImportOptions, importTrace, validateTrace } from "../../src/trace/index.ts";

/** A damaged file must not keep the importer busy: a second a MiB, and the start. */
const msPerMib = 1000;
const startMs = 2000;

export type Outcome = "kept" | "refused";

async function importOnce(
  inputs: readonly string[],
  folder: string,
  options: Partial<ImportOptions>,
): Promise<Outcome> {
  const target = join(folder, "trace");
  try {
    const { sources } = await importTrace({ inputs, target, ...options });
    const issues = validateTrace(target);
    if (issues.length > 0) throw new Error(`the trace is not sound: ${JSON.stringify(issues.slice(0, 3))}`);
    for (const { file, rows, kept_rows: kept, dropped } of sources) {
      const accounted = kept + dropped.reduce((sum, item) => sum + item.rows, 0);
      if (accounted !== rows) throw new Error(`${file}: ${accounted} of ${rows} rows accounted for`);
    }
    return "kept";
  } catch (error) {
    if (!(error instanceof ToolError) || error.exitCode === 5) throw error;
    const left = readdirSync(folder);
    if (left.length > 0) throw new Error(`a refused import leaves ${left.join(", ")}`, { cause: error });
    return "refused";
  }
}

/**
 * A sound trace, or a refusal that leaves nothing behind, in time.
 *
 * Errors   Error for anything else
 */
export async function importBroken(inputs: readonly string[], options: Partial<ImportOptions> = {}): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "luoscope-broken-"));
  const bytes = inputs.reduce((sum, path) => sum + readFileSync(path).length, 0);
  const begin = performance.now();
  try {
    const outcome = await importOnce(inputs, folder, options);
    const ms = performance.now() - begin;
    if (ms > startMs + (msPerMib * bytes) / 2 ** 20) throw new Error(`${bytes} bytes took ${Math.round(ms)} ms`);
    return outcome;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
