import { FormatError } from "../../base/index.ts";
import { quote, showPath } from "../text.ts";
import type { InputFile } from "../source/input.ts";
import { lineBlocks, newline } from "../source/line-blocks.ts";
import type { InputReader } from "../source/reader.ts";

export { newline } from "../source/line-blocks.ts";

export const comma = 44;

/** Longest line that is read; longer ones are an attack or another format. */
const maxLineBytes = 64 * 1024;
/** Latest moment that fits into whole nanoseconds below 2^53: 104 days. */
export const maxTimeUs = Math.floor(Number.MAX_SAFE_INTEGER / 1000);
export const maxWhole = Number.MAX_SAFE_INTEGER;

interface Refusal {
  readonly column?: string;
  readonly expected: string;
  readonly found: string;
  readonly hint?: string;
}

/**
 * Reads the fields of comma-separated lines straight from bytes.
 *
 * Shape    works on blocks of whole lines; a field stays in the block and becomes a string only by `text` or `rest`
 * Errors   FormatError with file, line, column, expected and found
 * Cost     `whole` is the hot path: one pass over the digits, nothing allocated
 */
export class CsvCursor {
  readonly file: InputFile;
  #bytes: Buffer = Buffer.alloc(0);
  #offset = 0;
  #line = 0;

  constructor(file: InputFile) {
    this.file = file;
  }

  /** Takes the next block, which ends with a newline. */
  load(block: Uint8Array): void {
    this.#bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
    this.#offset = 0;
  }

  get hasLine(): boolean {
    return this.#offset < this.#bytes.length;
  }

  /** Data rows read so far, the present one included: line 1 is the header. */
  get row(): number {
    return this.#line - 1;
  }

  get linesRead(): number {
    return this.#line;
  }

  /** Begins a line, for the line number in messages. */
  beginLine(): void {
    this.#line++;
  }

  /** A whole number up to `max` that ends with the separator. */
  whole(column: string, separator: number, max: number): number {
    const bytes = this.#bytes;
    const start = this.#offset;
    let offset = start;
    let value = 0;
    for (;;) {
      const digit = bytes[offset]! - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
      offset++;
    }
    if (offset === start || value > max || bytes[offset] !== separator) this.#refuseField(column, separator, max);
    this.#offset = offset + 1;
    return value;
  }

  /**
   * A line of as many whole numbers as `values` takes, each up to the one of `maxima`; false for any other line, which is
   * left where it is for `whole` to say what is wrong with it.
   */
  wholes(values: Float64Array, maxima: Float64Array): boolean {
    const bytes = this.#bytes;
    const last = values.length - 1;
    let offset = this.#offset;
    for (let field = 0; field <= last; field++) {
      const start = offset;
      let value = 0;
      for (;;) {
        const digit = bytes[offset]! - 48;
        if (!(digit >= 0 && digit <= 9)) break;
        value = value * 10 + digit;
        offset++;
      }
      if (offset === start || value > maxima[field]! || bytes[offset] !== (field === last ? newline : comma)) {
        return false;
      }
      values[field] = value;
      offset++;
    }
    this.#offset = offset;
    return true;
  }

  /** A field as text, one character a byte; `decode` makes real text of it. */
  text(column: string, separator: number): string {
    const start = this.#offset;
    const bytes = this.#bytes;
    let offset = start;
    while (bytes[offset] !== comma && bytes[offset] !== newline) offset++;
    if (bytes[offset] !== separator || offset - start > maxLineBytes) this.#refuseField(column, separator);
    this.#offset = offset + 1;
    return bytes.toString("latin1", start, offset);
  }

  /** The rest of the line as text, commas included: for a last column of free text. */
  rest(column: string): string {
    const start = this.#offset;
    const end = this.#bytes.indexOf(newline, start);
    if (end - start > maxLineBytes) this.#refuseField(column, newline);
    this.#offset = end + 1;
    return this.decode(column, this.#bytes.toString("latin1", start, end));
  }

  /** Real text from the bytes that `text` gave. */
  decode(column: string, bytes: string): string {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(bytes, "latin1"));
    } catch {
      return this.refuse({ column, expected: "UTF-8 text", found: quote(bytes) });
    }
  }

  /** A whole number from text, for columns whose meaning depends on another column. */
  wholeOf(column: string, text: string, max: number): number {
    if (!/^[0-9]{1,16}$/.test(text) || Number(text) > max) {
      this.refuse({ column, expected: `a whole number from 0 to ${max}`, found: quote(text) });
    }
    return Number(text);
  }

  refuse(refusal: Refusal): never {
    const { column, expected, found, hint } = refusal;
    const place = `${showPath(this.file.path)}: line ${this.#line}${column === undefined ? "" : `: ${column}`}`;
    throw new FormatError(`${place}: expected ${expected}, found ${found}`, hint === undefined ? {} : { hint });
  }

  #refuseField(column: string, separator: number, max?: number): never {
    const start = this.#offset;
    const rest = this.#bytes.subarray(start, start + maxLineBytes + 1);
    const lineEnd = rest.indexOf(newline);
    if (lineEnd < 0) this.refuseLongLine();
    const line = rest.toString("latin1", 0, lineEnd);
    const fieldEnd = line.indexOf(",");
    const field = fieldEnd < 0 ? line : line.slice(0, fieldEnd);
    const what = max === undefined ? "text" : `a whole number from 0 to ${max}`;
    const isSound = max === undefined || (/^[0-9]+$/.test(field) && Number(field) <= max);
    if (!isSound) this.refuse({ column, expected: what, found: quote(field) });
    if (separator === comma) this.refuse({ column, expected: "more columns after this one", found: "the line's end" });
    this.refuse({ column, expected: "the line's end after this column", found: quote(line.slice(field.length)) });
  }

  refuseLongLine(): never {
    this.refuse({ expected: `a line of at most ${maxLineBytes} bytes`, found: "a longer one" });
  }

  /** Refuses a file whose first line is not one of the given headers; gives the index of the one that it is. */
  header(headers: readonly string[]): number {
    this.#line = 1;
    const end = this.#bytes.indexOf(newline, this.#offset);
    const found = this.#bytes.toString("latin1", this.#offset, end);
    const index = headers.indexOf(found);
    if (index < 0) this.#refuseHeader(headers, found);
    this.#offset = end + 1;
    return index;
  }

  #refuseHeader(headers: readonly string[], found: string): never {
    const expected = headers.map((header) => quote(header)).join(" or ");
    this.refuse({ expected: `the columns ${expected}`, found: quote(found), hint: "the file is of another format" });
  }

  refuseEmpty(headers: readonly string[]): never {
    this.#line = 1;
    this.refuse({ expected: `the columns ${headers.map((header) => quote(header)).join(" or ")}`, found: "no line" });
  }
}

/**
 * Reads a CSV file block by block.
 *
 * Shape    `headers` are the allowed first lines; `begin` gets the index of the one found; `readLine` reads one data line
 *          from the cursor, up to and with its newline
 */
export async function readCsv(
  file: InputFile,
  reader: InputReader,
  headers: readonly string[],
  begin: (cursor: CsvCursor, header: number) => () => void,
): Promise<number> {
  const cursor = new CsvCursor(file);
  let readLine: (() => void) | undefined;
  for await (const block of lineBlocks(file, reader, () => cursor.linesRead)) {
    cursor.load(block);
    readLine ??= begin(cursor, cursor.header(headers));
    while (cursor.hasLine) {
      cursor.beginLine();
      readLine();
    }
  }
  if (!readLine) cursor.refuseEmpty(headers);
  return cursor.row;
}
