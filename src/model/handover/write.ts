import { assert, bytesToPagesCeil, orderPages, pageBytes } from "../../base/index.ts";
import { memfdCompatible, type MemfdState, writeMemfd } from "../handlers/memfd-ser.ts";
import { writeBlockChain } from "../kho/block-chain.ts";
import { kexecMetadataBytes, writeKexecMetadata } from "../kho/kexec-metadata.ts";
import { findOverlap } from "../kho/key-runs.ts";
import { type PageAllocator, PageStore } from "../kho/memory.ts";
import { formatAddress, MetadataWriter } from "../kho/metadata-pages.ts";
import type { KeyRun } from "../kho/radix-tree.ts";
import { writeRadixPages } from "../kho/radix-pages.ts";
import { buildRootFdt, type SubtreeRef } from "../kho/root-fdt.ts";
import { fileLayout, type FileSer, writeFile } from "../luo/file-ser.ts";
import { writeFlbs } from "../luo/flb-ser.ts";
import { luoBlobBytes, writeLuoBlob } from "../luo/luo-blob.ts";
import { sessionLayout, writeSession } from "../luo/session-ser.ts";
import { subtreeNames } from "./subtree-names.ts";
import type { Handover, HandoverFile, HandoverImage, LuoState } from "./types.ts";

/** The tracker's keys of a memfd's folios. */
function folioKeys({ folios, sizeBytes }: MemfdState): KeyRun[] {
  return folios.map(({ order, frame, index, count }) => {
    const first = frame / orderPages(order);
    assert(Number.isInteger(first), `page ${frame} is no folio of order ${order}`);
    assert(index < bytesToPagesCeil(sizeBytes), `page ${index} lies outside of a file of ${sizeBytes} bytes`);
    return { order, first, count };
  });
}

function serializeFile(writer: MetadataWriter, file: HandoverFile): FileSer {
  const { token } = file;
  if ("memfd" in file) return { compatible: memfdCompatible, data: BigInt(writeMemfd(writer, file.memfd)), token };
  assert(file.compatible !== memfdCompatible, `a file of ${memfdCompatible} is no unknown file`);
  return { compatible: file.compatible, data: file.data, token };
}

function writeSessions(writer: MetadataWriter, { sessions, emptySessionBlocks }: LuoState): number {
  const entries = sessions.map(({ name, files }) => {
    const serialized = files.map((file) => serializeFile(writer, file));
    const filesAddress = writeBlockChain(
      writer,
      fileLayout,
      serialized.map((file) => (fields) => writeFile(fields, file)),
    );
    return { name, filesAddress, fileCount: files.length };
  });
  return writeBlockChain(
    writer,
    sessionLayout,
    entries.map((session) => (fields) => writeSession(fields, session)),
    emptySessionBlocks,
  );
}

function writeLuo(writer: MetadataWriter, state: LuoState): SubtreeRef {
  const { liveupdateNumber, flbs } = state;
  const blob = writer.preserve("luo-blob");
  const flbArray = writer.preserve("flb-array");
  writeFlbs(flbArray.bytes, flbs);
  const sessionsAddress = writeSessions(writer, state);
  writeLuoBlob(blob.bytes, { liveupdateNumber, sessionsAddress, flbsAddress: flbArray.address });
  return { name: subtreeNames.luo, address: blob.address, sizeBytes: luoBlobBytes };
}

function writeSubtrees(writer: MetadataWriter, { kexec, luo, otherSubtrees }: Handover): SubtreeRef[] {
  const subtrees: SubtreeRef[] = [];
  for (const { name, bytes } of otherSubtrees) {
    subtrees.push({ name, address: writer.preserveBytes(bytes, "subtree"), sizeBytes: bytes.length });
  }
  if (luo) subtrees.push(writeLuo(writer, luo));
  if (kexec) {
    const page = writer.preserve("kexec-metadata");
    writeKexecMetadata(page.bytes, kexec);
    subtrees.push({ name: subtreeNames.kexecMetadata, address: page.address, sizeBytes: kexecMetadataBytes });
  }
  return subtrees;
}

/**
 * Lays a handover out in memory, in pages of `allocator`. Nothing is read from it: folios keep the frames they have.
 *
 * Subtrees stand in the root FDT as the kernel adds them, the last one first: kexec-metadata is added at fs_initcall,
 * LUO at late_initcall and memblock's behind it.
 *
 * Errors   InvariantError: what no kernel could hand over (too long names, too many entries, memory preserved twice)
 * Source   linux-7.3 kernel/liveupdate, mm/memfd_luo.c: each part names its own
 */
export function writeHandover(handover: Handover, allocator: PageAllocator): HandoverImage {
  const memory = new PageStore();
  const writer = new MetadataWriter(memory, allocator);
  const fdtPage = writer.preserve("root-fdt");
  const subtrees = writeSubtrees(writer, handover);
  const files = (handover.luo?.sessions ?? []).flatMap((session) => session.files);
  const keys = [
    ...handover.otherKeys,
    ...files.flatMap((file) => ("memfd" in file ? folioKeys(file.memfd) : [])),
    ...writer.keys,
  ];
  const twice = findOverlap(keys);
  assert(twice === undefined, `memory at ${formatAddress((twice ?? 0) * pageBytes)} is preserved twice`);
  const fdt = buildRootFdt({ trackerAddress: writeRadixPages(writer, keys), subtrees });
  fdtPage.bytes.set(fdt);
  return { fdt, fdtAddress: fdtPage.address, memory };
}
