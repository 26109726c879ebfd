import { roundUp } from "../../base/index.ts";
import type { HostConfig } from "../config.ts";
import type { KernelFeatures } from "../kernel/features.ts";
import { type BootFacts, sumBootReservations } from "./boot-reservations.ts";

export { structPageBytes } from "./boot-reservations.ts";

/** Scratch areas of a cold boot, in the order of debugfs kho/out/scratch_len: lowmem, global, then one a node. */
export interface ScratchAreas {
  readonly lowmemBytes: number;
  readonly globalBytes: number;
  readonly nodeBytes: readonly number[];
}

/** What a host's scratch depends on. */
export type ScratchHost = Pick<
  HostConfig,
  "ramBytes" | "cpuCount" | "numaNodeCount" | "kernelMemoryBytes" | "initrdBytes" | "logBufBytes" | "scratch"
> &
  BootFacts;

/**
 * Sizes of the scratch areas that a cold boot reserves; boots out of live updates inherit them, for ever after [KHO-08].
 *
 * Sizes that the command line gives are rounded up one by one, and zero stays zero. A percentage is taken of the
 * kernel's own reservations, and the lowmem area before rounding is taken off the global one.
 *
 * Source   linux-7.3 kexec_handover.c scratch_size_update(), scratch_size_node(), kho_reserve_scratch() [KHO-06],
 *          kho_memory_init(); for the base of the percentage see sumBootReservations
 */
export function sizeScratch(host: ScratchHost, rules: KernelFeatures["scratch"]): ScratchAreas {
  const { alignBytes, roundsExplicit, subtractsHugetlb } = rules;
  const round = (bytes: number): number => roundUp(Math.max(bytes, 0), alignBytes);
  if (host.scratch.kind === "fixed") {
    const { lowmemBytes, globalBytes, nodeBytes } = host.scratch;
    const take = roundsExplicit ? round : (bytes: number): number => bytes;
    return {
      lowmemBytes: take(lowmemBytes),
      globalBytes: take(globalBytes),
      nodeBytes: Array.from({ length: host.numaNodeCount }, () => take(nodeBytes)),
    };
  }
  const { percent } = host.scratch;
  const scale = (bytes: number): number => Math.floor((bytes * percent) / 100);
  const reserved = sumBootReservations(host, { countsGigantic: !subtractsHugetlb });
  const lowBytes = scale(reserved.lowBytes);
  return {
    lowmemBytes: round(lowBytes),
    globalBytes: round(scale(reserved.allBytes) - lowBytes),
    nodeBytes: reserved.nodeBytes.map((bytes) => round(scale(bytes))),
  };
}

export function listScratch({ lowmemBytes, globalBytes, nodeBytes }: ScratchAreas): readonly number[] {
  return [lowmemBytes, globalBytes, ...nodeBytes];
}

export function sumScratch(areas: ScratchAreas): number {
  return listScratch(areas).reduce((sum, bytes) => sum + bytes, 0);
}
