import { type CostId, costIds } from "../../src/model/index.ts";
import type { CostData, ProfileData } from "../../src/profile/index.ts";
import { assumedCosts, measuredCosts } from "./costs.ts";
import { publishedRows, type RowId } from "./rows.ts";

/** What a core of today does in a ns, taken for the recordings' instruction counts; the range is a factor of four. */
const instructionsPerNs = 3;
const countSpread = 4;

const round = (ns: number): number => Number(ns.toPrecision(6));
const withRows = (rows: readonly RowId[]) => rows.map((row) => ({ id: row, ...publishedRows[row] }));

function costOf(id: CostId, counted: ProfileData): CostData {
  const published = measuredCosts[id];
  if (published) {
    const { baseNs, lowNs, highNs, source, rows } = published;
    const range = { unit_ns: round(baseNs), low_ns: round(lowNs), high_ns: round(highNs) };
    return { ...range, source, status: "published", rows: withRows(rows) };
  }
  const assumed = assumedCosts[id];
  if (assumed) {
    const [baseNs, lowNs, highNs, why, rows = []] = assumed;
    const range = { unit_ns: round(baseNs), low_ns: round(lowNs), high_ns: round(highNs) };
    return { ...range, source: `assumed: ${why}`, status: "assumed", rows: withRows(rows) };
  }
  const unitNs = counted.costs[id]!.unit_ns / instructionsPerNs;
  return {
    unit_ns: round(unitNs),
    low_ns: round(unitNs / countSpread),
    high_ns: round(unitNs * countSpread),
    source: `assumed: instructions counted by profile qemu-icount-7.3, at ${instructionsPerNs} a ns`,
    status: "assumed",
    rows: [],
  };
}

/** Published rows, assumptions, and instruction counts where there is neither. */
export function publishedProfile(counted: ProfileData): ProfileData {
  return {
    name: "published-x86",
    kernel: "7.3",
    about:
      "x86-64 servers as far as published measurements go; where no row fits, an assumption that says so. Each range is low to high of the rows, not a confidence interval.",
    made_by: "npm run profiles",
    costs: Object.fromEntries(costIds.map((id) => [id, costOf(id, counted)])),
  };
}
