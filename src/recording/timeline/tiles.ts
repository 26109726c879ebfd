import type { Axes } from "./axes.ts";
import { type Bounds, boundFields, exactly, isExact, sum } from "./bounds.ts";
import type { Point } from "./kernel-axis.ts";
import type { Sign } from "./signs.ts";
import type { Hole, Unattributed } from "./timeline.ts";

/** A piece of the window: from one sign to the next, with the steps that run in it, or none. */
export interface Tile {
  /** Steps of the model; empty for a hole. */
  readonly names: readonly string[];
  readonly start: Point;
  readonly end: Point;
  readonly hole?: string;
}

/**
 * Cuts the window at its signs: every moment of it lies in exactly one tile.
 *
 * Order    a sign that stands before the one in front of it, or behind the end, is left out: its steps join those before
 */
export function cutTiles(axes: Axes, signs: readonly Sign[], end: Point): { tiles: Tile[]; misplaced: Sign[] } {
  const kept: { point: Point; begins: string[]; hole?: string }[] = [];
  const misplaced: Sign[] = [];
  for (const sign of signs) {
    const last = kept.at(-1);
    if ((!last || axes.inOrder(last.point, sign.point)) && axes.inOrder(sign.point, end)) {
      kept.push({ ...sign, begins: [...sign.begins] });
    } else {
      misplaced.push(sign);
      last?.begins.push(...sign.begins);
    }
  }
  const tiles = kept.map(({ point, begins, hole }, index): Tile => {
    const next = kept[index + 1]?.point ?? end;
    const isHole = hole !== undefined && begins.length === 0;
    return { names: [...new Set(begins)], start: point, end: next, ...(isHole ? { hole } : {}) };
  });
  return { tiles, misplaced };
}

/** Length of several tiles in all. */
function sumLengths(axes: Axes, tiles: readonly Tile[]): Bounds {
  return tiles.map(({ start, end }) => axes.length(start, end)).reduce(sum, exactly(0));
}

function ratioOf(part: Bounds, whole: Bounds): number | null {
  if (!isExact(part) || !isExact(whole) || whole.lowNs === 0) return null;
  return part.lowNs / whole.lowNs;
}

export function describeHoles(axes: Axes, tiles: readonly Tile[], window: Bounds): Unattributed {
  const holes = tiles.filter(({ names }) => names.length === 0);
  const length = sumLengths(axes, holes);
  const { Ns: ns, LowNs: lowNs, HighNs: highNs } = boundFields("", length) as Record<string, number | null>;
  const intervals = holes.map(({ start, end, hole = "no step is known" }): Hole => {
    return { reason: hole, ...axes.spanFields(start, end) };
  });
  return {
    ns: ns ?? null,
    ...(lowNs === undefined ? {} : { lowNs }),
    ...(highNs === undefined ? {} : { highNs }),
    ratio: holes.length === 0 && Number.isFinite(window.lowNs) ? 0 : ratioOf(length, window),
    intervals,
  };
}
