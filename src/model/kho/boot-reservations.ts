import { bytesToPagesCeil, divCeil, gibBytes, kibBytes, mibBytes, pageBytes, roundUp } from "../../base/index.ts";
import type { HostConfig } from "../config.ts";
import { BootMemory, type RamRange } from "./boot-memory.ts";

/** What a recording or a firmware table tells beyond the configuration; without it a common PC is assumed. */
export interface BootFacts {
  /** Usable RAM by node; default: 3 GiB below 4 GiB, the rest above, in equal parts for the nodes. */
  readonly ramRanges?: readonly RamRange[];
  /** Node of each CPU; default: spread evenly. */
  readonly cpuNodes?: readonly number[];
  /** Where the kernel was unpacked; address randomisation draws it. Default: where most of the RAM is. */
  readonly kernelStartBytes?: number;
  /** Where the boot loader put the initrd; default: as high as it goes below 4 GiB. */
  readonly initrdStartBytes?: number;
  /** reserve_mem= regions. */
  readonly reserveMem?: readonly { readonly bytes: number; readonly alignBytes: number }[];
  /** Gigantic pages that the command line asks for, each `bytes` large. */
  readonly giganticPages?: { readonly bytes: number; readonly count: number };
  /** swiotlb=; default: 64 MiB on a host with RAM above 4 GiB. */
  readonly bounceBytes?: number;
}

export type BootHost = Pick<
  HostConfig,
  "ramBytes" | "cpuCount" | "numaNodeCount" | "kernelMemoryBytes" | "initrdBytes" | "logBufBytes"
> &
  BootFacts;

/** Kernel memory that is reserved when the scratch areas are sized: the base of the percentage [KHO-06]. */
export interface BootReservations {
  readonly lowBytes: number;
  readonly allBytes: number;
  readonly nodeBytes: readonly number[];
}

export const lowLimitBytes: number = 4 * gibBytes;

/** RAM below the PCI hole of a PC that has more than 3.5 GiB. linux-7.3 boots the same with any; QEMU i440fx, q35 2 GiB */
const belowHoleBytes = 3 * gibBytes;
const holeFromBytes = 3.5 * gibBytes;

/** Where a kernel without address randomisation runs: CONFIG_PHYSICAL_START. linux-7.3 arch/x86/Kconfig */
export const preferredStartBytes: number = 16 * mibBytes;
/** CONFIG_PHYSICAL_ALIGN, and pages of the direct map. */
const hugePageBytes = 2 * mibBytes;

/** setup_data and real-mode trampoline, below 4 GiB. Recordings with memblock=debug: 68 + 24 KiB */
const lowSmallBytes = 92 * kibBytes;
/** First page tables of the direct map. linux-7.3 arch/x86/mm/init.c alloc_low_pages() */
const pageTableBytes = 2 * pageBytes;

/** The static log buffer: log_buf_len= that is not larger allocates nothing. linux-7.3 CONFIG_LOG_BUF_SHIFT=17 */
const staticLogBytes = 128 * kibBytes;
/** A descriptor of 24 and an info of 88 bytes for each 32 bytes of text. linux-7.3 printk.c setup_log_buf() */
const logDescriptorRatio = 24 / 32;
const logInfoRatio = 88 / 32;

/** Root of the section table. linux-7.3 mm/sparse.c sparse_alloc(): recordings with memblock=debug: 1 MiB */
const sectionRootBytes = mibBytes;
/** Memory that one section of the memmap describes, and its struct pages. linux-7.3 SECTION_SIZE_BITS=27 */
const sectionBytes = 128 * mibBytes;
/** sizeof(struct page) of x86-64. linux-7.3 include/linux/mm_types.h */
export const structPageBytes = 64;
/** Descriptors of 128 sections fill a page; each section has a usage map of 88 bytes. linux-7.3 mm/sparse.c */
const sectionsPerRoot = 128;
const usageMapBytes = 88;
/** Page tables of the memory map, on the first node. Recordings with memblock=debug: 3 pages up to 16 GiB */
const memmapTableBytes = 3 * pageBytes;
/** struct pglist_data. Recordings: "NODE_DATA(0) allocated" */
const nodeDataBytes = 16_512;
/** Firmware map, command lines, CPU masks, page tables of the fixmap. Recordings with memblock=debug: 4.5 + 12 KiB */
const smallBytes = 16.5 * kibBytes;
/** What is smaller than a page packs as closely as the cache line allows. linux-7.3 SMP_CACHE_BYTES */
const cacheLineBytes = 64;
/** Per-CPU data kept of a CPU. Recordings: "percpu: Embedded 49 pages/cpu" */
const perCpuBytes = 49 * pageBytes;

/** Hash tables: one 8-byte bucket for each 8 KiB (dentries) and 16 KiB (inodes) of free RAM, a power of two in all. */
const hashBucketBytes = 8;
const hashScaleBytes = [8 * kibBytes, 16 * kibBytes];
/** From here on a table only doubles when RAM grows fourfold. linux-7.3 mm_init.c ADAPT_SCALE_BASE */
const hashAdaptBytes = 64 * gibBytes;

/** Bounce buffer below 4 GiB, and 24 bytes for each slot of 2 KiB. linux-7.3 kernel/dma/swiotlb.c */
const defaultBounceBytes = 64 * mibBytes;
const bounceSlotRatio = 24 / 2048;

/** Usable RAM of a common PC: one hole below 4 GiB, nodes of equal size from low to high. */
function guessRamRanges({ ramBytes, numaNodeCount }: BootHost): RamRange[] {
  const lowBytes = ramBytes >= holeFromBytes ? belowHoleBytes : ramBytes;
  const address = (offsetBytes: number): number =>
    offsetBytes < lowBytes ? offsetBytes : offsetBytes - lowBytes + lowLimitBytes;
  const ranges: RamRange[] = [];
  for (let node = 0; node < numaNodeCount; node++) {
    const fromBytes = Math.max(mibBytes, Math.floor((ramBytes * node) / numaNodeCount));
    const toBytes = Math.floor((ramBytes * (node + 1)) / numaNodeCount);
    const middleBytes = Math.min(Math.max(fromBytes, lowBytes), toBytes);
    if (middleBytes > fromBytes) ranges.push({ startBytes: fromBytes, endBytes: middleBytes, node });
    if (toBytes > middleBytes) {
      ranges.push({ startBytes: address(middleBytes), endBytes: address(middleBytes) + toBytes - middleBytes, node });
    }
  }
  return ranges;
}

function rangesOf(host: BootHost): readonly RamRange[] {
  return host.ramRanges ?? guessRamRanges(host);
}

function rangeBytes({ startBytes, endBytes }: RamRange): number {
  return endBytes - startBytes;
}

/** An address in the range where the kernel could have been unpacked, beside the initrd. */
function kernelPlace({ startBytes, endBytes }: RamRange, host: BootHost): number | undefined {
  const { kernelMemoryBytes, initrdBytes, initrdStartBytes = endBytes } = host;
  const firstBytes = Math.max(preferredStartBytes, roundUp(startBytes, hugePageBytes));
  const meetsInitrd = firstBytes + kernelMemoryBytes > initrdStartBytes && firstBytes < initrdStartBytes + initrdBytes;
  const placeBytes = meetsInitrd ? roundUp(initrdStartBytes + initrdBytes, hugePageBytes) : firstBytes;
  return placeBytes + kernelMemoryBytes <= endBytes ? placeBytes : undefined;
}

/**
 * Where address randomisation may have put the kernel, the likeliest place first: one address for each node below
 * 4 GiB and above, since the rest of the address changes no scratch area by more than rounding.
 */
export function listKernelPlaces(host: BootHost): readonly number[] {
  const places = new Map<string, number>();
  for (const range of [...rangesOf(host)].sort((left, right) => rangeBytes(right) - rangeBytes(left))) {
    const place = kernelPlace(range, host);
    const key = `${range.node} ${range.startBytes < lowLimitBytes ? "low" : "high"}`;
    if (place !== undefined && !places.has(key)) places.set(key, place);
  }
  return [...places.values()];
}

/** What the boot loader and setup_arch() reserve before nodes are known. */
function reserveEarly(memory: BootMemory, host: BootHost): void {
  const kernelStartBytes = host.kernelStartBytes ?? listKernelPlaces(host)[0];
  if (kernelStartBytes !== undefined) memory.reserve(kernelStartBytes, host.kernelMemoryBytes);
  const logBytes = host.logBufBytes > staticLogBytes ? host.logBufBytes : 0;
  const low = { alignBytes: pageBytes, limitBytes: lowLimitBytes };
  const initrdBytes = bytesToPagesCeil(host.initrdBytes) * pageBytes;
  if (host.initrdStartBytes === undefined) memory.allocate({ bytes: initrdBytes, ...low });
  else memory.reserve(host.initrdStartBytes, initrdBytes);
  memory.allocate({ bytes: lowSmallBytes, ...low });
  for (const bytes of [pageTableBytes, logBytes, logBytes * logDescriptorRatio, logBytes * logInfoRatio]) {
    memory.allocate({ bytes, alignBytes: pageBytes });
  }
}

/** The memory map: 2 MiB of struct pages for each section that has RAM, on the section's node. */
function reserveMemmap(memory: BootMemory, ranges: readonly RamRange[]): void {
  const nodes = new Map<number, number>();
  for (const { startBytes, endBytes, node } of ranges) {
    const last = Math.floor((endBytes - 1) / sectionBytes);
    for (let section = Math.floor(startBytes / sectionBytes); section <= last; section++) {
      if (!nodes.has(section)) nodes.set(section, node);
    }
  }
  const bytes = (sectionBytes / pageBytes) * structPageBytes;
  for (const node of new Set(nodes.values())) {
    const sections = [...nodes].filter(([, owner]) => owner === node).length;
    const rootBytes = divCeil(sections, sectionsPerRoot) * pageBytes;
    memory.allocate({
      bytes: rootBytes + roundUp(sections * usageMapBytes, cacheLineBytes),
      alignBytes: cacheLineBytes,
      node,
    });
  }
  memory.allocate({ bytes: memmapTableBytes, alignBytes: pageBytes, node: 0 });
  for (const node of nodes.values()) memory.allocate({ bytes, alignBytes: hugePageBytes, node });
}

function reservePerCpu(memory: BootMemory, { cpuCount, numaNodeCount, cpuNodes }: BootHost): void {
  for (let cpu = 0; cpu < cpuCount; cpu++) {
    const node = cpuNodes?.[cpu] ?? Math.floor((cpu * numaNodeCount) / cpuCount);
    memory.allocate({ bytes: perCpuBytes, alignBytes: pageBytes, node });
  }
}

/**
 * Bytes of one early hash table.
 *
 * Source   linux-7.3 mm/mm_init.c alloc_large_system_hash()
 */
function hashTableBytes(freeBytes: number, scaleBytes: number): number {
  let scale = scaleBytes;
  for (let adapt = hashAdaptBytes; adapt < freeBytes; adapt *= 4) scale *= 2;
  return 2 ** Math.ceil(Math.log2(freeBytes / scale)) * hashBucketBytes;
}

/** What is allocated after nodes are known, up to kho_memory_init(), in that order. */
function reserveLate(memory: BootMemory, host: BootHost, countsGigantic: boolean): void {
  const ranges = rangesOf(host);
  const { giganticPages, reserveMem = [] } = host;
  for (let node = 0; node < host.numaNodeCount; node++) {
    memory.allocate({ bytes: nodeDataBytes, alignBytes: cacheLineBytes, node });
  }
  for (let page = 0; page < (giganticPages?.count ?? 0); page++) {
    const { bytes } = giganticPages!;
    memory.allocate({ bytes, alignBytes: bytes, node: page % host.numaNodeCount, counted: countsGigantic });
  }
  memory.allocate({ bytes: sectionRootBytes + smallBytes, alignBytes: cacheLineBytes });
  reserveMemmap(memory, ranges);
  reservePerCpu(memory, host);
  for (const { bytes, alignBytes } of reserveMem)
    memory.allocate({ bytes, alignBytes: Math.max(alignBytes, cacheLineBytes) });
  // With several nodes the tables are spread by vmalloc, which needs the buddy allocator: too late to count.
  if (host.numaNodeCount === 1) {
    const freeBytes = memory.sumFree();
    for (const scaleBytes of hashScaleBytes) {
      memory.allocate({ bytes: hashTableBytes(freeBytes, scaleBytes), alignBytes: hugePageBytes });
    }
  }
  const reachesHigh = ranges.some(({ endBytes }) => endBytes > lowLimitBytes);
  const bounceBytes = reachesHigh ? (host.bounceBytes ?? defaultBounceBytes) : 0;
  if (bounceBytes > 0) {
    memory.allocate({ bytes: bounceBytes, alignBytes: pageBytes, limitBytes: lowLimitBytes });
    memory.allocate({ bytes: bounceBytes * bounceSlotRatio, alignBytes: pageBytes });
  }
}

/**
 * Kernel memory that a cold boot has reserved when it sizes the scratch areas.
 *
 * Each reservation is placed as the kernel does it, from the top down, so that what counts as low and for which node
 * comes out of the memory map. What is reserved before nodes are known gets the node that it lies on; what is
 * allocated later without asking for a node counts for none.
 *
 * Source   linux-7.3 mm/memblock.c memblock_reserved_kern_size(); sizes read from recordings with memblock=debug
 *          [KHO-06]
 */
export function sumBootReservations(
  host: BootHost,
  { countsGigantic = false }: { readonly countsGigantic?: boolean } = {},
): BootReservations {
  const memory = new BootMemory(rangesOf(host));
  reserveEarly(memory, host);
  memory.adoptNodes();
  reserveLate(memory, host, countsGigantic);
  return {
    lowBytes: memory.sumReserved({ limitBytes: lowLimitBytes }),
    allBytes: memory.sumReserved({}),
    nodeBytes: Array.from({ length: host.numaNodeCount }, (_, node) => memory.sumReserved({ node })),
  };
}
