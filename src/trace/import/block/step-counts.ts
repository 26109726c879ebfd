import type { DroppedRows } from "../importer.ts";

/** Steps besides issue, completion and requeue: on the queue, where a request still changes its shape. */
const known = new Set(["Q", "G", "I", "S", "M", "F", "X", "A", "B", "P", "U", "UT", "T"]);

const codes = 128 * 128;

/** Counts events that no row is made of, by the letter or two that blkparse has for them. */
export class StepCounts {
  readonly #counts = new Float64Array(codes);

  /** `second` is 0 where there is one letter. */
  add(first: number, second: number): void {
    this.#counts[(first & 127) | ((second & 127) << 7)]!++;
  }

  set(letter: string, count: number): void {
    this.#counts[letter.charCodeAt(0)] = count;
  }

  dropped(): DroppedRows[] {
    const all: [string, number][] = [];
    for (const [code, count] of this.#counts.entries()) {
      if (count > 0) all.push([String.fromCharCode(code & 127, code >>> 7).replace("\0", ""), count]);
    }
    all.sort(([, one], [, other]) => other - one);
    const queue = all.filter(([step]) => known.has(step));
    const unknown = all.filter(([step]) => !known.has(step));
    const sum = (counts: typeof all) => counts.reduce((total, [, count]) => total + count, 0);
    const show = (counts: typeof all) =>
      counts
        .slice(0, 20)
        .map(([step, count]) => `${step} ${count}`)
        .join(", ");
    return [
      {
        code: "queue-events-dropped",
        rows: sum(queue),
        detail: `steps on the queue, before the device: ${show(queue)}`,
      },
      { code: "unknown-events-dropped", rows: sum(unknown), detail: `no known steps: ${show(unknown)}` },
    ];
  }
}
