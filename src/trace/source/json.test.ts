import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { createPrng, FormatError } from "../../base/index.ts";
import { tempFolder } from "../../../test/kit/temp-folder.ts";
import { openInputs } from "./input.ts";
import { type JsonItem, type JsonOptions, readJsonItems } from "./json.ts";
import { defaultLimits } from "./limits.ts";
import { InputReader } from "./reader.ts";
import { UnpackGuard } from "./unpack-guard.ts";

async function read(text: string, options: JsonOptions = {}, wholeOnly = false) {
  const folder = tempFolder();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "x.json"), text);
  const guard = new UnpackGuard(defaultLimits);
  const files = await openInputs([join(folder, "x.json")], { guard, spool: () => folder });
  const reader = new InputReader(files, guard, () => folder);
  reader.wholeOnly = wholeOnly;
  const items: JsonItem[] = [];
  const end = await readJsonItems(files[0]!, reader, (item) => items.push(item), options);
  return { items, end, truncations: reader.truncations };
}

const values = async (text: string, options: JsonOptions = {}) =>
  (await read(text, options)).items.map(({ value }) => value);

describe("readJsonItems", () => {
  test("gives the elements of a top array, however they are written", async () => {
    expect(await values('[1, "a,]\\"}", {"b": [2, {}]}, [], true, null,\n -1.5e3]')).toEqual([
      1,
      'a,]"}',
      { b: [2, {}] },
      [],
      true,
      null,
      -1500,
    ]);
    expect(await values("\ufeff [ ] \n")).toEqual([]);
  });

  test("gives the members of a top object, and of arrays in it each element, with line and number", async () => {
    const { items } = await read('{"unit": "ms",\n "events": [{"a": 1},\n{"a": 2}], "empty": [], "meta": {"b": [3]}}');
    expect(items).toEqual([
      { value: "ms", key: "unit", isElement: false, number: 1, line: 1 },
      { value: { a: 1 }, key: "events", isElement: true, number: 2, line: 2 },
      { value: { a: 2 }, key: "events", isElement: true, number: 3, line: 3 },
      { value: { b: [3] }, key: "meta", isElement: false, number: 4, line: 3 },
    ]);
  });

  test("gives values that follow one another, and counts the text between them", async () => {
    const { items, end } = await read('{"a": 1}\n-> {"b":\n 2}\nnot JSON\n\n{"c": "{"}', { shape: "sequence" });
    expect(items.map(({ value, line }) => [value, line])).toEqual([
      [{ a: 1 }, 1],
      [{ b: 2 }, 2],
      [{ c: "{" }, 6],
    ]);
    expect(end).toEqual({ items: 3, strangers: 2, firstStranger: "-> " });
  });

  test("says what stands behind the document", async () => {
    const { end } = await read("[1]\n\n92 Units listed.\n");
    expect(end).toEqual({ items: 1, strangers: 1, firstStranger: "92 Units listed." });
  });

  test("keeps what was whole of a file that ends too early", async () => {
    const { items, truncations } = await read('[{"a": 1}, {"a": 2');
    expect(items.map(({ value }) => value)).toEqual([{ a: 1 }]);
    expect(truncations).toEqual([
      { file: "x.json", detail: "the JSON ends inside item 2, or without its closing bracket" },
    ]);
    await expect(read('[{"a": 1}, {"a": 2', {}, true)).rejects.toThrow(FormatError);
  });

  test.each([
    ["", "expected JSON, found nothing"],
    ["hello\n", 'expected JSON, found "hello"'],
    ['[{"a": 1},\n{"a": NaN}]', 'line 2, item 2: expected JSON, found "{\\"a\\": NaN}"'],
    ['{"a" 1}', 'line 1, item 1: expected ":" after a member\'s name, found "1"'],
    ["{1: 2}", 'line 1, item 1: expected a member\'s name, found "1"'],
    ["[1, }", 'line 1, item 2: expected a value, found "}"'],
    ['{"a":,}', 'line 1, item 1: expected JSON, found ""'],
    [`[${"[".repeat(64)}`, "beyond the limit nesting of 64"],
    ['[["\u0001', ""],
  ])("refuses or bounds %j", async (text, message) => {
    if (message === "") expect((await read(text)).items).toEqual([]);
    else await expect(read(text)).rejects.toThrow(message);
  });

  test("refuses an item beyond the limit, also one that never ends", async () => {
    const message = "line 1, item 1: expected a value of at most 1000 bytes, found a longer one";
    await expect(read(`["${"x".repeat(2000)}"]`, { maxItemBytes: 1000 })).rejects.toThrow(message);
    await expect(read(`{"${"x".repeat(900_000)}`, { maxItemBytes: 1000 })).rejects.toThrow(message);
  });

  test("agrees with the engine's parser wherever the file is cut into pieces (20 seeds)", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const prng = createPrng(seed);
      const random = (below: number) => prng() % below;
      const make = (depth: number): unknown => {
        switch (random(depth > 4 ? 4 : 6)) {
          case 0:
            return random(1000) / 8;
          case 1:
            return String.fromCharCode(...Array.from({ length: random(30) }, () => random(0x800)));
          case 2:
            return null;
          case 3:
            return '\\"]}'.repeat(random(9));
          case 4:
            return Array.from({ length: random(6) }, () => make(depth + 1));
          default:
            return Object.fromEntries(Array.from({ length: random(6) }, (_, at) => [`k${at}"`, make(depth + 1)]));
        }
      };
      // Longer than the pieces in which a file is read.
      const list = Array.from({ length: 3000 }, () => ({ pad: "x".repeat(random(300)), value: make(0) }));
      expect(await values(JSON.stringify(list, null, random(3)))).toEqual(list);
    }
  }, 30_000);
});
