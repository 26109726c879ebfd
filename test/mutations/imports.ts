import type { Mutation } from "./mutation.ts";

const sources = ["test/import/sources.test.ts"];
const sorted = ["src/trace/sorted.test.ts"];
const clocks = ["src/trace/import/clock.test.ts"];
const rule = "import";

/** What opening, aligning and sorting of foreign sources promise. */
export const importMutations: readonly Mutation[] = [
  {
    rule,
    breaks: "rows of one moment change places in memory",
    file: "src/trace/write.ts",
    find: "values[left]! - values[right]! || left - right",
    replace: "values[left]! - values[right]! || right - left",
    tests: sorted,
  },
  {
    rule,
    breaks: "rows of one moment change places between runs",
    file: "src/trace/merge-runs.ts",
    find: "if (cursor.value < next.value) {",
    replace: "if (cursor.value <= next.value) {",
    tests: sorted,
  },
  {
    rule,
    breaks: "a late batch is written behind later rows",
    file: "src/trace/write.ts",
    find: "if (first >= this.#lastOrder) return;",
    replace: "if (first >= -1) return;",
    tests: sorted,
  },
  {
    rule,
    breaks: "half a character passes as UTF-8",
    file: "src/trace/row-buffer.ts",
    find: "if (!isCutCharacter && isUtf8(bytes)) return text;",
    replace: "if (isUtf8(bytes)) return text;",
    tests: sorted,
  },
  {
    rule,
    breaks: "a member of an archive may be a link",
    file: "src/trace/source/archive.ts",
    find: 'else if (type === "file" || type === "contiguous-file") await',
    replace: "else if (type !== undefined) await",
    tests: sources,
  },
  {
    rule,
    breaks: "a symlink in a zip passes as a file",
    file: "src/trace/source/archive.ts",
    find: "if (kind !== undefined) members.refuseKind(entry.fileName, kind);",
    replace: "",
    tests: sources,
  },
  {
    rule,
    breaks: "a member's checksum is not held against its bytes",
    file: "src/trace/source/archive.ts",
    find: "if (expectedCrc32 !== undefined && crc !== expectedCrc32) {",
    replace: "if (crc < 0) {",
    tests: sources,
  },
  {
    rule,
    breaks: "members of an archive are held against its size one by one",
    file: "src/trace/source/archive.ts",
    find: "const count = this.#count;",
    replace: "const count = guard.follow(this.#file.path, this.#file.bytes);",
    tests: sources,
  },
  {
    rule,
    breaks: "only the first frame of zstd is read",
    file: "src/trace/source/codec.ts",
    find: "yield* through(frameOf(first.value, pieces), createZstdDecompress(zstdOptions(isLenient)));",
    replace: "yield* through(frameOf(first.value, pieces), createZstdDecompress(zstdOptions(isLenient)));\n    return;",
    tests: sources,
  },
  {
    rule,
    breaks: "packed data that ends too early passes as whole",
    file: "src/trace/source/reader.ts",
    find: "this.noteTruncated(file, `the ${file.codec} data ends too early`);",
    replace: "",
    tests: sources,
  },
  {
    rule,
    breaks: "what was read before the cut is given twice",
    file: "src/trace/source/reader.ts",
    find: "const start = Math.min(given - skipped, chunk.byteLength);",
    replace: "const start = 0;",
    tests: sources,
  },
  {
    rule,
    breaks: "files of different clocks are put on one time line",
    file: "src/trace/import/align.ts",
    find: "if (clocks.size > 1) refuseClocks(free);",
    replace: "",
    tests: clocks,
  },
  {
    rule,
    breaks: "the trace begins with the last file to begin",
    file: "src/trace/import/align.ts",
    find: "if (isEarlier(start, zero)) zero = start;",
    replace: "if (isEarlier(zero, start)) zero = start;",
    tests: clocks,
  },
  {
    rule,
    breaks: "a clock that goes back is not told",
    file: "src/trace/import/clock.ts",
    find: "if (ns < this.#lastNs - backNs) {",
    replace: "if (ns < 0) {",
    tests: clocks,
  },
];
