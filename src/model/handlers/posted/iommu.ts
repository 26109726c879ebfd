import { divCeil, gibBytes, mibBytes } from "../../../base/index.ts";
import type { FlbOps } from "../../luo/file-handler.ts";

/** Top structure and the first page of each of three lists. Posted: IOMMU v5, 2026-09-21 [IOMMU-01] */
const firstPages = 4;
const unitsPerPage = 170;
const domainsPerPage = 102;
const devicesPerPage = 102;

/** Per unit: root table and one context table; per device: PASID directory and table. Counts assumed [IOMMU-02]. */
const unitPages = 2;
const devicePages = 2;

/** Reach of one page of I/O page tables, from the level of 4 KiB entries upwards. Intel VT-d spec, section 3.7 */
const tableReaches = [2 * mibBytes, gibBytes, 512 * gibBytes] as const;

/** What the IOMMU keeps for a set of preserved devices. */
export interface IommuScope {
  readonly unitCount: number;
  readonly domainCount: number;
  readonly deviceCount: number;
}

/** Pages of the three lists and of the units' own tables [IOMMU-01] [IOMMU-02]. */
export function iommuPages({ unitCount, domainCount, deviceCount }: IommuScope): number {
  const more =
    Math.max(divCeil(unitCount, unitsPerPage) - 1, 0) +
    Math.max(divCeil(domainCount, domainsPerPage) - 1, 0) +
    Math.max(divCeil(deviceCount, devicesPerPage) - 1, 0);
  return firstPages + more + unitCount * unitPages + deviceCount * devicePages;
}

/** Guest memory that is mapped for DMA from address 0 up: first in large entries, the rest in 4 KiB ones. */
export interface MappedMemory {
  readonly largeBytes: number;
  readonly smallBytes: number;
}

/**
 * Pages of a domain's I/O page tables, each of which is preserved as a key of its own [IOMMU-03].
 *
 * Cost: one page for 2 MiB mapped in 4 KiB entries, one for 1 GiB in 2 MiB entries, and the levels above
 */
export function ioPageTablePages({ largeBytes, smallBytes }: MappedMemory): number {
  const endBytes = largeBytes + smallBytes;
  const [leaf, large, huge] = tableReaches;
  const leafTables = smallBytes === 0 ? 0 : divCeil(endBytes, leaf) - Math.floor(largeBytes / leaf);
  return leafTables + divCeil(endBytes, large) + divCeil(endBytes, huge) + 1;
}

/** The IOMMU's shared state; there while any device is preserved. */
export class IommuFlb implements FlbOps {
  readonly compatible = "iommu-liveupdate";
  readonly #scope: IommuScope;

  constructor(scope: IommuScope) {
    this.#scope = scope;
  }

  preserve(): number {
    return iommuPages(this.#scope);
  }
}
