import { FormatError } from "../../../base/index.ts";
import type { Catalogue } from "../catalogue.ts";

const kindByName = new Map([
  ["nvme", "nvme"],
  ["virtio-net", "virtio-net"],
  ["apic", "interrupt-controller"],
  ["net", "nic"],
] as const) as ReadonlyMap<string, "nvme" | "virtio-net" | "interrupt-controller" | "nic">;

/** More devices than a recorded VM can have. */
const maxDevices = 256;

/** The devices of a recording, numbered as they appear. */
export class Devices {
  readonly #indexes = new Map<string, number>();

  has(name: string): boolean {
    return this.#indexes.has(name);
  }

  index(name: string): number {
    const found = this.#indexes.get(name);
    if (found !== undefined) return found;
    const index = this.#indexes.size;
    if (index === maxDevices) throw new FormatError(`expected at most ${maxDevices} devices, found more`);
    this.#indexes.set(name, index);
    return index;
  }

  /** Gives the devices to the catalogue, in the order of their numbers. */
  write(catalogue: Catalogue, vmIndex: number): void {
    for (const name of this.#indexes.keys()) catalogue.device(vmIndex, name, kindByName.get(name) ?? "other");
  }
}
