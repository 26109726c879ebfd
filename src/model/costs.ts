/**
 * What the model counts and a profile prices: one entry a constant, all in ns.
 *
 * `rule` says where the kernel pays it; the value's own source stands in the profile.
 */
export const costCatalogue = {
  openDeviceNs: { per: "open of /dev/liveupdate", rule: "linux-7.3 luo_core.c luo_open()" },
  createSessionNs: { per: "session created", rule: "linux-7.3 luo_session.c luo_session_create()" },
  createSessionScanNs: {
    per: "existing session compared by name",
    rule: "linux-7.3 luo_session.c luo_session_insert(): every name is compared",
  },
  preserveFileNs: { per: "file preserved", rule: "linux-7.3 luo_file.c luo_preserve_file()" },
  preserveFileScanNs: {
    per: "earlier file of the session compared by token",
    rule: "linux-7.3 luo_file.c luo_preserve_file(): every token is compared",
  },
  preserveFolioNs: {
    per: "folio pinned, locked and entered",
    rule: "linux-7.3 mm/memfd_luo.c memfd_luo_preserve_folios()",
  },
  preservePageNs: { per: "4 KiB page of the folios pinned", rule: "linux-7.3 mm/gup.c memfd_pin_folios()" },
  addKeyNs: {
    per: "key added to the tracker under its global mutex",
    rule: "linux-7.3 kexec_handover.c kho_radix_add_key()",
  },
  allocFolioNs: { per: "hole folio allocated", rule: "linux-7.3 mm/memfd.c memfd_alloc_folio()" },
  zeroPageNs: {
    per: "4 KiB page zeroed",
    rule: "linux-7.3 mm/memfd_luo.c: holes and folios not up to date are zeroed",
  },
  migrateFolioNs: { per: "folio moved out of scratch", rule: "linux-7.3 mm/gup.c check_and_migrate_movable_folios()" },
  migratePageNs: { per: "4 KiB page copied out of scratch", rule: "linux-7.3 mm/migrate.c folio_mc_copy()" },
  repinFolioNs: {
    per: "folio pinned a second time, in files of which a folio had to move",
    rule: "linux-7.3 mm/gup.c memfd_pin_folios(): starts over after check_and_migrate_movable_folios()",
  },
  spillPageNs: {
    per: "4 KiB page moved out of scratch into a lower zone, its own being full",
    rule: "linux-7.3 mm/page_alloc.c get_page_from_freelist(): zones are tried in turn",
  },
  kexecLoadNs: { per: "kexec image loaded, whatever its size", rule: "linux-7.3 kexec_file.c kexec_file_load()" },
  kexecLoadMibNs: { per: "MiB of kernel and initrd loaded", rule: "linux-7.3 kexec_file.c kexec_file_load()" },
  hashLoadMibNs: {
    per: "MiB of the kexec image hashed when it is loaded, through 7.2",
    rule: "linux-7.2 kexec_file.c kexec_calculate_store_digests()",
  },

  pauseVcpuNs: { per: "vCPU paused and its state saved", rule: "VMM: KVM_GET_* of one vCPU" },
  saveDeviceNs: { per: "emulated device saved", rule: "VMM: device state to the preserved memfd" },
  saveVmNs: { per: "VM saved, beyond its vCPUs and devices", rule: "VMM" },
  stopUserspaceNs: { per: "update", rule: "systemd-shutdown of what is not preserved" },

  rebootCallNs: { per: "reboot(2) call", rule: "linux-7.3 kexec_core.c kernel_kexec()" },
  freezeSessionNs: { per: "session serialized", rule: "linux-7.3 luo_session.c luo_session_serialize()" },
  freezeFileNs: { per: "file frozen", rule: "linux-7.3 luo_file.c luo_file_freeze()" },
  resetDeviceNs: { per: "preserved device reset at freeze", rule: "posted VFIO v5: vfio_pci freeze()" },
  finalizeBitmapNs: {
    per: "bitmap of the tracker put into a list, through 7.0",
    rule: "linux-6.19 kexec_handover.c kho_mem_serialize()",
  },

  notifyRebootNs: { per: "update", rule: "linux-7.3 kexec_core.c kernel_restart_prepare()" },
  shutdownNvmeNs: { per: "NVMe drive shut down", rule: "linux-7.3 device_shutdown(): serially" },
  shutdownNicNs: { per: "network card shut down", rule: "linux-7.3 device_shutdown(): serially" },
  shutdownGpuNs: { per: "GPU shut down", rule: "linux-7.3 device_shutdown(): serially" },
  shutdownOtherNs: { per: "other device shut down", rule: "linux-7.3 device_shutdown(): serially" },
  syscoreShutdownNs: { per: "update", rule: "linux-7.3 syscore_shutdown()" },
  kvmDisableCpuNs: { per: "CPU that leaves virtualization", rule: "linux-7.3 kvm_main.c kvm_shutdown()" },
  stopCpuNs: { per: "CPU stopped by IPI", rule: "linux-7.3 arch/x86 native_stop_other_cpus()" },
  disableIommuNs: { per: "IOMMU unit turned off", rule: "linux-7.3 intel_iommu_shutdown()" },
  copyPageNs: { per: "4 KiB page of the kexec image copied", rule: "linux-7.3 relocate_kernel_64.S swap_pages" },
  hashPurgatoryMibNs: {
    per: "MiB of the kexec image hashed in purgatory, through 7.2",
    rule: "linux-7.2 arch/x86/purgatory/purgatory.c verify_sha256_digest()",
  },
  decompressMibNs: { per: "MiB of compressed kernel", rule: "linux-7.3 arch/x86/boot/compressed extract_kernel()" },

  setupArchNs: { per: "boot", rule: "linux-7.3 setup_arch() up to paging_init, without memory-dependent parts" },
  addScratchNs: { per: "scratch region taken over", rule: "linux-7.3 kexec_handover.c kho_populate()" },
  mapGibNs: { per: "GiB of RAM mapped directly", rule: "linux-7.3 arch/x86/mm/init.c init_mem_mapping()" },
  extendScratchKeyNs: {
    per: "key or tracker page entered into the busy map",
    rule: "linux-7.3 kexec_handover.c kho_extend_scratch()",
  },
  initStructPageNs: { per: "struct page initialised", rule: "linux-7.3 mm/mm_init.c memmap_init_range()" },
  reserveKeyNs: {
    per: "key walked, reserved and stamped",
    rule: "linux-7.3 kexec_handover.c kho_preserved_memory_reserve()",
  },
  visitRegionNs: {
    per: "reserved region stepped over",
    rule: "linux-7.3 mm/memblock.c memblock_add_range(), memblock_isolate_range()",
  },
  reserveAreaNs: {
    per: "key and scratch area below it: regions that the boot itself reserved there",
    rule: "linux-7.3 mm/memblock.c memblock_add_range(), memblock_isolate_range()",
  },
  freePageNs: { per: "4 KiB page handed to the buddy allocator", rule: "linux-7.3 mm/memblock.c memblock_free_all()" },
  startKernelNs: { per: "boot", rule: "linux-7.3 start_kernel(), from the buddy allocator to early initcalls" },
  startKernelGibNs: {
    per: "GiB of RAM, rounded up to a power of two: hash tables and what else of start_kernel() grows with it",
    rule: "linux-7.3 mm/mm_init.c alloc_large_system_hash()",
  },
  bounceBufferNs: {
    per: "bounce buffer of 64 MiB, on hosts with RAM above 4 GiB",
    rule: "linux-7.3 kernel/dma/swiotlb.c swiotlb_init_remap()",
  },
  spreadHashGibNs: {
    per: "GiB of RAM, rounded up to a power of two, on hosts of several nodes: hash tables mapped page by page",
    rule: "linux-7.3 mm/mm_init.c alloc_large_system_hash() with hashdist: vmalloc",
  },
  restoreBlockNs: { per: "session block adopted", rule: "linux-7.3 luo_session.c luo_session_setup_incoming()" },
  startCpuNs: { per: "secondary CPU brought up", rule: "linux-7.3 bringup_nonboot_cpus()" },
  initcallsNs: { per: "boot", rule: "linux-7.3 do_initcalls(), without devices and initrd" },
  initcallsGibNs: {
    per: "GiB of RAM, rounded up to a power of two: what of the initcalls grows with it",
    rule: "linux-7.3 do_initcalls(): seen in recordings host-*, function not known",
  },
  initcallsCpuNs: {
    per: "secondary CPU: what of the initcalls grows with it",
    rule: "linux-7.3 do_initcalls(): seen in recordings smp-*, function not known",
  },
  probeNvmeNs: { per: "NVMe drive probed", rule: "linux-7.3 do_initcalls(): drivers" },
  probeNicNs: { per: "network card probed", rule: "linux-7.3 do_initcalls(): drivers" },
  probeGpuNs: { per: "GPU probed", rule: "linux-7.3 do_initcalls(): drivers" },
  probeOtherNs: { per: "other device probed", rule: "linux-7.3 do_initcalls(): drivers" },
  unpackMibNs: { per: "MiB of initrd unpacked", rule: "linux-7.3 init/initramfs.c populate_rootfs()" },
  startUserspaceNs: { per: "boot", rule: "userspace: from /init to the agent" },

  deserializeOpenNs: {
    per: "first open of /dev/liveupdate",
    rule: "linux-7.3 luo_session.c luo_session_deserialize()",
  },
  deserializeSessionNs: { per: "session rebuilt", rule: "linux-7.3 luo_session.c luo_session_deserialize_one()" },
  deserializeScanNs: {
    per: "rebuilt session compared by name",
    rule: "linux-7.3 luo_session.c luo_session_insert(): every name is compared",
  },
  deserializeFileNs: { per: "file rebuilt", rule: "linux-7.3 luo_file.c luo_file_deserialize()" },
  retrieveSessionNs: { per: "session retrieved", rule: "linux-7.3 luo_session.c luo_session_retrieve()" },
  retrieveSessionScanNs: {
    per: "session stepped over",
    rule: "linux-7.3 luo_session.c luo_session_retrieve(): list walk",
  },
  retrieveFileNs: { per: "file retrieved", rule: "linux-7.3 luo_file.c luo_retrieve_file()" },
  retrieveFolioNs: {
    per: "folio restored and put into the page cache",
    rule: "linux-7.3 mm/memfd_luo.c memfd_luo_retrieve_folios()",
  },
  retrievePageNs: { per: "4 KiB page of the folios restored", rule: "linux-7.3 kexec_handover.c kho_restore_folio()" },
  retrieveNodeNs: {
    per: "folio restored, by node beyond the first",
    rule: "linux-7.3 mm/page_alloc.c adjust_managed_page_count(): reserves of all zones of all nodes",
  },
  restoreVmNs: { per: "VM rebuilt, beyond its vCPUs and devices", rule: "VMM: KVM_CREATE_VM, memory slots" },
  restoreVcpuNs: { per: "vCPU rebuilt and started", rule: "VMM: KVM_CREATE_VCPU, KVM_SET_*" },
  restoreDeviceNs: { per: "emulated device restored", rule: "VMM" },
  attachDeviceNs: { per: "passthrough device attached again", rule: "VMM: vfio and iommufd" },
  prefaultNs: {
    per: "page of 4 KiB, 2 MiB or 1 GiB mapped before the vCPUs run",
    rule: "VMM: MADV_POPULATE_WRITE and KVM_PRE_FAULT_MEMORY",
  },
  mapDmaFolioNs: {
    per: "folio pinned and mapped for DMA",
    rule: "VFIO_IOMMU_MAP_DMA, when mappings are not preserved",
  },
  mapDmaPageNs: { per: "4 KiB page of those folios", rule: "VFIO_IOMMU_MAP_DMA, when mappings are not preserved" },

  finishSessionNs: { per: "session finished", rule: "linux-7.3 luo_session.c luo_session_finish()" },
  finishFileNs: { per: "file finished", rule: "linux-7.3 luo_file.c luo_file_finish()" },
  refaultPageNs: { per: "first touch of a page or folio after resume", rule: "KVM: EPT violation and host fault" },
} as const satisfies Record<string, { per: string; rule: string }>;

export type CostId = keyof typeof costCatalogue;
export const costIds = Object.keys(costCatalogue) as readonly CostId[];

/** Whose code takes the time: the kernel that goes, the one that comes, or the programs on top of them. */
export type CostSide = "from" | "to" | "userspace";

const userspaceCosts: ReadonlySet<string> = new Set<CostId>([
  "pauseVcpuNs",
  "saveDeviceNs",
  "saveVmNs",
  "stopUserspaceNs",
  "restoreVmNs",
  "restoreVcpuNs",
  "restoreDeviceNs",
  "attachDeviceNs",
  "prefaultNs",
]);

/** The new kernel's constants begin with what it does first; those before are the old one's. */
const firstOfNewKernel: CostId = "decompressMibNs";

/** Which kernel a constant belongs to, so that an update from one into another takes each from its own. */
export function costSide(id: CostId): CostSide {
  if (userspaceCosts.has(id)) return "userspace";
  return costIds.indexOf(id) < costIds.indexOf(firstOfNewKernel) ? "from" : "to";
}

/** One constant of a profile. */
export interface Cost {
  readonly unitNs: number;
  readonly lowNs: number;
  readonly highNs: number;
  /** Recording, published row or reasoning that the value comes from. */
  readonly source: string;
  /** True where nobody measured it: an estimate that a report must show as such. */
  readonly assumed: boolean;
}

export type Costs = Readonly<Record<CostId, Cost>>;

/** Which end of every constant's range a calculation uses. */
export type Level = "base" | "low" | "high";

export function costAt(cost: Cost, level: Level): number {
  if (level === "low") return cost.lowNs;
  return level === "high" ? cost.highNs : cost.unitNs;
}
