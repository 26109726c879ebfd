export type DeviceKind = "nvme" | "nic" | "gpu" | "other";
export type Treatment = "shutdown" | "preserved" | "emulated";

export interface DeviceConfig {
  readonly name: string;
  readonly kind: DeviceKind;
  readonly treatment: Treatment;
}

/** How large the KHO scratch areas are: a share of the kernel's own memory, or three fixed sizes. */
export type ScratchConfig =
  | { readonly kind: "percent"; readonly percent: number }
  | { readonly kind: "fixed"; readonly lowmemBytes: number; readonly globalBytes: number; readonly nodeBytes: number };

/** What a VM's memory is made of; all but memfd need a posted series. */
export type Backing = "memfd" | "guest_memfd" | "hugetlb";

export interface HostConfig {
  /** Releases before and after: docs/model.md, Versions. */
  readonly kernelFrom: string;
  readonly kernelTo: string;
  /** Patch series that no release has, on top of both kernels. */
  readonly postedSeries: readonly string[];
  /** PCI devices of the host, bridges included: the PCI series notes each. */
  readonly pciDeviceCount: number;
  readonly ramBytes: number;
  readonly cpuCount: number;
  readonly numaNodeCount: number;
  /** The compressed kernel file. */
  readonly kernelImageBytes: number;
  /** What the running kernel occupies, from its first byte to the end of its bss. */
  readonly kernelMemoryBytes: number;
  /** What it needs to unpack itself and start: init_size of its header. The kexec image has so much of it. */
  readonly kernelInitBytes: number;
  readonly initrdBytes: number;
  readonly logBufBytes: number;
  /** Characters that both kernels print on a serial console during the blackout; 0 = quiet. */
  readonly consoleChars: number;
  /** Serial speed; 0 = no serial console. */
  readonly consoleBaud: number;
  /** CONFIG_DEFERRED_STRUCT_PAGE_INIT of the new kernel. */
  readonly deferredInit: boolean;
  readonly scratch: ScratchConfig;
  /** Pages that hugetlb takes at boot: through 7.2 the scratch percentage is taken of them, too. */
  readonly giganticPages: { readonly bytes: number; readonly count: number };
  readonly iommuUnitCount: number;
  readonly devices: readonly DeviceConfig[];
}

/** A share of a VM's memory that folios of one order back; the shares of a VM add up to 1. */
export interface FolioShare {
  readonly order: number;
  readonly ratio: number;
}

/** How a VM's folios lie in host memory. */
export type PlacementConfig =
  | { readonly kind: "contiguous" }
  | { readonly kind: "fragmented"; readonly runFolios: number; readonly gapFolios: number };

export interface VmConfig {
  readonly name: string;
  readonly guestBytes: number;
  readonly backing: Backing;
  readonly vcpuCount: number;
  /** State that the VMM saves into a second preserved memfd. */
  readonly stateBytes: number;
  readonly folios: readonly FolioShare[];
  readonly placement: PlacementConfig;
  /** Share of its pages that lie in scratch before preserving and must be moved. */
  readonly inScratchRatio: number;
  readonly devices: readonly DeviceConfig[];
}

export type AgentOrder = "as-listed" | "largest-first" | "smallest-first";

/** What the live-update agent in userspace does, and how much of it at once. */
export interface AgentConfig {
  /** In which order VMs are preserved, paused and restored. */
  readonly order: AgentOrder;
  readonly preserveWorkers: number;
  readonly pauseWorkers: number;
  readonly restoreWorkers: number;
  /** Fill the page tables of a VM before its vCPUs run, so that no first touch faults. */
  readonly prepopulate: boolean;
  readonly kexecLoad: "before" | "blackout";
  readonly stopUserspace: "before" | "blackout";
}

export interface UpdateConfig {
  readonly host: HostConfig;
  readonly vms: readonly VmConfig[];
  readonly agent: AgentConfig;
  readonly seed: number;
}

/** What the trace says of one VM at the moment preserving begins: populated folios, one entry a folio group. */
export interface VmPopulation {
  readonly populatedFolios: readonly number[];
}
