import { bytesToPagesCeil, gibBytes, mibBytes, roundUp } from "../../base/index.ts";
import type { HostConfig } from "../config.ts";

/** Scratch areas of a cold boot, in the order of debugfs kho/out/scratch_len: lowmem, global, then one a node. */
export interface ScratchAreas {
  readonly lowmemBytes: number;
  readonly globalBytes: number;
  readonly nodeBytes: readonly number[];
}

/** PAGE_SIZE << MAX_PAGE_ORDER of x86-64: every area is a multiple. linux-7.3 kho_reserve_scratch() [KHO-06] */
const scratchAlignBytes = 4 * mibBytes;
const lowLimitBytes = 4 * gibBytes;

/** sizeof(struct page) of x86-64. linux-7.3 include/linux/mm_types.h */
export const structPageBytes = 64;

/** Dentry and inode hash tables: 1 + 0.5 MiB a GiB of RAM, allocated without a node. Recordings host-2g .. host-16g. */
const hashBytesPerGib = 1.5 * mibBytes;

/** Bounce buffer that a host with RAM above 4 GiB gets below 4 GiB. linux-7.3 kernel/dma/swiotlb.c; recordings host-* */
const bounceBytes = 64 * mibBytes;

/** Log buffer with its descriptors: 4.5 times log_buf_len, as the recordings' "printk: log buffer" line says. */
const logBufFactor = 4.5;

/** What else the boot reserves on the node that also holds kernel, initrd and log. Fitted to recording size-64. */
const nodeFixedBytes = 5 * mibBytes;

/** Kernel memory reserved when the scratch areas are sized: the K(limit, node) of the percentage rule. */
interface KernelReservations {
  readonly lowBytes: number;
  readonly allBytes: number;
  readonly nodeBytes: readonly number[];
}

function estimateReservations(host: HostConfig): KernelReservations {
  const nodes = host.numaNodeCount;
  const memmapBytes = bytesToPagesCeil(host.ramBytes) * structPageBytes;
  const fixedBytes = nodeFixedBytes + logBufFactor * host.logBufBytes + host.kernelMemoryBytes + host.initrdBytes;
  // memblock allocates from the top, so the last node carries what asks for any node.
  const nodeBytes = Array.from(
    { length: nodes },
    (_, node) => memmapBytes / nodes + (node === nodes - 1 ? fixedBytes : 0),
  );
  const highRam = host.ramBytes >= lowLimitBytes;
  const hashBytes = (host.ramBytes / gibBytes) * hashBytesPerGib;
  const withoutNodeBytes = hashBytes + (highRam ? bounceBytes : 0);
  const allBytes = withoutNodeBytes + nodeBytes.reduce((sum, bytes) => sum + bytes, 0);
  if (!highRam) return { lowBytes: allBytes, allBytes, nodeBytes };
  const nodesBelow = nodes > 1 ? Math.min(Math.floor(lowLimitBytes / (host.ramBytes / nodes)), nodes - 1) : 0;
  const lowBytes = bounceBytes + host.kernelMemoryBytes + (nodesBelow * memmapBytes) / nodes;
  return { lowBytes, allBytes: Math.max(allBytes, lowBytes), nodeBytes };
}

/**
 * Sizes of the scratch areas that a cold boot reserves; later updates inherit them.
 *
 * Source   linux-7.3 kexec_handover.c scratch_size_update(), scratch_size_node(), kho_reserve_scratch() [KHO-06];
 *          the reservations behind the percentage are estimated, see estimateReservations
 */
export function sizeScratch(host: HostConfig): ScratchAreas {
  const round = (bytes: number): number => roundUp(Math.max(bytes, 0), scratchAlignBytes);
  if (host.scratch.kind === "fixed") {
    const { lowmemBytes, globalBytes, nodeBytes } = host.scratch;
    return {
      lowmemBytes: round(lowmemBytes),
      globalBytes: round(globalBytes),
      nodeBytes: Array.from({ length: host.numaNodeCount }, () => round(nodeBytes)),
    };
  }
  const ratio = host.scratch.percent / 100;
  const reserved = estimateReservations(host);
  const lowBytes = ratio * reserved.lowBytes;
  return {
    lowmemBytes: round(lowBytes),
    globalBytes: round(ratio * reserved.allBytes - lowBytes),
    nodeBytes: reserved.nodeBytes.map((bytes) => round(ratio * bytes)),
  };
}

export function sumScratch(areas: ScratchAreas): number {
  return areas.lowmemBytes + areas.globalBytes + areas.nodeBytes.reduce((sum, bytes) => sum + bytes, 0);
}
