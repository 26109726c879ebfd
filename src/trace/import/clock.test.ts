import { describe, expect, test } from "vitest";

import { FormatError, UsageError } from "../../base/index.ts";
import type { InputFile } from "../source/input.ts";
import type { InputReader } from "../source/reader.ts";
import { alignClocks } from "./align.ts";
import { type ClockStart, SourceClock } from "./clock.ts";
import type { Importer } from "./importer.ts";
import { Warnings } from "./warnings.ts";

const file = (name: string) => ({ name, path: `/${name}` }) as InputFile;
const importer = (name: string, starts: Readonly<Record<string, ClockStart>>) =>
  ({ name, startOf: (input: InputFile) => starts[input.name] }) as unknown as Importer;

describe("SourceClock", () => {
  test("gives exact ns of moments since 1970", () => {
    const clock = new SourceClock(file("a"), { second: 1_764_100_000, nanosecond: 999_999_999 }, new Warnings());
    expect(clock.toNs(1_764_100_000, 999_999_999, 1)).toBe(0);
    expect(clock.toNs(1_764_100_001, 0, 2)).toBe(1);
    expect(clock.toNs(1_764_103_600, 123_456_789, 3)).toBe(3_600_000_000_000 - 876_543_210);
    expect(clock.highestNs).toBe(3_599_123_456_790);
  });

  test("tells of steps back and jumps, with the row, and takes what is before the start as the start", () => {
    const warnings = new Warnings();
    const clock = new SourceClock(file("a"), { second: 100, nanosecond: 0 }, warnings);
    const times = [
      [100, 0],
      [99, 0],
      [110, 0],
      [109, 500_000_000],
      [105, 0],
      [9000, 0],
    ] as const;
    expect(times.map(([second, ns], row) => clock.toNs(second, ns, row + 1))).toEqual([0, 0, 1e10, 9.5e9, 5e9, 8.9e12]);
    expect(warnings.list().map(({ code, first_row: row }) => [code, row])).toEqual([
      ["times-before-start", 2],
      ["clock-went-back", 5],
      ["clock-jumped", 6],
    ]);
  });

  test.each([1e9, -1e9, Number.MAX_SAFE_INTEGER])("refuses a moment %d s away", (second) => {
    const clock = new SourceClock(file("a"), { second: 0, nanosecond: 0 }, new Warnings());
    expect(() => clock.toNs(second, 0, 7)).toThrow(FormatError);
    expect(() => clock.toNs(second, 0, 7)).toThrow(/row 7/);
  });
});

describe("alignClocks", () => {
  const reader = {} as InputReader;
  const [a, b] = [file("a"), file("b")];
  const at = (clock: ClockStart["clock"], second: number, nanosecond = 0): ClockStart => ({
    clock,
    second,
    nanosecond,
  });

  test("takes the earliest of files of one clock, whoever reads them", async () => {
    const zeros = await alignClocks(
      [
        { importer: importer("one", { a: at("realtime", 50, 7) }), files: [a] },
        { importer: importer("two", { b: at("realtime", 50, 3) }), files: [b] },
      ],
      new Map(),
      reader,
    );
    expect([zeros.get(a), zeros.get(b)]).toMatchObject([
      { second: 50, nanosecond: 3 },
      { second: 50, nanosecond: 3 },
    ]);
  });

  test("refuses files of different clocks until the user relates them", async () => {
    const assignments = [
      { importer: importer("one", { a: at("realtime", 50) }), files: [a] },
      { importer: importer("two", { b: at("boottime", 7) }), files: [b] },
    ];
    await expect(alignClocks(assignments, new Map(), reader)).rejects.toThrow(UsageError);
    await expect(alignClocks(assignments, new Map(), reader)).rejects.toThrow(/a \(realtime\), b \(boottime\)/);
    const zeros = await alignClocks(assignments, new Map([["b", 2_500_000_000]]), reader);
    expect([zeros.get(a), zeros.get(b)]).toMatchObject([
      { second: 50, nanosecond: 0 },
      { second: 5, nanosecond: -500_000_000 },
    ]);
    const clock = new SourceClock(b, zeros.get(b)!, new Warnings());
    expect(clock.toNs(7, 0, 1)).toBe(2_500_000_000);
  });

  test("takes clocks of their own as starting at 0, and does not mix those of two formats", async () => {
    const one = { importer: importer("one", {}), files: [a] };
    expect((await alignClocks([one], new Map(), reader)).get(a)).toMatchObject({ second: 0, nanosecond: 0 });
    const two = { importer: importer("two", {}), files: [b] };
    await expect(alignClocks([one, two], new Map(), reader)).rejects.toThrow(/own clock of one.*own clock of two/);
  });

  test("refuses an offset of a file that is not read", async () => {
    const one = { importer: importer("one", {}), files: [a] };
    await expect(alignClocks([one], new Map([["c", 1]]), reader)).rejects.toThrow(/no such file/);
  });
});
