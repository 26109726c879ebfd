import { assert, divCeil, popcount, UsageError } from "../base/index.ts";
import { dataPageBytes, zeroPageBytes } from "./config.ts";
import type { DirtyLog, SendLimit, TakenPages } from "./dirty-log.ts";

/** Runs of frames one VM wrote, as a struct of arrays in the order of time; `timeNs[i]` is the end of the tick of row i. */
export interface WriteTrace {
  readonly timeNs: Float64Array;
  readonly startGfn: Uint32Array;
  readonly pageCount: Uint32Array;
  /** Frames that the trace can speak of: 0 … frameCount - 1. */
  readonly frameCount: number;
  /** One bit a frame that holds data when the migration starts; missing: none but what the trace wrote before. */
  readonly dataBits?: Int32Array;
  /** Further pages that the trace does not show: sent once, after all others of the first round. */
  readonly unseenDataPages?: number;
  readonly unseenZeroPages?: number;
  /** Moment of the trace at which the migration starts. */
  readonly startNs?: number;
  /** When the trace ends and starts again; missing: its last tick. */
  readonly endNs?: number;
}

/** Frames whose dirty bits are cleared at once (MIG-05; QEMU migration/migration.h CLEAR_BITMAP_SHIFT_DEFAULT, 18). */
const clearWords = 2 ** 18 / 32;

const wordBits = 32;

function checkTrace({ timeNs, startGfn, pageCount, frameCount, dataBits }: WriteTrace): void {
  const rows = timeNs.length;
  assert(startGfn.length === rows && pageCount.length === rows, "columns of a write trace are of one length");
  if (!(frameCount >= 1 && frameCount <= 2 ** 32)) throw new UsageError(`a VM has 1 to 2^32 frames, not ${frameCount}`);
  assert(dataBits === undefined || dataBits.length >= divCeil(frameCount, wordBits), "one bit a frame");
  let lastNs = 0;
  for (let row = 0; row < rows; row++) {
    const time = timeNs[row]!;
    if (!(time >= lastNs) || startGfn[row]! + pageCount[row]! > frameCount) {
      throw new UsageError(`write trace: row ${row} is out of order or beyond ${frameCount} frames`, {
        hint: "rows are ordered by time, and a run of frames ends within the VM's memory",
      });
    }
    lastNs = time;
  }
}

/**
 * The exact pages that a trace says were written: unions of its ticks, not rates.
 *
 * Rules    MIG-05: a page written many times counts once, and one that waits and is written again stays one, unless the
 *          bits of its gibibyte were cleared since the last look; MIG-06: pages leave in the order of their numbers
 * Errors   UsageError for rows that are out of order or beyond memory
 */
export class BitmapLog implements DirtyLog {
  pendingPages: number;
  readonly populatedPages: number;
  repeats = 0;

  readonly #trace: WriteTrace;
  readonly #words: number;
  readonly #endNs: number;
  readonly #pending: Int32Array;
  readonly #written: Int32Array;
  readonly #data: Int32Array;
  readonly #cleared: Uint8Array;
  #unseenData: number;
  #unseenZero: number;
  #guestNs: number;
  #row = 0;
  /** Where taking goes on: a word, and the frames of it that were not passed yet. */
  #word = 0;
  #restMask = -1;

  constructor(trace: WriteTrace) {
    checkTrace(trace);
    const { frameCount, dataBits, timeNs, startNs = 0 } = trace;
    this.#trace = trace;
    this.#words = divCeil(frameCount, wordBits);
    this.#pending = new Int32Array(this.#words).fill(-1);
    if (frameCount % wordBits !== 0) this.#pending[this.#words - 1] = 2 ** (frameCount % wordBits) - 1;
    this.#written = new Int32Array(this.#words);
    this.#data = dataBits === undefined ? new Int32Array(this.#words) : dataBits.slice(0, this.#words);
    this.#cleared = new Uint8Array(divCeil(this.#words, clearWords));
    this.#unseenData = trace.unseenDataPages ?? 0;
    this.#unseenZero = trace.unseenZeroPages ?? 0;
    this.#endNs = Math.max(trace.endNs ?? 0, timeNs.at(-1) ?? 0);
    if (!(startNs >= 0 && startNs <= this.#endNs)) {
      throw new UsageError(`write trace: it ends at ${this.#endNs} ns, and the migration starts at ${startNs}`);
    }
    this.#guestNs = startNs;
    // What was written before the start holds data then; all pages wait, so nothing else is to be noted.
    this.#markTo(startNs);
    this.#written.fill(0);
    this.pendingPages = frameCount + this.#unseenData + this.#unseenZero;
    let populated = this.#unseenData;
    for (const [word, bits] of this.#data.entries()) populated += popcount(bits & this.#pending[word]!);
    this.populatedPages = populated;
  }

  run(fromNs: number, toNs: number, throttleRatio: number): void {
    this.#guestNs += (toNs - fromNs) * (1 - throttleRatio);
    if (this.#trace.timeNs.length === 0) return;
    while (this.#guestNs > this.#endNs && this.#endNs > 0) {
      this.#markTo(this.#endNs);
      this.#row = 0;
      this.#guestNs -= this.#endNs;
      this.repeats++;
    }
    this.#markTo(this.#guestNs);
  }

  #markTo(untilNs: number): void {
    const { timeNs } = this.#trace;
    while (this.#row < timeNs.length && timeNs[this.#row]! <= untilNs) this.#mark(this.#row++);
  }

  #mark(row: number): void {
    const pending = this.#pending;
    const written = this.#written;
    const data = this.#data;
    const first = this.#trace.startGfn[row]!;
    const count = this.#trace.pageCount[row]!;
    if (count === 0) return;
    const last = first + count - 1;
    const lastWord = last >>> 5;
    let mask = -1 << (first & 31);
    for (let word = first >>> 5; word <= lastWord; word++) {
      if (word === lastWord) mask &= -1 >>> (31 - (last & 31));
      data[word] = data[word]! | mask;
      // A bit that was not cleared yet is cleared later, and the page sent after that.
      const kept = this.#cleared[(word / clearWords) | 0] === 1 ? 0 : pending[word]!;
      written[word] = written[word]! | (mask & ~kept);
      mask = -1;
    }
  }

  sync(): number {
    const pending = this.#pending;
    const written = this.#written;
    let fresh = 0;
    for (let word = 0; word < this.#words; word++) {
      const bits = written[word]!;
      if (bits === 0) continue;
      const old = pending[word]!;
      fresh += popcount(bits & ~old);
      pending[word] = old | bits;
      written[word] = 0;
    }
    this.#cleared.fill(0);
    this.pendingPages += fresh;
    return fresh;
  }

  take(limit: SendLimit, taken: TakenPages): void {
    taken.data = 0;
    taken.zero = 0;
    if (this.pendingPages === 0 || limit.bytes <= 0 || limit.ns <= 0) return;
    const rest = { bytes: limit.bytes, ns: limit.ns };
    // Once around: the word where it starts is looked at twice, for the frames before the cursor.
    for (let step = 0; step <= this.#words; step++) {
      const bits = this.#pending[this.#word]! & this.#restMask;
      if (bits !== 0) {
        if (!this.#takeWord(bits, limit, rest, taken)) break;
        // The cursor stays behind the last page that was sent.
        this.#restMask = maskBehind(31 - Math.clz32(bits));
      }
      if (taken.data + taken.zero === this.pendingPages) break;
      this.#restMask = -1;
      this.#word++;
      if (this.#word < this.#words) continue;
      this.#takeUnseen(limit, rest, taken);
      if (this.#unseenData + this.#unseenZero > 0 || rest.bytes <= 0 || rest.ns <= 0) {
        // The limit was reached behind the last frame.
        this.#word = this.#words - 1;
        this.#restMask = 0;
        break;
      }
      this.#word = 0;
    }
    this.pendingPages -= taken.data + taken.zero;
  }

  /** Takes frames of the word at the cursor; false when the limit ends it inside the word. */
  #takeWord(bits: number, limit: SendLimit, rest: { bytes: number; ns: number }, taken: TakenPages): boolean {
    const word = this.#word;
    const dataBits = this.#data[word]!;
    this.#cleared[(word / clearWords) | 0] = 1;
    const data = popcount(bits & dataBits);
    const zero = popcount(bits) - data;
    const bytes = data * dataPageBytes + zero * zeroPageBytes;
    const ns = data * limit.dataNs + zero * limit.zeroNs;
    if (bytes < rest.bytes && ns < rest.ns) {
      this.#pending[word] = this.#pending[word]! & ~bits;
      taken.data += data;
      taken.zero += zero;
      rest.bytes -= bytes;
      rest.ns -= ns;
      return true;
    }
    for (let bit = 0; bit < wordBits; bit++) {
      const mask = 1 << bit;
      if ((bits & mask) === 0) continue;
      const isData = (dataBits & mask) !== 0;
      this.#pending[word] = this.#pending[word]! & ~mask;
      this.#restMask = maskBehind(bit);
      if (isData) taken.data++;
      else taken.zero++;
      rest.bytes -= isData ? dataPageBytes : zeroPageBytes;
      rest.ns -= isData ? limit.dataNs : limit.zeroNs;
      if (rest.bytes <= 0 || rest.ns <= 0) return false;
    }
    return true;
  }

  #takeUnseen(limit: SendLimit, rest: { bytes: number; ns: number }, taken: TakenPages): void {
    const data = countWithin(this.#unseenData, rest, dataPageBytes, limit.dataNs);
    const zero = countWithin(this.#unseenZero, rest, zeroPageBytes, limit.zeroNs);
    this.#unseenData -= data;
    this.#unseenZero -= zero;
    taken.data += data;
    taken.zero += zero;
  }
}

/** Bits of a word behind one of them. */
function maskBehind(bit: number): number {
  return bit === wordBits - 1 ? 0 : -1 << (bit + 1);
}

/** How many of `pages` are taken until the limit is reached, which they then use up. */
export function countWithin(pages: number, rest: { bytes: number; ns: number }, pageBytes: number, ns: number): number {
  if (rest.bytes <= 0 || rest.ns <= 0) return 0;
  const byTime = ns > 0 ? Math.ceil(rest.ns / ns) : Infinity;
  const count = Math.min(pages, Math.ceil(rest.bytes / pageBytes), byTime);
  rest.bytes -= count * pageBytes;
  rest.ns -= count * ns;
  return count;
}
