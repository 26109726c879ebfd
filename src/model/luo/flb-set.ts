import type { FlbOps } from "./file-handler.ts";

interface FlbUse {
  count: number;
  readonly pages: number;
}

/**
 * File-lifecycle-bound state: preserved with the first file that depends on it, given back with the last [LUO-30].
 *
 * Source   linux-7.3 kernel/liveupdate/luo_flb.c luo_flb_file_preserve(), luo_flb_file_unpreserve()
 */
export class FlbSet {
  readonly #uses = new Map<string, FlbUse>();

  /** Counts one file more for each; a negative errno takes back those it had counted. */
  preserve(flbs: readonly FlbOps[] = []): number {
    for (const [index, flb] of flbs.entries()) {
      const use = this.#uses.get(flb.compatible);
      if (use) {
        use.count++;
        continue;
      }
      const pages = flb.preserve();
      if (pages < 0) {
        this.unpreserve(flbs.slice(0, index));
        return pages;
      }
      this.#uses.set(flb.compatible, { count: 1, pages });
    }
    return 0;
  }

  unpreserve(flbs: readonly FlbOps[] = []): void {
    for (const { compatible } of flbs) {
      const use = this.#uses.get(compatible);
      if (use && --use.count === 0) this.#uses.delete(compatible);
    }
  }

  pages(): number {
    let sum = 0;
    for (const { pages } of this.#uses.values()) sum += pages;
    return sum;
  }

  /** Name and number of files, as the next kernel reads them. */
  entries(): { readonly name: string; readonly count: number }[] {
    return [...this.#uses].map(([name, { count }]) => ({ name, count }));
  }
}
