import { orderPages, pageBytes } from "../../base/index.ts";
import { FieldReader, FieldWriter } from "./fields.ts";
import { maxPageOrder } from "./memory.ts";
import {
  checkAddress,
  checkCount,
  faultAt,
  type MetadataPage,
  type MetadataReader,
  type MetadataWriter,
} from "./metadata-pages.ts";

/** Addresses of a chunk page behind its link. linux-7.3 include/linux/kho/abi/kexec_handover.h [MEMFD-02] */
export const addressesPerChunk = 511;

/** KHO_VMALLOC_ALLOC: memory of vmalloc(), and not of vmap(). linux-7.3 kexec_handover.c [KHO-15] */
const allocFlag = 1;

/** struct kho_vmalloc: a virtually contiguous area as a list of blocks of 2^order pages. */
export interface VmallocDescriptor {
  readonly firstChunkAddress: number;
  readonly totalPages: number;
  readonly flags: number;
  readonly order: number;
}

export function writeVmallocDescriptor(fields: FieldWriter, descriptor: VmallocDescriptor): void {
  const { firstChunkAddress, totalPages, flags, order } = descriptor;
  fields.u52(firstChunkAddress).u32(totalPages).u16(flags).u16(order);
}

/** The descriptor as it stands at `fields`; `page` is where that is. */
export function readVmallocDescriptor(fields: FieldReader, page: MetadataPage): VmallocDescriptor {
  const first = fields.u52();
  return {
    firstChunkAddress: first === 0 ? 0 : checkAddress(page, first, "the first vmalloc chunk"),
    totalPages: fields.u32(),
    flags: fields.u16(),
    order: checkCount(page, fields.u16(), maxPageOrder, "vmalloc order"),
  };
}

/**
 * Describes the given pages, in their order, in chunks. A full chunk has a next one even when nothing is left for it.
 *
 * Source   linux-7.3 kexec_handover.c kho_preserve_vmalloc() [KHO-15] [MEMFD-02]
 */
export function writeVmalloc(writer: MetadataWriter, addresses: readonly number[]): VmallocDescriptor {
  let chunk = writer.preserve("vmalloc-chunk");
  const firstChunkAddress = chunk.address;
  let fields = new FieldWriter(chunk.bytes, 8);
  for (const [index, address] of addresses.entries()) {
    fields.u52(address);
    if ((index + 1) % addressesPerChunk !== 0) continue;
    const next = writer.preserve("vmalloc-chunk");
    new FieldWriter(chunk.bytes).u52(next.address);
    chunk = next;
    fields = new FieldWriter(chunk.bytes, 8);
  }
  return { firstChunkAddress, totalPages: addresses.length, flags: allocFlag, order: 0 };
}

/**
 * Addresses of the area's 4 KiB pages in order, from its chunks.
 *
 * Errors   FormatError: more or fewer pages than the descriptor counts, chunks taken twice or not there
 * Source   linux-7.3 kexec_handover.c kho_restore_vmalloc() [KHO-15]
 */
export function readVmalloc(reader: MetadataReader, descriptor: VmallocDescriptor, from: MetadataPage): number[] {
  const { totalPages, order } = descriptor;
  const pages: number[] = [];
  let address = descriptor.firstChunkAddress;
  while (address !== 0) {
    const chunk = reader.take(address, "vmalloc-chunk");
    const fields = new FieldReader(chunk.bytes);
    const next = fields.u52();
    for (let index = 0; index < addressesPerChunk; index++) {
      const entry = fields.u52();
      if (entry === 0) break;
      const block = checkAddress(chunk, entry, `address ${index}`);
      if (pages.length + orderPages(order) > totalPages) {
        throw faultAt(chunk, `more pages than the ${totalPages} of its descriptor`);
      }
      for (let page = 0; page < orderPages(order); page++) pages.push(block + page * pageBytes);
    }
    address = next === 0 ? 0 : checkAddress(chunk, next, "the next chunk");
  }
  if (pages.length !== totalPages) {
    throw faultAt(from, `its vmalloc chunks have ${pages.length} pages, its descriptor counts ${totalPages}`);
  }
  return pages;
}
