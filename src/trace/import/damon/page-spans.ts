import { FormatError } from "../../../base/index.ts";

/** Stretches of a process are few; a source with more of them is made up. */
const maxSpans = 65_536;

/** The place of the first value above `value` in ascending values. */
function placeAbove(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * A set of pages as stretches, which may be as long as an address space.
 *
 * Cost     a search in the stretches for what is known already, which nearly all regions of a monitor are
 */
export class PageSpans {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #ranks: number[] = [];

  /** Adds the pages from `start` up to but without `end`. */
  add(start: number, end: number): void {
    const place = placeAbove(this.#starts, start) - 1;
    if (place >= 0 && this.#ends[place]! >= end) return;
    const first = place >= 0 && this.#ends[place]! >= start ? place : place + 1;
    let last = first;
    while (last < this.#starts.length && this.#starts[last]! <= end) last++;
    const joinedStart = first < last ? Math.min(start, this.#starts[first]!) : start;
    const joinedEnd = first < last ? Math.max(end, this.#ends[last - 1]!) : end;
    this.#starts.splice(first, last - first, joinedStart);
    this.#ends.splice(first, last - first, joinedEnd);
    if (this.#starts.length > maxSpans) {
      throw new FormatError(`expected at most ${maxSpans} stretches of memory that do not touch, found more`);
    }
  }

  /** Pages of the set. */
  get pages(): number {
    return this.#starts.reduce((sum, start, place) => sum + this.#ends[place]! - start, 0);
  }

  /** The page behind the last one. */
  get endPage(): number {
    return this.#ends.at(-1) ?? 0;
  }

  /** The pages of the set below a page of it; once all pages are there. */
  rank(page: number): number {
    if (this.#ranks.length !== this.#starts.length) {
      let pages = 0;
      this.#ranks = this.#starts.map((start, place) => {
        pages += this.#ends[place]! - start;
        return pages - this.#ends[place]! + start;
      });
    }
    const place = placeAbove(this.#starts, page) - 1;
    return this.#ranks[place]! + page - this.#starts[place]!;
  }
}
