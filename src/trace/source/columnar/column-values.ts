/**
 * Values of one column for some rows, as columnar files hold them.
 *
 * Shape    `numbers` for all kinds but text; a whole number beyond 2^53 is not exact there, and `words` has its two halves
 *          (low, high); `offsets` and `bytes` for text; `nulls` has 1 where there is no value
 */
export interface ColumnValues {
  readonly rows: number;
  readonly kind: "whole" | "real" | "text";
  readonly numbers?: Float64Array;
  readonly words?: Int32Array;
  readonly offsets?: Int32Array;
  readonly bytes?: Uint8Array;
  readonly nulls?: Uint8Array | undefined;
}

/** What a column's numbers count, where the file says that it holds moments. */
export type TimeUnit = "s" | "ms" | "us" | "ns";

export interface ColumnInfo {
  readonly name: string;
  readonly kind: ColumnValues["kind"] | "other";
  readonly timeUnit?: TimeUnit | undefined;
}

/** Some rows of several columns: each column's values, and where in them the rows begin. */
export interface RowStretch {
  readonly rows: number;
  readonly columns: readonly { readonly values: ColumnValues; readonly start: number }[];
}

/** A file of columns, read a stretch of rows at a time. */
export interface ColumnarFile {
  readonly columns: readonly ColumnInfo[];
  /** Reads the columns with these numbers. */
  stretches(columns: readonly number[]): Generator<RowStretch>;
  close(): void;
}

/** Whole doubles from the halves of 64-bit numbers; `hasSign` tells how the upper one is read. */
export function fromWords(words: Int32Array, hasSign: boolean): Float64Array {
  const numbers = new Float64Array(words.length / 2);
  for (let row = 0; row < numbers.length; row++) {
    const high = words[2 * row + 1]!;
    numbers[row] = (hasSign ? high : high >>> 0) * 4_294_967_296 + (words[2 * row]! >>> 0);
  }
  return numbers;
}
