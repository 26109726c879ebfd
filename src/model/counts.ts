import { bytesToPagesCeil, gibBytes, orderPages, pageBytes, UsageError } from "../base/index.ts";
import type { UpdateConfig, VmConfig, VmPopulation } from "./config.ts";
import { type FolioGroup, splitFolios } from "./folios.ts";
import { type MemfdMetadata, sizeMemfd, sumMemfdPages } from "./handlers/memfd.ts";
import {
  countSharedDevices,
  countSideFiles,
  type SharedDeviceCounts,
  type SideFileCounts,
} from "./handlers/posted/side-files.ts";
import { kernelFeatures } from "./kernel/versions.ts";
import { type KexecImage, sizeKexecImage } from "./kho/image.ts";
import { countTracker, type TrackerCount } from "./kho/count-tracker.ts";
import { countKeyAreas, countRegionVisits } from "./kho/memblock.ts";
import { countKeys, countPreservedPages, type KeyRun } from "./kho/radix-tree.ts";
import { type ScratchAreas, sizeScratch, structPageBytes, sumScratch } from "./kho/scratch.ts";
import { sizeEntries } from "./luo/entry-store.ts";
import { placeFolios } from "./placement.ts";
import { checkImageFits, checkScratchFits, refuseImpossible } from "./refusals.ts";

/** The lowmem area ends below 4 GiB; where the others lie is drawn, and they are taken to lie above the guests [PLACE-01]. */
const lowmemAreaStarts = [2 * gibBytes];

/** Each VM is one session with two files at least: its memory, and the state that the VMM saves. */
const leastFilesPerVm = 2;

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
  /** Migrated pages that found no place in the zone they came from; 0 unless a recording shows some. */
  readonly spilledPageCount: number;
  readonly memory: MemfdMetadata;
  readonly state: MemfdMetadata;
  /** Memory, state, and those beside them. */
  readonly fileCount: number;
  readonly sideFiles: SideFileCounts;
}

/** What the whole update takes, in counts; every step's driver comes from here. */
export interface UpdateCounts {
  readonly vms: readonly VmCounts[];
  readonly sessionCount: number;
  readonly fileCount: number;
  /** Blocks of sessions that the next kernel adopts; an array is one. */
  readonly sessionBlockCount: number;
  readonly sessionPages: number;
  readonly filePages: number;
  /** Pages that LUO and KHO keep whatever is preserved. */
  readonly fixedPages: number;
  readonly sharedDevices: SharedDeviceCounts;
  readonly runs: readonly KeyRun[];
  readonly keyCount: number;
  readonly tracker: TrackerCount;
  readonly regionVisitCount: number;
  /** Keys, each as often as scratch areas lie below it. */
  readonly keyAreaCount: number;
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
  const hugetlbBytes = vms.reduce((sum, vm) => sum + (vm.backing === "hugetlb" ? vm.guestBytes : 0), 0);
  const poolBytes = host.giganticPages.bytes * host.giganticPages.count;
  // Guests in huge pages live in the pool; what is left of it nobody else can use.
  const idlePoolBytes = Math.max(0, poolBytes - hugetlbBytes);
  const roomBytes = Math.max(0, Math.floor(host.ramBytes - memmapBytes - host.kernelMemoryBytes - idlePoolBytes));
  if (guestBytes > roomBytes) {
    throw new UsageError(
      `the VMs have ${guestBytes} bytes of memory, but the host has room for ${roomBytes} beside its own`,
      { hint: "raise host.ram, or lower the VMs' memory, their count or host.gigantic_pages" },
    );
  }
  const outsideBytes = Math.max(0, roomBytes - sumScratch(scratch));
  return guestBytes === 0 ? 0 : Math.max(0, guestBytes - outsideBytes) / guestBytes;
}

interface VmPlace {
  readonly population: VmPopulation;
  readonly leastRatio: number;
  readonly series: readonly string[];
}

/** Folio groups that are preserved: a memfd's holes are filled, a guest_memfd's stay holes [KVM-03]. */
function preservedGroups(vm: VmConfig, { populatedFolios }: VmPopulation): readonly FolioGroup[] {
  const groups = splitFolios(vm);
  if (vm.backing !== "guest_memfd") return groups;
  return groups.map((group, index) => ({
    ...group,
    folioCount: Math.min(populatedFolios[index] ?? 0, group.folioCount),
  }));
}

function countVm(vm: VmConfig, { population, leastRatio, series }: VmPlace): VmCounts {
  const inScratchRatio = Math.max(vm.inScratchRatio, leastRatio);
  const counts = {
    folioCount: 0,
    pageCount: 0,
    holeFolioCount: 0,
    holePageCount: 0,
    migratedFolioCount: 0,
    migratedPageCount: 0,
    spilledPageCount: 0,
  };
  for (const [index, { order, folioCount }] of preservedGroups(vm, population).entries()) {
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
  const sideFiles = countSideFiles(vm, series);
  return {
    ...counts,
    stateFolioCount,
    sideFiles,
    fileCount: leastFilesPerVm + sideFiles.fileCount,
    memory: sizeMemfd({ fileBytes: vm.guestBytes, folioCount: counts.folioCount }),
    state: sizeMemfd({ fileBytes: vm.stateBytes, folioCount: stateFolioCount }),
  };
}

/** Order-0 keys of one VM beyond its guest memory: metadata of its files, and the state that the VMM saves. */
function countOwnPages(vm: VmCounts): number {
  const { statePages, pageTablePages } = vm.sideFiles;
  return sumMemfdPages(vm.memory) + sumMemfdPages(vm.state) + vm.stateFolioCount + statePages + pageTablePages;
}

/**
 * Counts everything that an update of this host pays for.
 *
 * Errors   UsageError with the kernel's own answer for what its kernels would refuse
 * Source   linux-7.3 kernel/liveupdate, mm/memfd_luo.c; see the parts [LUO-01 .. LUO-05, MEMFD-01 .. 04, KHO-01 .. 07]
 */
export function countUpdate(config: UpdateConfig, populations: readonly VmPopulation[]): UpdateCounts {
  refuseImpossible(config);
  const { host } = config;
  const from = kernelFeatures(host.kernelFrom);
  const scratch = sizeScratch(host, from.scratch);
  checkScratchFits(config, scratch);
  checkImageFits(config, scratch);
  const leastRatio = leastInScratchRatio(config, scratch);
  const vms = config.vms.map((vm, index) =>
    countVm(vm, { population: populations[index]!, leastRatio, series: host.postedSeries }),
  );
  const sessionStore = sizeEntries(from.sessions, vms.length);
  const fileStores = vms.map(({ fileCount }) => sizeEntries(from.files, fileCount));
  const sharedDevices = countSharedDevices(
    config,
    vms.map(({ sideFiles }) => sideFiles),
  );
  const vmPages = vms.reduce((sum, vm) => sum + countOwnPages(vm), 0);
  const blocks = [sessionStore, ...fileStores].flatMap(({ order, count }) =>
    Array.from({ length: count }, () => order),
  );
  if (sharedDevices.pciOrder !== undefined) blocks.push(sharedDevices.pciOrder);
  const singlePages = blocks.filter((order) => order === 0).length;
  const runs = placeFolios(config, {
    groups: config.vms.map((vm, index) => preservedGroups(vm, populations[index]!)),
    metadataPages: from.fixedPages + vmPages + sharedDevices.singlePages + singlePages,
    blockOrders: blocks.filter((order) => order > 0),
  });
  return {
    vms,
    sessionCount: vms.length,
    fileCount: vms.reduce((sum, { fileCount }) => sum + fileCount, 0),
    sessionBlockCount: sessionStore.count,
    sessionPages: sessionStore.pages,
    filePages: fileStores.reduce((sum, { pages }) => sum + pages, 0),
    fixedPages: from.fixedPages,
    sharedDevices,
    runs,
    keyCount: countKeys(runs),
    tracker: countTracker(from.tracker, runs),
    keyAreaCount: countKeyAreas(runs, lowmemAreaStarts),
    regionVisitCount: countRegionVisits(runs, from.tracker.kind === "radix" ? "largest-first" : "smallest-first"),
    preservedPageCount: countPreservedPages(runs),
    ramPageCount: bytesToPagesCeil(host.ramBytes),
    scratch,
    image: sizeKexecImage(host, scratch),
  };
}
