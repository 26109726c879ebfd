/**
 * fio's logs of what it did to which file, versions 2 and 3 (--write_iolog): `[µs] file action [offset length]`.
 *
 * Version 3 has times since the job's start. Version 2 has none; of a recording that was made from something else, lines
 * `wait` may say µs between the requests.
 */
import { deviceIoTable } from "../../schema/trace-tables.ts";
import { firstLine, type InputFile } from "../../source/input.ts";
import { type LineScanner, scanLines } from "../../source/line-scanner.ts";
import type { TableWriter } from "../../write.ts";
import { NamedRows } from "../catalogue.ts";
import type { SourceClock } from "../clock.ts";
import type { DroppedRows, ImportContext, SourceReport } from "../importer.ts";

const heading = /^fio version ([23]) iolog\r?$/;

/** Actions with an offset and a length, as codes of column `direction`. */
const requests: Readonly<Record<string, number>> = { read: 0, write: 1, sync: 2, datasync: 2, trim: 3 };
const fileActions: readonly string[] = ["add", "open", "close"];
const usNs = 1000;
const usPerSecond = 1_000_000;

export function iologVersion(file: InputFile): number | undefined {
  const version = heading.exec(firstLine(file) ?? "")?.[1];
  return version === undefined ? undefined : Number(version);
}

class IologLines {
  readonly #version: number;
  readonly #clock: SourceClock;
  readonly #table: TableWriter;
  readonly #devices: NamedRows;
  #us = 0;
  requests = 0;
  headings = 0;
  fileLines = 0;
  waits = 0;

  constructor(file: InputFile, vm: number, context: ImportContext) {
    this.#version = iologVersion(file) ?? 3;
    this.#clock = context.clock(file);
    this.#table = context.writer.table(deviceIoTable, { sort: true });
    this.#devices = new NamedRows((name) => context.catalogue.device(vm, name, "other"));
  }

  get highestNs(): number {
    return this.#clock.highestNs;
  }

  readonly read = (line: LineScanner): void => {
    if (line.line === 1 && heading.test(line.text())) this.headings++;
    else if (!this.#readAction(line)) {
      line.refuse(this.#version === 3 ? "µs, file, action, offset, length" : "file, action, offset, length");
    }
  };

  #readAction(line: LineScanner): boolean {
    if (this.#version === 3) {
      line.skipSpaces();
      if (!line.whole()) return false;
      this.#us = line.value;
    }
    if (!line.word()) return false;
    const { wordStart: nameStart, wordEnd: nameEnd } = line;
    if (!line.word()) return false;
    const action = line.text(line.wordStart, line.wordEnd);
    line.skipSpaces();
    if (line.isAtEnd && fileActions.includes(action)) {
      this.fileLines++;
      return true;
    }
    if (!line.whole()) return false;
    const first = line.value;
    line.skipSpaces();
    if (action === "wait") {
      this.waits++;
      this.#us += first;
      return line.isAtEnd || line.whole();
    }
    const direction = requests[action];
    if (direction === undefined || !line.whole() || !line.isAtEnd) return false;
    this.#write(line, { direction, offset: first, device: this.#devices.index(line.bytes, nameStart, nameEnd) });
    return true;
  }

  #write(
    line: LineScanner,
    { direction, offset, device }: { direction: number; offset: number; device: number },
  ): void {
    const second = Math.floor(this.#us / usPerSecond);
    const { columns, nulls, fill } = this.#table;
    const isFlush = direction === 2;
    columns["submit_ns"]![fill] = this.#clock.toNs(second, (this.#us - second * usPerSecond) * usNs, line.line);
    columns["complete_ns"]![fill] = 0;
    columns["device_index"]![fill] = device;
    columns["bytes"]![fill] = isFlush ? 0 : line.value;
    columns["direction"]![fill] = direction;
    columns["offset_bytes"]![fill] = isFlush ? 0 : offset;
    nulls["complete_ns"]![fill] = 1;
    nulls["offset_bytes"]![fill] = isFlush ? 1 : 0;
    this.#table.advance();
    this.requests++;
  }
}

/** What one iolog gave. */
export interface IologFacts {
  readonly report: SourceReport;
  readonly highestNs: number;
  /** Requests of which nothing says when they were. */
  readonly timelessRequests: number;
  readonly requests: number;
}

export async function readIolog(file: InputFile, vm: number, context: ImportContext): Promise<IologFacts> {
  const lines = new IologLines(file, vm, context);
  const rows = await scanLines(file, context.reader, lines.read);
  const parts: readonly DroppedRows[] = [
    { code: "headings-dropped", rows: lines.headings, detail: "the line that says the version" },
    { code: "file-actions-dropped", rows: lines.fileLines, detail: "add, open and close of files" },
  ];
  const isTimeless = iologVersion(file) === 2 && lines.waits === 0;
  return {
    report: {
      file: file.name,
      rows,
      kept_rows: lines.requests + lines.waits,
      dropped: parts.filter((part) => part.rows > 0),
    },
    highestNs: lines.highestNs,
    timelessRequests: isTimeless ? lines.requests : 0,
    requests: lines.requests,
  };
}
