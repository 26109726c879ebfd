import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { createPrng, FormatError } from "../../../base/index.ts";
import { parquetCodecs, unpackLz4Frame } from "./codecs.ts";

const lz4 = "/usr/bin/lz4";
const note = existsSync(lz4) ? "" : ` (skipped: there is no ${lz4})`;
const snappy = parquetCodecs.get(1)!;

/** Text with repeats near and far, and bytes that nothing packs. */
function sample(bytes: number): Buffer {
  const random = createPrng(7);
  const words = Array.from({ length: 50 }, (_, index) => `word ${index * index} `);
  const parts: Buffer[] = [];
  for (let length = 0; length < bytes; length += parts.at(-1)!.length) {
    const isNoise = random() % 8 === 0;
    parts.push(
      isNoise ? Buffer.from(Array.from({ length: 200 }, () => random() % 256)) : Buffer.from(words[random() % 50]!),
    );
  }
  return Buffer.concat(parts).subarray(0, bytes);
}

describe.skipIf(note !== "")(`frames of LZ4${note}`, () => {
  test.each([
    ["-1", 100],
    ["-9", 300_000],
    ["-1 -BD -B4", 300_000],
    ["-1 -BX --content-size", 300_000],
    ["-1 --no-frame-crc", 70_000],
  ])("of lz4 %s, %d bytes", (flags, bytes) => {
    const plain = sample(bytes);
    const packed = execFileSync(lz4, ["-c", "-q", ...flags.split(" ")], { input: plain, maxBuffer: 2 ** 24 });
    expect(Buffer.from(unpackLz4Frame(packed, bytes)).equals(plain)).toBe(true);
    expect(() => unpackLz4Frame(packed, bytes - 1)).toThrow(FormatError);
    expect(() => unpackLz4Frame(packed, bytes + 1)).toThrow(FormatError);
    expect(() => unpackLz4Frame(packed.subarray(0, packed.length / 2), bytes)).toThrow(FormatError);
  });
});

describe("hostile blocks", () => {
  const bytes = (...values: number[]) => Uint8Array.from(values);

  test.each([
    ["a copy from before the beginning", bytes(4, 0, 65, 1, 200)],
    ["a copy of distance 0", bytes(4, 0, 65, 1, 0)],
    ["a text that is longer than the data", bytes(4, 252, 255, 255, 255, 127)],
    ["a text of a negative length", bytes(4, 252, 255, 255, 255, 255)],
    ["more than stated", bytes(4, 16, 1, 2, 3, 4, 5)],
    ["less than stated", bytes(4, 0, 1)],
    ["nothing", bytes()],
  ])("snappy: %s", (_, packed) => {
    expect(() => snappy(packed, 4)).toThrow(FormatError);
  });

  test.each([2, 4, 6, 7])("codec %d: noise is refused, and no more than stated is written", (codec) => {
    const random = createPrng(codec);
    for (let round = 0; round < 200; round++) {
      const packed = Uint8Array.from({ length: random() % 60 }, () => random() % 256);
      try {
        expect(parquetCodecs.get(codec)!(packed, 32)).toHaveLength(32);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
  });
});
