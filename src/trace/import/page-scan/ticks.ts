import { FormatError, usNs } from "../../../base/index.ts";
import { showPath } from "../../text.ts";
import { comma, maxTimeUs, maxWhole, newline, readCsv } from "../csv.ts";
import type { InputFile } from "../../source/input.ts";
import type { InputReader } from "../../source/reader.ts";
import { headers } from "./files.ts";

/** The readings of a recording, as parallel arrays in order of time. */
export interface Ticks {
  readonly path: string;
  /** The recorder's own numbers, rising. */
  readonly numbers: readonly number[];
  readonly timesUs: readonly number[];
  readonly writtenPages: readonly number[];
  readonly scansUs: readonly number[];
}

/** 18 days of readings each 100 ms; all of them are held in memory. */
const maxTicks = 16_777_216;

export async function readTicks(file: InputFile, reader: InputReader): Promise<Ticks> {
  const numbers: number[] = [];
  const timesUs: number[] = [];
  const writtenPages: number[] = [];
  const scansUs: number[] = [];
  await readCsv(file, reader, headers.ticks, (cursor) => () => {
    const number = cursor.whole("tick", comma, maxWhole);
    const timeUs = cursor.whole("t_us", comma, maxTimeUs);
    const written = cursor.whole("written_pages", comma, maxWhole);
    const scanUs = cursor.whole("scan_us", newline, maxTimeUs);
    const last = numbers.length - 1;
    if (last >= 0 && number <= numbers[last]!) {
      cursor.refuse({ column: "tick", expected: `a number above ${numbers[last]}`, found: `${number}` });
    }
    if (last >= 0 && timeUs <= timesUs[last]!) {
      cursor.refuse({ column: "t_us", expected: `a time after ${timesUs[last]}`, found: `${timeUs}` });
    }
    if (numbers.length === maxTicks) cursor.refuse({ expected: `at most ${maxTicks} ticks`, found: "more" });
    numbers.push(number);
    timesUs.push(timeUs);
    writtenPages.push(written);
    scansUs.push(scanUs);
  });
  if (numbers.length === 0) throw new FormatError(`${showPath(file.path)}: line 2: expected a tick, found no line`);
  return { path: file.path, numbers, timesUs, writtenPages, scansUs };
}

/** Rows of table tick; the very first reading of a recording has nothing before it. */
export function* tickRows(ticks: Ticks) {
  for (const [index, timeUs] of ticks.timesUs.entries()) {
    yield {
      time_ns: timeUs * usNs,
      vm_index: 0,
      start_ns: index === 0 ? null : ticks.timesUs[index - 1]! * usNs,
      scan_ns: ticks.scansUs[index]! * usNs,
    };
  }
}
