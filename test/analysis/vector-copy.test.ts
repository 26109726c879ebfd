// The one module that writes into DuckDB's memory refuses whatever would write beside it.
import { BIGINT, DuckDBDataChunk, UINTEGER, VARCHAR } from "@duckdb/node-api";
import duckdb from "@duckdb/node-bindings";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { copyNumbers, copyValidity, TextCopier, vectorRows } from "../../src/analysis/db/vector-copy.ts";
import { FormatError, InvariantError } from "../../src/base/index.ts";

const rows = 16;
const chunk = DuckDBDataChunk.create([BIGINT, UINTEGER, VARCHAR], rows);
const vectors = [0, 1, 2].map((column) => duckdb.data_chunk_get_vector(chunk.chunk, column));
const [wide, narrow, texts] = vectors as [duckdb.Vector, duckdb.Vector, duckdb.Vector];

/** What a vector holds after a copy, read through DuckDB's own accessors. */
function valuesOf(column: number): readonly unknown[] {
  const copy = new DuckDBDataChunk(chunk.chunk);
  copy.rowCount = rows;
  return copy.getColumnValues(column);
}

test("a vector holds 2048 rows", () => expect(vectorRows).toBe(2048));

test("any range inside the values is copied, and any other is refused", () => {
  const source = Uint32Array.from({ length: 4096 }, (_, index) => index * 7);
  fc.assert(
    fc.property(
      fc.integer({ min: -3, max: 5000 }),
      fc.integer({ min: -3, max: 3000 }),
      fc.nat(8),
      (start, count, skip) => {
        const values = source.subarray(skip);
        const isInside = start >= 0 && count >= 0 && start + count <= values.length && count <= vectorRows;
        const copy = (): void => copyNumbers(narrow, 4, values, { start, rows: count });
        if (!isInside) {
          expect(copy).toThrow(InvariantError);
          return;
        }
        copy();
        const seen = Math.min(count, rows);
        const bytes = duckdb.vector_get_data(narrow, seen * 4);
        expect([...new Uint32Array(bytes.slice().buffer, 0, seen)]).toEqual([...values.subarray(start, start + seen)]);
      },
    ),
  );
});

describe("refused before anything is copied", () => {
  test.each([
    ["a fraction of a row", () => copyNumbers(narrow, 4, new Uint32Array(8), { start: 0.5, rows: 1 })],
    ["no number", () => copyNumbers(narrow, 4, new Uint32Array(8), { start: Number.NaN, rows: 1 })],
    ["values of another width", () => copyNumbers(wide, 8, new Uint32Array(8), { start: 0, rows: 1 })],
    ["a bitmap that is too short", () => copyValidity(wide, new Uint8Array(1), { start: 0, rows: 9 })],
    ["a bitmap from the middle of a byte", () => copyValidity(wide, new Uint8Array(4), { start: 3, rows: 8 })],
    ["more texts than there are", () => copyTexts([0, 1], "a", { start: 0, rows: 2 })],
  ])("%s", (_, copy) => expect(copy).toThrow(InvariantError));

  test.each([
    ["an offset beyond the bytes", [0, 9], "short"],
    ["an offset below zero", [-1, 2], "short"],
    ["offsets that go back", [3, 1], "short"],
  ])("%s", (_, offsets, text) => expect(() => copyTexts(offsets, text, { start: 0, rows: 1 })).toThrow(FormatError));

  test.each([
    ["short", Uint8Array.of(0x61, 0xff)],
    ["cut", Uint8Array.of(0xe2, 0x82)],
    ["long", new Uint8Array(40).fill(0xc0)],
  ])("a %s text that is no UTF-8", (_, bytes) => {
    const copy = (): void =>
      new TextCopier().copy(texts, { offsets: Int32Array.of(0, bytes.length), bytes }, { start: 0, rows: 1 });
    expect(copy).toThrow(/not UTF-8/);
  });
});

function copyTexts(offsets: readonly number[], text: string, range: { start: number; rows: number }): void {
  new TextCopier().copy(texts, { offsets: Int32Array.from(offsets), bytes: new TextEncoder().encode(text) }, range);
}

test("texts of any length and content arrive as they are", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 30 }),
    fc.string({ unit: "binary-ascii", minLength: 10, maxLength: 14 }),
  );
  const copier = new TextCopier();
  fc.assert(
    fc.property(fc.array(text, { minLength: rows, maxLength: rows + 8 }), fc.nat(8), (all, skip) => {
      const encoded = all.map((one) => Buffer.from(one, "utf8"));
      const offsets = Int32Array.from([0, ...encoded.map((_, i) => Buffer.concat(encoded.slice(0, i + 1)).length)]);
      const start = Math.min(skip, all.length - rows);
      copier.copy(texts, { offsets, bytes: Buffer.concat(encoded) }, { start, rows });
      const wanted = encoded.slice(start, start + rows).map((bytes) => bytes.toString("utf8"));
      expect(valuesOf(2)).toEqual(wanted);
    }),
  );
});

test("a bitmap says which rows hold a value", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 8 }), fc.nat(2), (bitmap, skip) => {
      copyNumbers(wide, 8, new BigInt64Array(rows).fill(5n), { start: 0, rows });
      copyValidity(wide, bitmap, { start: skip * 8, rows });
      const wanted = Array.from({ length: rows }, (_, row) => {
        const place = skip * 8 + row;
        return ((bitmap[place >> 3]! >> (place & 7)) & 1) === 1 ? 5n : null;
      });
      expect(valuesOf(0)).toEqual(wanted);
    }),
  );
});
