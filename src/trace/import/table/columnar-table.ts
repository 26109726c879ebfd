import { FormatError } from "../../../base/index.ts";
import { ArrowFile } from "../../source/columnar/arrow-file.ts";
import type {
  ColumnarFile,
  ColumnInfo,
  ColumnValues,
  RowStretch,
  TimeUnit,
} from "../../source/columnar/column-values.ts";
import { ParquetFile } from "../../source/columnar/parquet.ts";
import type { InputFile } from "../../source/input.ts";
import type { InputReader } from "../../source/reader.ts";
import { quote, showPath } from "../../text.ts";
import { NamedRows } from "../catalogue.ts";
import { type CellRole, type ColumnMap, resolveColumns, showRef } from "./column-map.ts";
import { isWrite, parseMoment, parseWhole, setMoment, setRealMoment, setWordMoment } from "../fields.ts";
import type { PageSink, RowPlace } from "./page-sink.ts";

/** The kind of a columnar file by its first bytes. */
export function columnarKind({ head }: InputFile): "parquet" | "arrow" | undefined {
  const start = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, 16));
  const text = start.toString("latin1", 0, 6);
  if (text.startsWith("PAR1")) return "parquet";
  if (text === "ARROW1") return "arrow";
  // A stream: a mark, the length of a schema message in steps of 8, and where its table begins.
  const isStream = start.length >= 12 && start.readUInt32LE(0) === 0xffff_ffff && start.readUInt32LE(4) % 8 === 0;
  return isStream && start.readUInt32LE(8) < 256 && start.readUInt32LE(4) > 0 ? "arrow" : undefined;
}

export async function openColumnar(file: InputFile, reader: InputReader): Promise<ColumnarFile> {
  const path = await reader.unpackedPath(file);
  if (columnarKind(file) === "parquet") return new ParquetFile(path, file.path, reader.guard);
  return new ArrowFile(path, file.path, reader.guard, (detail) => reader.noteTruncated(file, detail));
}

type Take = (values: ColumnValues, row: number) => void;

/** Reads the rows of a columnar file into the cells of a sink. */
class RowReader implements RowPlace {
  readonly file: InputFile;
  readonly #sink: PageSink;
  readonly #vms: NamedRows;
  #isWrite = true;
  row = 0;

  constructor(file: InputFile, sink: PageSink) {
    this.file = file;
    this.#sink = sink;
    this.#vms = new NamedRows((name) => sink.addVm(name));
  }

  refuse(column: string, expected: string, found: string, hint?: string): never {
    throw new FormatError(
      `${showPath(this.file.path)}: row ${this.row}: ${column}: expected ${expected}, found ${found}`,
      hint === undefined ? {} : { hint },
    );
  }

  #whole(name: string, values: ColumnValues, row: number): number {
    const { kind, numbers, offsets, bytes } = values;
    const value = kind === "text" ? parseWhole(bytes!, offsets![row]!, offsets![row + 1]!) : numbers![row]!;
    if (value >= 0 && value <= Number.MAX_SAFE_INTEGER && Math.floor(value) === value) return value;
    return this.refuse(quote(name, 80), "a whole number from 0 below 2^53", textOf(values, row));
  }

  #time(name: string, values: ColumnValues, row: number, unit: TimeUnit): void {
    const { cells } = this.#sink;
    if (values.kind === "text") {
      if (parseMoment(values.bytes!, values.offsets![row]!, values.offsets![row + 1]!, unit, cells)) return;
    } else {
      const value = values.numbers![row]!;
      if (value >= 0 && Number.isFinite(value)) {
        if (values.kind === "real") setRealMoment(cells, value, unit);
        else if (value <= Number.MAX_SAFE_INTEGER) setMoment(cells, value, unit);
        else if (unit === "ns") setWordMoment(cells, values.words![2 * row]!, values.words![2 * row + 1]!);
        else this.refuse(quote(name, 80), "a time", textOf(values, row));
        return;
      }
    }
    this.refuse(quote(name, 80), "a time", textOf(values, row));
  }

  /** What is done with a column's value. */
  taker(role: CellRole, { name, timeUnit }: ColumnInfo, map: ColumnMap): Take {
    const { cells } = this.#sink;
    switch (role) {
      case "time":
        // The file knows better than the user what its moments count.
        return (values, row) => this.#time(name, values, row, timeUnit ?? map.time.unit);
      case "place":
        return (values, row) => void (cells.place = this.#whole(name, values, row));
      case "extent":
        return (values, row) => void (cells.extent = this.#whole(name, values, row));
      case "tick":
        return (values, row) => void (cells.tick = this.#whole(name, values, row));
      case "event":
        return (values, row) => void (this.#isWrite = isWrite(textOf(values, row)));
      case "vm":
        return (values, row) => void (cells.vm = this.#vm(values, row));
    }
  }

  #vm(values: ColumnValues, row: number): number {
    if (values.kind === "text") return this.#vms.index(values.bytes!, values.offsets![row]!, values.offsets![row + 1]!);
    const name = Buffer.from(textOf(values, row));
    return this.#vms.index(name, 0, name.length);
  }

  take({ rows, columns }: RowStretch, takers: readonly Take[]): void {
    for (let index = 0; index < rows; index++) {
      this.row++;
      this.#isWrite = true;
      let isComplete = true;
      for (let column = 0; column < takers.length; column++) {
        const { values, start } = columns[column]!;
        if (values.nulls !== undefined && values.nulls[start + index] === 1) isComplete = false;
        else takers[column]!(values, start + index);
      }
      if (!isComplete) this.#sink.drop("incomplete-rows-dropped");
      else if (this.#isWrite) this.#sink.take();
      else this.#sink.drop("not-writes-dropped");
    }
  }
}

/** A cell as text. */
export function textOf({ kind, numbers, offsets, bytes }: ColumnValues, row: number): string {
  if (kind !== "text") return `${numbers![row]!}`;
  return Buffer.from(bytes!.subarray(offsets![row], offsets![row + 1])).toString("utf8");
}

/** Reads a columnar table into a sink. */
export async function readColumnarTable(
  file: InputFile,
  reader: InputReader,
  { sink, map }: { readonly sink: PageSink; readonly map: ColumnMap },
): Promise<void> {
  const columnar = await openColumnar(file, reader);
  try {
    const names = columnar.columns.map(({ name }) => name);
    const { columns, missing } = resolveColumns(map, names);
    if (missing) {
      throw new FormatError(
        `${showPath(file.path)}: expected ${showRef(missing)}, found ${quote(names.join(", "), 200)}`,
      );
    }
    for (const number of columns.values()) {
      if (columnar.columns[number]!.kind !== "other") continue;
      throw new FormatError(
        `${showPath(file.path)}: column ${quote(names[number]!, 80)} is of a type that is not read`,
        {
          hint: "numbers, moments, flags and texts are read, not nested columns, decimals of fixed length or INT96",
        },
      );
    }
    const rows = new RowReader(file, sink);
    sink.begin(rows);
    if (!map.vm) sink.cells.vm = sink.addVm(file.name.replace(/(\.[a-z]{2,8}){1,2}$/, ""));
    const takers = [...columns].map(([role, number]) => rows.taker(role, columnar.columns[number]!, map));
    for (const stretch of columnar.stretches([...columns.values()])) rows.take(stretch, takers);
  } finally {
    columnar.close();
  }
}
