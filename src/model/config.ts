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

export interface HostConfig {
  readonly ramBytes: number;
  readonly cpuCount: number;
  readonly numaNodeCount: number;
  /** The compressed kernel file. */
  readonly kernelImageBytes: number;
  /** What the kernel occupies when it starts (init_size of its header). */
  readonly kernelMemoryBytes: number;
  readonly initrdBytes: number;
  readonly logBufBytes: number;
  /** Characters that both kernels print on a serial console during the blackout; 0 = quiet. */
  readonly consoleChars: number;
  /** Serial speed; 0 = no serial console. */
  readonly consoleBaud: number;
  /** CONFIG_DEFERRED_STRUCT_PAGE_INIT of the new kernel. */
  readonly deferredInit: boolean;
  readonly scratch: ScratchConfig;
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
