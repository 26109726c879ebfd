import { FormatError, usNs } from "../../../base/index.ts";
import { showPath } from "../../text.ts";
import { comma, type CsvCursor, maxTimeUs, maxWhole, newline, readCsv } from "../csv.ts";
import type { InputFile } from "../../source/input.ts";
import type { InputReader } from "../../source/reader.ts";
import { spreadRefusal } from "../frames.ts";
import { TickRuns } from "../tick-runs.ts";
import { headers } from "./files.ts";
import type { Ticks } from "./ticks.ts";

/** Most pages that one run may have: a VM's frame numbers are 32 bits wide. */
export const maxFrames = 2 ** 32;

/** Takes the runs of a tick, in the order of the file; false where they cannot be kept. */
export type TickSink = (timeNs: number, runs: TickRuns) => boolean;

export interface PagesRead {
  readonly rows: number;
  readonly repeatedRows: number;
  readonly repeatedPages: number;
}

/** Walks pages.csv along with ticks.csv, so that a row of no tick, a wrong time or a lost row is found. */
class PageRows {
  readonly #cursor: CsvCursor;
  readonly #ticks: Ticks;
  readonly #maxPage: number;
  readonly #sink: TickSink;
  readonly #runs = new TickRuns();
  /** Tick, time, first page and number of pages of the present line, and the most that each may be. */
  readonly #line = new Float64Array(4);
  readonly #most: Float64Array;
  #tickIndex = 0;
  #tickPages = 0;
  repeatedRows = 0;
  repeatedPages = 0;

  constructor(cursor: CsvCursor, ticks: Ticks, maxPage: number, sink: TickSink) {
    this.#cursor = cursor;
    this.#ticks = ticks;
    this.#maxPage = maxPage;
    this.#sink = sink;
    this.#most = Float64Array.of(maxWhole, maxTimeUs, maxPage - 1, maxFrames - 1);
  }

  readLine(): void {
    const cursor = this.#cursor;
    const line = this.#line;
    if (!cursor.wholes(line, this.#most)) this.#refuseLine();
    const number = line[0]!;
    const timeUs = line[1]!;
    const startPage = line[2]!;
    const pageCount = line[3]!;
    if (number !== this.#ticks.numbers[this.#tickIndex]) this.#enterTick(number);
    if (timeUs !== this.#ticks.timesUs[this.#tickIndex]) this.#refuseTime(timeUs);
    if (pageCount === 0) cursor.refuse({ column: "n_pages", expected: "1 or more", found: "0" });
    const end = startPage + pageCount;
    if (end > this.#maxPage) this.#refuseEnd(end);
    this.#tickPages += pageCount;
    if (this.#runs.isFull) this.#give();
    this.#runs.add(startPage, pageCount);
  }

  /** Reads the line column by column, so that the first bad one is named. */
  #refuseLine(): void {
    const names = ["tick", "t_us", "page number", "n_pages"];
    for (const [column, name] of names.entries()) {
      this.#cursor.whole(name, column === 3 ? newline : comma, this.#most[column]!);
    }
  }

  /** Hands on the runs that were read of the present tick. */
  #give(): void {
    const isKept = this.#sink(this.#ticks.timesUs[this.#tickIndex]! * usNs, this.#runs);
    if (!isKept) this.#cursor.refuse(spreadRefusal);
    const { rows, pages } = this.#runs.take();
    this.repeatedRows += rows;
    this.repeatedPages += pages;
  }

  #refuseTime(timeUs: number): never {
    const expected = `${this.#ticks.timesUs[this.#tickIndex]}, the tick's time in ${showPath(this.#ticks.path)}`;
    this.#cursor.refuse({ column: "t_us", expected, found: `${timeUs}` });
  }

  #refuseEnd(end: number): never {
    const expected = `a run that ends at page ${this.#maxPage} or before`;
    this.#cursor.refuse({ column: "n_pages", expected, found: `an end at ${end}` });
  }

  #enterTick(number: number): void {
    const { numbers, path } = this.#ticks;
    const last = numbers[this.#tickIndex]!;
    if (number < last) this.#cursor.refuse({ column: "tick", expected: `${last} or above`, found: `${number}` });
    while (this.#tickIndex < numbers.length && numbers[this.#tickIndex]! < number) this.#leaveTick();
    if (numbers[this.#tickIndex] === number) return;
    this.#cursor.refuse({ column: "tick", expected: `a tick of ${showPath(path)}`, found: `${number}` });
  }

  #leaveTick(): void {
    const { numbers, writtenPages, path } = this.#ticks;
    const expectedPages = writtenPages[this.#tickIndex]!;
    if (this.#tickPages !== expectedPages) {
      this.#cursor.refuse({
        expected: `${expectedPages} pages in tick ${numbers[this.#tickIndex]}, as ${showPath(path)} says`,
        found: `${this.#tickPages} before this line`,
        hint: "rows are missing or were changed; copy the recording again",
      });
    }
    if (this.#runs.count > 0) this.#give();
    this.#tickPages = 0;
    this.#tickIndex++;
  }

  end(): void {
    while (this.#tickIndex < this.#ticks.numbers.length) this.#leaveTick();
  }
}

/**
 * Reads pages.csv and hands on the runs of each tick.
 *
 * Errors   FormatError for a page at or beyond `maxPage`, a run without pages, and every disagreement with ticks.csv
 */
export async function readPages(
  file: InputFile,
  reader: InputReader,
  ticks: Ticks,
  options: { header: number; maxPage: number; sink: TickSink },
): Promise<PagesRead> {
  let pages: PageRows | undefined;
  const rows = await readCsv(file, reader, [headers.pages[options.header]!], (cursor) => {
    const found = new PageRows(cursor, ticks, options.maxPage, options.sink);
    pages = found;
    return () => found.readLine();
  });
  if (!pages || rows === 0)
    throw new FormatError(`${showPath(file.path)}: line 2: expected a run of pages, found no line`);
  pages.end();
  return { rows, repeatedRows: pages.repeatedRows, repeatedPages: pages.repeatedPages };
}
