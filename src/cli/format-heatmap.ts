import { displayText, formatBytes, formatCount, formatNs } from "../analysis/format.ts";
import type { CatalogueRow } from "../analysis/index.ts";
import { pagesToBytes } from "../base/index.ts";
import { cutText, fitText, shades, type Terminal, wrapText } from "./blocks.ts";

type Cell = CatalogueRow<"dirty-heatmap">;

export interface HeatmapAnswer {
  readonly vmName: string;
  readonly cells: readonly Cell[];
}

/** Cells left of the picture: an address and the axis. */
const gutterCells = 9;
const mapRows = 20;

export interface HeatmapSize {
  readonly timeBins: number;
  readonly frameBins: number;
}

/** The largest picture that fits beside its axis. */
export function heatmapSize({ columns }: Terminal): HeatmapSize {
  return { timeBins: columns - gutterCells - 1, frameBins: mapRows };
}

/** From dark violet over green to yellow: each is lighter than the one before. */
const palette = [53, 60, 31, 36, 77, 220];

/** The most pages of each level but the first, which is none: even steps of a logarithm, in numbers that can be read. */
function levelLimits(cells: readonly Cell[], levelCount: number): readonly number[] {
  const written = cells.map((cell) => cell.written_pages).filter((pages) => pages > 0);
  const [least, most] = written.reduce(
    ([low, high], pages) => [Math.min(low, pages), Math.max(high, pages)],
    [Infinity, 0],
  );
  if (written.length === 0) return [];
  const limits = Array.from({ length: levelCount - 1 }, (_, level) =>
    Number((least * (most / least) ** ((level + 1) / levelCount)).toPrecision(2)),
  );
  return [...new Set(limits.filter((limit) => limit < most)), most];
}

interface Ink {
  /** Levels beside none. */
  readonly levelCount: number;
  /** One cell of a level, 0 for none. */
  readonly draw: (level: number, ofCount: number) => string;
}

function inkOf({ colourCount }: Terminal): Ink {
  if (colourCount < 256) {
    // Of fewer levels the darkest are taken.
    const draw = (level: number, ofCount: number): string =>
      level === 0 ? " " : shades[shades.length - 1 - ofCount + level]!;
    return { levelCount: shades.length - 1, draw };
  }
  const draw = (level: number, ofCount: number): string =>
    level === 0 ? " " : `\u001b[48;5;${palette[palette.length - 1 - ofCount + level]}m \u001b[49m`;
  return { levelCount: palette.length, draw };
}

const unread = "·";

/** One line for each row of frames, the highest address first. */
function mapLines(cells: readonly Cell[], limits: readonly number[], ink: Ink): string[] {
  const rowCount = cells.reduce((most, cell) => Math.max(most, cell.frame_bin), 0) + 1;
  const columnCount = cells.reduce((most, cell) => Math.max(most, cell.time_bin), 0) + 1;
  const drawn = Array.from({ length: rowCount }, () => Array.from({ length: columnCount }, () => unread));
  const firstFrames = Array.from({ length: rowCount }, () => 0);
  for (const cell of cells) {
    const level = cell.written_pages === 0 ? 0 : limits.findIndex((limit) => cell.written_pages <= limit) + 1;
    drawn[cell.frame_bin]![cell.time_bin] = ink.draw(level, limits.length);
    firstFrames[cell.frame_bin] = cell.first_frame;
  }
  return drawn
    .map((line, row) => {
      const isLabelled = row % 5 === 0;
      const label = isLabelled ? formatBytes(pagesToBytes(firstFrames[row]!)) : "";
      return `${fitText(label, gutterCells - 1, "right")}${isLabelled ? "┤" : "│"}${line.join("")}`.trimEnd();
    })
    .reverse();
}

function legend(cells: readonly Cell[], limits: readonly number[], ink: Ink): string[] {
  const [first, last] = [cells[0]!, cells.at(-1)!];
  const pages = (count: number): string =>
    count < 100 ? String(Number(count.toPrecision(2))) : formatCount(Math.round(count));
  const levels = limits.map((limit, level) => `${ink.draw(level + 1, limits.length)} to ${pages(limit)}`);
  const cellBytes = pagesToBytes(first.last_frame + 1 - first.first_frame);
  const columnCount = new Set(cells.map((cell) => cell.time_bin)).size;
  const hasGaps = columnCount <= last.time_bin;
  return [
    `time    ${formatNs(first.start_ns)} to ${formatNs(last.end_ns)}, a character is ${formatNs(first.end_ns - first.start_ns)}`,
    `memory  0 B to ${formatBytes(pagesToBytes(last.last_frame + 1))}, a character is ${formatBytes(cellBytes)}`,
    `${["pages   blank is none", ...levels].join(", ")}: written in the cell, each once a reading${hasGaps ? `; ${unread} has no reading` : ""}`,
  ];
}

/** A VM's writes over time and memory, in shades or, where the terminal has them, in colours. */
export function formatHeatmap({ vmName, cells }: HeatmapAnswer, terminal: Terminal): string {
  const name = displayText(vmName, 60);
  if (cells.length === 0) return `VM ${name}: the trace has no reading of its dirty pages with one before it.`;
  const ink = inkOf(terminal);
  const limits = levelLimits(cells, ink.levelCount);
  const [first, last] = [formatNs(cells[0]!.start_ns), formatNs(cells.at(-1)!.end_ns)];
  const columnCount = cells.at(-1)!.time_bin + 1;
  const axis = first + last.padStart(columnCount - first.length);
  return [
    cutText(`VM ${name}: where it writes memory, and when`, terminal.columns),
    "",
    ...mapLines(cells, limits, ink),
    " ".repeat(gutterCells) + (columnCount > first.length + last.length ? axis : first),
    "",
    ...legend(cells, limits, ink).flatMap((line) => wrapText(line, terminal.columns, " ".repeat(8))),
  ].join("\n");
}
