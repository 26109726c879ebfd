import { assert } from "../base/index.ts";
import { directionTable } from "./sobol-directions.ts";

const wordBits = 32;

/** Dimensions of which direction numbers are at hand, the first (van der Corput's) included. */
export const maxDimensions: number = directionTable.split(";").length + 1;

/** Direction numbers of a table's row: 32 words, the first has the highest bit. */
function expandRow(row: string): Uint32Array {
  const [degree, middleBits, ...initial] = row.trim().split(/\s+/).map(Number);
  const words = new Uint32Array(wordBits);
  for (let bit = 0; bit < wordBits; bit++) {
    if (bit < degree!) {
      words[bit] = initial[bit]! << (wordBits - 1 - bit);
      continue;
    }
    let word = words[bit - degree!]! ^ (words[bit - degree!]! >>> degree!);
    for (let term = 1; term < degree!; term++) {
      if (((middleBits! >>> (degree! - 1 - term)) & 1) === 1) word ^= words[bit - term]!;
    }
    words[bit] = word;
  }
  return words;
}

/** Direction numbers of the first dimensions. */
export function directionWords(dimensionCount: number): readonly Uint32Array[] {
  assert(dimensionCount <= maxDimensions, `${dimensionCount} dimensions; there are ${maxDimensions}`);
  const first = Uint32Array.from({ length: wordBits }, (_, bit) => 1 << (wordBits - 1 - bit));
  const rows = directionTable.split(";").slice(0, Math.max(0, dimensionCount - 1));
  return [first, ...rows.map(expandRow)].slice(0, dimensionCount);
}

/**
 * Fills a column with one dimension of the sequence, as words of 32 bits, XORed with `shift`.
 *
 * Source   Sobol 1967, in the order of Antonov and Saleev (USSR Comput. Maths. Math. Phys. 19, 1979): each point differs
 *          from the one before by one direction number
 */
export function fillColumn(words: Uint32Array, shift: number, column: Uint32Array): void {
  let point = shift;
  for (let index = 0; index < column.length; index++) {
    column[index] = point;
    // The number of the lowest zero bit of the index.
    point ^= words[31 - Math.clz32(~index & (index + 1))]!;
  }
}
