export type {
  AgentConfig,
  Backing,
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
export {
  type Cost,
  type CostId,
  costAt,
  costCatalogue,
  costIds,
  type Costs,
  type CostSide,
  costSide,
} from "./costs.ts";
export { countUpdate, type UpdateCounts, type VmCounts } from "./counts.ts";
export { type FolioGroup, splitFolios } from "./folios.ts";
export { type FrameRuns, type FreshFrames, GuestMemory } from "./guest-memory.ts";
export { mappedOrder } from "./mapping.ts";
export { sizeMemfd, sumMemfdPages } from "./handlers/memfd.ts";
export { countTracker } from "./kho/count-tracker.ts";
export { sizeKexecImage } from "./kho/image.ts";
export { countKeyAreas, countRegionVisits } from "./kho/memblock.ts";
export { countKeys, countPreservedPages, countRadixPages, type KeyRun, sumPages } from "./kho/radix-tree.ts";
export { listScratch, type ScratchAreas, type ScratchHost, sizeScratch, sumScratch } from "./kho/scratch.ts";
export {
  createSessionTerms,
  deserializeTerms,
  type FileCounts,
  finishSessionTerms,
  preserveFileTerms,
  retrieveFileTerms,
  retrieveSessionTerms,
} from "./lifecycle/file-terms.ts";
export { kexecStages } from "./lifecycle/kexec.ts";
export { loadKexec, serializeStages } from "./lifecycle/preserve.ts";
export { blackoutPhases, type CostTerm, type Phase, priceWork, type Work } from "./lifecycle/work.ts";
export { measureOverhead, type Overhead, type OverheadKind, sumOverhead } from "./overhead.ts";
export {
  type Band,
  type PlannedPhase,
  type PlannedStep,
  type PlannedVm,
  planUpdate,
  priceTerms,
  phaseSteps,
  priceUpdate,
  timeUpdate,
  type UpdatePlan,
  type UpdateTimes,
} from "./update.ts";
export { errno, errnoName } from "./kernel/errno.ts";
export type { KernelFeatures } from "./kernel/features.ts";
export { type BootedKernel, bootKernel, type BootOptions } from "./kernel/boot.ts";
export { type HandedOver, readState, writeState } from "./kernel/handed-over.ts";
export { hopOutcome, type HopOutcome } from "./kernel/hop.ts";
export { handOver } from "./kernel/kexec.ts";
export { kernelFeatures, kernelLine, kernelVersions } from "./kernel/versions.ts";
export { type FrozenState, JumpPendingError, LiveUpdate } from "./luo/live-update.ts";
export { OutgoingSession, type Session } from "./luo/session.ts";
export type { FileObject } from "./vfs/file-object.ts";
export { HugetlbMemfd, NullDevice, PipeFile } from "./vfs/other-files.ts";
export { seal, ShmemFile, ShmemInode } from "./vfs/shmem.ts";
export { releasedHandlers } from "./handlers/released.ts";
export { RadixTracker } from "./kho/tracker.ts";
export { type FolioRun, memfdCompatible, type MemfdState, mergeFolios } from "./handlers/memfd-ser.ts";
export { inspectHandover, readHandover, type ReadHandover } from "./handover/read.ts";
export type { Handover, HandoverFile, HandoverImage, HandoverSession, LuoState, Subtree } from "./handover/types.ts";
export { writeHandover } from "./handover/write.ts";
export type { KexecMetadata } from "./kho/kexec-metadata.ts";
export {
  createBumpAllocator,
  type PageAllocator,
  type PageKind,
  PageStore,
  type PhysicalMemory,
} from "./kho/memory.ts";
export { formatAddress } from "./kho/metadata-pages.ts";
export { khoCompatible, looksLikeRootFdt } from "./kho/root-fdt.ts";
export type { FlbSer } from "./luo/flb-ser.ts";
export { luoCompatible } from "./luo/luo-blob.ts";
export { countShmemFolios } from "./handlers/shmem-folios.ts";
export type { RamRange } from "./kho/boot-memory.ts";
export { type BootFacts, listKernelPlaces, preferredStartBytes } from "./kho/boot-reservations.ts";
export { countReserveMemKeys, reserveMemPages } from "./kho/reserve-mem.ts";
export { entryPages } from "./luo/entry-store.ts";
export { type PostedSeries, postedHandlers, postedSeries, resetsDevices } from "./handlers/posted/series.ts";
