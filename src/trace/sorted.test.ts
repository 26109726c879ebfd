import { join } from "node:path";
import { readdirSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { tempFolder } from "../../test/kit/temp-folder.ts";
import { createPrng } from "../base/index.ts";
import { batchRows } from "./arrow.ts";
import { readTable } from "./read.ts";
import { counterTable, eventTable } from "./schema/trace-tables.ts";
import { TableWriter } from "./write.ts";

/** Rows [time, number of arrival] through a sorting writer. */
function sorted(times: ArrayLike<number>) {
  const folder = tempFolder();
  const writer = new TableWriter(eventTable, folder, { sort: true });
  const { time_ns, duration_ns, kind_index, task_index, cpu_index } = writer.columns as Record<string, Float64Array>;
  for (let row = 0; row < times.length; row++) {
    const { fill } = writer;
    time_ns![fill] = times[row]!;
    duration_ns![fill] = kind_index![fill] = row;
    task_index![fill] = cpu_index![fill] = 0;
    for (const nulls of Object.values(writer.nulls)) nulls[fill] = 0;
    writer.writeText("detail", `row ${row}`);
    writer.advance();
  }
  const file = writer.close();
  const found: [number, number, string][] = [];
  for (const batch of readTable(eventTable, { ...file, path: join(folder, file.file) })) {
    for (let row = 0; row < batch.rows; row++) {
      const { time_ns: time, kind_index: kind, detail } = batch.columns;
      found.push([time![row] as number, kind![row] as number, detail![row] as string]);
    }
  }
  return { found, displacedRows: writer.displacedRows, files: readdirSync(folder) };
}

function naive(times: ArrayLike<number>): [number, number, string][] {
  return Array.from(times, (time, row): [number, number, string] => [time, row, `row ${row}`]).sort(
    ([left, leftRow], [right, rightRow]) => left - right || leftRow - rightRow,
  );
}

const count = 5 * batchRows + 17;
const prng = createPrng(5);
const times: Record<string, Float64Array> = {
  "in order": Float64Array.from({ length: count }, (_, row) => row),
  "a little out of order": Float64Array.from({ length: count }, (_, row) => row * 10 + (prng() % 100)),
  "two files one behind the other": Float64Array.from({ length: count }, (_, row) => (row % 150_000) * 3),
  backwards: Float64Array.from({ length: count }, (_, row) => count - row),
  "by chance": Float64Array.from({ length: count }, () => prng() % 1_000_000),
  "of one moment": new Float64Array(count),
  none: new Float64Array(0),
};

describe("a sorting table", () => {
  test.each(Object.keys(times))("puts rows %s in the order of a plain stable sort and leaves one file", (name) => {
    const { found, files } = sorted(times[name]!);
    expect(found.length).toBe(times[name]!.length);
    const expected = naive(times[name]!);
    expect(found.findIndex((row, index) => String(row) !== String(expected[index]))).toBe(-1);
    expect(files).toEqual(["event.arrow"]);
  });

  test("merges more runs than it holds open at a time", () => {
    const folder = tempFolder();
    const writer = new TableWriter(counterTable, folder, { sort: true });
    const { time_ns, kind_index, value } = writer.columns as Record<string, Float64Array>;
    const rowCount = 20 * batchRows;
    for (let row = 0; row < rowCount; row++) {
      const { fill } = writer;
      time_ns![fill] = 20 - Math.floor(row / batchRows);
      kind_index![fill] = 0;
      value![fill] = row;
      writer.advance();
    }
    const file = writer.close();
    let [lastTime, lastRow, wrong, found] = [0, 0, 0, 0];
    for (const batch of readTable(counterTable, { ...file, path: join(folder, file.file) })) {
      const { time_ns: times, value: rows } = batch.columns as Record<string, Float64Array>;
      for (let row = 0; row < batch.rows; row++, found++) {
        const isNext = times![row]! > lastTime || (times![row] === lastTime && rows![row]! > lastRow);
        if (!isNext) wrong++;
        [lastTime, lastRow] = [times![row]!, rows![row]!];
      }
    }
    expect([wrong, found]).toEqual([0, rowCount]);
    expect(readdirSync(folder)).toEqual(["counter.arrow"]);
  });

  test("counts the rows that stood behind later ones", () => {
    expect(sorted([1, 5, 3, 4, 6]).displacedRows).toBe(2);
    expect(sorted(times["in order"]!).displacedRows).toBe(0);
  });

  test.each([
    ["half a character", [[0xe2], [0x82, 0xac]], ["\uFFFD", "\uFFFD\uFFFD"]],
    ["a whole one", [[0xe2, 0x82, 0xac], []], ["€", ""]],
    ["no character at all", [[0x61, 0xff], [0x62]], ["a\uFFFD", "b"]],
  ])("makes UTF-8 of any bytes, row by row: %s", (_, rows, texts) => {
    const folder = tempFolder();
    const writer = new TableWriter(eventTable, folder, { sort: true });
    for (const row of rows) {
      writer.setText("detail", Uint8Array.from(row), 0, row.length);
      for (const nulls of Object.values(writer.nulls)) nulls[writer.fill] = 0;
      writer.advance();
    }
    const file = writer.close();
    const [batch] = readTable(eventTable, { ...file, path: join(folder, file.file) });
    expect(batch!.columns["detail"]).toEqual(texts);
  });
});
