/**
 * Fills the generated part of docs/trace-format.md and docs/run-format.md from the schema.
 * With --check nothing is written, and a difference ends with exit code 1.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { fillDocument } from "../src/trace/schema/docs.ts";
import { runTables } from "../src/trace/schema/run-tables.ts";
import { traceTables } from "../src/trace/schema/trace-tables.ts";

const documents = [
  { path: fileURLToPath(new URL("../docs/trace-format.md", import.meta.url)), tables: traceTables },
  { path: fileURLToPath(new URL("../docs/run-format.md", import.meta.url)), tables: runTables },
];

/** Paths of the documents whose generated part is not what the schema says. */
export function staleDocuments(): string[] {
  return documents
    .filter(({ path, tables }) => {
      const text = readFileSync(path, "utf8");
      return fillDocument(text, tables) !== text;
    })
    .map(({ path }) => path);
}

function main(): void {
  if (process.argv.includes("--check")) {
    const stale = staleDocuments();
    for (const path of stale) console.error(`${path}: not what the schema says; run node scripts/generate-docs.ts`);
    process.exitCode = stale.length > 0 ? 1 : 0;
    return;
  }
  for (const { path, tables } of documents) writeFileSync(path, fillDocument(readFileSync(path, "utf8"), tables));
}

if (import.meta.main) main();
