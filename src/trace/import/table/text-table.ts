import { FormatError } from "../../../base/index.ts";
import { firstLine, type InputFile } from "../../source/input.ts";
import { lineBlocks, newline } from "../../source/line-blocks.ts";
import type { InputReader } from "../../source/reader.ts";
import { quote, showPath } from "../../text.ts";
import { NamedRows } from "../catalogue.ts";
import { type CellRole, type ColumnMap, resolveColumns, showRef, usesNames } from "./column-map.ts";
import { isWrite, parseMoment, parseWhole, setMoment } from "../fields.ts";
import type { PageSink, RowPlace } from "./page-sink.ts";

const comma = 44;
const semicolon = 59;
const bar = 124;
const tab = 9;
const space = 32;
const quoteMark = 34;
const hash = 35;
const carriageReturn = 13;

const separators = [comma, semicolon, tab, bar];
/** UTF-8's byte order mark. */
const mark = "\u00ef\u00bb\u00bf";
/** Digits that a double holds whatever they are. */
const safeDigits = 15;

/** Fields of a first line; those in quotes may hold the separator. */
export function splitLine(line: string, separator: number): string[] {
  const mark = String.fromCharCode(separator);
  const fields = line.match(new RegExp(`(?:^|[${mark}])[ \\t]*(?:"(?:[^"]|"")*"|[^${mark}]*)`, "g")) ?? [];
  return fields.map((field, index) => {
    const text = (index > 0 ? field.slice(1) : field).trim();
    return text.startsWith('"') && text.endsWith('"') && text.length > 1
      ? text.slice(1, -1).replaceAll('""', '"')
      : text;
  });
}

/** How a text is laid out, by its first line. */
export interface TextLayout {
  readonly separator: number;
  readonly names: readonly string[];
  readonly hasHeader: boolean;
}

/** The layout of a table of text; undefined for what is none. */
export function textLayout(file: InputFile, map: ColumnMap): TextLayout | undefined {
  const found = firstLine(file);
  if (found === undefined || file.head.includes(0)) return undefined;
  const line = (found.startsWith(mark) ? found.slice(3) : found).replace(/\r$/, "");
  if (/^\s*[[{]/.test(line)) return undefined;
  const counts = separators.map((separator) => splitLine(line, separator).length);
  const separator = separators[counts.indexOf(Math.max(...counts))]!;
  const fields = splitLine(line, separator);
  const timeRef = map.time.ref;
  // A header has a word where there would be a time.
  const hasHeader = usesNames(map) || ("number" in timeRef && !/^\d/.test(fields[timeRef.number] ?? ""));
  const names = hasHeader ? fields : fields.map((_, index) => `${index + 1}`);
  return { separator, names, hasHeader };
}

/** Codes of roles, for the loop over a line's columns. */
const roleCodes: Readonly<Record<CellRole, number>> = { time: 1, place: 2, extent: 3, tick: 4, vm: 5, event: 6 };

/** Reads the lines of a delimited text into the cells of a sink. */
class LineReader implements RowPlace {
  readonly file: InputFile;
  readonly #sink: PageSink;
  readonly #map: ColumnMap;
  readonly #layout: TextLayout;
  /** Code of each column's role, 0 = not read. */
  readonly #roles: Uint8Array;
  readonly #vms: NamedRows;
  #bytes: Buffer = Buffer.alloc(0);
  #isIncomplete = false;
  #isWrite = true;
  line = 0;

  constructor(
    file: InputFile,
    layout: TextLayout,
    roles: Uint8Array,
    target: { sink: PageSink; map: ColumnMap; vms: NamedRows },
  ) {
    this.file = file;
    this.#layout = layout;
    this.#roles = roles;
    this.#sink = target.sink;
    this.#map = target.map;
    this.#vms = target.vms;
  }

  get row(): number {
    return this.line - (this.#layout.hasHeader ? 1 : 0);
  }

  refuse(column: string, expected: string, found: string, hint?: string): never {
    throw new FormatError(
      `${showPath(this.file.path)}: line ${this.line}: ${column}: expected ${expected}, found ${found}`,
      hint === undefined ? {} : { hint },
    );
  }

  readBlock(block: Buffer): void {
    this.#bytes = block;
    let offset = 0;
    if (this.line === 0) {
      if (block.toString("latin1", 0, 3) === mark) offset = 3;
      if (this.#layout.hasHeader) {
        offset = block.indexOf(newline) + 1;
        this.line = 1;
      }
    }
    while (offset < block.length) offset = this.#readLine(offset);
  }

  /** Reads the line that begins at `start`; gives where the next begins. */
  #readLine(start: number): number {
    this.line++;
    const bytes = this.#bytes;
    const first = bytes[start]!;
    if (first === newline || first === hash || (first === carriageReturn && bytes[start + 1] === newline)) {
      this.#sink.drop("comment-lines-dropped");
      return bytes.indexOf(newline, start) + 1;
    }
    const roles = this.#roles;
    const { separator } = this.#layout;
    const last = roles.length - 1;
    this.#isIncomplete = false;
    this.#isWrite = true;
    let offset = start;
    for (let column = 0; column <= last; column++) {
      const role = roles[column]!;
      const fieldStart = offset;
      if (role > 0 && role < 5) {
        let value = 0;
        for (;;) {
          const digit = bytes[offset]! - 48;
          if (!(digit >= 0 && digit <= 9)) break;
          value = value * 10 + digit;
          offset++;
        }
        const isPlain =
          offset > fieldStart &&
          offset - fieldStart <= safeDigits &&
          bytes[offset] === (column === last ? newline : separator);
        if (isPlain) {
          this.#setNumber(role, value);
          offset++;
          continue;
        }
        offset = fieldStart;
      }
      offset = this.#readField(role, column, offset);
    }
    this.#takeRow();
    return offset;
  }

  #takeRow(): void {
    if (this.#isIncomplete) this.#sink.drop("incomplete-rows-dropped");
    else if (this.#isWrite) this.#sink.take();
    else this.#sink.drop("not-writes-dropped");
  }

  #setNumber(role: number, value: number): void {
    const { cells } = this.#sink;
    if (role === 1) setMoment(cells, value, this.#map.time.unit);
    else if (role === 2) cells.place = value;
    else if (role === 3) cells.extent = value;
    else cells.tick = value;
  }

  /** Where a field's text ends, behind a closing quote where it has one. */
  #fieldEnd(start: number): number {
    const bytes = this.#bytes;
    const { separator } = this.#layout;
    let offset = start;
    while (bytes[offset] === space) offset++;
    if (bytes[offset] === quoteMark) {
      offset++;
      while (bytes[offset] !== newline && !(bytes[offset] === quoteMark && bytes[offset + 1] !== quoteMark)) {
        offset += bytes[offset] === quoteMark ? 2 : 1;
      }
    }
    while (bytes[offset] !== separator && bytes[offset] !== newline) offset++;
    return offset;
  }

  /** Reads any field; gives where the next one begins. */
  #readField(role: number, column: number, fieldStart: number): number {
    const bytes = this.#bytes;
    const fieldEnd = this.#fieldEnd(fieldStart);
    const isLast = column === this.#roles.length - 1;
    if ((bytes[fieldEnd] === newline) !== isLast) this.#refuseColumns(isLast);
    if (role > 0) {
      let start = fieldStart;
      let end = fieldEnd;
      while (start < end && (bytes[start] === space || bytes[start] === tab)) start++;
      while (end > start && (bytes[end - 1] === space || bytes[end - 1] === tab || bytes[end - 1] === carriageReturn))
        end--;
      if (end - start > 1 && bytes[start] === quoteMark && bytes[end - 1] === quoteMark) {
        start++;
        end--;
      }
      this.#setField(role, column, start, end);
    }
    return fieldEnd + 1;
  }

  #refuseColumns(isLast: boolean): never {
    const count = this.#roles.length;
    const found = isLast ? "more" : "fewer";
    throw new FormatError(`${showPath(this.file.path)}: line ${this.line}: expected ${count} columns, found ${found}`);
  }

  #setField(role: number, column: number, start: number, end: number): void {
    const bytes = this.#bytes;
    const { cells } = this.#sink;
    if (start === end) {
      this.#isIncomplete = true;
    } else if (role === 1) {
      if (!parseMoment(bytes, start, end, this.#map.time.unit, cells)) this.#refuseField(column, start, end, "a time");
    } else if (role === 5) {
      cells.vm = this.#vms.index(bytes, start, end);
    } else if (role === 6) {
      this.#isWrite = isWrite(bytes.toString("latin1", start, Math.min(end, start + 16)));
    } else {
      const value = parseWhole(bytes, start, end);
      if (Number.isNaN(value)) this.#refuseField(column, start, end, "a whole number from 0 below 2^53");
      this.#setNumber(role, value);
    }
  }

  #refuseField(column: number, start: number, end: number, expected: string): never {
    const name = this.#layout.names[column]!;
    this.refuse(quote(name, 80), expected, quote(this.#bytes.toString("latin1", start, end)));
  }
}

/** Reads a table of text into a sink. */
export async function readTextTable(
  file: InputFile,
  reader: InputReader,
  { sink, map }: { readonly sink: PageSink; readonly map: ColumnMap },
): Promise<void> {
  const layout = textLayout(file, map);
  if (!layout) {
    throw new FormatError(
      `${showPath(file.path)}: expected a table, found ${quote(firstLine(file) ?? "no whole line")}`,
      {
        hint: "lines of fields between commas, semicolons, tabs or bars; or Parquet, or Arrow IPC",
      },
    );
  }
  const { columns, missing } = resolveColumns(map, layout.names);
  if (missing) {
    throw new FormatError(
      `${showPath(file.path)}: line 1: expected ${showRef(missing)}, found ${quote(layout.names.join(", "), 200)}`,
    );
  }
  const roles = new Uint8Array(layout.names.length);
  for (const [role, column] of columns) roles[column] = roleCodes[role];
  const vms = new NamedRows((name) => sink.addVm(name));
  const lines = new LineReader(file, layout, roles, { sink, map, vms });
  sink.begin(lines);
  if (!map.vm) sink.cells.vm = sink.addVm(file.name.replace(/(\.[a-z]{2,8}){1,2}$/, ""));
  for await (const block of lineBlocks(file, reader, () => lines.line)) lines.readBlock(block);
}
