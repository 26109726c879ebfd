import type { Catalogue } from "../catalogue.ts";

/** The machine that was traced, as the VM of its devices; it is made up when a device is first met. */
export class Machine {
  readonly #catalogue: Catalogue;
  #vmIndex = -1;

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  get vmIndex(): number {
    if (this.#vmIndex < 0) this.#vmIndex = this.#catalogue.assumedVm("machine");
    return this.#vmIndex;
  }
}
