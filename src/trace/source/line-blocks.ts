import { FormatError } from "../../base/index.ts";
import { showPath } from "../text.ts";
import type { InputFile } from "./input.ts";
import { beyondLimit } from "./limits.ts";
import type { InputReader } from "./reader.ts";

export const newline = 10;

function endInside(file: InputFile, reader: InputReader, line: number): void {
  if (!reader.wholeOnly) {
    reader.noteTruncated(file, `the file ends inside line ${line}, which was left out`);
    return;
  }
  const place = `${showPath(file.path)}: line ${line}`;
  throw new FormatError(`${place}: expected a newline at the end of the file, found none`, {
    hint: "the file is truncated; copy it again",
  });
}

/**
 * Blocks of whole lines from pieces that end anywhere; each block ends with a newline.
 *
 * Shape    `linesRead` tells how many lines the caller has taken from the blocks, for messages
 * Errors   FormatError for a line beyond the limit, and where the file ends inside a line and the reader takes whole files
 *          only; else the cut line is left out and noted as a truncation, as a cut could turn 1234 into 12
 */
export async function* lineBlocks(
  file: InputFile,
  reader: InputReader,
  linesRead: () => number,
): AsyncGenerator<Buffer> {
  const { limits } = reader.guard;
  const tooLong = () => beyondLimit(`${showPath(file.path)}: line ${linesRead() + 1}`, "lineBytes", limits);
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of reader.chunks(file)) {
    const end = chunk.lastIndexOf(newline) + 1;
    if (rest.length + (end === 0 ? chunk.length : chunk.indexOf(newline)) > limits.lineBytes) {
      throw tooLong();
    }
    if (end > 0) {
      const whole = chunk.subarray(0, end);
      yield rest.length > 0 ? Buffer.concat([rest, whole]) : Buffer.from(whole.buffer, whole.byteOffset, end);
    }
    rest = end > 0 ? chunk.slice(end) : Buffer.concat([rest, chunk]);
  }
  if (rest.length > limits.lineBytes) throw tooLong();
  if (rest.length > 0) endInside(file, reader, linesRead() + 1);
}

/** Lines of a text file, one character a byte, without their newline; for formats of few lines. */
export async function* textLines(file: InputFile, reader: InputReader): AsyncGenerator<string> {
  let lines = 0;
  for await (const block of lineBlocks(file, reader, () => lines)) {
    for (const text of block.toString("latin1", 0, block.length - 1).split("\n")) {
      lines++;
      yield text.endsWith("\r") ? text.slice(0, -1) : text;
    }
  }
}
