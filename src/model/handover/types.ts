import type { MemfdState } from "../handlers/memfd-ser.ts";
import type { KexecMetadata } from "../kho/kexec-metadata.ts";
import type { PhysicalMemory } from "../kho/memory.ts";
import type { KeyRun } from "../kho/radix-tree.ts";
import type { FlbSer } from "../luo/flb-ser.ts";

/**
 * What one kernel leaves for the next, without the addresses of the pages that say it.
 *
 * `writeHandover` lays it out in memory as Linux 7.2 and 7.3 do (kho-v4, luo-v5, memfd-v2), `readHandover` reads it
 * back: kexec is the first, boot the second. What was written reads as the same structure; all lists keep their order.
 */
export interface Handover {
  /** Missing when the old kernel exported none. */
  readonly kexec: KexecMetadata | undefined;
  /** Missing when the old kernel ran without the Live Update Orchestrator. */
  readonly luo: LuoState | undefined;
  /** What other subsystems hand over, as bytes, in the order of the root FDT. */
  readonly otherSubtrees: readonly Subtree[];
  /**
   * Preserved memory that is neither a folio of a file in `luo` nor a page of the handover itself: what other
   * subsystems and unknown file handlers preserve. By ascending key (largest order first), as long runs as can be.
   */
  readonly otherKeys: readonly KeyRun[];
}

export interface LuoState {
  /** Number of this live update since the last cold boot, from 1 on. */
  readonly liveupdateNumber: number;
  /** In the order of their creation. */
  readonly sessions: readonly HandoverSession[];
  /** Session blocks without entries behind those with some: the next kernel panics on one [LUO-14]. Default 0. */
  readonly emptySessionBlocks?: number;
  readonly flbs: readonly FlbSer[];
}

export interface HandoverSession {
  /** 1 to 63 bytes of UTF-8; bytes that are none stand as lone surrogates U+DC80 to U+DCFF. */
  readonly name: string;
  /** In the order in which they were preserved. */
  readonly files: readonly HandoverFile[];
}

/** A file by its handler: what a memfd is, or the word that an unknown handler keeps. */
export type HandoverFile = MemfdFile | OpaqueFile;

export interface MemfdFile {
  /** Any 64 bits that user space chose. */
  readonly token: bigint;
  readonly memfd: MemfdState;
}

export interface OpaqueFile {
  readonly token: bigint;
  /** Compatible string of the handler: at most 47 bytes, and not that of memfd. */
  readonly compatible: string;
  readonly data: bigint;
}

export interface Subtree {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A handover as bytes: what the old kernel left in memory, and where the next begins to read. */
export interface HandoverImage {
  /** The root FDT; bytes behind its end are ignored. */
  readonly fdt: Uint8Array;
  /** Where the FDT lies. Without it, its page counts among `otherKeys`. */
  readonly fdtAddress: number | undefined;
  readonly memory: PhysicalMemory;
}
