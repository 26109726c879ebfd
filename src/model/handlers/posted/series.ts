import { UsageError } from "../../../base/index.ts";
import type { FileHandler } from "../../luo/file-handler.ts";
import { PciFlb } from "./pci.ts";
import { IommuFlb, type IommuScope } from "./iommu.ts";
import { IommufdHandler } from "./iommufd.ts";
import { GuestMemfdHandler, VmHandler } from "./kvm.ts";
import { VfioHandler } from "./vfio.ts";

/** A patch series that no released kernel has. */
export interface PostedSeries {
  /** What it is called in a scenario: name@version. */
  readonly name: string;
  readonly posted: string;
  readonly carries: string;
  /** Series that it builds on. */
  readonly needs: readonly string[];
}

/** What is posted and modelled; everything about it is *posted*, not upstream. */
export const postedSeries: readonly PostedSeries[] = [
  {
    name: "pci@v9",
    posted: "PCI core v9, kexec list, 2026-09-18",
    carries: "bus numbers and bus mastering of preserved devices and their bridges",
    needs: [],
  },
  {
    name: "vfio@v5",
    posted: "VFIO cdev v5, 2026-07-14, phase 1 of 5",
    carries: "a device's address; the device is reset at freeze",
    needs: ["pci@v9"],
  },
  {
    name: "iommu@v5",
    posted: "IOMMU v5, 2026-09-21",
    carries: "I/O page tables: memory stays mapped for DMA",
    needs: ["vfio@v5"],
  },
  {
    name: "vfio@phase4",
    posted: "announced in the cover letter of VFIO cdev v5; no code",
    carries: "devices that go on: no reset, DMA continues, one spurious interrupt after resume",
    needs: ["vfio@v5", "iommu@v5"],
  },
  {
    name: "guest_memfd@v4",
    posted: "guest_memfd and vmfd v4, 2026-07-28",
    carries: "fully shared guest_memfd in 4 KiB folios, with its VM's descriptor",
    needs: [],
  },
  { name: "hugetlb@rfc", posted: "hugetlb RFC, 2025-12", carries: "hugetlb memfds", needs: [] },
];

/**
 * Checks a list of posted series: each is known, and what it builds on is there too.
 *
 * Errors   UsageError
 */
export function checkPostedSeries(names: readonly string[], path: string): void {
  for (const name of names) {
    const series = postedSeries.find((candidate) => candidate.name === name);
    if (!series) {
      throw new UsageError(`${path}: ${JSON.stringify(name.slice(0, 40))} is no series that is modelled`, {
        hint: `known: ${postedSeries.map((known) => known.name).join(", ")}`,
      });
    }
    const missing = series.needs.find((needed) => !names.includes(needed));
    if (missing !== undefined)
      throw new UsageError(`${path}: ${name} builds on ${missing}`, { hint: `add ${missing}` });
  }
}

/** Whether a preserved device is reset at freeze, so that its DMA ends there [VFIO-02] [VFIO-03]. */
export function resetsDevices(names: readonly string[]): boolean {
  return !names.includes("vfio@phase4");
}

/** What the posted handlers of one host size their state by. */
export interface PostedHost {
  readonly pciDeviceCount: number;
  readonly iommu: IommuScope;
  /** Pages of I/O page tables that one iommufd keeps. */
  readonly pageTablePages: number;
}

/** Handlers of the given series, as a kernel with them would register. hugetlb is sized only: its file has no model. */
export function postedHandlers(names: readonly string[], host: PostedHost): FileHandler[] {
  const flbs = [new PciFlb(host.pciDeviceCount), ...(names.includes("iommu@v5") ? [new IommuFlb(host.iommu)] : [])];
  return [
    ...(names.includes("vfio@v5") ? [new VfioHandler(flbs, { resets: resetsDevices(names) })] : []),
    ...(names.includes("iommu@v5") ? [new IommufdHandler(flbs, host.pageTablePages)] : []),
    ...(names.includes("guest_memfd@v4") ? [new VmHandler(), new GuestMemfdHandler()] : []),
  ];
}
