import { bytesToPagesCeil } from "../../../base/index.ts";
import { errno } from "../../kernel/errno.ts";
import { maxPageOrder } from "../../kho/memory.ts";
import type { FlbOps } from "../../luo/file-handler.ts";

/** struct pci_ser: header, then one entry a PCI device of the system. Posted: PCI core v9, 2026-09-18 [PCI-01] */
const headerBytes = 16;
const deviceEntryBytes = 8;

/** Order of the one block that notes every PCI device of the host. */
export function pciStateOrder(pciDeviceCount: number): number {
  return Math.ceil(Math.log2(bytesToPagesCeil(headerBytes + pciDeviceCount * deviceEntryBytes)));
}

/** What the PCI core keeps while any device is preserved: bus numbers of all bridges, and who takes part [PCI-01]. */
export class PciFlb implements FlbOps {
  readonly compatible = "pci-v2";
  readonly #pciDeviceCount: number;

  constructor(pciDeviceCount: number) {
    this.#pciDeviceCount = pciDeviceCount;
  }

  preserve(): number {
    const order = pciStateOrder(this.#pciDeviceCount);
    return order > maxPageOrder ? errno.ENOMEM : 2 ** order;
  }
}
