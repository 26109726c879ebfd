import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { InputFile } from "./input.ts";
import { LineScanner } from "./line-scanner.ts";

function scannerOf(line: string): LineScanner {
  const scanner = new LineScanner({ path: "a.txt" } as InputFile);
  scanner.load(Buffer.from(`${line}\n`, "latin1"));
  scanner.nextLine();
  return scanner;
}

describe("LineScanner", () => {
  test("reads words as a split on white space does", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[!-~]{1,12}$/)), fc.stringMatching(/^[ \t]{1,3}$/), (words, space) => {
        const scanner = scannerOf(space + words.join(space));
        const found: string[] = [];
        while (scanner.word()) found.push(scanner.text(scanner.wordStart, scanner.wordEnd));
        expect(found).toEqual(words);
      }),
    );
  });

  test("reads seconds as exact ns, and cuts what is finer", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), fc.stringMatching(/^\d{1,12}$/), (second, digits) => {
        const scanner = scannerOf(`${second}.${digits}: rest`);
        expect(scanner.seconds()).toBe(true);
        expect(scanner.second).toBe(second);
        expect(scanner.nanosecond).toBe(Number(digits.padEnd(9, "0").slice(0, 9)));
        expect(scanner.takeText(": rest")).toBe(true);
        expect(scanner.isAtEnd).toBe(true);
      }),
    );
  });

  test.each(["", "x", ".5", "5", "5.", "-5.0", "99999999999999999999.0"])(
    "finds no seconds in %j and stays",
    (line) => {
      const scanner = scannerOf(line);
      expect(scanner.seconds()).toBe(false);
      expect(scanner.at).toBe(scanner.start);
    },
  );

  test("takes lines with either kind of end", () => {
    const scanner = new LineScanner({ path: "a.txt" } as InputFile);
    scanner.load(Buffer.from("one\r\ntwo\n\r\n\n"));
    const lines: string[] = [];
    while (scanner.nextLine()) lines.push(scanner.text());
    expect(lines).toEqual(["one", "two", "", ""]);
    expect(scanner.line).toBe(4);
  });
});
