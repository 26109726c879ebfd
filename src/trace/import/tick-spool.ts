import { closeSync, openSync, readSync, writeSync } from "node:fs";

import { InvariantError } from "../../base/index.ts";
import { TickRuns } from "./tick-runs.ts";

const bufferDoubles = 131_072;

/** Numbers that are written to a file one behind the other, and then read again. */
class NumberFile {
  readonly #file: number;
  readonly #buffer = new Float64Array(bufferDoubles);
  /** Place of the next number in the buffer, and while reading how many there are. */
  #at = 0;
  #filled = 0;
  #position = 0;

  constructor(path: string) {
    this.#file = openSync(path, "wx+");
  }

  write(values: Float64Array, count: number): void {
    for (let from = 0; from < count;) {
      if (this.#at === bufferDoubles) this.#flush();
      const taken = Math.min(count - from, bufferDoubles - this.#at);
      this.#buffer.set(values.subarray(from, from + taken), this.#at);
      this.#at += taken;
      from += taken;
    }
  }

  #flush(): void {
    const bytes = new Uint8Array(this.#buffer.buffer, 0, this.#at * 8);
    for (let offset = 0; offset < bytes.length;) offset += writeSync(this.#file, bytes, offset);
    this.#at = 0;
  }

  rewind(): void {
    this.#flush();
    this.#filled = 0;
    this.#position = 0;
  }

  #fill(): boolean {
    const bytes = new Uint8Array(this.#buffer.buffer);
    let count = readSync(this.#file, bytes, 0, bytes.length, this.#position);
    // A piece may end inside a number.
    while (count % 8 !== 0) count += readSync(this.#file, bytes, count, 8 - (count % 8), this.#position + count);
    this.#position += count;
    this.#at = 0;
    this.#filled = count / 8;
    return count > 0;
  }

  /** Reads on into `values`; false at the end. */
  read(values: Float64Array, count: number): boolean {
    for (let from = 0; from < count;) {
      if (this.#at === this.#filled && !this.#fill()) return false;
      const taken = Math.min(count - from, this.#filled - this.#at);
      values.set(this.#buffer.subarray(this.#at, this.#at + taken), from);
      this.#at += taken;
      from += taken;
    }
    return true;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** A tick on its way: when it ended, a number of the caller's, and its runs, which hold only until the next. */
export interface SpooledTick {
  readonly timeNs: number;
  readonly tag: number;
  readonly runs: TickRuns;
}

/**
 * Ticks that wait on disk until all pages of a process are known, as only then they can be numbered without gaps.
 *
 * Cost     16 bytes a run, which is quicker than to read the text of the source twice
 */
export class TickSpool {
  readonly #file: NumberFile;
  readonly #head = new Float64Array(3);

  constructor(path: string) {
    this.#file = new NumberFile(path);
  }

  add(timeNs: number, tag: number, { starts, pageCounts, count }: TickRuns): void {
    this.#head.set([timeNs, tag, count]);
    this.#file.write(this.#head, 3);
    this.#file.write(starts, count);
    this.#file.write(pageCounts, count);
  }

  *ticks(): Generator<SpooledTick> {
    this.#file.rewind();
    const runs = new TickRuns();
    const head = this.#head;
    while (this.#file.read(head, 3)) {
      runs.resize(head[2]!);
      if (!this.#file.read(runs.starts, runs.count) || !this.#file.read(runs.pageCounts, runs.count)) {
        throw new InvariantError("a spool of ticks ends inside one");
      }
      yield { timeNs: head[0]!, tag: head[1]!, runs };
    }
  }

  close(): void {
    this.#file.close();
  }
}
