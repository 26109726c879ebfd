import { FormatError, orderPages, pageBytes } from "../../base/index.ts";
import { memfdCompatible, readMemfd } from "../handlers/memfd-ser.ts";
import { readBlockChain } from "../kho/block-chain.ts";
import { kexecMetadataBytes, readKexecMetadata } from "../kho/kexec-metadata.ts";
import { findOverlap, KeySet } from "../kho/key-runs.ts";
import { maxPageOrder, type PageKind } from "../kho/memory.ts";
import { faultAt, formatAddress, type MetadataPage, MetadataReader } from "../kho/metadata-pages.ts";
import { readRadixPages } from "../kho/radix-pages.ts";
import type { KeyRun } from "../kho/radix-tree.ts";
import { parseRootFdt, type RootFdt, type SubtreeRef } from "../kho/root-fdt.ts";
import { fileLayout, type FileSer, readFile } from "../luo/file-ser.ts";
import { readFlbs } from "../luo/flb-ser.ts";
import { luoBlobBytes, readLuoBlob } from "../luo/luo-blob.ts";
import { readSession, sessionLayout, type SessionSer } from "../luo/session-ser.ts";
import { subtreeNames } from "./subtree-names.ts";
import type { Handover, HandoverFile, HandoverImage, HandoverSession, LuoState, Subtree } from "./types.ts";

/** kho_alloc_preserve() gives no block that is larger [KHO-11]. */
const maxSubtreeBytes = pageBytes * orderPages(maxPageOrder);

/** A handover with what was read on the way to it. */
export interface ReadHandover {
  readonly handover: Handover;
  /** Everything that is preserved, by ascending key. */
  readonly keys: readonly KeyRun[];
  /** Pages of the handover itself by address, in the order in which they were read. */
  readonly pages: ReadonlyMap<number, PageKind>;
}

/** What one read shares: where pages come from, what is preserved, and what of that has been accounted for. */
interface Context {
  readonly reader: MetadataReader;
  readonly keys: KeySet;
  readonly taken: KeyRun[];
}

function readFileEntry(
  { reader, keys, taken }: Context,
  file: FileSer & { readonly page: MetadataPage },
): HandoverFile {
  const { compatible, data, token, page } = file;
  if (compatible !== memfdCompatible) return { token, compatible, data };
  if (data >= 2n ** 52n) throw faultAt(page, `file ${token} lies beyond physical memory`);
  const memfd = readMemfd(reader, keys, Number(data));
  for (const { order, frame, count } of memfd.folios) taken.push({ order, first: frame / orderPages(order), count });
  return { token, memfd };
}

function readFiles(context: Context, session: SessionSer & { readonly page: MetadataPage }): HandoverFile[] {
  const { reader } = context;
  const chain = { ...fileLayout, headAddress: session.filesAddress };
  const entries = readBlockChain(reader, chain, (fields, page) => ({ ...readFile(fields, page), page }));
  if (entries.length !== session.fileCount) {
    throw faultAt(
      session.page,
      `session "${session.name}" counts ${session.fileCount} files, its blocks have ${entries.length}`,
    );
  }
  return entries.map((entry) => readFileEntry(context, entry));
}

function readSessions(context: Context, headAddress: number): HandoverSession[] {
  const chain = { ...sessionLayout, headAddress };
  const entries = readBlockChain(context.reader, chain, (fields, page) => ({ ...readSession(fields, page), page }));
  // A name that is there twice is found out at the first open of /dev/liveupdate, not here [LUO-50].
  return entries.map((entry) => ({ name: entry.name, files: readFiles(context, entry) }));
}

/** The page of a subtree whose size is fixed. */
function takeSubtree(reader: MetadataReader, { address, sizeBytes }: SubtreeRef, kind: PageKind, bytes: number) {
  if (sizeBytes < bytes) throw faultAt({ kind, address }, `${sizeBytes} bytes; it has at least ${bytes}`);
  return reader.take(address, kind);
}

function readLuo(context: Context, ref: SubtreeRef | undefined): LuoState | undefined {
  if (!ref) return undefined;
  const { reader } = context;
  const blob = readLuoBlob(takeSubtree(reader, ref, "luo-blob", luoBlobBytes));
  return {
    liveupdateNumber: blob.liveupdateNumber,
    flbs: readFlbs(reader.take(blob.flbsAddress, "flb-array")),
    sessions: readSessions(context, blob.sessionsAddress),
  };
}

function readOther(reader: MetadataReader, { name, address, sizeBytes }: SubtreeRef): Subtree {
  const place = { kind: "subtree", address } as const;
  if (sizeBytes > maxSubtreeBytes) throw faultAt(place, `"${name}" has ${sizeBytes} bytes; at most ${maxSubtreeBytes}`);
  const bytes = new Uint8Array(sizeBytes);
  for (let offset = 0; offset < sizeBytes; offset += pageBytes) {
    const page = reader.take(address + offset, "subtree");
    bytes.set(page.bytes.subarray(0, Math.min(sizeBytes - offset, pageBytes)), offset);
  }
  return { name, bytes };
}

/**
 * Blocks of the tracker that hold the handover's own pages: each page must be in one, but for the tracker's nodes.
 *
 * Source   linux-7.3 kexec_handover.c kho_alloc_preserve(), kho_restore_page(): no stamp of a block, no page [KHO-17]
 */
function metadataKeys({ reader, keys }: Context): KeyRun[] {
  const blocks: KeyRun[] = [];
  let coveredEnd = 0;
  for (const [address, kind] of [...reader.pages].sort(([left], [right]) => left - right)) {
    if (kind.startsWith("tracker-") || address < coveredEnd) continue;
    const frame = address / pageBytes;
    const order = keys.orderAt(frame);
    if (order === undefined) throw faultAt({ kind, address }, "the page is not preserved");
    blocks.push({ order, first: frame / orderPages(order), count: 1 });
    coveredEnd = address + orderPages(order) * pageBytes;
  }
  return blocks;
}

function readTracker(reader: MetadataReader, root: RootFdt): KeySet {
  const runs = readRadixPages(reader, root.trackerAddress);
  const twice = findOverlap(runs);
  if (twice !== undefined) {
    throw new FormatError(`tracker: memory at ${formatAddress(twice * pageBytes)} is preserved twice`);
  }
  return new KeySet(runs);
}

/**
 * Reads a handover, and what it takes, from memory.
 *
 * Errors   FormatError: what the next kernel would refuse or stumble over, with the page where it stands: pages that are
 *          missing, used twice or not preserved, chains and counts beyond their limits, names without end [KHO-12]
 */
export function inspectHandover({ fdt, fdtAddress, memory }: HandoverImage): ReadHandover {
  const reader = new MetadataReader(memory);
  if (fdtAddress !== undefined) reader.take(fdtAddress, "root-fdt");
  const root = parseRootFdt(fdt);
  const context: Context = { reader, keys: readTracker(reader, root), taken: [] };
  const find = (name: string): SubtreeRef | undefined => root.subtrees.find((subtree) => subtree.name === name);
  const luo = readLuo(context, find(subtreeNames.luo));
  const known: readonly string[] = Object.values(subtreeNames);
  const others = root.subtrees.filter(({ name }) => !known.includes(name));
  const otherSubtrees = others.map((subtree) => readOther(reader, subtree));
  const metadata = find(subtreeNames.kexecMetadata);
  const kexec = metadata && readKexecMetadata(takeSubtree(reader, metadata, "kexec-metadata", kexecMetadataBytes));
  const taken = [...context.taken, ...metadataKeys(context)];
  const twice = findOverlap(taken);
  if (twice !== undefined) {
    throw new FormatError(`memory at ${formatAddress(twice * pageBytes)} is handed over twice`);
  }
  const handover = { kexec, luo, otherSubtrees, otherKeys: context.keys.without(taken) };
  return { handover, keys: context.keys.runs, pages: reader.pages };
}

/** Reads what `writeHandover` or a kernel wrote. Errors: FormatError, see `inspectHandover`. */
export function readHandover(image: HandoverImage): Handover {
  return inspectHandover(image).handover;
}
