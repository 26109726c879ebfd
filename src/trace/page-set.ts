import { popcount } from "../base/index.ts";

const chunkPages = 32_768;
const wordsPerChunk = chunkPages / 32;
/** 2^32 pages: as many as a VM can have, and 512 MiB of bits at the worst. */
const maxChunks = 131_072;
/** Shared by all chunks without a gap; never written to, as nothing in it is unset. */
const fullChunk = new Uint32Array(wordsPerChunk).fill(0xffff_ffff);

/** Chunks that sets may still begin. */
export interface PageRoom {
  chunks: number;
}

export function pageRoom(): PageRoom {
  return { chunks: maxChunks };
}

/** The pages below each word of a chunk, and below the chunk. */
interface Rank {
  readonly chunk: Uint32Array;
  readonly basePages: number;
  readonly wordPages: Uint16Array;
}

/**
 * A set of page numbers up to 2^53, kept as bits in pieces of 128 MiB of address space.
 *
 * Cost     4 KiB of bits a piece that holds anything; `add` is one test and one store a page
 */
export class PageSet {
  readonly #chunks = new Map<number, Uint32Array>();
  /** For each full chunk a later one, with none in between that is not full. */
  readonly #nextOpen = new Map<number, number>();
  readonly #room: PageRoom;
  #pages = 0;
  #endPage = 0;
  #lastKey = -1;
  #lastChunk: Uint32Array = fullChunk;

  /** Sets that share a room may hold as much together as one alone. */
  constructor(room: PageRoom = pageRoom()) {
    this.#room = room;
  }

  /** Distinct pages in the set. */
  get pages(): number {
    return this.#pages;
  }

  /** The lowest page number above all pages. */
  get endPage(): number {
    return this.#endPage;
  }

  /** Adds a run and tells of each stretch of it that was not there before; false when the set would grow too large. */
  add(startPage: number, pageCount: number, onNew?: (startPage: number, pageCount: number) => void): boolean {
    const end = startPage + pageCount;
    if (end > this.#endPage) this.#endPage = end;
    for (let page = startPage; page < end;) {
      const key = Math.floor(page / chunkPages);
      const pieceEnd = Math.min(end, (key + 1) * chunkPages);
      const chunk = pieceEnd - page === chunkPages ? this.#wholeChunk(key, onNew) : this.#chunk(key);
      if (!chunk) return false;
      if (chunk === fullChunk) {
        page = this.#openFrom(key) * chunkPages;
        continue;
      }
      this.#addPiece(key, page, pieceEnd, onNew);
      page = pieceEnd;
    }
    return true;
  }

  /** Adds many runs; false when the set would grow too large. */
  addRuns({ starts, pageCounts, count }: { starts: Float64Array; pageCounts: Float64Array; count: number }): boolean {
    for (let index = 0; index < count; index++) if (!this.add(starts[index]!, pageCounts[index]!)) return false;
    return true;
  }

  /** The chunk of a run that covers all of it: one that was empty is full at once, without a look at its pages. */
  #wholeChunk(key: number, onNew?: (startPage: number, pageCount: number) => void): Uint32Array | undefined {
    if (this.#chunks.has(key) || this.#room.chunks === 0) return this.#chunk(key);
    this.#room.chunks--;
    this.#setFull(key);
    this.#pages += chunkPages;
    onNew?.(key * chunkPages, chunkPages);
    return fullChunk;
  }

  #chunk(key: number): Uint32Array | undefined {
    if (key === this.#lastKey) return this.#lastChunk;
    let chunk = this.#chunks.get(key);
    if (!chunk) {
      if (this.#room.chunks === 0) return undefined;
      this.#room.chunks--;
      chunk = new Uint32Array(wordsPerChunk);
      this.#chunks.set(key, chunk);
    }
    this.#lastKey = key;
    this.#lastChunk = chunk;
    return chunk;
  }

  /** Adds a part of one chunk, a word of 32 pages at a time. */
  #addPiece(key: number, start: number, end: number, onNew?: (startPage: number, pageCount: number) => void): void {
    const chunk = this.#lastChunk;
    const base = key * chunkPages;
    let newStart = -1;
    let added = 0;
    for (let page = start; page < end;) {
      const bit = page - base;
      const count = Math.min(32 - (bit & 31), end - page);
      const mask = (count === 32 ? -1 : (1 << count) - 1) << (bit & 31);
      const word = chunk[bit >> 5]!;
      const missing = mask & ~word;
      if (missing === mask || missing === 0) {
        if (missing === 0 && newStart >= 0) onNew?.(newStart, page - newStart);
        if (missing === 0) newStart = -1;
        else if (newStart < 0) newStart = page;
        if (missing !== 0) added += count;
        page += count;
        chunk[bit >> 5] = word | mask;
        continue;
      }
      // Some pages of the word are new and some are not.
      if ((word & (1 << (bit & 31))) === 0) {
        chunk[bit >> 5] = word | (1 << (bit & 31));
        added++;
        if (newStart < 0) newStart = page;
      } else if (newStart >= 0) {
        onNew?.(newStart, page - newStart);
        newStart = -1;
      }
      page++;
    }
    if (newStart >= 0) onNew?.(newStart, end - newStart);
    this.#pages += added;
    if (end - start === chunkPages) this.#setFull(key);
  }

  #setFull(key: number): void {
    this.#chunks.set(key, fullChunk);
    this.#nextOpen.set(key, key + 1);
    this.#lastKey = key;
    this.#lastChunk = fullChunk;
  }

  /** The first chunk from `key` on that is not full: long runs are added again and again at the cost of their ends. */
  #openFrom(key: number): number {
    let open = key;
    for (let next = this.#nextOpen.get(open); next !== undefined; next = this.#nextOpen.get(open)) open = next;
    for (let at = key; at < open;) {
      const next = this.#nextOpen.get(at)!;
      this.#nextOpen.set(at, open);
      at = next;
    }
    return open;
  }

  /** Takes a run out of the set. */
  remove(startPage: number, pageCount: number): void {
    const end = startPage + pageCount;
    for (let page = startPage; page < end;) {
      const key = Math.floor(page / chunkPages);
      const base = key * chunkPages;
      const pieceEnd = Math.min(end, base + chunkPages);
      this.#removePiece(key, page - base, pieceEnd - base);
      page = pieceEnd;
    }
  }

  #removePiece(key: number, firstBit: number, endBit: number): void {
    let chunk = this.#chunks.get(key);
    if (!chunk) return;
    if (chunk === fullChunk) {
      chunk = fullChunk.slice();
      this.#chunks.set(key, chunk);
    }
    this.#lastKey = -1;
    for (let bit = firstBit; bit < endBit; bit++) {
      const mask = 1 << (bit & 31);
      if ((chunk[bit >> 5]! & mask) === 0) continue;
      chunk[bit >> 5]! &= ~mask;
      this.#pages--;
    }
  }

  /** A function that gives the number of pages of the set below a page of the set. */
  ranks(): (page: number) => number {
    const ranks = new Map<number, Rank>();
    let basePages = 0;
    for (const [key, chunk] of [...this.#chunks].sort(([left], [right]) => left - right)) {
      const wordPages = new Uint16Array(wordsPerChunk);
      let pages = 0;
      for (let word = 0; word < wordsPerChunk; word++) {
        wordPages[word] = pages;
        pages += popcount(chunk[word]!);
      }
      ranks.set(key, { chunk, basePages, wordPages });
      basePages += pages;
    }
    let lastKey = -1;
    let last: Rank | undefined;
    return (page) => {
      const key = Math.floor(page / chunkPages);
      if (key !== lastKey) last = ranks.get(key)!;
      lastKey = key;
      const { chunk, basePages, wordPages } = last!;
      const bit = page - key * chunkPages;
      const below = chunk[bit >> 5]! & ((1 << (bit & 31)) - 1);
      return basePages + wordPages[bit >> 5]! + popcount(below);
    };
  }
}
