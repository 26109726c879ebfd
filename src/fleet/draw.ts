import { createPrng } from "../base/index.ts";

/** What is drawn for; each has a stream of its own, so that one more draw changes no other. */
const streams = { vm: 1, failure: 2, share: 3, order: 4 } as const;
export type DrawStream = keyof typeof streams;

/** 2^32 divided by the golden ratio: spreads neighbouring numbers (Knuth, The Art of Computer Programming 3, 6.4). */
const golden = 0x9e37_79b1;

/**
 * A number from 0 to below 1 that depends on the seed, the stream and the index alone: draws hang neither on their order nor
 * on how many there are.
 */
export function drawRatio(seed: number, stream: DrawStream, index: number): number {
  const first = createPrng(seed ^ Math.imul(streams[stream], golden))();
  return createPrng(first ^ Math.imul(index + 1, golden))() / 2 ** 32;
}

/** A whole number from 0 to below `count`. */
export function drawIndex(seed: number, stream: DrawStream, draw: { index: number; count: number }): number {
  return Math.floor(drawRatio(seed, stream, draw.index) * draw.count);
}
