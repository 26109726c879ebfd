import { readFileSync } from "node:fs";

import { z } from "zod";

import { type Database, runWith, type SqlAnswer } from "../analysis/index.ts";

/** A question to a trace: the answer, and what its bins are. */
export interface ViewAnswer extends SqlAnswer {
  /** Where its counts come from: cells made at the start, or the rows themselves. */
  readonly source: "cells" | "rows";
  readonly time?: Bins;
  readonly memory?: Bins;
}

/** Bins of one length from an origin on: ns, or frames of 4 KiB. */
export interface Bins {
  readonly origin: number;
  readonly length: number;
}

/** What the trace's cells are: as `trace-facts` says. */
export interface CellGrid {
  readonly timeCellNs: number;
  readonly cellFrames: readonly number[];
  readonly guestFrames: readonly number[];
}

const count = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const bins = z.coerce.number().int().min(1).max(400);
const window = { from: count, to: count };

/** What each view may be asked. */
export const viewRequests = {
  lanes: z.strictObject({ ...window, columns: bins }),
  heatmap: z.strictObject({ ...window, vm: count, first: count, end: count, columns: bins, rows: bins }),
  writes: z.strictObject({
    ...window,
    vm: count,
    first: count,
    end: count,
    limit: z.coerce.number().int().min(1).max(1000),
  }),
  requests: z.strictObject({ ...window, limit: z.coerce.number().int().min(1).max(1000) }),
} as const;

export type ViewName = keyof typeof viewRequests;
type Request<Name extends ViewName> = z.infer<(typeof viewRequests)[Name]>;

/** Windows that are read row by row are no wider than this many cells of time: a fiftieth of the trace. */
const mostReadCells = 160;
const mostRows = 200_000;

export function readViewSql(name: string): string {
  return readFileSync(new URL(`./sql/${name}.sql`, import.meta.url), "utf8");
}

/** Whole bins of whole cells that cover a range: the last one may reach beyond it, and counts all that is in it. */
function wholeBins(from: number, to: number, columns: number, cell: number) {
  const perBin = Math.max(1, Math.ceil((to - from) / cell / columns));
  const first = Math.floor(from / cell);
  const binCount = Math.ceil((Math.ceil(to / cell) - first) / perBin);
  return { first, end: first + binCount * perBin, perBin };
}

/** Bins of cells, or undefined where the bins asked for are finer than cells. */
function cellBins(from: number, to: number, columns: number, cell: number) {
  return (to - from) / columns < cell ? undefined : wholeBins(from, to, columns, cell);
}

interface Question {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly about: Pick<ViewAnswer, "source" | "time" | "memory">;
}

function lanes({ from, to, columns }: Request<"lanes">, { timeCellNs }: CellGrid): Question {
  const wide = cellBins(from, to, columns, timeCellNs);
  if (wide) {
    return {
      sql: "lanes-cells",
      parameters: { time_cells: wide.perBin, first_time_cell: wide.first, end_time_cell: wide.end },
      about: { source: "cells", time: { origin: wide.first * timeCellNs, length: wide.perBin * timeCellNs } },
    };
  }
  const binNs = Math.max(1, Math.ceil((to - from) / columns));
  const about = { source: "rows", time: { origin: from, length: binNs } } as const;
  return { sql: "lanes-rows", parameters: { from_ns: from, to_ns: to, bin_ns: binNs }, about };
}

function heatmap(request: Request<"heatmap">, { timeCellNs, cellFrames }: CellGrid): Question {
  const { vm, from, to, first, end, columns, rows } = request;
  const cell = cellFrames[vm] ?? 1;
  const wide = cellBins(from, to, columns, timeCellNs);
  if (wide) {
    // In a wide window memory is no finer than its cells.
    const memory = wholeBins(first, Math.max(end, first + 1), rows, cell);
    return {
      sql: "heatmap-cells",
      parameters: {
        vm_index: vm,
        time_cells: wide.perBin,
        memory_cells: memory.perBin,
        first_time_cell: wide.first,
        end_time_cell: wide.end,
        first_memory_cell: memory.first,
        end_memory_cell: memory.end,
      },
      about: {
        source: "cells",
        time: { origin: wide.first * timeCellNs, length: wide.perBin * timeCellNs },
        memory: { origin: memory.first * cell, length: memory.perBin * cell },
      },
    };
  }
  const binNs = Math.max(1, Math.ceil((to - from) / columns));
  const binFrames = Math.max(1, Math.ceil((end - first) / rows));
  return {
    sql: "heatmap-rows",
    parameters: {
      vm_index: vm,
      from_ns: from,
      to_ns: to,
      bin_ns: binNs,
      first_frame: first,
      end_frame: end,
      bin_frames: binFrames,
    },
    about: { source: "rows", time: { origin: from, length: binNs }, memory: { origin: first, length: binFrames } },
  };
}

function writes({ vm, from, to, first, end, limit }: Request<"writes">, { timeCellNs }: CellGrid): Question {
  const range = { vm_index: vm, from_ns: from, to_ns: to, first_frame: first, end_frame: end };
  const parameters = { ...range, row_limit: limit, read_ns: mostReadCells * timeCellNs };
  return { sql: "writes", parameters, about: { source: "rows" } };
}

function requests({ from, to, limit }: Request<"requests">): Question {
  return { sql: "requests", parameters: { from_ns: from, to_ns: to, row_limit: limit }, about: { source: "rows" } };
}

const questions: { readonly [Name in ViewName]: (request: never, grid: CellGrid) => Question } = {
  lanes,
  heatmap,
  writes,
  requests,
};

/**
 * Answers a view of a trace.
 *
 * Shape    bins begin at the origin that the answer names, which is at or before what was asked for; empty ones have no row
 * Errors   ZodError for a request that is none; as `runWith`
 */
export async function answerView(
  database: Database,
  grid: CellGrid,
  asked: { readonly name: ViewName; readonly query: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<ViewAnswer> {
  const request = viewRequests[asked.name].parse(asked.query);
  const { sql, parameters, about } = questions[asked.name](request as never, grid);
  return { ...(await runWith(database, readViewSql(sql), parameters, { maxRows: mostRows, signal })), ...about };
}
