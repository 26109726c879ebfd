import { headText, type InputFile } from "../../source/input.ts";
import { type LineScanner, scanLines } from "../../source/line-scanner.ts";
import type { InputReader } from "../../source/reader.ts";
import { NamedRows } from "../catalogue.ts";
import { directionOfText } from "./commands.ts";
import type { Command } from "./command-rows.ts";

const comma = 44;
const numberSign = 35;
/** More microseconds than a clock in seconds can say. */
const mostSeconds = 1e10;

/** What a column of a text holds. */
type Field = "skip" | "bytes" | "command" | "sector" | "time";

interface CsvLayout {
  readonly fields: readonly Field[];
  /** Lines in front of the commands. */
  readonly heading: RegExp;
  readonly example: string;
}

const layouts: readonly CsvLayout[] = [
  {
    // vscsiStats' own text.
    fields: ["skip", "bytes", "skip", "command", "sector", "time"],
    heading: /^#Serial Number,IO Data Length,Num SG Entries,Command Type,LBN,Time Stamp \(microseconds\)\s*$/m,
    example: "serial number, length, scatter-gather entries, command, block, µs",
  },
  {
    // As libCacheSim's example comes.
    fields: ["skip", "time", "command", "bytes", "sector"],
    heading: /^version,time,op,size,lbn\r?$/m,
    example: "version, time, operation code, size, block",
  },
];

export function csvLayoutOf(file: InputFile): CsvLayout | undefined {
  const text = headText(file).slice(0, 1024);
  return layouts.find(({ heading }) => heading.test(text));
}

/** µs of a time: vscsiStats says so, others give seconds, which no clock since a boot has 10^10 of. */
function toUs(time: number, { fields }: CsvLayout): number {
  return fields[1] === "time" && time < mostSeconds ? time * 1_000_000 : time;
}

function firstTime(file: InputFile, { fields }: CsvLayout): number {
  const column = fields.indexOf("time");
  let first = Number.POSITIVE_INFINITY;
  for (const line of headText(file).split("\n").slice(0, -1)) {
    const cell = line.split(",")[column]?.trim() ?? "";
    if (/^\d{1,16}$/.test(cell)) first = Math.min(first, Number(cell));
  }
  return first;
}

/** The earliest time of a file's beginning, in µs. */
export function firstCsvUs(file: InputFile, layout: CsvLayout): number {
  return toUs(firstTime(file, layout), layout);
}

/** Whether the times of a text, if it is one, are whole seconds. */
export function isInSeconds(file: InputFile): boolean {
  const layout = csvLayoutOf(file);
  return layout !== undefined && layout.fields[1] === "time" && firstTime(file, layout) < mostSeconds;
}

/** Reads one line's columns into a command; false where one is not what it must be. */
function readColumns(line: LineScanner, layout: CsvLayout, commands: NamedRows, command: Command): boolean {
  const last = layout.fields.length - 1;
  for (const [index, field] of layout.fields.entries()) {
    line.skipSpaces();
    if (field === "command") {
      if (!line.until(comma)) return false;
      command.direction = commands.index(line.bytes, line.wordStart, line.wordEnd);
      if (command.direction < 0) return false;
      continue;
    }
    if (!line.whole()) return false;
    line.skipSpaces();
    if (index < last && !line.take(comma)) return false;
    if (field === "bytes") command.bytes = line.value;
    else if (field === "sector") command.sector = line.value;
    else if (field === "time") command.timeUs = toUs(line.value, layout);
  }
  return line.isAtEnd;
}

/** Gives each command to `take`, which may refuse it; gives the number of lines that are none. */
export async function readCsv(
  file: InputFile,
  layout: CsvLayout,
  reader: InputReader,
  take: (command: Command) => boolean,
): Promise<number> {
  const command: Command = { timeUs: 0, responseUs: 0, direction: 0, bytes: 0, sector: 0 };
  const commands = new NamedRows((name) => directionOfText(name.trim()) ?? -1);
  let headings = 0;
  await scanLines(file, reader, (line) => {
    const isHeading = line.bytes[line.start] === numberSign || (line.line === 1 && layout.heading.test(line.text()));
    if (isHeading) headings++;
    else if (!readColumns(line, layout, commands, command) || !take(command)) line.refuse(layout.example);
  });
  return headings;
}
