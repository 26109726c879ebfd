import { assert, divCeil, orderPages, popcount } from "../base/index.ts";

/** Runs of guest frames written, as a struct of arrays; row i is `count[i]` frames from `startGfn[i]` on. */
export interface FrameRuns {
  readonly timeNs: Float64Array;
  readonly vmIndex: Uint16Array;
  readonly startGfn: Uint32Array;
  readonly pageCount: Uint32Array;
}

const wordBits = 32;

/** Takes frames that are touched for the first time: `bits` of the 32 from `firstFrame` on. */
export interface FreshFrames {
  add(firstFrame: number, bits: number): void;
}

/**
 * Which guest frames are backed, which were written in the current tick, and which were touched since resume: three
 * bitmaps a VM, all VMs in one arena.
 *
 * A frame written many times in a tick counts once: the tick is a set, folded into the others when it ends.
 *
 * Cost   `mark` does one test-and-set a 32-frame word; the words touched are remembered, so that ending a tick costs
 *        what was written and not what there is
 */
export class GuestMemory {
  readonly vmCount: number;
  /** Distinct frames written in the tick that `endTick` ended, one a VM. */
  readonly dirtyPages: Float64Array;
  /** Those of them that were touched for the first time since `resume`, one a VM. */
  readonly firstTouchPages: Float64Array;
  /** The row that `mark` refused, or -1. */
  badRow = -1;

  /** Number of each VM's last frame: what fits 32 bits where the count of frames may not. */
  readonly #lastFrames: Uint32Array;
  readonly #base: Uint32Array;
  readonly #tick: Int32Array;
  readonly #backed: Int32Array;
  readonly #sinceResume: Int32Array;
  readonly #touchedWord: Int32Array;
  /** The touched words lie in pieces of one VM each: which VM, and where its piece ends. */
  readonly #pieceVms: number[] = [];
  readonly #pieceEnds: number[] = [];
  #touchedCount = 0;
  /** After `endTick`, the first words of `touchedWord` are those with frames that were touched first, and these. */
  #freshBits: Int32Array = new Int32Array(0);
  #freshCount = 0;
  readonly #freshVms: number[] = [];
  readonly #freshEnds: number[] = [];
  #resumed = false;

  constructor(framesOfVms: readonly number[]) {
    this.vmCount = framesOfVms.length;
    this.#lastFrames = Uint32Array.from(framesOfVms, (frames) => frames - 1);
    this.#base = new Uint32Array(this.vmCount);
    let words = 0;
    for (const [vm, frames] of framesOfVms.entries()) {
      this.#base[vm] = words;
      words += divCeil(frames, wordBits);
    }
    assert(
      framesOfVms.every((frames) => frames >= 1 && frames <= 2 ** 32),
      "a VM has 1 to 2^32 frames",
    );
    assert(words < 2 ** 31, `guest memory of ${words} words is beyond what one process can track`);
    this.#tick = new Int32Array(words);
    this.#backed = new Int32Array(words);
    this.#sinceResume = new Int32Array(words);
    this.#touchedWord = new Int32Array(words);
    this.dirtyPages = new Float64Array(this.vmCount);
    this.firstTouchPages = new Float64Array(this.vmCount);
  }

  /**
   * Marks rows `from` … `to` - 1 as written in the current tick.
   *
   * Errors   stops at a row with an unknown VM or a frame beyond its memory and leaves its number in `badRow`
   */
  mark(runs: FrameRuns, from: number, to: number): void {
    const { vmIndex } = runs;
    for (let row = from; row < to && this.badRow < 0;) {
      const vm = vmIndex[row]!;
      let end = row + 1;
      while (end < to && vmIndex[end] === vm) end++;
      if (vm >= this.vmCount) this.badRow = row;
      else this.#markVm(vm, runs, row, end);
      row = end;
    }
  }

  #markVm(vm: number, { startGfn, pageCount }: FrameRuns, from: number, to: number): void {
    const lastFrame = this.#lastFrames[vm]!;
    const base = this.#base[vm]! | 0;
    const tick = this.#tick;
    const touchedWord = this.#touchedWord;
    let touched = this.#touchedCount;
    for (let row = from; row < to; row++) {
      const first = startGfn[row]!;
      const count = pageCount[row]!;
      // Wraps at 32 bits, which the second comparison sees: no double arithmetic in the loop.
      const last = (first + count - 1) >>> 0;
      if (count === 0 || last < first || last > lastFrame) {
        this.badRow = row;
        break;
      }
      const lastWord = (base + (last >>> 5)) | 0;
      let word = (base + (first >>> 5)) | 0;
      let mask = -1 << (first & 31);
      for (; word < lastWord; word++) {
        const old = tick[word]!;
        if (old === 0) touchedWord[touched++] = word;
        tick[word] = old | mask;
        mask = -1;
      }
      const old = tick[word]!;
      if (old === 0) touchedWord[touched++] = word;
      tick[word] = old | (mask & (-1 >>> (31 - (last & 31))));
    }
    this.#touchedCount = touched;
    if (this.#pieceVms.at(-1) === vm) this.#pieceEnds[this.#pieceEnds.length - 1] = touched;
    else {
      this.#pieceVms.push(vm);
      this.#pieceEnds.push(touched);
    }
  }

  /** Ends the tick: counts it into `dirtyPages` and `firstTouchPages` and folds it into what is backed. */
  endTick(): void {
    this.dirtyPages.fill(0);
    this.firstTouchPages.fill(0);
    this.#freshCount = 0;
    this.#freshEnds.length = 0;
    this.#freshVms.length = 0;
    let from = 0;
    for (const [piece, vm] of this.#pieceVms.entries()) {
      const to = this.#pieceEnds[piece]!;
      this.#foldPiece(vm, from, to);
      from = to;
    }
    this.#touchedCount = 0;
    this.#pieceVms.length = 0;
    this.#pieceEnds.length = 0;
  }

  #foldPiece(vm: number, from: number, to: number): void {
    const tick = this.#tick;
    const backed = this.#backed;
    const since = this.#sinceResume;
    const touchedWord = this.#touchedWord;
    const resumed = this.#resumed;
    const freshWordBits = this.#freshBits;
    let freshCount = this.#freshCount;
    let dirty = 0;
    let fresh = 0;
    for (let index = from; index < to; index++) {
      const word = touchedWord[index]!;
      const bits = tick[word]!;
      tick[word] = 0;
      backed[word] = backed[word]! | bits;
      dirty = (dirty + popcount(bits)) | 0;
      if (!resumed) continue;
      const old = since[word]!;
      const freshBits = bits & ~old;
      if (freshBits === 0) continue;
      fresh = (fresh + popcount(freshBits)) | 0;
      since[word] = old | bits;
      // Not before what is read above: a piece has no more fresh words than touched ones.
      touchedWord[freshCount] = word;
      freshWordBits[freshCount++] = freshBits;
    }
    // A piece holds at most 2^31 words of 32 frames; one that overflows 2^31 frames would be 8 TiB in one tick.
    this.dirtyPages[vm] = this.dirtyPages[vm]! + dirty;
    this.firstTouchPages[vm] = this.firstTouchPages[vm]! + fresh;
    this.#freshCount = freshCount;
    this.#freshVms.push(vm);
    this.#freshEnds.push(freshCount);
  }

  /** Hands over what the tick that `endTick` ended touched for the first time since `resume`. */
  takeFresh(vm: number, into: FreshFrames): void {
    const base = this.#base[vm]!;
    let from = 0;
    for (const [piece, pieceVm] of this.#freshVms.entries()) {
      const to = this.#freshEnds[piece]!;
      if (pieceVm === vm) {
        for (let index = from; index < to; index++) {
          into.add((this.#touchedWord[index]! - base) * wordBits, this.#freshBits[index]!);
        }
      }
      from = to;
    }
  }

  /** From now on first touches are counted: the guest runs again, with empty page tables. */
  resume(): void {
    this.#freshBits = new Int32Array(this.#touchedWord.length);
    this.#resumed = true;
  }

  /** Marks frames as backed without counting them as written by the guest: population and DMA. */
  back(vm: number, first: number, count: number): boolean {
    if (vm >= this.vmCount || count === 0 || first + count - 1 > this.#lastFrames[vm]!) return false;
    const base = this.#base[vm]!;
    for (let frame = first; frame < first + count; frame++) {
      const word = base + (frame >>> 5);
      this.#backed[word] = this.#backed[word]! | (1 << (frame & 31));
    }
    return true;
  }

  /**
   * Folios of `order` among frames `from` … `to` - 1 that hold at least one backed frame.
   *
   * Order    `from` is a multiple of the folio's size
   */
  countBackedFolios(vm: number, { order, from, to }: { order: number; from: number; to: number }): number {
    const end = Math.min(to, this.#lastFrames[vm]! + 1);
    const folioFrames = orderPages(order);
    let folios = 0;
    for (let first = from; first < end; first += folioFrames) {
      if (this.#anyBacked(vm, first, Math.min(first + folioFrames, end))) folios++;
    }
    return folios;
  }

  #anyBacked(vm: number, from: number, to: number): boolean {
    const base = this.#base[vm]!;
    const lastWord = base + ((to - 1) >>> 5);
    let word = base + (from >>> 5);
    let mask = -1 << (from & 31);
    for (; word < lastWord; word++) {
      if ((this.#backed[word]! & mask) !== 0) return true;
      mask = -1;
    }
    return (this.#backed[word]! & mask & (-1 >>> (31 - ((to - 1) & 31)))) !== 0;
  }
}
