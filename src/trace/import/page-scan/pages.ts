import { FormatError, usNs } from "../../../base/index.ts";
import { showPath } from "../../text.ts";
import { comma, type CsvCursor, maxTimeUs, maxWhole, newline, readCsv } from "../csv.ts";
import type { InputFile } from "../../source/input.ts";
import type { InputReader } from "../../source/reader.ts";
import { headers } from "./files.ts";
import { TickRuns } from "./tick-runs.ts";
import type { Ticks } from "./ticks.ts";

/** Most pages that one run may have: a VM's frame numbers are 32 bits wide. */
export const maxFrames = 2 ** 32;

/** Takes the runs of pages.csv in the order of the file; the cursor is for refusing a run. */
export type RunSink = (timeNs: number, startPage: number, pageCount: number, cursor: CsvCursor) => void;

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
  readonly #sink: RunSink;
  readonly #runs = new TickRuns();
  #tickIndex = 0;
  #tickPages = 0;
  repeatedRows = 0;
  repeatedPages = 0;

  constructor(cursor: CsvCursor, ticks: Ticks, maxPage: number, sink: RunSink) {
    this.#cursor = cursor;
    this.#ticks = ticks;
    this.#maxPage = maxPage;
    this.#sink = sink;
  }

  readLine(): void {
    const cursor = this.#cursor;
    const number = cursor.whole("tick", comma, maxWhole);
    const timeUs = cursor.whole("t_us", comma, maxTimeUs);
    const startPage = cursor.whole("page number", comma, this.#maxPage - 1);
    const pageCount = cursor.whole("n_pages", newline, maxFrames);
    if (number !== this.#ticks.numbers[this.#tickIndex]) this.#enterTick(number);
    if (timeUs !== this.#ticks.timesUs[this.#tickIndex]) this.#refuseTime(timeUs);
    if (pageCount === 0) cursor.refuse({ column: "n_pages", expected: "1 or more", found: "0" });
    const end = startPage + pageCount;
    if (end > this.#maxPage) this.#refuseEnd(end);
    this.#tickPages += pageCount;
    this.#runs.add(startPage, end);
    this.#sink(timeUs * usNs, startPage, pageCount, cursor);
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
    const { rows, pages } = this.#runs.take();
    this.repeatedRows += rows;
    this.repeatedPages += pages;
    this.#tickPages = 0;
    this.#tickIndex++;
  }

  end(): void {
    while (this.#tickIndex < this.#ticks.numbers.length) this.#leaveTick();
  }
}

/**
 * Reads pages.csv and hands each run on.
 *
 * Errors   FormatError for a page at or beyond `maxPage`, a run without pages, and every disagreement with ticks.csv
 */
export async function readPages(
  file: InputFile,
  reader: InputReader,
  ticks: Ticks,
  options: { header: number; maxPage: number; sink: RunSink },
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
