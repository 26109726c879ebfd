import { bytesToPagesCeil, divCeil, divFloor, pageBytes } from "../../base/index.ts";
import { addressesPerChunk } from "../kho/vmalloc.ts";

/** struct memfd_luo_folio_ser: pfn and flags, index. linux-7.3 include/linux/kho/abi/memfd.h [MEMFD-01] */
export const folioEntryBytes = 16;

/** Transient array of folio pointers, one a 4 KiB page whatever the folio size. linux-7.3 memfd_luo.c [MEMFD-03] */
const pointerBytes = 8;

/** Pages that one preserved memfd adds: its descriptor, the folio array, and the chunks that describe the array. */
export interface MemfdMetadata {
  readonly descriptorPages: number;
  readonly arrayPages: number;
  readonly chunkPages: number;
  /** Freed when the ioctl returns. */
  readonly transientBytes: number;
}

/**
 * Metadata of a memfd of `fileBytes` in `folioCount` folios.
 *
 * Source   linux-7.3 mm/memfd_luo.c memfd_luo_preserve(); kexec_handover.c kho_preserve_vmalloc(): the last chunk is
 *          there even when it is empty, so a multiple of 511 pages has one chunk more [MEMFD-02]
 */
export function sizeMemfd({ fileBytes, folioCount }: { fileBytes: number; folioCount: number }): MemfdMetadata {
  if (fileBytes === 0) return { descriptorPages: 1, arrayPages: 0, chunkPages: 0, transientBytes: 0 };
  const arrayPages = divCeil(folioCount * folioEntryBytes, pageBytes);
  return {
    descriptorPages: 1,
    arrayPages,
    chunkPages: divFloor(arrayPages, addressesPerChunk) + 1,
    transientBytes: bytesToPagesCeil(fileBytes) * pointerBytes,
  };
}

export function sumMemfdPages({ descriptorPages, arrayPages, chunkPages }: MemfdMetadata): number {
  return descriptorPages + arrayPages + chunkPages;
}
