import { FormatError } from "../../../base/index.ts";
import { codeOf } from "../../schema/column.ts";
import { deviceTable } from "../../schema/trace-tables.ts";
import type { TableWriter } from "../../write.ts";

const kindColumn = deviceTable.columns[2];
const kindByName: ReadonlyMap<string, string> = new Map([
  ["nvme", "nvme"],
  ["virtio-net", "virtio-net"],
  ["apic", "interrupt-controller"],
  ["net", "nic"],
]);

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

  write(table: TableWriter): void {
    for (const name of this.#indexes.keys()) {
      table.push({ vm_index: 0, name, kind: codeOf(kindColumn, kindByName.get(name) ?? "other") });
    }
  }
}
