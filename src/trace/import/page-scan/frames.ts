import { pagePopulationTable, pageWriteTable } from "../../schema/trace-tables.ts";
import type { TableWriter } from "../../write.ts";
import type { CsvCursor } from "../csv.ts";
import { PageSet } from "../../page-set.ts";

/** One table of runs of frames, filled by typed stores. */
class RunTable {
  readonly #writer: TableWriter;
  readonly #times: Float64Array;
  readonly #starts: Uint32Array;
  readonly #counts: Uint32Array;

  constructor(writer: TableWriter) {
    this.#writer = writer;
    this.#times = writer.columns["time_ns"] as Float64Array;
    this.#starts = writer.columns["start_gfn"] as Uint32Array;
    this.#counts = writer.columns["page_count"] as Uint32Array;
  }

  /** Columns that are not named here keep the zero that they began with: VM 0, and order 0 where there is one. */
  append(timeNs: number, startGfn: number, pageCount: number): void {
    const row = this.#writer.fill;
    this.#times[row] = timeNs;
    this.#starts[row] = startGfn;
    this.#counts[row] = pageCount;
    this.#writer.advance();
  }
}

/**
 * Fills page_write and, on each frame's first appearance, page_population.
 *
 * The recorder switches transparent huge pages off in the process that it records, so every frame's backing is a folio
 * of order 0; a frame is known to be backed from the first reading that finds it written.
 */
export class FrameTables {
  readonly #writes: RunTable;
  readonly #population: RunTable;
  readonly #seen = new PageSet();
  #endGfn = 0;
  #timeNs = 0;

  constructor(table: (table: typeof pageWriteTable | typeof pagePopulationTable) => TableWriter) {
    this.#writes = new RunTable(table(pageWriteTable));
    this.#population = new RunTable(table(pagePopulationTable));
  }

  /** The lowest frame number above all frames. */
  get endGfn(): number {
    return this.#endGfn;
  }

  readonly #appear = (startGfn: number, pageCount: number): void => {
    this.#population.append(this.#timeNs, startGfn, pageCount);
  };

  add(timeNs: number, startGfn: number, pageCount: number, cursor: CsvCursor): void {
    this.#timeNs = timeNs;
    this.#writes.append(timeNs, startGfn, pageCount);
    if (!this.#seen.add(startGfn, pageCount, this.#appear)) refuseSpread(cursor);
    const end = startGfn + pageCount;
    if (end > this.#endGfn) this.#endGfn = end;
  }
}

export function refuseSpread(cursor: CsvCursor): never {
  cursor.refuse({ expected: "pages in at most 131072 pieces of 128 MiB", found: "a page in one more piece" });
}
