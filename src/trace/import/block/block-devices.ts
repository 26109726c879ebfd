import type { Catalogue } from "../catalogue.ts";

/** A device number of the kernel has 12 bits of major number and 20 of minor. */
export const maxMajor = 4095;
export const maxMinor = 1_048_575;

/** Devices by their numbers; named as blkparse prints them, as no source says more. */
export class BlockDevices {
  readonly #catalogue: Catalogue;
  readonly #vm: number;
  readonly #indexes = new Map<number, number>();
  #lastKey = -1;
  #lastIndex = 0;

  constructor(vmName: string, catalogue: Catalogue) {
    this.#catalogue = catalogue;
    this.#vm = catalogue.assumedVm(vmName);
  }

  index(major: number, minor: number): number {
    const key = major * (maxMinor + 1) + minor;
    if (key === this.#lastKey) return this.#lastIndex;
    let index = this.#indexes.get(key);
    if (index === undefined) {
      index = this.#catalogue.device(this.#vm, `${major},${minor}`, "other");
      this.#indexes.set(key, index);
    }
    this.#lastKey = key;
    this.#lastIndex = index;
    return index;
  }
}
