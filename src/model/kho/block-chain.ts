import { assert, divFloor, pageBytes } from "../../base/index.ts";
import { FieldReader, FieldWriter } from "./fields.ts";
import type { PageKind } from "./memory.ts";
import {
  checkAddress,
  faultAt,
  type MetadataPage,
  type MetadataReader,
  type MetadataWriter,
} from "./metadata-pages.ts";

/** Header of a block: address of the next, count of its entries. linux-7.3 include/linux/kho/abi/block.h [KHO-14] */
const headerBytes = 16;

/** KHO_MAX_BLOCKS: a longer chain is refused with ENOSPC. linux-7.3 kernel/liveupdate/kho_block.c [LUO-03] */
export const maxBlocks = 10_000;

/** Entries of one kind in chained pages. */
export interface BlockLayout {
  readonly kind: PageKind;
  readonly entryBytes: number;
}

/** Entries that fit behind the header. */
export function entriesPerBlock({ entryBytes }: Pick<BlockLayout, "entryBytes">): number {
  return divFloor(pageBytes - headerBytes, entryBytes);
}

/** The header of one block. */
export interface BlockHeader {
  /** 0: this block is the last. */
  readonly nextAddress: number;
  readonly count: number;
}

export function writeBlockHeader(page: Uint8Array, { nextAddress, count }: BlockHeader): void {
  new FieldWriter(page).u52(nextAddress).u52(count);
}

/**
 * The header of a block; one without entries or with more than fit is refused as the kernel refuses it.
 *
 * Kernels do write blocks without entries: a create that is refused for its name has grown the chain before, and when no
 * other session comes to fill the block, the next kernel panics: "Block contains invalid entry count: 0" [LUO-14].
 *
 * Source   linux-7.3 kernel/liveupdate/kho_block.c kho_block_set_restore(), luo_session.c luo_session_insert(); seen with
 *          7.2.13 and 7.3.4: 51 sessions, a refused 52nd, kexec
 */
export function readBlockHeader(page: MetadataPage, layout: BlockLayout): BlockHeader {
  const fields = new FieldReader(page.bytes);
  const next = fields.u52();
  const count = fields.u52();
  const most = entriesPerBlock(layout);
  if (count === undefined || count === 0 || count > most) {
    throw faultAt(page, `it counts ${count ?? "2^52 or more"} entries; a block has 1 to ${most}`);
  }
  return { nextAddress: next === 0 ? 0 : checkAddress(page, next, "the next block"), count };
}

/**
 * Writes entries into as many blocks as they need and gives the address of the first, 0 without entries. `emptyBlocks`
 * follow: what a refused create has left [LUO-14].
 *
 * Source   linux-7.3 kernel/liveupdate/kho_block.c kho_block_set_grow(), kho_block_set_it_reserve_entry() [KHO-14]
 */
export function writeBlockChain(
  writer: MetadataWriter,
  layout: BlockLayout,
  entries: readonly ((fields: FieldWriter) => void)[],
  emptyBlocks: number = 0,
): number {
  const perBlock = entriesPerBlock(layout);
  assert(entries.length <= maxBlocks * perBlock, `${entries.length} entries: kho_block_set_grow() gives ENOSPC`);
  const blocks: { readonly page: MetadataPage; readonly count: number }[] = [];
  const room = entries.length === 0 ? 0 : entries.length + emptyBlocks * perBlock;
  for (let start = 0; start < room; start += perBlock) {
    const page = writer.preserve(layout.kind);
    const held = entries.slice(start, start + perBlock);
    for (const [index, write] of held.entries()) {
      write(new FieldWriter(page.bytes, headerBytes + index * layout.entryBytes));
    }
    writeBlockHeader(page.bytes, { nextAddress: 0, count: held.length });
    const before = blocks.at(-1);
    if (before) writeBlockHeader(before.page.bytes, { nextAddress: page.address, count: before.count });
    blocks.push({ page, count: held.length });
  }
  return blocks[0]?.page.address ?? 0;
}

/**
 * Reads all entries of a chain that begins at `headAddress`.
 *
 * Errors   FormatError: a block that is empty, overfull, taken twice or not there, more than 10,000 blocks
 * Source   linux-7.3 kernel/liveupdate/kho_block.c kho_block_set_restore() [KHO-14] [LUO-03]
 */
export function readBlockChain<Entry>(
  reader: MetadataReader,
  layout: BlockLayout & { readonly headAddress: number },
  read: (fields: FieldReader, page: MetadataPage) => Entry,
): Entry[] {
  const entries: Entry[] = [];
  let address = layout.headAddress;
  for (let blocks = 0; address !== 0; blocks++) {
    const page = reader.take(address, layout.kind);
    if (blocks === maxBlocks) throw faultAt(page, `the chain has more than ${maxBlocks} blocks`);
    const { nextAddress, count } = readBlockHeader(page, layout);
    for (let index = 0; index < count; index++) {
      entries.push(read(new FieldReader(page.bytes, headerBytes + index * layout.entryBytes), page));
    }
    address = nextAddress;
  }
  return entries;
}
