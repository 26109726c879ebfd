import { FormatError } from "../../base/index.ts";
import { showPath } from "../text.ts";
import type { InputFile, InputReader } from "./input.ts";

/** Longest line that is read; longer ones are an attack or another format. */
const maxLineBytes = 64 * 1024;

/**
 * Lines of a text file, one character a byte, without their newline; a last line without one is given too, and `isCut` says
 * so.
 *
 * Errors   FormatError for a line that is too long
 */
export async function* textLines(
  file: InputFile,
  reader: InputReader,
): AsyncGenerator<{ readonly text: string; readonly isCut: boolean }> {
  let rest = "";
  for await (const chunk of reader.chunks(file)) {
    const lines = (rest + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1")).split("\n");
    rest = lines.pop()!;
    for (const text of lines) yield { text: text.endsWith("\r") ? text.slice(0, -1) : text, isCut: false };
    if (rest.length > maxLineBytes) {
      throw new FormatError(
        `${showPath(file.path)}: expected lines of at most ${maxLineBytes} bytes, found a longer one`,
        {
          hint: "the file is of another format",
        },
      );
    }
  }
  if (rest !== "") yield { text: rest, isCut: true };
}
