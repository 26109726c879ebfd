const maxCounters = 65_536;
/** Numbers are of 32 bits; a step by half of them or more is one back. */
const half = 2 ** 31;

/** Finds events that are missing, by the numbers that each CPU gives its events of each device. */
export class SequenceGaps {
  readonly #last = new Map<number, number>();
  lost = 0;

  see(device: number, cpu: number, sequence: number): void {
    const key = device * 2 ** 32 + cpu;
    const last = this.#last.get(key);
    if (last !== undefined) {
      const step = (sequence - last) >>> 0;
      if (step > 1 && step < half) this.lost += step - 1;
    } else if (this.#last.size >= maxCounters) {
      return;
    }
    this.#last.set(key, sequence);
  }
}
