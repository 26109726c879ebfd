import { GroupDraw } from "./groups.ts";
import type { Random } from "./random.ts";
import type { Arrival } from "./recipe/schema.ts";

/** Moments at which something arrives, one after another; never two in the same ns. */
export class Arrivals {
  readonly #arrival: Arrival;
  readonly #random: Random;
  readonly #gaps: GroupDraw | undefined;
  #burstLeft = 0;
  #nextNs: number;
  readonly #toNs: number;

  constructor(arrival: Arrival, random: Random, window: { readonly fromNs: number; readonly toNs: number }) {
    this.#arrival = arrival;
    this.#random = random;
    this.#gaps = arrival.kind === "gaps" ? new GroupDraw(arrival.gap_us) : undefined;
    this.#toNs = window.toNs;
    this.#nextNs = window.fromNs;
    this.#step();
  }

  /** The next moment that is not after `untilNs`; undefined if there is none. */
  next(untilNs: number): number | undefined {
    const ns = this.#nextNs;
    if (ns > untilNs || ns > this.#toNs) return undefined;
    this.#step();
    return ns;
  }

  #step(): void {
    this.#nextNs += Math.max(1, Math.round(this.#gapNs()));
  }

  #gapNs(): number {
    const arrival = this.#arrival;
    switch (arrival.kind) {
      case "poisson":
        return this.#random.exponential(1e9 / arrival.per_second);
      case "periodic":
        return 1e9 / arrival.per_second;
      case "bursts":
        // Those of one burst come 1 us apart, assumed: as fast as a queue is filled.
        if (this.#burstLeft > 0) {
          this.#burstLeft--;
          return 1000;
        }
        this.#burstLeft = this.#random.geometric(arrival.mean_size) - 1;
        return this.#random.exponential((1e9 * arrival.mean_size) / arrival.per_second);
      case "gaps":
        // Within a microsecond every moment is as likely.
        return (this.#gaps!.draw(this.#random) + this.#random.unit()) * 1000;
    }
  }
}

/** Events a second, for what a recipe will make. */
export function arrivalsPerSecond(arrival: Arrival): number {
  if (arrival.kind !== "gaps") return arrival.per_second;
  const total = arrival.gap_us.reduce((sum, [, , share]) => sum + share, 0);
  const meanUs =
    arrival.gap_us.reduce((sum, [first, last, share]) => sum + (share * (first + last + 1)) / 2, 0) / total;
  return 1e6 / Math.max(0.001, meanUs);
}
