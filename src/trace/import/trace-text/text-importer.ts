import type { InputFile } from "../../source/input.ts";
import type { ImportContext, ImportFacts } from "../importer.ts";
import type { Dialect } from "./dialect.ts";
import { Events } from "./events.ts";
import { graphColumnsOf, readGraph } from "./graph-reader.ts";
import { readRegions, readText } from "./text-reader.ts";

/** The trace's name: that of its first file, without what says only that it is text. */
function nameOf(file: InputFile | undefined): string {
  return (
    (file?.name ?? "trace").replace(/\.(gz|zst|xz)$/, "").replace(/\.(txt|log|trace|script|report)$/, "") || "trace"
  );
}

/** Reads files of one dialect into one trace. */
export async function importText(
  files: readonly InputFile[],
  context: ImportContext,
  dialect: Dialect,
): Promise<ImportFacts> {
  const events = new Events(context, dialect.kind);
  const { damon } = events.handlers;
  const results = [];
  for (const file of files) {
    const columns = graphColumnsOf(file);
    results.push(
      columns ? await readGraph(file, context, columns, events) : await readText(file, context, dialect, events),
    );
  }
  events.handlers.end();
  if (damon.hasRegions) {
    damon.settle();
    for (const file of files) {
      if (!graphColumnsOf(file)) await readRegions(file, context, dialect, events);
    }
    damon.end();
  }
  return {
    name: nameOf(files[0]),
    source: dialect.source,
    licence: "unknown",
    clock: dialect.clock,
    spanNs: results.reduce((most, { highestNs }) => Math.max(most, highestNs), 0),
    sources: results.map(({ source }) => source),
  };
}
