import { FormatError } from "../../../base/index.ts";
import { counterTable, deviceIoTable } from "../../schema/trace-tables.ts";
import type { InputFile } from "../../source/input.ts";
import type { LineScanner } from "../../source/line-scanner.ts";
import { showPath } from "../../text.ts";
import type { TableWriter } from "../../write.ts";
import type { SourceClock } from "../clock.ts";
import type { ImportContext } from "../importer.ts";
import { columnsOf, type LogName, logUnits } from "./log-file.ts";

const comma = 44;
const space = 32;
const letterX = 120;

/** fio's numbers of directions, 2 = trim, as codes of column `direction`. */
const directions = [0, 1, 3];
const directionNames = ["read", "write", "trim"];
const msNs = 1_000_000;
const expectedLine = "time, value, direction, size, offset, priority";

/** One entry of a log. */
interface Entry {
  timeMs: number;
  value: number;
  direction: number;
  bytes: number;
  offset: number;
}

/** A log, and what becomes of it. */
export interface LogTarget {
  readonly name: LogName;
  readonly device: number;
  /** Its entries are requests, as far as they are single ones; else they are counters. */
  readonly isRequests: boolean;
}

/** Writes the entries of one log: requests, or values of a counter. */
export class LogRows {
  readonly #file: InputFile;
  readonly #target: LogTarget;
  readonly #clock: SourceClock;
  readonly #context: ImportContext;
  readonly #requests: TableWriter;
  readonly #counters: TableWriter;
  readonly #hasOffset: boolean;
  readonly #kinds: number[] = [];
  readonly #entry: Entry = { timeMs: 0, value: 0, direction: 0, bytes: 0, offset: -1 };
  /** Entries with a priority or a time of issue, which the format has no place for. */
  furtherColumns = 0;

  constructor(file: InputFile, target: LogTarget, context: ImportContext) {
    this.#file = file;
    this.#target = target;
    this.#context = context;
    this.#clock = context.clock(file);
    this.#requests = context.writer.table(deviceIoTable, { sort: true });
    this.#counters = context.writer.table(counterTable, { sort: true });
    ({ hasOffset: this.#hasOffset } = columnsOf(file));
  }

  get highestNs(): number {
    return this.#clock.highestNs;
  }

  readonly read = (line: LineScanner): void => {
    if (!this.#readEntry(line)) line.refuse(expectedLine);
    const { timeMs, bytes } = this.#entry;
    const second = Math.floor(timeMs / 1000);
    const timeNs = this.#clock.toNs(second, (timeMs - second * 1000) * msNs, line.line);
    // Means over some time have no size.
    if (this.#target.isRequests && bytes > 0) this.#writeRequest(timeNs, line.line);
    else this.#writeCounter(timeNs);
  };

  #readEntry(line: LineScanner): boolean {
    const entry = this.#entry;
    if (!line.whole()) return false;
    entry.timeMs = line.value;
    if (!this.#next(line)) return false;
    entry.value = line.value;
    if (!this.#next(line) || line.value > 2) return false;
    entry.direction = line.value;
    if (!this.#next(line)) return false;
    entry.bytes = line.value;
    entry.offset = -1;
    if (this.#hasOffset && !line.isAtEnd) {
      if (!this.#next(line)) return false;
      entry.offset = line.value;
    }
    return line.isAtEnd || this.#readFurther(line);
  }

  /** A comma, a space and a number. */
  #next(line: LineScanner): boolean {
    return line.take(comma) && line.take(space) && line.whole();
  }

  /** Priority, and time of issue. */
  #readFurther(line: LineScanner): boolean {
    let isKnown = true;
    for (let count = 0; count < 2 && !line.isAtEnd; count++) {
      if (!this.#next(line)) return false;
      if (line.value !== 0 || line.take(letterX)) isKnown = false;
      // The rest of a hexadecimal number.
      while (!line.isAtEnd && line.bytes[line.at] !== comma) line.at++;
    }
    if (!isKnown) this.furtherColumns++;
    return line.isAtEnd;
  }

  #writeRequest(completeNs: number, row: number): void {
    const { value: latencyNs, direction, bytes, offset } = this.#entry;
    const { columns, nulls, fill } = this.#requests;
    let submitNs = completeNs - latencyNs;
    if (submitNs < 0) {
      const detail = `${this.#file.name}: requests from before the trace's start, taken as of its start`;
      this.#context.warnings.addRow("times-before-start", row, detail);
      submitNs = 0;
    }
    columns["submit_ns"]![fill] = submitNs;
    columns["complete_ns"]![fill] = completeNs;
    columns["device_index"]![fill] = this.#target.device;
    columns["bytes"]![fill] = bytes;
    columns["direction"]![fill] = directions[direction]!;
    columns["offset_bytes"]![fill] = Math.max(offset, 0);
    nulls["complete_ns"]![fill] = 0;
    nulls["offset_bytes"]![fill] = offset < 0 ? 1 : 0;
    this.#requests.advance();
  }

  #writeCounter(timeNs: number): void {
    const { value, direction } = this.#entry;
    const { columns, fill } = this.#counters;
    columns["time_ns"]![fill] = timeNs;
    columns["kind_index"]![fill] = this.#kinds[direction] ??= this.#kind(direction);
    columns["value"]![fill] = value;
    this.#counters.advance();
  }

  #kind(direction: number): number {
    const { job, type } = this.#target.name;
    return this.#context.catalogue.counterKind(`${job} ${type} ${directionNames[direction]}`, logUnits[type], null);
  }
}

/** The error of a log whose name does not say what its values are. */
export function refuseName(file: InputFile): never {
  throw new FormatError(`${showPath(file.path)}: expected a name like job_lat.1.log, found ${showPath(file.name)}`, {
    hint: "the logs of lat, clat, slat, bw and iops look the same: give it back the end that fio gave it",
  });
}
