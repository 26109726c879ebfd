/**
 * Seeded generator of uniform 32-bit numbers (mulberry32); numbers that are found by name and index are in src/sensitivity.
 *
 * Source   Tommy Ettinger's mulberry32, public domain
 */
export function createPrng(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
