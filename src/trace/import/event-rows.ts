import { counterTable, eventTable } from "../schema/trace-tables.ts";
import type { TableWriter } from "../write.ts";
import type { ImportContext } from "./importer.ts";

/** Longest detail of an event: many rows are held in memory before they are written. */
const maxDetailChars = 4096;
/** Slices that may be open at a time, of all tracks together. */
const maxOpenSlices = 1_000_000;

export interface EventRow {
  readonly timeNs: number;
  readonly durationNs: number | null;
  readonly kind: number;
  readonly task: number | null;
  readonly cpu: number | null;
  readonly detail: string | null;
}

/** Rows of tables event and counter, in any order, for sources whose events are objects. */
export class EventRows {
  readonly #context: ImportContext;
  #events: TableWriter | undefined;
  #counters: TableWriter | undefined;

  constructor(context: ImportContext) {
    this.#context = context;
  }

  /** `row` is the source's, for warnings. */
  event({ timeNs, durationNs, kind, task, cpu, detail }: EventRow, row: number): void {
    this.#events ??= this.#context.writer.table(eventTable, { sort: true });
    let text = detail;
    if (text !== null && text.length > maxDetailChars) {
      text = `${text.slice(0, maxDetailChars)}…`;
      this.#context.warnings.addRow(
        "details-cut",
        row,
        `details of more than ${maxDetailChars} characters are cut there`,
      );
    }
    this.#events.push({
      time_ns: timeNs,
      duration_ns: durationNs,
      kind_index: kind,
      task_index: task,
      cpu_index: cpu,
      detail: text,
    });
  }

  counter(timeNs: number, kind: number, value: number): void {
    this.#counters ??= this.#context.writer.table(counterTable, { sort: true });
    this.#counters.push({ time_ns: timeNs, kind_index: kind, value });
  }
}

interface OpenSlice extends EventRow {
  readonly row: number;
  readonly name: string;
}

/** What ended a slice: its name where the source says it, and fields that are known only then. */
export interface SliceEnd {
  readonly timeNs: number;
  readonly name: string | undefined;
  readonly detail: string | null;
}

/**
 * Slices that have begun and not ended, on tracks where they nest: the last that began ends first, but that an end which
 * names its slice ends the last one of that name.
 *
 * Limits   beyond a million open slices the oldest track's are written as if they never ended
 */
export class OpenSlices {
  readonly #rows: EventRows;
  readonly #tracks = new Map<string, OpenSlice[]>();
  #open = 0;
  /** Slices that were written without their end. */
  unfinished = 0;

  constructor(rows: EventRows) {
    this.#rows = rows;
  }

  begin(track: string, slice: OpenSlice): void {
    if (this.#open === maxOpenSlices) this.#giveUp(this.#tracks.keys().next().value!);
    const open = this.#tracks.get(track);
    if (open) open.push(slice);
    else this.#tracks.set(track, [slice]);
    this.#open++;
  }

  /** Whether anything is open on a track. */
  has(track: string): boolean {
    return this.#tracks.has(track);
  }

  /** Ends a slice and writes it; false where none is open. */
  end(track: string, { timeNs, name, detail }: SliceEnd): boolean {
    const open = this.#tracks.get(track);
    if (!open) return false;
    const named = name === undefined ? -1 : open.findLastIndex((slice) => slice.name === name);
    const [slice] = open.splice(named < 0 ? open.length - 1 : named, 1) as [OpenSlice];
    if (open.length === 0) this.#tracks.delete(track);
    this.#open--;
    const durationNs = timeNs >= slice.timeNs ? timeNs - slice.timeNs : null;
    const details = [slice.detail, detail].filter((text) => text !== null);
    this.#rows.event({ ...slice, durationNs, detail: details.length > 0 ? details.join(" ") : null }, slice.row);
    return true;
  }

  #giveUp(track: string): void {
    const open = this.#tracks.get(track)!;
    for (const slice of open) this.#rows.event(slice, slice.row);
    this.unfinished += open.length;
    this.#open -= open.length;
    this.#tracks.delete(track);
  }

  /** Writes what is still open, without an end. */
  close(): void {
    for (const track of this.#tracks.keys()) this.#giveUp(track);
  }
}

/** Says how many slices had no end, of all files so far. */
export function addSlicesWithoutEnd({ unfinished }: OpenSlices, { warnings }: ImportContext): void {
  if (unfinished === 0) return;
  const total = warnings.rows("slices-without-end") + unfinished;
  warnings.add("slices-without-end", total, "slices whose end the trace does not hold");
}
