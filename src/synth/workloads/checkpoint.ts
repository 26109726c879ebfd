import { pageBytes } from "../../base/index.ts";
import type { Workload } from "../recipe/workload-schema.ts";
import { Scatter } from "../scatter.ts";
import type { TickRuns } from "../tick-runs.ts";
import { Zipf } from "../zipf.ts";
import { Pace, type WorkloadContext, type WorkloadRunner } from "./runner.ts";

/** Buffer headers of 64 B, as in PostgreSQL 17 (src/include/storage/buf_internals.h, BUFFERDESC_PAD_TO_SIZE): 64 a page. */
const headersPerPage = 64;

/**
 * A database: skewed writes into its buffers, a log that is appended to without end, and at each checkpoint one sweep over
 * what became dirty since the last one. The sweep writes the headers of the buffers that it cleans, and not their pages.
 */
class Checkpointer implements WorkloadRunner {
  readonly #workload: Workload<"database-checkpoint">;
  readonly #context: WorkloadContext;
  readonly #zipf: Zipf;
  readonly #scatter: Scatter;
  readonly #writes: Pace;
  readonly #logged: Pace;
  readonly #logFrames: number;
  readonly #headerFrames: number;
  readonly #bufferFrames: number;
  readonly #dirty: Uint32Array;
  #logPlace = 0;
  #sweepPlace = 0;
  #lastHeader = -1;
  /** The present tick. */
  #fromNs = 0;
  #toNs = 0;

  constructor(workload: Workload<"database-checkpoint">, context: WorkloadContext) {
    const { frames } = context;
    this.#workload = workload;
    this.#context = context;
    this.#logFrames = Math.max(1, Math.min(Math.ceil(workload.log / pageBytes), frames >> 1));
    const rest = frames - this.#logFrames;
    this.#headerFrames = Math.max(1, Math.ceil(rest / (headersPerPage + 1)));
    this.#bufferFrames = Math.max(1, rest - this.#headerFrames);
    this.#zipf = new Zipf(this.#bufferFrames, workload.skew);
    this.#scatter = new Scatter(this.#bufferFrames, context.seed);
    this.#writes = new Pace(workload.writes_per_second);
    this.#logged = new Pace(workload.log_rate / pageBytes);
    this.#dirty = new Uint32Array((this.#bufferFrames >> 5) + 1);
  }

  get #headerGfn(): number {
    return this.#context.startGfn + this.#logFrames;
  }

  get #bufferGfn(): number {
    return this.#headerGfn + this.#headerFrames;
  }

  write(fromNs: number, toNs: number, runs: TickRuns): void {
    for (let left = this.#writes.take(toNs); left > 0; left--) {
      const page = this.#scatter.place(this.#zipf.draw(this.#context.random));
      this.#dirty[page >>> 5]! |= 1 << (page & 31);
      runs.add(this.#bufferGfn + page, 1);
    }
    this.#fromNs = fromNs;
    this.#toNs = toNs;
    this.#appendLog(runs);
    this.#sweep(runs);
  }

  /** A moment of the present tick, which its begin is not, so that its requests do not all come at once. */
  #momentAt(part: number): number {
    return this.#fromNs + Math.max(1, Math.floor((this.#toNs - this.#fromNs) * part));
  }

  #appendLog(runs: TickRuns): void {
    const pages = Math.min(this.#logged.take(this.#toNs), this.#logFrames);
    for (let left = pages; left > 0;) {
      const place = this.#logPlace;
      const frames = Math.min(left, this.#logFrames - place, this.#requestFrames);
      const startGfn = this.#context.startGfn + place;
      runs.add(startGfn, frames);
      this.#submit(this.#momentAt(1 - left / pages), startGfn, frames, place * pageBytes);
      this.#logPlace = (place + frames) % this.#logFrames;
      left -= frames;
    }
  }

  get #requestFrames(): number {
    return Math.max(1, Math.floor(this.#workload.request / pageBytes));
  }

  #submit(atNs: number, startGfn: number, frames: number, offsetBytes: number): void {
    const submitNs = this.#context.fromNs + atNs;
    this.#context.submit({ submitNs, bytes: frames * pageBytes, direction: "write", offsetBytes, startGfn, frames });
  }

  /** The first checkpoint begins after one period; one that would not be done by the next one ends with it. */
  #sweep(runs: TickRuns): void {
    const { every, lasts } = this.#workload;
    const [fromNs, toNs] = [this.#fromNs, this.#toNs];
    if (toNs < every) return;
    if (Math.floor(fromNs / every) !== Math.floor(toNs / every)) {
      if (this.#sweepPlace > 0) this.#sweepTo(this.#bufferFrames, runs);
      this.#sweepPlace = 0;
      this.#lastHeader = -1;
    }
    const wanted = Math.min(1, (toNs % every) / Math.min(lasts, every));
    this.#sweepTo(Math.round(this.#bufferFrames * wanted), runs);
  }

  #sweepTo(end: number, runs: TickRuns): void {
    const start = this.#sweepPlace;
    if (start >= end) return;
    while (this.#sweepPlace < end) {
      const page = this.#sweepPlace;
      const word = this.#dirty[page >>> 5]!;
      // Words without a dirty page are passed over at once.
      if (word === 0) this.#sweepPlace = Math.min(end, (page | 31) + 1);
      else if ((word & (1 << (page & 31))) === 0) this.#sweepPlace++;
      else this.#flush(page, end, this.#momentAt((page - start) / (end - start)), runs);
    }
    if (end < this.#bufferFrames) return;
    const nothing = { bytes: 0, offsetBytes: null, startGfn: 0, frames: 0 };
    this.#context.submit({ submitNs: this.#context.fromNs + this.#toNs, direction: "flush", ...nothing });
  }

  /** Writes one run of dirty buffers to the device. */
  #flush(first: number, end: number, atNs: number, runs: TickRuns): void {
    let page = first;
    const limit = Math.min(end, first + this.#requestFrames);
    while (page < limit && (this.#dirty[page >>> 5]! & (1 << (page & 31))) !== 0) {
      this.#dirty[page >>> 5]! &= ~(1 << (page & 31));
      const header = Math.floor(page / headersPerPage);
      if (header !== this.#lastHeader) runs.add(this.#headerGfn + header, 1);
      this.#lastHeader = header;
      page++;
    }
    this.#sweepPlace = page;
    this.#submit(atNs, this.#bufferGfn + first, page - first, (this.#logFrames + first) * pageBytes);
  }
}

export function createCheckpoint(workload: Workload<"database-checkpoint">, context: WorkloadContext): WorkloadRunner {
  return new Checkpointer(workload, context);
}
