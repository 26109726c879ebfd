import type { Moment, Source } from "./evidence.ts";

/** Time in which a kernel said nothing, and what it said then. */
export interface Silence {
  readonly startNs: number;
  readonly endNs: number;
  readonly source: Source;
  readonly before: string;
}

const maxSilences = 32;

/** The longest silences of a log. */
export class Silences {
  #longest: Silence[] = [];
  #leastNs = 0;

  add(before: Moment, { ns, text, source }: { ns: number; text: string; source: Source }): void {
    const lengthNs = ns - before.ns;
    if (lengthNs <= this.#leastNs) return;
    this.#longest.push({ startNs: before.ns, endNs: ns, source, before: text.slice(0, 80) });
    // Sorted now and then, so that a log costs no more than its lines.
    if (this.#longest.length >= 4 * maxSilences) this.#shorten();
  }

  #shorten(): void {
    this.#longest.sort((left, right) => right.endNs - right.startNs - (left.endNs - left.startNs));
    this.#longest.length = Math.min(this.#longest.length, maxSilences);
    const least = this.#longest.at(-1);
    if (least && this.#longest.length === maxSilences) this.#leastNs = least.endNs - least.startNs;
  }

  /** In their order, those of at least `leastNs`. */
  longest(leastNs: number): Silence[] {
    this.#shorten();
    return this.#longest
      .filter(({ startNs, endNs }) => endNs - startNs >= leastNs)
      .sort((left, right) => left.startNs - right.startNs);
  }
}
