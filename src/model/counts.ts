import { bytesToPagesCeil, orderPages, pageBytes, UsageError } from "../base/index.ts";
import type { UpdateConfig, VmConfig, VmPopulation } from "./config.ts";
import { splitFolios } from "./folios.ts";
import { type MemfdMetadata, sizeMemfd, sumMemfdPages } from "./handlers/memfd.ts";
import { type KexecImage, sizeKexecImage } from "./kho/image.ts";
import { countRegionVisits } from "./kho/memblock.ts";
import { countKeys, countPreservedPages, countRadixPages, type KeyRun, type RadixPages } from "./kho/radix-tree.ts";
import { type ScratchAreas, sizeScratch, structPageBytes, sumScratch } from "./kho/scratch.ts";
import { fileBlocks, fixedPages, maxSessions, sessionBlocks } from "./luo/blocks.ts";
import { placeFolios } from "./placement.ts";

/** Each VM is one session with two memfds: its memory, and the state that the VMM saves. */
export const filesPerVm = 2;

/** What preserving one VM takes, in counts. */
export interface VmCounts {
  /** Folios of its memory, largest order first, and of its state (order 0, last). */
  readonly folioCount: number;
  readonly pageCount: number;
  readonly stateFolioCount: number;
  readonly holeFolioCount: number;
  readonly holePageCount: number;
  readonly migratedFolioCount: number;
  readonly migratedPageCount: number;
  readonly memory: MemfdMetadata;
  readonly state: MemfdMetadata;
}

/** What the whole update takes, in counts; every step's driver comes from here. */
export interface UpdateCounts {
  readonly vms: readonly VmCounts[];
  readonly sessionCount: number;
  readonly fileCount: number;
  readonly sessionBlockCount: number;
  readonly fileBlockCount: number;
  readonly runs: readonly KeyRun[];
  readonly keyCount: number;
  readonly radixPages: RadixPages;
  readonly regionVisitCount: number;
  readonly preservedPageCount: number;
  readonly ramPageCount: number;
  readonly scratch: ScratchAreas;
  readonly image: KexecImage;
}

/**
 * Share of all guest pages that must lie in scratch because the rest of RAM cannot hold them.
 *
 * Scratch is given to movable pages; guests that fill the host end up in it [MEMFD-04].
 */
function leastInScratchRatio({ host, vms }: UpdateConfig, scratch: ScratchAreas): number {
  const guestBytes = vms.reduce((sum, vm) => sum + vm.guestBytes, 0);
  const memmapBytes = (host.ramBytes / pageBytes) * structPageBytes;
  const roomBytes = host.ramBytes - memmapBytes - host.kernelMemoryBytes;
  if (guestBytes > roomBytes) {
    throw new UsageError(
      `the VMs have ${guestBytes} bytes of memory, but the host has room for ${Math.floor(roomBytes)} beside its own`,
      { hint: "raise host.ram, or lower the VMs' memory or count" },
    );
  }
  const outsideBytes = Math.max(0, roomBytes - sumScratch(scratch));
  return guestBytes === 0 ? 0 : Math.max(0, guestBytes - outsideBytes) / guestBytes;
}

function countVm(vm: VmConfig, population: VmPopulation, leastRatio: number): VmCounts {
  const groups = splitFolios(vm);
  const inScratchRatio = Math.max(vm.inScratchRatio, leastRatio);
  const counts = {
    folioCount: 0,
    pageCount: 0,
    holeFolioCount: 0,
    holePageCount: 0,
    migratedFolioCount: 0,
    migratedPageCount: 0,
  };
  for (const [index, { order, folioCount }] of groups.entries()) {
    const populated = Math.min(population.populatedFolios[index] ?? 0, folioCount);
    const migrated = Math.round(populated * inScratchRatio);
    counts.folioCount += folioCount;
    counts.pageCount += folioCount * orderPages(order);
    counts.holeFolioCount += folioCount - populated;
    counts.holePageCount += (folioCount - populated) * orderPages(order);
    counts.migratedFolioCount += migrated;
    counts.migratedPageCount += migrated * orderPages(order);
  }
  const stateFolioCount = bytesToPagesCeil(vm.stateBytes);
  return {
    ...counts,
    stateFolioCount,
    memory: sizeMemfd({ fileBytes: vm.guestBytes, folioCount: counts.folioCount }),
    state: sizeMemfd({ fileBytes: vm.stateBytes, folioCount: stateFolioCount }),
  };
}

function checkLimits({ vms }: UpdateConfig): void {
  if (vms.length > maxSessions) {
    throw new UsageError(`${vms.length} VMs need as many sessions; LUO holds at most ${maxSessions} (ENOSPC)`);
  }
}

/**
 * Counts everything that an update of this host pays for.
 *
 * Source   linux-7.3 kernel/liveupdate, mm/memfd_luo.c; see the parts [LUO-01 .. LUO-04, MEMFD-01 .. 04, KHO-01 .. 07]
 */
export function countUpdate(config: UpdateConfig, populations: readonly VmPopulation[]): UpdateCounts {
  checkLimits(config);
  const scratch = sizeScratch(config.host);
  const leastRatio = leastInScratchRatio(config, scratch);
  const vms = config.vms.map((vm, index) => countVm(vm, populations[index]!, leastRatio));
  const sessionBlockCount = sessionBlocks(vms.length);
  const fileBlockCount = vms.length * fileBlocks(filesPerVm);
  const memfdPages = vms.reduce((sum, { memory, state }) => sum + sumMemfdPages(memory) + sumMemfdPages(state), 0);
  const statePages = vms.reduce((sum, { stateFolioCount }) => sum + stateFolioCount, 0);
  const groups = config.vms.map(splitFolios);
  const ownPages = fixedPages + sessionBlockCount + fileBlockCount + memfdPages + statePages;
  const runs = placeFolios(config, groups, ownPages);
  return {
    vms,
    sessionCount: vms.length,
    fileCount: vms.length * filesPerVm,
    sessionBlockCount,
    fileBlockCount,
    runs,
    keyCount: countKeys(runs),
    radixPages: countRadixPages(runs),
    regionVisitCount: countRegionVisits(runs),
    preservedPageCount: countPreservedPages(runs),
    ramPageCount: bytesToPagesCeil(config.host.ramBytes),
    scratch,
    image: sizeKexecImage(config.host, scratch),
  };
}
