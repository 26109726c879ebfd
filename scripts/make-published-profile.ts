// Writes profiles/published-x86.json: published rows, assumptions, and instruction counts where there is neither.
// With --check nothing is written, and a difference ends with exit code 1.
import { readFileSync, writeFileSync } from "node:fs";

import { type CostId, costIds } from "../src/model/index.ts";
import { assumedCosts, measuredCosts } from "./published/costs.ts";
import { publishedRows, type RowId } from "./published/rows.ts";

const target = "profiles/published-x86.json";

/** What a core of today does in a ns, taken for the recordings' instruction counts; the range is a factor of four. */
const instructionsPerNs = 3;
const countSpread = 4;

const counted = JSON.parse(readFileSync("profiles/qemu-icount-7.3.json", "utf8")) as {
  costs: Record<CostId, { unit_ns: number }>;
};

const round = (ns: number): number => Number(ns.toPrecision(6));

function costOf(id: CostId) {
  const withRows = (rows: readonly RowId[]) => rows.map((row) => ({ id: row, ...publishedRows[row] }));
  const measured = measuredCosts[id];
  if (measured) {
    const { baseNs, lowNs, highNs, source, rows } = measured;
    const range = { unit_ns: round(baseNs), low_ns: round(lowNs), high_ns: round(highNs) };
    return { ...range, source, assumed: false, rows: withRows(rows) };
  }
  const assumed = assumedCosts[id];
  if (assumed) {
    const [baseNs, lowNs, highNs, why, rows = []] = assumed;
    const range = { unit_ns: round(baseNs), low_ns: round(lowNs), high_ns: round(highNs) };
    return { ...range, source: `assumed: ${why}`, assumed: true, rows: withRows(rows) };
  }
  const unitNs = counted.costs[id].unit_ns / instructionsPerNs;
  return {
    unit_ns: round(unitNs),
    low_ns: round(unitNs / countSpread),
    high_ns: round(unitNs * countSpread),
    source: `assumed: instructions counted by profile qemu-icount-7.3, at ${instructionsPerNs} a ns`,
    assumed: true,
    rows: [],
  };
}

const profile = {
  name: "published-x86",
  kernel: "7.3",
  about:
    "x86-64 servers as far as published measurements go; where no row fits, an assumption that says so. Each range is low to high of the rows, not a confidence interval.",
  made_by: "node scripts/make-published-profile.ts",
  costs: Object.fromEntries(costIds.map((id) => [id, costOf(id)])),
};
const text = `${JSON.stringify(profile, undefined, 2)}\n`;
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error(`${target} is not what its rows and assumptions give; run npm run fit`);
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, text);
  console.log(`${target}: ${costIds.length} constants`);
}
