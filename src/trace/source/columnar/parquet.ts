/**
 * Reads Parquet files of plain columns, a page of each column at a time, so that memory stays flat whatever the size of a
 * row group. Whoever wrote the file is not trusted: each length is held against the bytes that are there.
 *
 * Not supported: columns inside of others or repeated, encrypted columns, INT96, fixed-length bytes, LZO and the encoding
 * DELTA_BYTE_ARRAY.
 * Source: parquet.thrift, Encodings.md and Compression.md of apache/parquet-format 2.11.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

import { FormatError, mibBytes } from "../../../base/index.ts";
import { showPath } from "../../text.ts";
import type { UnpackGuard } from "../unpack-guard.ts";
import type { ColumnarFile, ColumnValues, RowStretch } from "./column-values.ts";
import { type ParquetMetadata, readParquetMetadata, type RowGroup } from "./parquet-metadata.ts";
import { ColumnPages } from "./parquet-pages.ts";

const magic = 0x3152_4150;
const maxFooterBytes = 64 * mibBytes;

/** Bytes that a value takes once it is unpacked, held against the limits: runs may stand for any number of values. */
const valueBytes = 8;

/** One column's present page, and how far its rows were taken. */
interface Reach {
  readonly pages: ColumnPages;
  values: ColumnValues | undefined;
  start: number;
}

export class ParquetFile implements ColumnarFile {
  readonly #file: number;
  readonly #path: string;
  readonly #metadata: ParquetMetadata;
  readonly #count: (bytes: number) => void;

  /** `path` is where the file is, `name` what people know it as. */
  constructor(path: string, name: string, guard: UnpackGuard) {
    this.#file = openSync(path, "r");
    this.#path = name;
    try {
      const { size } = fstatSync(this.#file);
      this.#count = guard.follow(name, size);
      this.#metadata = this.#guarded(() => this.#readFooter(size));
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  get columns() {
    return this.#metadata.columns;
  }

  get rows(): number {
    return this.#metadata.groups.reduce((sum, { rows }) => sum + rows, 0);
  }

  close(): void {
    closeSync(this.#file);
  }

  readonly #read = (start: number, bytes: number): Uint8Array => {
    const target = new Uint8Array(bytes);
    for (let offset = 0; offset < bytes;) {
      const count = readSync(this.#file, target, offset, bytes - offset, start + offset);
      if (count === 0) throw new FormatError("the file ends inside its pages");
      offset += count;
    }
    return target;
  };

  /** Says which file is meant by an error. */
  #guarded<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (error instanceof RangeError) {
        throw new FormatError(`${showPath(this.#path)}: damaged Parquet data`, { cause: error });
      }
      if (!(error instanceof FormatError)) throw error;
      const { hint } = error;
      throw new FormatError(`${showPath(this.#path)}: ${error.message}`, {
        cause: error,
        ...(hint === undefined ? {} : { hint }),
      });
    }
  }

  #readFooter(size: number): ParquetMetadata {
    if (size < 12) throw new FormatError("expected a Parquet file, found fewer than 12 bytes");
    const tail = new DataView(this.#read(size - 8, 8).buffer);
    if (tail.getUint32(4, true) !== magic) {
      throw new FormatError("expected PAR1 at the end of a Parquet file, found other bytes", {
        hint: "the file is truncated, or its writer was stopped: its metadata come last; copy it again",
      });
    }
    const footerBytes = tail.getUint32(0, true);
    if (footerBytes > Math.min(size - 12, maxFooterBytes))
      throw new FormatError("damaged Parquet metadata: their length");
    return readParquetMetadata(this.#read(size - 8 - footerBytes, footerBytes), size);
  }

  *stretches(columns: readonly number[]): Generator<RowStretch> {
    for (const group of this.#metadata.groups) yield* this.#groupStretches(group, columns);
  }

  *#groupStretches(group: RowGroup, columns: readonly number[]): Generator<RowStretch> {
    const reaches = columns.map((column): Reach => {
      const pages = new ColumnPages(this.columns[column]!, group.chunks[column]!, group.rows, this.#read);
      return { pages, values: undefined, start: 0 };
    });
    for (let rowsLeft = group.rows; rowsLeft > 0;) {
      const rows = this.#guarded(() => this.#fill(reaches, rowsLeft));
      rowsLeft -= rows;
      yield { rows, columns: reaches.map(({ values, start }) => ({ values: values!, start })) };
      for (const reach of reaches) reach.start += rows;
    }
  }

  /** Reads pages where they are used up; gives the rows that all of them hold. */
  #fill(reaches: readonly Reach[], rowsLeft: number): number {
    let rows = rowsLeft;
    for (const reach of reaches) {
      if (!reach.values || reach.start === reach.values.rows) {
        reach.values = reach.pages.next();
        reach.start = 0;
        this.#count(reach.values.rows * valueBytes);
      }
      rows = Math.min(rows, reach.values.rows - reach.start);
    }
    return rows;
  }
}
