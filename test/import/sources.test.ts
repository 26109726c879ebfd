// How sources are opened: packings, archives, limits and what ends too early.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { FormatError, ToolError, UsageError } from "../../src/base/index.ts";
import { defaultLimits, parseLimits } from "../../src/trace/index.ts";
import { openInputs } from "../../src/trace/source/input.ts";
import { textLines } from "../../src/trace/source/line-blocks.ts";
import { InputReader } from "../../src/trace/source/reader.ts";
import { UnpackGuard } from "../../src/trace/source/unpack-guard.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const archives = fileURLToPath(new URL("../../traces/samples/archives", import.meta.url));

function writeFile(name: string, bytes: Uint8Array | string): string {
  const folder = tempFolder();
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function openAll(paths: readonly string[], limits = defaultLimits) {
  const spoolFolder = tempFolder();
  const spool = () => spoolFolder;
  const guard = new UnpackGuard(limits);
  const files = await openInputs(paths, { guard, spool });
  return { files, reader: new InputReader(files, guard, spool) };
}

async function readAll(path: string, limits = defaultLimits) {
  const { files, reader } = await openAll([path], limits);
  const parts: Uint8Array[] = [];
  for await (const chunk of reader.chunks(files[0]!)) parts.push(chunk);
  return { bytes: Buffer.concat(parts), truncations: reader.truncations, hashes: reader.hashes() };
}

const text = Buffer.from(Array.from({ length: 40_000 }, (_, row) => `line ${row} of some text\n`).join(""));
const half = Math.floor(text.length / 2);

describe("a packed file", () => {
  test.each<[string, Uint8Array]>([
    ["plain", text],
    ["gzip", gzipSync(text)],
    ["zlib", deflateSync(text)],
    ["zstd", zstdCompressSync(text)],
    ["gzip of two members", Buffer.concat([gzipSync(text.subarray(0, half)), gzipSync(text.subarray(half))])],
    [
      "zstd of two frames",
      Buffer.concat([zstdCompressSync(text.subarray(0, half)), zstdCompressSync(text.subarray(half))]),
    ],
  ])("of %s is read whole, with its own hash", async (_, packed) => {
    const { bytes, truncations, hashes } = await readAll(writeFile("some.bin", packed));
    expect(bytes.equals(text)).toBe(true);
    expect(truncations).toEqual([]);
    expect(hashes).toMatchObject([{ file: "some.bin", bytes: packed.length }]);
  });

  test.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ["gzip", gzipSync],
    ["zlib", deflateSync],
    ["zstd", zstdCompressSync],
  ])("of %s that is cut anywhere gives a beginning of its text and says so", async (_, pack) => {
    const packed = pack(text);
    let longest = 0;
    for (const share of [0.2, 0.5, 0.9, 0.99]) {
      const cut = packed.subarray(0, Math.floor(packed.length * share));
      try {
        const { bytes, truncations } = await readAll(writeFile("cut.bin", cut));
        expect(truncations).toHaveLength(1);
        expect(bytes.equals(text.subarray(0, bytes.length))).toBe(true);
        longest = Math.max(longest, bytes.length);
      } catch (error) {
        // So little is left that not even a block is whole.
        expect(error).toBeInstanceOf(FormatError);
      }
    }
    expect(longest).toBeGreaterThan(text.length / 2);
  });

  test("of zstd is cut into its frames whatever the pieces in which it comes", async () => {
    const { zstdFrames } = await import("../../src/trace/source/zstd-frames.ts");
    const frames = [text, Buffer.alloc(300_000, 7), Buffer.from("x"), Buffer.alloc(0)].map((part) =>
      zstdCompressSync(part),
    );
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const whole = Buffer.concat([...frames, skippable, frames[0]!]);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5000 }), async (pieceBytes) => {
        const found: number[] = [];
        let bytes = 0;
        const pieces = async function* pieces() {
          for (let at = 0; at < whole.length; at += pieceBytes)
            yield await Promise.resolve(whole.subarray(at, at + pieceBytes));
        };
        for await (const piece of zstdFrames(pieces())) {
          bytes += piece.bytes.length;
          if (piece.isEnd) {
            found.push(bytes);
            bytes = 0;
          }
        }
        expect(found).toEqual([...frames, skippable, frames[0]!].map((frame) => frame.length));
      }),
      { numRuns: 30 },
    );
  });

  test("of another kind is refused by name", async () => {
    await expect(openAll([join(archives, "good/small-recording.tar.bz2")])).rejects.toThrow(/packed by bzip2/);
  });
});

describe("a limit", () => {
  test("on the ratio stops a bomb long before its end", async () => {
    const bomb = writeFile("bomb.gz", gzipSync(Buffer.alloc(200 * 2 ** 20)));
    await expect(readAll(bomb)).rejects.toThrow(/beyond the limit unpack_ratio of 400/);
    const { bytes } = await readAll(bomb, parseLimits(["unpack_ratio=2000"]));
    expect(bytes.length).toBe(200 * 2 ** 20);
  });

  test("on all unpacked bytes counts every file", async () => {
    const limits = parseLimits([`unpacked_bytes=${text.length + 10}`]);
    const paths = ["a", "b"].map((name) => writeFile(name, gzipSync(text)));
    const { files, reader } = await openAll(paths, limits);
    for await (const chunk of reader.chunks(files[0]!)) expect(chunk.length).toBeGreaterThan(0);
    const second = async () => {
      for await (const chunk of reader.chunks(files[1]!)) expect(chunk.length).toBeGreaterThan(0);
    };
    await expect(second()).rejects.toThrow(/beyond the limit unpacked_bytes/);
  });

  test("on a line stops a file without newlines", async () => {
    const { files, reader } = await openAll([writeFile("long", "x".repeat(100_000))]);
    const all = async () => {
      for await (const line of textLines(files[0]!, reader)) expect(line).toBeDefined();
    };
    await expect(all()).rejects.toThrow(/line 1: beyond the limit line_bytes of 65536/);
  });

  test.each(["ratio=3", "unpack_ratio=0", "unpack_ratio=-1", "unpack_ratio", "rows=1e3"])("%s is refused", (limit) => {
    expect(() => parseLimits([limit])).toThrow(UsageError);
  });
});

const plainRecording = ["pages.csv", "phases.csv", "ticks.csv"];

describe("an archive", () => {
  const good = readdirSync(join(archives, "good")).filter((name) => /\.(tar\.(gz|xz|zst)|zip)$/.test(name));

  test.each(good)("%s opens as its members", async (name) => {
    const { files, reader } = await openAll([join(archives, "good", name)]);
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      let bytes = 0;
      for await (const chunk of reader.chunks(file)) bytes += chunk.length;
      expect(bytes).toBeGreaterThan(0);
      expect(file.path).toContain(`${name}:`);
    }
    if (name.startsWith("small-recording")) {
      expect(files.map((file) => file.name.replace(/\.gz$/, "")).sort()).toEqual(
        expect.arrayContaining(plainRecording.slice(0, 1)),
      );
    }
  });

  const refused: Readonly<Record<string, RegExp>> = {
    "tar-absolute.tar": /leads out of the archive/,
    "tar-dot-dot.tar": /leads out of the archive/,
    "tar-devices.tar": /device/,
    "tar-hard-link-outside.tar": /link/,
    "tar-symlink.tar": /symlink/,
    "tar-symlink-then-file.tar": /symlink/,
    "tar-sparse-10-gib.tar": /no plain file/,
    "tar-bad-checksum.tar": /damaged archive/,
    "tar-cut-off.tar": /damaged archive/,
    "tar-size-lies.tar": /damaged archive/,
    "zip-absolute.zip": /absolute path/,
    "zip-dot-dot.zip": /relative path/,
    "zip-symlink.zip": /symlink/,
    "zip-symlink-then-file.zip": /symlink/,
    "zip-encrypted-flag.zip": /encrypted/,
    "zip-bad-checksum.zip": /CRC-32/,
    "zip-cut-off.zip": /damaged archive/,
    "zip-central-directory-elsewhere.zip": /damaged archive/,
    "zip-in-zip-bomb.zip": /an archive inside an archive/,
    "zip-overlapping-bomb.zip": /unpack_ratio/,
    "zip-says-too-little.zip": /too many bytes/,
    "zip-says-too-much.zip": /not enough bytes/,
  };

  test.each(Object.entries(refused))("%s is refused", async (name, message) => {
    const opening = openAll([join(archives, "hostile", name)]);
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toBeInstanceOf(FormatError);
  });

  test("of any hostile kind writes nothing outside of the spool folder", async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith("escape"));
    for (const name of readdirSync(join(archives, "hostile"))) {
      try {
        const { files } = await openAll([join(archives, "hostile", name)]);
        for (const { location } of files) expect(statSync(location).isFile()).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(ToolError);
      }
    }
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith("escape"))).toEqual(before);
    expect(readdirSync(join(archives, ".."))).not.toContain("escape.csv");
  });

  test("with more members than the limit is refused", async () => {
    await expect(openAll([join(archives, "good/small-recording.tar.gz")], parseLimits(["files=1"]))).rejects.toThrow(
      /beyond the limit files of 1/,
    );
  });
});

test("a folder with more files than the limit is refused", async () => {
  const folder = join(tempFolder(), "many");
  mkdirSync(folder);
  for (let index = 0; index < 3; index++) writeFileSync(join(folder, `${index}`), readFileSync(import.meta.filename));
  await expect(openAll([folder], parseLimits(["files=2"]))).rejects.toThrow(/beyond the limit files of 2/);
});
