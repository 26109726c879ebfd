/**
 * Fills the generated parts of docs: tables of every format from the schema, constants of the model.
 * With --check nothing is written, and a difference ends with exit code 1.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { listCharts } from "../src/analysis/render/plot.ts";
import { knownMetrics } from "../src/compare/metrics.ts";
import { exportMarkdown } from "../src/export/docs.ts";
import { costCatalogue } from "../src/model/index.ts";
import { compareJsonSchema, publishFormats } from "../src/publish/index.ts";
import { importFormats } from "../src/trace/import/registry.ts";
import { fillDocument, tablesMarkdown } from "../src/trace/schema/docs.ts";
import { comparisonTables } from "../src/trace/schema/comparison-tables.ts";
import { sweepTables } from "../src/trace/schema/sweep-tables.ts";
import { differenceTables } from "../src/trace/schema/difference-tables.ts";
import { fleetTables } from "../src/trace/schema/fleet-tables.ts";
import { runTables } from "../src/trace/schema/run-tables.ts";
import { traceTables } from "../src/trace/schema/trace-tables.ts";

function constantsMarkdown(): string {
  const lines = Object.entries(costCatalogue).map(([id, { per, rule }]) => `| \`${id}\` | ${per} | ${rule} |`);
  return ["| constant | paid for one | where |", "|---|---|---|", ...lines].join("\n");
}

function formatsMarkdown(): string {
  const lines = importFormats.map(({ name, doc }) => `| \`${name}\` | ${doc} |`);
  return ["| format | reads |", "|---|---|", ...lines].join("\n");
}

function metricsMarkdown(): string {
  const lines = [...knownMetrics.values()].map(({ id, unit, polarity, exact, floor, floorRatio, doc }) => {
    const floors = floor === 0 && floorRatio === 0 ? "none" : `${floor} ${unit}, ${floorRatio * 100} %`;
    return `| \`${id}\` | ${unit} | ${polarity} | ${exact ? "exact" : "measured"} | ${floors} | ${doc} |`;
  });
  return ["| metric | unit | better | | floor | what it is |", "|---|---|---|---|---|---|", ...lines].join("\n");
}

function outputsMarkdown(): string {
  const lines = Object.entries(publishFormats).map(([name, { doc }]) => `| \`${name}\` | ${doc} |`);
  return ["| format | what it is for |", "|---|---|", ...lines].join("\n");
}

function chartsMarkdown(): string {
  const charts = listCharts();
  const kinds = [...new Set(charts.map(({ kind }) => kind))];
  const line = ({ id, answers, parameters }: (typeof charts)[number]) => {
    const names = Object.entries(parameters).map(([name, value]) => `\`${name}=${value}\``);
    return `| \`${id}\` | ${answers} | ${names.join(", ")} |`;
  };
  return kinds
    .map((kind) => {
      const lines = charts.filter((chart) => chart.kind === kind).map(line);
      return [`### Of a ${kind}`, "", "| chart | what it answers | parameters |", "|---|---|---|", ...lines].join("\n");
    })
    .join("\n\n");
}

const documents = [
  { name: "trace-format", part: tablesMarkdown(traceTables) },
  { name: "run-format", part: tablesMarkdown(runTables) },
  { name: "comparison-format", part: tablesMarkdown(comparisonTables) },
  { name: "sweep-format", part: tablesMarkdown(sweepTables) },
  { name: "fleet-format", part: tablesMarkdown(fleetTables) },
  { name: "difference-format", part: tablesMarkdown(differenceTables) },
  { name: "export", part: exportMarkdown() },
  { name: "model", part: constantsMarkdown() },
  { name: "import", part: formatsMarkdown() },
  { name: "compare", part: metricsMarkdown() },
  { name: "outputs", part: outputsMarkdown() },
  { name: "charts", part: chartsMarkdown() },
].map(({ name, part }) => ({ part, path: fileURLToPath(new URL(`../docs/${name}.md`, import.meta.url)) }));

/** Documents that are generated as a whole. */
const wholeFiles = [
  { path: fileURLToPath(new URL("../docs/schema/compare-v1.json", import.meta.url)), text: compareJsonSchema() },
];

/** Paths of the documents whose generated part is not what the schema says. */
export function staleDocuments(): string[] {
  const parts = documents.filter(({ path, part }) => {
    const text = readFileSync(path, "utf8");
    return fillDocument(text, part) !== text;
  });
  const files = wholeFiles.filter(({ path, text }) => !existsSync(path) || readFileSync(path, "utf8") !== text);
  return [...parts, ...files].map(({ path }) => path);
}

function main(): void {
  if (process.argv.includes("--check")) {
    const stale = staleDocuments();
    for (const path of stale) console.error(`${path}: not what the schema says; run node scripts/generate-docs.ts`);
    process.exitCode = stale.length > 0 ? 1 : 0;
    return;
  }
  for (const { path, part } of documents) writeFileSync(path, fillDocument(readFileSync(path, "utf8"), part));
  for (const { path, text } of wholeFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

if (import.meta.main) main();
