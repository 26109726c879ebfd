import { UsageError } from "../base/index.ts";

/** Points of [0, 1]^k at which a question is asked: row after row, one answer each. */
export interface Design {
  readonly inputCount: number;
  readonly rowCount: number;
  /** Writes a row's point, one number an input; the caller makes values of them, and NaN is the answer that is missing. */
  fillPoint(row: number, point: Float64Array): void;
}

/** What fits into memory with room to spare: 400 MB of numbers. */
const maxCells = 50_000_000;
const maxRows = 10_000_000;

/** Refuses a design that nobody could answer, before anything is allocated. */
export function checkSize(what: string, rowCount: number, cellCount: number): void {
  if (rowCount <= maxRows && cellCount <= maxCells) return;
  throw new UsageError(`${what}: ${rowCount} rows and ${cellCount} numbers; at most ${maxRows} and ${maxCells}`, {
    hint: "ask for fewer samples, or for fewer inputs at once",
  });
}
