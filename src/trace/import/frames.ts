import { type PageRoom, PageSet } from "../page-set.ts";
import { pagePopulationTable, pageWriteTable } from "../schema/trace-tables.ts";
import type { TableWriter } from "../write.ts";
import type { TickRuns } from "./tick-runs.ts";

/** How the frames of a source are backed; null where it does not say. */
type Order = number | null;

/** One table of runs of frames of a VM, filled by typed stores. */
class RunTable {
  readonly #writer: TableWriter;
  readonly #vmIndex: number;
  readonly #order: Order;
  readonly #times: Float64Array;
  readonly #vms: Uint16Array;
  readonly #starts: Uint32Array;
  readonly #counts: Uint32Array;
  readonly #orders: Uint8Array | undefined;
  readonly #orderNulls: Uint8Array | undefined;

  constructor(writer: TableWriter, vmIndex: number, order: Order) {
    this.#writer = writer;
    this.#vmIndex = vmIndex;
    this.#order = order;
    this.#times = writer.columns["time_ns"] as Float64Array;
    this.#vms = writer.columns["vm_index"] as Uint16Array;
    this.#starts = writer.columns["start_gfn"] as Uint32Array;
    this.#counts = writer.columns["page_count"] as Uint32Array;
    this.#orders = writer.columns["order"] as Uint8Array | undefined;
    this.#orderNulls = writer.nulls["order"];
  }

  append(timeNs: number, startGfn: number, pageCount: number): void {
    const row = this.#writer.fill;
    this.#times[row] = timeNs;
    this.#vms[row] = this.#vmIndex;
    this.#starts[row] = startGfn;
    this.#counts[row] = pageCount;
    if (this.#orders) {
      this.#orders[row] = this.#order ?? 0;
      this.#orderNulls![row] = this.#order === null ? 1 : 0;
    }
    this.#writer.advance();
  }
}

/** Tables that page writes go to. */
export type FrameTable = typeof pageWriteTable | typeof pagePopulationTable;

/**
 * Fills page_write and, on each frame's first appearance, page_population, with the ticks of one VM: a frame is known to
 * be backed from the first reading that finds it written.
 */
export class FrameTables {
  readonly #writes: RunTable;
  readonly #population: RunTable;
  readonly #seen: PageSet;
  #endGfn = 0;
  #timeNs = 0;

  constructor(
    table: (table: FrameTable) => TableWriter,
    { vmIndex, order, room }: { readonly vmIndex: number; readonly order: Order; readonly room?: PageRoom },
  ) {
    this.#seen = new PageSet(room);
    this.#writes = new RunTable(table(pageWriteTable), vmIndex, order);
    this.#population = new RunTable(table(pagePopulationTable), vmIndex, order);
  }

  /** The lowest frame number above all frames. */
  get endGfn(): number {
    return this.#endGfn;
  }

  readonly #appear = (startGfn: number, pageCount: number): void => {
    this.#population.append(this.#timeNs, startGfn, pageCount);
  };

  /**
   * Takes the runs of one tick, whose pages `rank` numbers as frames where they are virtual ones.
   *
   * Errors   gives false where the pages lie too far apart to be kept
   */
  addTick(timeNs: number, { starts, pageCounts, count }: TickRuns, rank?: (page: number) => number): boolean {
    this.#timeNs = timeNs;
    for (let index = 0; index < count; index++) {
      const startGfn = rank ? rank(starts[index]!) : starts[index]!;
      const pageCount = pageCounts[index]!;
      this.#writes.append(timeNs, startGfn, pageCount);
      if (!this.#seen.add(startGfn, pageCount, this.#appear)) return false;
      if (startGfn + pageCount > this.#endGfn) this.#endGfn = startGfn + pageCount;
    }
    return true;
  }
}

/** Refusal of pages that no set can hold. */
export const spreadRefusal = {
  expected: "pages in at most 131072 pieces of 128 MiB",
  found: "a page in one more piece",
};
