import { styleText } from "node:util";

import stringWidth from "string-width";

import { roundParts } from "../analysis/format.ts";

/** What a terminal can show. */
export interface Terminal {
  /** Cells in a line. */
  readonly columns: number;
  /** Colours that may be used: none, the named ones, or the 256 of the usual palette. */
  readonly colourCount: 0 | 16 | 256;
}

const defaultColumns = 100;
/** Below this nothing can be laid out; lines then wrap. */
const leastColumns = 48;

/** Colour is for terminals, and neither NO_COLOR nor a pipe is given any; FORCE_COLOR overrides both, as Node has it. */
export function terminalOf(stream: NodeJS.WriteStream = process.stdout): Terminal {
  const isColoured = styleText("red", "x", { stream }) !== "x";
  const isRich = stream.isTTY ? stream.hasColors(256) : true;
  return {
    columns: stream.isTTY ? Math.max(leastColumns, stream.columns) : defaultColumns,
    colourCount: isColoured ? (isRich ? 256 : 16) : 0,
  };
}

/** Cells that a text takes: two for a wide character, none for a mark on the one before. */
export function textWidth(text: string): number {
  return stringWidth(text);
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** A text that takes no more than so many cells, its end cut with … where it does. */
export function cutText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let [cut, used] = ["", 0];
  for (const { segment } of graphemes.segment(text)) {
    used += textWidth(segment);
    if (used > width - 1) break;
    cut += segment;
  }
  return width > 0 ? `${cut}…` : "";
}

/** A text in exactly so many cells: cut, or filled up with blanks before or behind it. */
export function fitText(text: string, width: number, side: "left" | "right" = "left"): string {
  const cut = cutText(text, width);
  const blanks = " ".repeat(Math.max(0, width - textWidth(cut)));
  return side === "left" ? cut + blanks : blanks + cut;
}

/** A sentence in lines of at most so many cells; those behind the first are set in. A longer word stays whole. */
export function wrapText(text: string, width: number, indent = "  "): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined) lines.push(word);
    else if (textWidth(last) + 1 + textWidth(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(indent + word);
  }
  return lines;
}

const heights = "▁▂▃▄▅▆▇█";

/** Values as columns of growing height, from the least to the most: of the values, where nothing else is said. */
export function sparkline(
  values: readonly number[],
  least: number = values.reduce((low, value) => Math.min(low, value), Infinity),
  most: number = values.reduce((high, value) => Math.max(high, value), -Infinity),
): string {
  const place = (value: number): number =>
    most === least ? 3 : Math.round(((value - least) / (most - least)) * (heights.length - 1));
  return values.map((value) => heights[place(value)]).join("");
}

const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A share of a width as a bar, to an eighth of a character; what is there is never drawn as nothing. */
export function shareBar(ratio: number, width: number): string {
  const parts = Math.min(width * 8, Math.max(ratio > 0 ? 1 : 0, Math.round(ratio * width * 8)));
  return "█".repeat(Math.floor(parts / 8)) + eighths[parts % 8]!;
}

/** Cells of each part of a bar that is filled to its width. A part of less than half a cell may get none. */
export function partCells(parts: readonly number[], width: number): readonly number[] {
  const total = parts.reduce((sum, part) => sum + part, 0);
  return total > 0 ? roundParts(parts, total / width) : parts.map(() => 0);
}

/** Shades from nothing to full. */
export const shades = [" ", "░", "▒", "▓", "█"] as const;
