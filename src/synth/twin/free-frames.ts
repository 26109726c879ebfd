import type { Random } from "../random.ts";

/** Stretches of one size class: lengths from 2^class up to but without 2^(class + 1). */
interface SizeClass {
  readonly starts: number[];
  readonly lengths: number[];
}

/** Frames that nothing was written to yet, as stretches by size. */
export class FreeFrames {
  readonly #classes: readonly SizeClass[] = Array.from({ length: 33 }, () => ({ starts: [], lengths: [] }));

  constructor(frames: number) {
    this.put(0, frames);
  }

  put(start: number, length: number): void {
    if (length <= 0) return;
    const sizeClass = this.#classes[Math.floor(Math.log2(length))]!;
    sizeClass.starts.push(start);
    sizeClass.lengths.push(length);
  }

  /**
   * Takes a stretch out, of `length` frames or more if there is one, and calls `use` with it; the caller puts back what it
   * leaves. False if nothing is free.
   */
  take(length: number, random: Random, use: (start: number, length: number) => void): boolean {
    const least = Math.ceil(Math.log2(Math.max(1, length)));
    for (let index = least; index < this.#classes.length; index++) {
      if (this.#takeOf(this.#classes[index]!, random, use)) return true;
    }
    // None that surely suffices: the largest ones that there are.
    for (let index = Math.min(least, this.#classes.length) - 1; index >= 0; index--) {
      if (this.#takeOf(this.#classes[index]!, random, use)) return true;
    }
    return false;
  }

  #takeOf({ starts, lengths }: SizeClass, random: Random, use: (start: number, length: number) => void): boolean {
    if (starts.length === 0) return false;
    const index = random.below(starts.length);
    const [start, length] = [starts[index]!, lengths[index]!];
    // The last one takes its place.
    starts[index] = starts.at(-1)!;
    lengths[index] = lengths.at(-1)!;
    starts.pop();
    lengths.pop();
    use(start, length);
    return true;
  }
}
