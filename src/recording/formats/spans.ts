import { FormatError } from "../../base/index.ts";

/** Most calls of functions that are kept: 640 MiB of them. */
const maxSpans = 20_000_000;

/** Longer than any call; beyond it a length is a damaged one. */
const maxCallNs = 1e15;

/** A call's length, NaN where it cannot be one. */
export function callNs(ns: number): number {
  return ns >= 0 && ns < maxCallNs ? Math.round(ns) : Number.NaN;
}

/** Numbers for names, straight from their bytes: a trace has few names and many calls. */
export class NameTable {
  #bytes = Buffer.alloc(4096);
  #offsets = new Int32Array(256);
  /** Open addressing: a name's number plus one, 0 where there is none. */
  #slots = new Int32Array(512);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The name's number; a name that is new gets the next one. */
  intern(bytes: Buffer, start: number, end: number): number {
    let hash = 0x811c9dc5;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    while (this.#slots[slot] !== 0) {
      const id = this.#slots[slot]! - 1;
      if (this.#equals(id, bytes, start, end)) return id;
      slot = (slot + 1) & mask;
    }
    return this.#add(bytes, start, end, slot);
  }

  find(name: string): number | undefined {
    const bytes = Buffer.from(name, "latin1");
    for (let id = 0; id < this.#count; id++) if (this.#equals(id, bytes, 0, bytes.length)) return id;
    return undefined;
  }

  nameOf(id: number): string {
    return this.#bytes.toString("latin1", this.#offsets[id], this.#offsets[id + 1]);
  }

  #equals(id: number, bytes: Buffer, start: number, end: number): boolean {
    let own = this.#offsets[id]!;
    if (this.#offsets[id + 1]! - own !== end - start) return false;
    for (let at = start; at < end; at++) if (this.#bytes[own++] !== bytes[at]) return false;
    return true;
  }

  #add(bytes: Buffer, start: number, end: number, slot: number): number {
    const id = this.#count++;
    const offset = this.#offsets[id]!;
    if (offset + end - start > this.#bytes.length) {
      const larger = Buffer.alloc(2 * (offset + end - start));
      this.#bytes.copy(larger);
      this.#bytes = larger;
    }
    bytes.copy(this.#bytes, offset, start, end);
    if (id + 2 > this.#offsets.length) this.#offsets = grown(this.#offsets, Int32Array);
    this.#offsets[id + 1] = offset + end - start;
    this.#slots[slot] = id + 1;
    if (2 * this.#count > this.#slots.length) this.#rehash();
    return id;
  }

  #rehash(): void {
    const slots = new Int32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let id = 0; id < this.#count; id++) {
      let hash = 0x811c9dc5;
      for (let at = this.#offsets[id]!; at < this.#offsets[id + 1]!; at++) {
        hash = Math.imul(hash ^ this.#bytes[at]!, 0x01000193);
      }
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id + 1;
    }
    this.#slots = slots;
  }
}

function grown<Numbers extends Int32Array | Float64Array | Uint8Array>(
  numbers: Numbers,
  Kind: new (length: number) => Numbers,
): Numbers {
  const larger = new Kind(2 * numbers.length);
  larger.set(numbers);
  return larger;
}

/**
 * Calls of functions in the order in which they began.
 *
 * Shape    struct of arrays, of which the first `count` entries mean anything
 * Units    startNs is NaN where the trace has no times, durationNs where a call's end is not in it
 */
export class Spans {
  readonly names = new NameTable();
  count = 0;
  nameIds = new Int32Array(1024);
  /** Who ran it: the number of a task's name, or of a CPU where tasks are not named. */
  taskIds = new Int32Array(1024);
  depths = new Uint8Array(1024);
  startNs = new Float64Array(1024);
  durationNs = new Float64Array(1024);
  lines = new Int32Array(1024);

  push(nameId: number, taskId: number, depth: number, line: number): number {
    const index = this.count++;
    if (index === this.nameIds.length) this.#grow();
    this.nameIds[index] = nameId;
    this.taskIds[index] = taskId;
    this.depths[index] = depth;
    this.lines[index] = line;
    return index;
  }

  #grow(): void {
    if (this.count > maxSpans) {
      throw new FormatError(`a trace with more than ${maxSpans} calls`, { hint: "trace fewer functions" });
    }
    this.nameIds = grown(this.nameIds, Int32Array);
    this.taskIds = grown(this.taskIds, Int32Array);
    this.depths = grown(this.depths, Uint8Array);
    this.startNs = grown(this.startNs, Float64Array);
    this.durationNs = grown(this.durationNs, Float64Array);
    this.lines = grown(this.lines, Int32Array);
  }

  nameOf(index: number): string {
    return this.names.nameOf(this.nameIds[index]!);
  }

  /** When a call ended; NaN where that is not known. */
  endNs(index: number): number {
    return this.startNs[index]! + this.durationNs[index]!;
  }
}
