// Text and pictures that are measured in a terminal's cells.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  cutText,
  fitText,
  partCells,
  shareBar,
  sparkline,
  terminalOf,
  textWidth,
  wrapText,
} from "../../src/cli/blocks.ts";

const family = "👨‍👩‍👧";

describe("text in cells", () => {
  test.each([
    ["plain", 5],
    ["数据库", 6],
    [family, 2],
    ["e\u0301", 1],
    ["", 0],
  ])("%j takes %i", (text, width) => expect(textWidth(text)).toBe(width));

  test.each([
    ["short", 9, "short"],
    ["exactly", 7, "exactly"],
    ["too long", 4, "too…"],
    // A wide character that does not fit leaves its first cell empty.
    ["数据库", 4, "数…"],
    [family + family, 3, `${family}…`],
    ["gone", 0, ""],
  ])("%j cut to %i is %j", (text, width, cut) => expect(cutText(text, width)).toBe(cut));

  test("fits exactly, whatever it is", () => {
    const anyText = fc.string({ unit: fc.constantFrom("a", "数", family, "e\u0301", " ", "ｱ") });
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 30 }), fc.constantFrom("left", "right"), (text, width, side) => {
        expect(textWidth(fitText(text, width, side as "left"))).toBe(width);
      }),
    );
  });

  test("stands at the side that is asked for", () => {
    expect([fitText("12", 4), fitText("12", 4, "right")]).toEqual(["12  ", "  12"]);
  });
});

test("sentences are wrapped between words", () => {
  expect(wrapText("one two three four", 9)).toEqual(["one two", "  three", "  four"]);
  expect(wrapText("数据 库 unbreakable", 8, "> ")).toEqual(["数据 库", "> unbreakable"]);
  expect(wrapText("", 9)).toEqual([""]);
});

describe("pictures", () => {
  test("a sparkline goes from the least to the most, or from where it is told to", () => {
    expect(sparkline([1, 2, 3, 8])).toBe("▁▂▃█");
    expect(sparkline([4, 8], 0, 8)).toBe("▅█");
    expect(sparkline([5, 5])).toBe("▄▄");
    expect(sparkline([])).toBe("");
  });

  test("a bar is to scale by eighths, and what is there is drawn", () => {
    expect(shareBar(0.5, 4)).toBe("██");
    expect(shareBar(0.3125, 4)).toBe("█▎");
    expect(shareBar(1e-9, 4)).toBe("▏");
    expect(shareBar(0, 4)).toBe("");
    expect(shareBar(1, 4)).toBe("████");
    expect(shareBar(0.5, 0)).toBe("");
  });

  test("parts fill a bar to its width, none by more than a cell from its share", () => {
    const anyParts = fc.array(fc.integer({ min: 0, max: 1e9 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(anyParts, fc.integer({ min: 1, max: 120 }), (parts, width) => {
        const total = parts.reduce((sum, part) => sum + part, 0);
        fc.pre(total > 0);
        const cells = partCells(parts, width);
        expect(cells.reduce((sum, count) => sum + count, 0)).toBe(width);
        for (const [index, count] of cells.entries()) {
          expect(Math.abs(count - (parts[index]! / total) * width)).toBeLessThan(1);
        }
      }),
    );
    expect(partCells([0, 0], 10)).toEqual([0, 0]);
  });
});

describe("a terminal", () => {
  const stream = (facts: object): NodeJS.WriteStream => Object.assign(Object.create(process.stdout), facts) as never;

  test("has its own width, and a pipe has 100 cells", () => {
    const hasColors = (): boolean => true;
    expect(terminalOf(stream({ isTTY: true, columns: 132, hasColors })).columns).toBe(132);
    expect(terminalOf(stream({ isTTY: true, columns: 3, hasColors })).columns).toBe(48);
    expect(terminalOf(stream({ isTTY: false, columns: undefined })).columns).toBe(100);
  });
});
