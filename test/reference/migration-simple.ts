// The pages of a migration as plain sets, one page at a time: slow, and easy to see through.
import type { DirtyLog, SendLimit, TakenPages, WriteTrace } from "../../src/migration/index.ts";

const gibPages = 2 ** 18;

export class SimpleLog implements DirtyLog {
  repeats = 0;
  readonly populatedPages: number;
  readonly #trace: WriteTrace;
  readonly #pending = new Set<number>();
  readonly #written = new Set<number>();
  readonly #data = new Set<number>();
  #clearedGibs = new Set<number>();
  #unseenData: number;
  #unseenZero: number;
  #guestNs: number;
  #row = 0;
  #cursor = 0;

  constructor(trace: WriteTrace) {
    this.#trace = trace;
    this.#unseenData = trace.unseenDataPages ?? 0;
    this.#unseenZero = trace.unseenZeroPages ?? 0;
    this.#guestNs = trace.startNs ?? 0;
    for (let page = 0; page < trace.frameCount; page++) {
      this.#pending.add(page);
      if (((trace.dataBits?.[page >>> 5] ?? 0) & (1 << (page & 31))) !== 0) this.#data.add(page);
    }
    this.#writeUntil(this.#guestNs);
    this.#written.clear();
    this.populatedPages = this.#data.size + this.#unseenData;
  }

  get pendingPages(): number {
    return this.#pending.size + this.#unseenData + this.#unseenZero;
  }

  #writeUntil(ns: number): void {
    const { timeNs, startGfn, pageCount } = this.#trace;
    for (; this.#row < timeNs.length && timeNs[this.#row]! <= ns; this.#row++) {
      for (let page = startGfn[this.#row]!; page < startGfn[this.#row]! + pageCount[this.#row]!; page++) {
        this.#data.add(page);
        const isCleared = this.#clearedGibs.has(Math.floor(page / gibPages));
        if (isCleared || !this.#pending.has(page)) this.#written.add(page);
      }
    }
  }

  run(fromNs: number, toNs: number, throttleRatio: number): void {
    this.#guestNs += (toNs - fromNs) * (1 - throttleRatio);
    const endNs = Math.max(this.#trace.endNs ?? 0, this.#trace.timeNs.at(-1) ?? 0);
    if (this.#trace.timeNs.length === 0) return;
    while (this.#guestNs > endNs) {
      this.#writeUntil(endNs);
      this.#row = 0;
      this.#guestNs -= endNs;
      this.repeats++;
    }
    this.#writeUntil(this.#guestNs);
  }

  sync(): number {
    const before = this.#pending.size;
    for (const page of this.#written) this.#pending.add(page);
    this.#written.clear();
    this.#clearedGibs = new Set();
    return this.#pending.size - before;
  }

  take(limit: SendLimit, taken: TakenPages): void {
    taken.data = 0;
    taken.zero = 0;
    const left = { bytes: limit.bytes, ns: limit.ns };
    const send = (isData: boolean): void => {
      if (isData) taken.data++;
      else taken.zero++;
      left.bytes -= isData ? 4104 : 9;
      left.ns -= isData ? limit.dataNs : limit.zeroNs;
    };
    while (left.bytes > 0 && left.ns > 0 && this.pendingPages > 0) {
      if (this.#cursor === this.#trace.frameCount) {
        if (this.#unseenData > 0) {
          this.#unseenData--;
          send(true);
        } else if (this.#unseenZero > 0) {
          this.#unseenZero--;
          send(false);
        } else this.#cursor = 0;
        continue;
      }
      const page = this.#cursor++;
      if (!this.#pending.delete(page)) continue;
      this.#clearedGibs.add(Math.floor(page / gibPages));
      send(this.#data.has(page));
    }
  }
}
