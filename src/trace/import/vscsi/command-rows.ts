import { deviceIoTable } from "../../schema/trace-tables.ts";
import { type InputFile, stem } from "../../source/input.ts";
import type { TableWriter } from "../../write.ts";
import type { SourceClock } from "../clock.ts";
import type { ImportContext, SourceReport } from "../importer.ts";
import { hasPlace } from "./commands.ts";

const sectorBytes = 512;
const usPerSecond = 1_000_000;
/** The first sector that lies beyond 2^53 bytes. */
const maxSector = 2 ** 44;

/** One command, filled anew for each. */
export interface Command {
  timeUs: number;
  /** From issue to end; 0 where the source does not say. */
  responseUs: number;
  direction: number;
  bytes: number;
  sector: number;
}

/** Writes the commands of one file. */
export class CommandRows {
  readonly #file: InputFile;
  readonly #table: TableWriter;
  readonly #clock: SourceClock;
  readonly #device: number;
  readonly #context: ImportContext;
  #rows = 0;
  #open = 0;
  #answered = 0;
  #displaced = 0;
  #highestNs = 0;

  constructor(file: InputFile, vm: number, context: ImportContext) {
    this.#file = file;
    this.#table = context.writer.table(deviceIoTable, { sort: true });
    this.#clock = context.clock(file);
    this.#device = context.catalogue.device(vm, stem(file), "other");
    this.#context = context;
  }

  get highestNs(): number {
    return Math.max(this.#clock.highestNs, this.#highestNs);
  }

  /** Takes a command; false where its numbers cannot be. */
  add({ timeUs, responseUs, direction, bytes, sector }: Command): boolean {
    if (timeUs > Number.MAX_SAFE_INTEGER || responseUs > 2 ** 40 || sector >= maxSector) return false;
    this.#rows++;
    const second = Math.floor(timeUs / usPerSecond);
    const { highestNs } = this.#clock;
    const submitNs = this.#clock.toNs(second, (timeUs - second * usPerSecond) * 1000, this.#rows);
    if (submitNs < highestNs) this.#displaced++;
    const completeNs = submitNs + responseUs * 1000;
    const isOpen = responseUs === 0 || completeNs > Number.MAX_SAFE_INTEGER;
    if (isOpen) this.#open++;
    else {
      this.#answered++;
      this.#highestNs = Math.max(this.#highestNs, completeNs);
    }
    const isPlaced = hasPlace(direction) && bytes > 0;
    const { columns, nulls, fill } = this.#table;
    columns["submit_ns"]![fill] = submitNs;
    columns["complete_ns"]![fill] = isOpen ? 0 : completeNs;
    columns["device_index"]![fill] = this.#device;
    columns["bytes"]![fill] = bytes;
    columns["direction"]![fill] = direction;
    columns["offset_bytes"]![fill] = isPlaced ? sector * sectorBytes : 0;
    nulls["complete_ns"]![fill] = isOpen ? 1 : 0;
    nulls["offset_bytes"]![fill] = isPlaced ? 0 : 1;
    this.#table.advance();
    return true;
  }

  /** Ends the file, whose `otherRows` were no commands. */
  finish(otherRows = 0): SourceReport {
    const { warnings } = this.#context;
    if (this.#open > 0) {
      warnings.addRows(
        "requests-without-completion",
        this.#open,
        "the trace says when commands were issued, not how long they took",
      );
    }
    if (this.#answered > 0) {
      warnings.addRows(
        "units-assumed",
        this.#answered,
        "no document says in which unit version 2 keeps response times: they are taken as µs, as its other times are",
      );
    }
    if (this.#displaced > 0) {
      warnings.addRows(
        "rows-reordered",
        this.#displaced,
        "commands that stand behind later ones were put in their order",
      );
    }
    const heading = { code: "headings-dropped", rows: otherRows, detail: "lines that say what the columns are" };
    return {
      file: this.#file.name,
      rows: this.#rows + otherRows,
      kept_rows: this.#rows,
      dropped: otherRows > 0 ? [heading] : [],
    };
  }
}
