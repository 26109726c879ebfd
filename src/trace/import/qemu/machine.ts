import type { Catalogue } from "../catalogue.ts";

type DeviceKind = Parameters<Catalogue["device"]>[2];

/** The VM of a trace of QEMU, and its devices; there from the first event that needs them, as the source names none. */
export class Machine {
  readonly #catalogue: Catalogue;
  readonly #name: string;
  #vmIndex: number | undefined;
  #endGfn = 0;

  constructor(catalogue: Catalogue, name: string) {
    this.#catalogue = catalogue;
    this.#name = name;
  }

  device(name: string, kind: DeviceKind): number {
    this.#vmIndex ??= this.#catalogue.assumedVm(this.#name);
    return this.#catalogue.device(this.#vmIndex, name, kind);
  }

  /** Notes that the guest has frames up to but without `endGfn`. */
  noteFrames(endGfn: number): void {
    if (endGfn <= this.#endGfn || this.#vmIndex === undefined) return;
    this.#endGfn = endGfn;
    this.#catalogue.growAssumedVm(this.#vmIndex, endGfn);
  }
}
