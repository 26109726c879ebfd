import { mibBytes, orderPages, pageBytes, UsageError } from "../../base/index.ts";
import { memfdCompatible } from "../handlers/memfd-ser.ts";
import { type BlockLayout, entriesPerBlock, maxBlocks } from "../kho/block-chain.ts";
import { maxPageOrder } from "../kho/memory.ts";
import { khoCompatible } from "../kho/root-fdt.ts";
import { fileLayout } from "../luo/file-ser.ts";
import { luoCompatible } from "../luo/luo-blob.ts";
import { sessionLayout } from "../luo/session-ser.ts";
import type { EntryStoreFeature, KernelFeatures } from "./features.ts";

/** 4080 bytes behind the header hold 51 sessions of 80 bytes [LUO-01], or 63 files of 64 [LUO-02]. abi/luo.h */
function blocksOf(layout: BlockLayout): EntryStoreFeature {
  return { kind: "blocks", entriesPerBlock: entriesPerBlock(layout), maxBlocks };
}

/** Through 7.1: 16 pages of 88-byte session entries at boot, two pages of 64-byte file entries a session [LUO-05]. */
const sessionArray: EntryStoreFeature = {
  kind: "array",
  pages: 16,
  maxEntries: 744,
  overflow: "ENOMEM",
  preallocated: true,
};
const fileArray: EntryStoreFeature = {
  kind: "array",
  pages: 2,
  maxEntries: 128,
  overflow: "ENOSPC",
  preallocated: false,
};

/** Before LUO there is nothing to enter. */
const noEntries: EntryStoreFeature = {
  kind: "array",
  pages: 0,
  maxEntries: 0,
  overflow: "ENOENT",
  preallocated: false,
};

/** 6.16: the first release with KHO; nobody uses it for files yet. */
const linux616: KernelFeatures = {
  version: "6.16",
  evidence: "source",
  kho: "kho-v1",
  luo: undefined,
  handlers: [],
  tracker: { kind: "bitmaps", bitmapBytes: 512 },
  sessions: noEntries,
  files: noEntries,
  fixedPages: 1,
  finalizes: true,
  hashesImage: true,
  extendsScratch: false,
  allowsDeferredInit: true,
  scratch: { alignBytes: 2 * mibBytes, roundsExplicit: false, subtractsHugetlb: false },
  hasGetName: false,
  checksNames: false,
  refusesSameInode: false,
  keepsKhoInKdump: true,
};
const linux617: KernelFeatures = { ...linux616, version: "6.17", allowsDeferredInit: false };

/** Bitmaps of a page each, straight from the buddy allocator. */
const linux618: KernelFeatures = {
  ...linux617,
  version: "6.18",
  evidence: "assumed",
  tracker: { kind: "bitmaps", bitmapBytes: 4096 },
};

/** LUO's first release. Fixed pages: KHO's FDT and LUO's. */
const linux619: KernelFeatures = {
  ...linux618,
  version: "6.19",
  luo: "luo-v1",
  handlers: ["memfd-v1"],
  sessions: sessionArray,
  files: fileArray,
  fixedPages: 2,
};

/** File-lifecycle-bound data: one page more. */
const linux700: KernelFeatures = {
  ...linux619,
  version: "7.0",
  fixedPages: 3,
};

/** The radix tree replaces bitmaps and finalization. */
const linux701: KernelFeatures = {
  ...linux700,
  version: "7.1",
  evidence: "source",
  kho: "kho-v3",
  handlers: [memfdCompatible],
  tracker: { kind: "radix" },
  finalizes: false,
  checksNames: true,
  refusesSameInode: true,
};

/** Blocks replace arrays; deferred init is allowed again. Fixed pages: FDT, kexec metadata, LUO blob, FLB [LUO-04]. */
const linux702: KernelFeatures = {
  ...linux701,
  version: "7.2",
  evidence: "recorded",
  kho: khoCompatible,
  luo: luoCompatible,
  sessions: blocksOf(sessionLayout),
  files: blocksOf(fileLayout),
  fixedPages: 4,
  allowsDeferredInit: true,
  scratch: { alignBytes: pageBytes * orderPages(maxPageOrder), roundsExplicit: true, subtractsHugetlb: false },
  hasGetName: true,
};

/** Scratch is extended by free blocks of 1 GiB [KHO-03], and nothing hashes the image any more [KEXEC-01]. */
const linux703: KernelFeatures = {
  ...linux702,
  version: "7.3",
  hashesImage: false,
  extendsScratch: true,
  scratch: { ...linux702.scratch, subtractsHugetlb: true },
  keepsKhoInKdump: false,
};

const table: readonly KernelFeatures[] = [
  linux616,
  linux617,
  linux618,
  linux619,
  linux700,
  linux701,
  linux702,
  linux703,
];

/** Versions that are modelled, oldest first. */
export const kernelVersions: readonly string[] = table.map(({ version }) => version);

/** "7.3" of "7.3.4-lab"; what is no release gives "". */
export function kernelLine(release: string): string {
  return /^(\d+\.\d+)(?:[.-].*)?$/.exec(release.trim())?.[1] ?? "";
}

/**
 * The features of a released kernel, by its version ("7.3") or release ("7.3.4").
 *
 * Errors   UsageError for a version that is not modelled
 * Source   docs/model.md, Versions
 */
export function kernelFeatures(release: string): KernelFeatures {
  const version = kernelLine(release);
  const found = table.find((features) => features.version === version);
  if (found) return found;
  throw new UsageError(`Linux ${JSON.stringify(release.slice(0, 40))} is not modelled`, {
    hint: `kernels with KHO that are: ${kernelVersions.join(", ")}`,
  });
}
