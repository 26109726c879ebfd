/**
 * The places of a device's queue, by the time at which each gets free: a heap with the earliest on top.
 *
 * Cost   one exchange along the heap's height a request, no allocation but when it grows
 */
export class Slots {
  #freeNs = new Float64Array(16);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
  }

  push(ns: number): void {
    if (this.#count === this.#freeNs.length) {
      const larger = new Float64Array(this.#count * 2);
      larger.set(this.#freeNs);
      this.#freeNs = larger;
    }
    const heap = this.#freeNs;
    let place = this.#count++;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (heap[parent]! <= ns) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = ns;
  }

  /** The earliest; Infinity when there is none. */
  peek(): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : this.#freeNs[0]!;
  }

  pop(): number {
    const heap = this.#freeNs;
    const top = heap[0]!;
    const last = heap[--this.#count]!;
    let place = 0;
    for (let child = 1; child < this.#count; child = 2 * place + 1) {
      if (child + 1 < this.#count && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= last) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
    return top;
  }
}
