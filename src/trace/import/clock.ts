import { FormatError, secNs } from "../../base/index.ts";
import { showPath } from "../text.ts";
import type { InputFile } from "../source/input.ts";
import type { Warnings } from "./warnings.ts";

/**
 * Which clock a source's times are of. Two sources stand on one time line where their clocks are the same; `own` is a clock
 * that nothing else has.
 */
export type ClockName = "realtime" | "monotonic" | "boottime" | "own";

/** A moment of a clock. Seconds and ns apart, as ns since 1970 do not fit into a double. */
export interface Moment {
  readonly second: number;
  readonly nanosecond: number;
}

export function isEarlier(one: Moment, other: Moment): boolean {
  return one.second - other.second < 0 || (one.second === other.second && one.nanosecond < other.nanosecond);
}

/** The first moment that a source's beginning shows, and of which clock. */
export interface ClockStart extends Moment {
  readonly clock: ClockName;
}

/** 104 days: what whole ns in a double hold. */
const maxSpanSeconds = Math.floor(Number.MAX_SAFE_INTEGER / secNs) - 1;

/** Steps back of up to a second are CPUs or queues that were written one behind the other. */
const backNs = secNs;
const jumpNs = 3600 * secNs;

/**
 * Turns one source's moments into ns since the trace's start, and watches the clock on the way.
 *
 * Errors   FormatError for a moment that lies further from the start than whole ns can say
 */
export class SourceClock {
  readonly #file: InputFile;
  readonly #zero: Moment;
  readonly #warnings: Warnings;
  #lastNs = 0;
  #isFirst = true;
  /** Highest time so far. */
  highestNs = 0;
  /** False for sources that write their parts one behind the other, where steps back and jumps say nothing of the clock. */
  watches = true;

  constructor(file: InputFile, zero: Moment, warnings: Warnings) {
    this.#file = file;
    this.#zero = zero;
    this.#warnings = warnings;
  }

  /** The time of a moment; `row` is the source's row or line, for warnings. */
  toNs(second: number, nanosecond: number, row: number): number {
    const seconds = second - this.#zero.second;
    if (seconds > maxSpanSeconds || seconds < -maxSpanSeconds) this.#refuse(seconds, row);
    let ns = seconds * secNs + nanosecond - this.#zero.nanosecond;
    if (ns < 0) {
      this.#warnings.addRow(
        "times-before-start",
        row,
        `${this.#file.name}: times before the trace's start, taken as its start`,
      );
      ns = 0;
    }
    this.#watch(ns, row);
    return ns;
  }

  /** The time of a moment that `toNs` has given before, for a second reading: nothing is counted or refused again. */
  againNs(second: number, nanosecond: number): number {
    return Math.max((second - this.#zero.second) * secNs + nanosecond - this.#zero.nanosecond, 0);
  }

  #watch(ns: number, row: number): void {
    if (!this.#isFirst && this.watches) {
      if (ns < this.#lastNs - backNs) {
        this.#warnings.addRow("clock-went-back", row, `${this.#file.name}: the clock goes back by more than a second`);
      } else if (ns > this.#lastNs + jumpNs) {
        this.#warnings.addRow("clock-jumped", row, `${this.#file.name}: the clock jumps by more than an hour`);
      }
    }
    this.#isFirst = false;
    this.#lastNs = ns;
    if (ns > this.highestNs) this.highestNs = ns;
  }

  #refuse(seconds: number, row: number): never {
    throw new FormatError(
      `${showPath(this.#file.path)}: row ${row}: ${seconds} s from the trace's start, expected at most ${maxSpanSeconds}`,
      { hint: "a number is damaged, or the file holds several recordings: import each by itself" },
    );
  }
}
