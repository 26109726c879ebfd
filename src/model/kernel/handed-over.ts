import { assert, pageBytes } from "../../base/index.ts";
import { type FolioRun, memfdCompatible, mergeFolios } from "../handlers/memfd-ser.ts";
import { readHandover } from "../handover/read.ts";
import type { HandoverFile, HandoverImage } from "../handover/types.ts";
import { writeHandover } from "../handover/write.ts";
import { createBumpAllocator, type PageAllocator, PageStore } from "../kho/memory.ts";
import { khoCompatible } from "../kho/root-fdt.ts";
import type { FileState } from "../luo/file-handler.ts";
import type { FrozenState } from "../luo/live-update.ts";
import { luoCompatible } from "../luo/luo-blob.ts";
import type { FrozenFile } from "../luo/outgoing-files.ts";
import type { KernelFeatures } from "./features.ts";

/** MEMFD_LUO_FOLIO_DIRTY and _UPTODATE: since 7.0 set for every folio that is preserved [MEMFD-12]. */
const dirtyAndUptodate = 3;

/** Where this model's kernels put what they hand over: anywhere, as nothing depends on it. */
const firstFreeAddress = 4 * 1024 ** 3;

/** What lies in memory when the next kernel starts: bytes where their layout is modelled, else the state itself. */
type Carrier =
  | { readonly kind: "bytes"; readonly image: HandoverImage; readonly folios: PageStore }
  | { readonly kind: "state"; readonly state: FrozenState };

/** What a kernel has left for the next one. */
export interface HandedOver {
  readonly features: KernelFeatures;
  readonly carrier: Carrier;
  /** What is at stake, should the next kernel make nothing of it. */
  readonly sessionCount: number;
  readonly fileCount: number;
}

/** Gives a file's pages addresses, in the order of the file; the pages themselves stay what they are, as over a kexec. */
function writeFolios(pages: ReadonlyMap<number, Uint8Array>, folios: PageStore, allocator: PageAllocator): FolioRun[] {
  const indexes = [...pages.keys()].sort((left, right) => left - right);
  const runs = indexes.map((index): FolioRun => {
    const address = allocator.allocate(0, "memfd");
    folios.place(address, pages.get(index)!);
    return { order: 0, frame: address / pageBytes, index, count: 1, flags: dirtyAndUptodate };
  });
  return mergeFolios(runs);
}

function writeFile(
  { token, compatible, state }: FrozenFile,
  folios: PageStore,
  allocator: PageAllocator,
): HandoverFile {
  if (compatible !== memfdCompatible) return { token: BigInt(token), compatible, data: 0n };
  assert(state.kind === "memfd", "a memfd has the state of one");
  const { sizeBytes, positionBytes, seals, pages } = state;
  const runs = writeFolios(pages, folios, allocator);
  const memfd = { sizeBytes, positionBytes: BigInt(positionBytes), seals, flags: 0, folios: runs };
  return { token: BigInt(token), memfd };
}

function readFile(file: HandoverFile, folios: PageStore): FrozenFile {
  const token = Number(file.token);
  if (!("memfd" in file)) {
    // Whose bytes nobody can read: opening /dev/liveupdate fails for want of a handler [LUO-50].
    return { compatible: file.compatible, token, state: { kind: "opaque", facts: {}, metadataPages: 0 } };
  }
  const pages = new Map<number, Uint8Array>();
  for (const { frame, index, count } of file.memfd.folios) {
    for (let page = 0; page < count; page++) pages.set(index + page, folios.writable((frame + page) * pageBytes));
  }
  const { sizeBytes, positionBytes, seals } = file.memfd;
  const state: FileState = { kind: "memfd", sizeBytes, positionBytes: Number(positionBytes), seals, pages };
  return { compatible: memfdCompatible, token, state };
}

/** Whether the layout of these bytes is modelled; other kernels hand their state over as it is. */
function hasBytes(features: KernelFeatures, { sessions }: FrozenState): boolean {
  const isMemfd = ({ state }: FrozenFile): boolean => state.kind === "memfd";
  return (
    features.kho === khoCompatible &&
    features.luo === luoCompatible &&
    sessions.every(({ files }) => files.every(isMemfd))
  );
}

/** Lays the state out for the next kernel. Nothing of it passes but what lies in memory then. */
export function writeState(features: KernelFeatures, state: FrozenState): HandedOver {
  const atStake = {
    sessionCount: state.sessions.length,
    fileCount: state.sessions.reduce((sum, { files }) => sum + files.length, 0),
  };
  if (!hasBytes(features, state)) return { features, carrier: { kind: "state", state }, ...atStake };
  const allocator = createBumpAllocator(firstFreeAddress);
  const folios = new PageStore();
  const sessions = state.sessions.map(({ name, files }) => ({
    name,
    files: files.map((file) => writeFile(file, folios, allocator)),
  }));
  const { liveupdateNumber, emptySessionBlocks, flbs } = state;
  const image = writeHandover(
    {
      // Every kexec of this model is a live update, so both count the same.
      kexec: { previousRelease: features.version, kexecCount: liveupdateNumber },
      luo: {
        liveupdateNumber,
        sessions,
        emptySessionBlocks,
        flbs: flbs.map(({ name, count }) => ({ compatible: name, count, data: 0n })),
      },
      otherSubtrees: [],
      otherKeys: [],
    },
    allocator,
  );
  return { features, carrier: { kind: "bytes", image, folios }, ...atStake };
}

/**
 * Reads what the kernel before left.
 *
 * Errors   FormatError: bytes that a kernel refuses
 */
export function readState({ carrier }: HandedOver): FrozenState {
  if (carrier.kind === "state") return carrier.state;
  const { luo } = readHandover(carrier.image);
  assert(luo !== undefined, "LUO's state was written");
  const { liveupdateNumber, emptySessionBlocks = 0, flbs } = luo;
  const sessions = luo.sessions.map(({ name, files }) => ({
    name,
    files: files.map((file) => readFile(file, carrier.folios)),
  }));
  return {
    liveupdateNumber,
    sessions,
    emptySessionBlocks,
    flbs: flbs.map(({ compatible, count }) => ({ name: compatible, count })),
  };
}
