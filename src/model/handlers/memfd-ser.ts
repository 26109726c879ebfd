import { bytesToPagesCeil, divCeil, orderPages, pageBytes, roundUp } from "../../base/index.ts";
import { FieldReader, FieldWriter } from "../kho/fields.ts";
import type { KeySet } from "../kho/key-runs.ts";
import {
  checkCount,
  faultAt,
  type MetadataPage,
  type MetadataReader,
  type MetadataWriter,
} from "../kho/metadata-pages.ts";
import { readVmalloc, readVmallocDescriptor, writeVmalloc, writeVmallocDescriptor } from "../kho/vmalloc.ts";
import { folioEntryBytes } from "./memfd.ts";

/** Compatible string of the handler. linux-7.3 include/linux/kho/abi/memfd.h [MEMFD-07] */
export const memfdCompatible = "memfd-v2";

/** struct memfd_luo_folio_ser: page number in the low 52 bits, flags in the 12 above, index in the file. [MEMFD-08] */
const entriesPerPage = pageBytes / folioEntryBytes;
const flagsFactor = 2 ** 20;

/** Largest file that is preserved, in pages: UINT_MAX. linux-7.3 mm/memfd_luo.c memfd_luo_preserve() [MEMFD-09] */
export const maxFilePages: number = 2 ** 32 - 1;

/** `count` folios of 2^order pages, back to back both in memory (from `frame` on) and in the file (from `index` on). */
export interface FolioRun {
  readonly order: number;
  /** Page number in memory, a multiple of 2^order. */
  readonly frame: number;
  /** Page number in the file. */
  readonly index: number;
  readonly count: number;
  /** MEMFD_LUO_FOLIO_* bits: 1 dirty, 2 up to date. */
  readonly flags: number;
}

/** What a preserved memfd is. */
export interface MemfdState {
  readonly sizeBytes: number;
  /** f_pos, which may lie anywhere in 63 bits. */
  readonly positionBytes: bigint;
  /** F_SEAL_* bits. */
  readonly seals: number;
  /** Unused by memfd-v2: zero. */
  readonly flags: number;
  /** In the order of the array, in as few runs as can be (see `mergeFolios`); none for a file without bytes. */
  readonly folios: readonly FolioRun[];
}

/** Gathers folios into runs, one after the other. */
class FolioCollector {
  readonly runs: FolioRun[] = [];
  #last: { -readonly [Field in keyof FolioRun]: FolioRun[Field] } | undefined;

  add({ order, frame, index, count, flags }: FolioRun): void {
    const last = this.#last;
    const lastPages = last ? last.count * orderPages(last.order) : 0;
    const follows =
      last?.order === order &&
      last.flags === flags &&
      last.frame + lastPages === frame &&
      last.index + lastPages === index;
    if (follows) last.count += count;
    else this.runs.push((this.#last = { order, frame, index, count, flags }));
  }
}

/** The same folios in the same order, in as few runs as can be. */
export function mergeFolios(runs: readonly FolioRun[]): FolioRun[] {
  const merged = new FolioCollector();
  for (const run of runs) merged.add(run);
  return merged.runs;
}

/** One entry of the folio array. */
interface FolioSer {
  readonly frame: number;
  readonly flags: number;
  readonly index: number;
}

function writeFolio(fields: FieldWriter, { frame, flags, index }: FolioSer): void {
  fields
    .u32(frame % 2 ** 32)
    .u32(Math.floor(frame / 2 ** 32) + flags * flagsFactor)
    .u52(index);
}

function readFolio(fields: FieldReader, page: MetadataPage, filePages: number): FolioSer {
  const low = fields.u32();
  const high = fields.u32();
  const index = checkCount(page, fields.u52(), filePages - 1, "index of a folio in the file");
  return { frame: (high % flagsFactor) * 2 ** 32 + low, flags: Math.floor(high / flagsFactor), index };
}

/** Writes the array's pages and gives their addresses. */
function writeFolios(writer: MetadataWriter, runs: readonly FolioRun[]): { addresses: number[]; count: number } {
  const addresses: number[] = [];
  let fields = new FieldWriter(new Uint8Array());
  let count = 0;
  for (const run of runs) {
    for (let folio = 0; folio < run.count; folio++, count++) {
      if (count % entriesPerPage === 0) {
        const page = writer.preserve("folio-array");
        addresses.push(page.address);
        fields = new FieldWriter(page.bytes);
      }
      const offsetPages = folio * orderPages(run.order);
      writeFolio(fields, { frame: run.frame + offsetPages, flags: run.flags, index: run.index + offsetPages });
    }
  }
  return { addresses, count };
}

/**
 * Writes a memfd's descriptor and folio array and gives the descriptor's address: the file's data for LUO.
 *
 * Source   linux-7.3 mm/memfd_luo.c memfd_luo_preserve(), memfd_luo_preserve_folios() [MEMFD-07]
 */
export function writeMemfd(
  writer: MetadataWriter,
  { positionBytes, sizeBytes, seals, flags, folios }: MemfdState,
): number {
  const page = writer.preserve("memfd");
  const fields = new FieldWriter(page.bytes).word(positionBytes).u52(sizeBytes).u32(seals).u32(flags);
  if (folios.length === 0) return page.address;
  const { addresses, count } = writeFolios(writer, folios);
  writeVmallocDescriptor(fields.u52(count), writeVmalloc(writer, addresses));
  return page.address;
}

/**
 * Reads the memfd whose descriptor lies at `address`. Orders of folios are those of their blocks in the tracker.
 *
 * Errors   FormatError: folios that are not preserved or lie outside of the file, an array that is too short
 * Source   linux-7.3 mm/memfd_luo.c memfd_luo_retrieve(), memfd_luo_retrieve_folios() [MEMFD-07] [MEMFD-08]
 */
export function readMemfd(reader: MetadataReader, keys: KeySet, address: number): MemfdState {
  const page = reader.take(address, "memfd");
  const fields = new FieldReader(page.bytes);
  const positionBytes = fields.word();
  const sizeBytes = checkCount(page, fields.u52(), maxFilePages * pageBytes, "size in bytes");
  const seals = fields.u32();
  const flags = fields.u32();
  const filePages = bytesToPagesCeil(sizeBytes);
  const folioCount = checkCount(page, fields.u52(), filePages, "count of folios");
  const state = { positionBytes, sizeBytes, seals, flags };
  if (folioCount === 0) return { ...state, folios: [] };

  const descriptor = readVmallocDescriptor(fields, page);
  const neededPages = divCeil(folioCount, entriesPerPage);
  if (descriptor.totalPages !== roundUp(neededPages, orderPages(descriptor.order))) {
    throw faultAt(page, `${folioCount} folios in an array of ${descriptor.totalPages} pages`);
  }
  const array = readVmalloc(reader, descriptor, page).slice(0, neededPages);
  const folios = new FolioCollector();
  for (const [number, arrayAddress] of array.entries()) {
    const entries = reader.take(arrayAddress, "folio-array");
    const entryFields = new FieldReader(entries.bytes);
    const held = Math.min(folioCount - number * entriesPerPage, entriesPerPage);
    for (let entry = 0; entry < held; entry++) {
      const folio = readFolio(entryFields, entries, filePages);
      const order = keys.orderAt(folio.frame);
      if (order === undefined) throw faultAt(entries, `page ${folio.frame} is no preserved folio`);
      folios.add({ order, count: 1, ...folio });
    }
  }
  return { ...state, folios: folios.runs };
}
