import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { createPrng } from "../../base/index.ts";
import { ByteNames } from "./byte-names.ts";

describe("ByteNames", () => {
  test("numbers names as a map of strings does", () => {
    const name = fc.tuple(fc.string({ maxLength: 8 }), fc.nat(3));
    fc.assert(
      fc.property(fc.array(name, { maxLength: 200 }), (names) => {
        const byteNames = new ByteNames();
        const map = new Map<string, number>();
        for (const [text, number] of names) {
          const key = `${number} ${text}`;
          if (!map.has(key)) map.set(key, map.size);
          const bytes = Buffer.from(`..${text}..`);
          const index = byteNames.index(bytes, 2, bytes.length - 2, number);
          expect(index).toBe(map.get(key));
          expect([byteNames.text(index), byteNames.number(index)]).toEqual([Buffer.from(text).toString(), number]);
        }
        expect(byteNames.size).toBe(map.size);
      }),
    );
  });

  test("keeps a hundred thousand apart", () => {
    const names = new ByteNames();
    const prng = createPrng(3);
    const texts = Array.from({ length: 100_000 }, (_, index) => `${index}-${prng() % 1000}`);
    for (const [index, text] of texts.entries()) expect(names.index(Buffer.from(text), 0, text.length)).toBe(index);
    for (const [index, text] of texts.entries()) expect(names.index(Buffer.from(text), 0, text.length)).toBe(index);
  });
});
