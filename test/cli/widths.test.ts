// The terminal commands' texts at any width: no line is wider than the terminal, whatever the names are.
import { join } from "node:path";

import { beforeAll, expect, test } from "vitest";

import { type Database, openDatabase, runCatalogueQuery } from "../../src/analysis/index.ts";
import { type Terminal, textWidth } from "../../src/cli/blocks.ts";
import { formatBlame, type Grouping } from "../../src/cli/format-blame.ts";
import { formatCriticalChain } from "../../src/cli/format-critical-chain.ts";
import { formatHeatmap, heatmapSize } from "../../src/cli/format-heatmap.ts";
import { formatTime, writesPoints } from "../../src/cli/format-time.ts";
import { sharedFolder } from "../kit/temp-folder.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";

const folder = sharedFolder();
const widths = [48, 49, 55, 60, 79, 80, 100, 133, 200];
let run: Database<"run">;
let trace: Database<"trace">;

beforeAll(async () => {
  writeTinyRun(join(folder, "run"), { vmNames: ["数据库".repeat(30), "x".repeat(300), "web"] });
  run = await openDatabase({ kind: "run", path: join(folder, "run") });
  trace = await openDatabase({ kind: "trace", path: "traces/vm-tcg-redis-nvme-net" });
  return () => {
    run.close();
    trace.close();
  };
});

async function texts(terminal: Terminal): Promise<string[]> {
  const [headline] = await runCatalogueQuery(run, "headline");
  const totals = await runCatalogueQuery(run, "totals");
  const phases = await runCatalogueQuery(run, "phases");
  const writes = await runCatalogueQuery(run, "dirty-over-time", { point_limit: writesPoints(terminal) });
  const chain = await runCatalogueQuery(run, "critical-chain");
  const blame = await runCatalogueQuery(run, "blame", { all_phases: 1 });
  const blames = (["step", "vm", "constant"] satisfies Grouping[]).map((grouping) => {
    const rows = blame.filter((row) => row.grouped_by === grouping);
    return formatBlame({ grouping, allPhases: true, rows, hiddenCount: 3 }, terminal);
  });
  const { timeBins, frameBins } = heatmapSize(terminal);
  const cells = await runCatalogueQuery(trace, "dirty-heatmap", { time_bins: timeBins, frame_bins: frameBins });
  return [
    formatTime({ headline: headline!, totals, phases, writes }, terminal),
    formatCriticalChain({ headline: headline!, totals, chain, limit: 5 }, terminal),
    ...blames,
    formatHeatmap({ vmName: "数据库".repeat(30), cells }, terminal),
  ];
}

test.each(widths)("in %i cells", async (columns) => {
  for (const text of await texts({ columns, colourCount: 0 })) {
    for (const line of text.split("\n")) expect(textWidth(line), line).toBeLessThanOrEqual(columns);
    expect(text).not.toContain("undefined");
  }
});

test("colours take no cells", async () => {
  const plain = await texts({ columns: 80, colourCount: 0 });
  const coloured = await texts({ columns: 80, colourCount: 16 });
  const widthsOf = (text: string): number[] => text.split("\n").map(textWidth);
  expect(coloured.map(widthsOf)).toEqual(plain.map(widthsOf));
  expect(coloured[0]).toContain("\u001b[");
});
