import { displayText, formatNs, plural } from "../analysis/format.ts";
import type { CatalogueRow } from "../analysis/index.ts";
import { cutText, fitText, shareBar, type Terminal, wrapText } from "./blocks.ts";

type ChainRow = CatalogueRow<"critical-chain">;

export interface ChainAnswer {
  readonly headline: CatalogueRow<"headline">;
  readonly totals: readonly CatalogueRow<"totals">[];
  readonly chain: readonly ChainRow[];
  /** Most steps that are shown: the longest ones. */
  readonly limit: number;
}

interface Branch {
  readonly kernel: string;
  readonly rows: readonly ChainRow[];
}

/** Runs of neighbours under one kernel: an update has two. */
function branchesOf(chain: readonly ChainRow[]): Branch[] {
  const kernels = [...new Set(chain.map((row) => row.kernel))];
  return kernels.map((kernel) => ({ kernel, rows: chain.filter((row) => row.kernel === kernel) }));
}

const phaseCells = 9;
const timeCells = 9;
/** The tree, the phase and both times, with two cells between them and what is laid out. */
const fixedCells = 6 + phaseCells + 2 * timeCells + 4 * 2;
const mostStepCells = 22;
const mostLaneCells = 22;

interface Layout {
  readonly stepCells: number;
  readonly laneCells: number;
  readonly barCells: number;
}

/** Whose step it is, where it is not the whole host's. */
function laneOf({ vm_name: vm, device_names: devices }: ChainRow): string {
  return [vm, devices].flatMap((name) => (name === null ? [] : [displayText(name, 40)])).join(": ");
}

function layOut(chain: readonly ChainRow[], { columns }: Terminal): Layout {
  const free = Math.max(0, columns - fixedCells);
  const hasLanes = chain.some((row) => laneOf(row) !== "");
  const stepCells = Math.min(mostStepCells, hasLanes ? Math.floor(free * 0.55) : free);
  const laneCells = hasLanes ? Math.min(mostLaneCells, free - stepCells) : 0;
  return { stepCells, laneCells, barCells: Math.max(0, free - stepCells - laneCells - 2) };
}

function gapLine(lengthNs: number, name: string | null): string {
  const why = name === null ? "no step of the run says what for" : displayText(name, 40);
  return `(gap: ${why}) +${formatNs(lengthNs)}`;
}

function stepLine(row: ChainRow, longestNs: number, { stepCells, laneCells, barCells }: Layout): string {
  return [
    fitText(row.phase, phaseCells),
    fitText(displayText(row.step_name, 60), stepCells),
    ...(laneCells > 0 ? [fitText(laneOf(row), laneCells)] : []),
    fitText(`@${formatNs(row.start_offset_ns)}`, timeCells, "right"),
    fitText(`+${formatNs(row.took_ns)}`, timeCells, "right"),
    shareBar(row.took_ns / longestNs, barCells),
  ].join("  ");
}

/** Steps that are shown: the longest ones; of equals the earlier. */
function longestSteps(chain: readonly ChainRow[], limit: number): ReadonlySet<ChainRow> {
  return new Set(chain.toSorted((left, right) => right.took_ns - left.took_ns).slice(0, limit));
}

interface Drawing {
  readonly layout: Layout;
  readonly longestNs: number;
  readonly shown: ReadonlySet<ChainRow>;
}

/** The lines under one kernel, gaps between its steps included; steps that are not shown are counted where they are. */
function branchLines({ rows }: Branch, { layout, longestNs, shown }: Drawing): string[] {
  const lines: string[] = [];
  let hiddenCount = 0;
  const flush = (): void => {
    if (hiddenCount > 0) lines.push(`… ${plural(hiddenCount, "shorter step")} (--limit)`);
    hiddenCount = 0;
  };
  for (const row of rows) {
    if (shown.has(row) || row.gap_before_ns > 0) flush();
    if (row.gap_before_ns > 0) lines.push(gapLine(row.gap_before_ns, row.gap_name));
    if (shown.has(row)) lines.push(stepLine(row, longestNs, layout));
    else hiddenCount++;
  }
  flush();
  const afterNs = rows.at(-1)?.gap_after_ns ?? 0;
  if (afterNs > 0) lines.push(gapLine(afterNs, null));
  return lines;
}

function tree(lines: readonly string[], indent: string): string[] {
  return lines.map((line, index) => `${indent}${index === lines.length - 1 ? "└─" : "├─"} ${line}`);
}

/** The steps that decide the blackout's length as a tree: under each kernel its steps, in the order of time. */
export function formatCriticalChain({ headline, totals, chain, limit }: ChainAnswer, terminal: Terminal): string {
  const lengthOf = (name: string): number => totals.find((row) => row.total_name === name)?.total_ns ?? 0;
  const blackout = formatNs(lengthOf("blackout"));
  if (chain.length === 0) return `No step takes time in the blackout of ${blackout}.`;
  const gapsNs = lengthOf("gaps");
  const gaps = gapsNs > 0 ? ` and ${formatNs(gapsNs)} of gaps` : "";
  const branches = branchesOf(chain);
  const shown = longestSteps(chain, limit);
  const longestNs = chain.reduce((longest, row) => Math.max(longest, row.took_ns), 1);
  const drawing = { layout: layOut(chain, terminal), longestNs, shown };
  const lines = branches.flatMap((branch, index) => {
    const isLast = index === branches.length - 1;
    const release = displayText(branch.kernel === "old" ? headline.kernel_from : headline.kernel_to, 20);
    const head = `${branch.kernel} kernel, Linux ${release}: +${formatNs(lengthOf(`${branch.kernel}-kernel`))}`;
    return [`${isLast ? "└─" : "├─"} ${head}`, ...tree(branchLines(branch, drawing), isLast ? "   " : "│  ")];
  });
  const sentences = [
    `Blackout of ${blackout}: decided by ${plural(chain.length, "step")}, one after the other${gaps}.`,
    "A step begins @ so long after the blackout's start, and takes + so long.",
  ].flatMap((sentence) => wrapText(sentence, terminal.columns));
  const cut = lines.map((line) => cutText(line.trimEnd(), terminal.columns));
  return [...sentences, "", ...cut].join("\n");
}
