import { orderPages, pageBytes, pagesToBytes } from "../../../base/index.ts";
import type { UpdateConfig, VmConfig } from "../../config.ts";
import { splitFolios } from "../../folios.ts";
import { hugetlbPoolPages } from "./hugetlb.ts";
import { ioPageTablePages, iommuPages } from "./iommu.ts";
import { pciStateOrder } from "./pci.ts";
import { vmStatePages } from "./kvm.ts";
import { vfioStatePages } from "./vfio.ts";

/** Files of a VM's session beside its memory and its state, which only posted series preserve. */
export interface SideFileCounts {
  /** Its passthrough devices that are preserved. */
  readonly deviceCount: number;
  /** A device each, the I/O address space that they share, and the VM's descriptor where guest_memfd needs it. */
  readonly fileCount: number;
  readonly statePages: number;
  readonly pageTablePages: number;
}

/** Folios of at least this order are mapped for DMA in 2 MiB entries. */
const largeOrder = 9;

/** State of a VM's devices, of the address space that they share, and of its descriptor [VFIO-01] [IOMMU-03] [KVM-01]. */
export function countSideFiles(vm: VmConfig, series: readonly string[]): SideFileCounts {
  const deviceCount = vm.devices.filter(({ treatment }) => treatment === "preserved").length;
  const hasAddressSpace = deviceCount > 0 && series.includes("iommu@v5");
  const descriptors = vm.backing === "guest_memfd" ? 1 : 0;
  let [largeBytes, smallBytes] = [0, 0];
  for (const { order, folioCount } of splitFolios(vm)) {
    const bytes = folioCount * orderPages(order) * pageBytes;
    if (order >= largeOrder) largeBytes += bytes;
    else smallBytes += bytes;
  }
  return {
    deviceCount,
    fileCount: deviceCount + (hasAddressSpace ? 1 : 0) + descriptors,
    statePages: deviceCount * vfioStatePages + descriptors * vmStatePages,
    pageTablePages: hasAddressSpace ? ioPageTablePages({ largeBytes, smallBytes }) : 0,
  };
}

/** What the posted handlers of a host keep beside the state of each file. */
export interface SharedDeviceCounts {
  /** Order of the PCI core's block; undefined: no device is preserved. */
  readonly pciOrder: number | undefined;
  /** Single pages: the IOMMU's, and the huge-page pool's counters. */
  readonly singlePages: number;
  readonly sharedBytes: number;
}

/** State that is there while any device or hugetlb file is preserved [PCI-01] [IOMMU-01] [HUGE-01]. */
export function countSharedDevices(
  { host, vms }: UpdateConfig,
  sideFiles: readonly SideFileCounts[],
): SharedDeviceCounts {
  const deviceCount = sideFiles.reduce((sum, vm) => sum + vm.deviceCount, 0);
  const poolPages = vms.some(({ backing }) => backing === "hugetlb") ? hugetlbPoolPages : 0;
  if (deviceCount === 0) return { pciOrder: undefined, singlePages: poolPages, sharedBytes: pagesToBytes(poolPages) };
  const pciOrder = pciStateOrder(host.pciDeviceCount);
  const domainCount = vms.filter((_, index) => sideFiles[index]!.pageTablePages > 0).length;
  const scope = { unitCount: host.iommuUnitCount, domainCount, deviceCount };
  const singlePages = poolPages + (domainCount > 0 ? iommuPages(scope) : 0);
  return { pciOrder, singlePages, sharedBytes: pagesToBytes(orderPages(pciOrder) + singlePages) };
}
