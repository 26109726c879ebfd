export type {
  AgentConfig,
  DeviceConfig,
  DeviceKind,
  FolioShare,
  HostConfig,
  PlacementConfig,
  ScratchConfig,
  Treatment,
  UpdateConfig,
  VmConfig,
  VmPopulation,
} from "./config.ts";
export { type Cost, type CostId, costAt, costCatalogue, costIds, type Costs } from "./costs.ts";
export { countUpdate, type UpdateCounts, type VmCounts } from "./counts.ts";
export { type FolioGroup, splitFolios } from "./folios.ts";
export { type FrameRuns, GuestMemory } from "./guest-memory.ts";
export { sizeMemfd, sumMemfdPages } from "./handlers/memfd.ts";
export { countRegionVisits } from "./kho/memblock.ts";
export { countKeys, countPreservedPages, countRadixPages, type KeyRun, sumPages } from "./kho/radix-tree.ts";
export { sizeScratch, sumScratch } from "./kho/scratch.ts";
export type { CostTerm, Phase, Work } from "./lifecycle/work.ts";
export type { Overhead, OverheadKind } from "./overhead.ts";
export {
  type Band,
  type PlannedPhase,
  type PlannedStep,
  type PlannedVm,
  planUpdate,
  priceTerms,
  type UpdatePlan,
} from "./update.ts";
export { errno, errnoName } from "./kernel/errno.ts";
export type { KernelFeatures } from "./kernel/features.ts";
export { type BootedKernel, bootKernel, type BootOptions, type HandedOver } from "./kernel/boot.ts";
export { hopOutcome, type HopOutcome } from "./kernel/hop.ts";
export { handOver } from "./kernel/kexec.ts";
export { kernelFeatures, kernelVersions } from "./kernel/versions.ts";
export { type FrozenState, LiveUpdate } from "./luo/live-update.ts";
export type { Session } from "./luo/session.ts";
export type { FileObject } from "./vfs/file-object.ts";
export { HugetlbMemfd, NullDevice, PipeFile } from "./vfs/other-files.ts";
export { seal, ShmemFile, ShmemInode } from "./vfs/shmem.ts";
export { releasedHandlers } from "./handlers/released.ts";
export { RadixTracker } from "./kho/tracker.ts";
