import { FormatError } from "../../../base/index.ts";
import type { InputFile } from "../../source/input.ts";
import { textLines } from "../../source/line-blocks.ts";
import type { InputReader } from "../../source/reader.ts";
import { quote, showPath } from "../../text.ts";

/** Fields of a CSV file's rows, without its heading; quotes are no part of these formats. */
export async function* csvRows(
  file: InputFile,
  reader: InputReader,
  format: { readonly separator: string; readonly columns: number },
): AsyncGenerator<{ readonly row: number; readonly fields: readonly string[] }> {
  let row = -1;
  for await (const line of textLines(file, reader)) {
    row++;
    if (row === 0) continue;
    const fields = line.split(format.separator).map((field) => field.trim());
    if (fields.length !== format.columns) {
      throw new FormatError(
        `${showPath(file.path)}: row ${row}: expected ${format.columns} columns, found ${fields.length}: ${quote(line)}`,
      );
    }
    yield { row, fields };
  }
}

/** A decimal number of a field; NaN where it is none, or not below 2^53. */
export function decimal(text: string): number {
  if (!/^\d{1,16}(\.\d{1,20})?$/.test(text)) return Number.NaN;
  const value = Number(text);
  return value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN;
}
