import { pagesToBytes } from "../base/index.ts";
import type { UpdateConfig } from "./config.ts";
import type { UpdateCounts } from "./counts.ts";
import { sumMemfdPages } from "./handlers/memfd.ts";
import { sumPages } from "./kho/radix-tree.ts";
import { sumScratch } from "./kho/scratch.ts";
import { fixedPages } from "./luo/blocks.ts";

export type OverheadKind =
  | "folio-metadata"
  | "tracker"
  | "blocks"
  | "fixed"
  | "scratch"
  | "kexec-image"
  | "transient-peak";

/** Host memory that the update costs; without a VM it is shared by all. */
export interface Overhead {
  readonly kind: OverheadKind;
  readonly vmIndex?: number;
  readonly overheadBytes: number;
  readonly detail: string;
}

/** The largest sum that `workers` preserves at once can hold of the array that each frees at its end [MEMFD-03]. */
function transientPeakBytes(counts: UpdateCounts, workers: number): number {
  const sizes = counts.vms.map(({ memory }) => memory.transientBytes).sort((left, right) => right - left);
  return sizes.slice(0, workers).reduce((sum, bytes) => sum + bytes, 0);
}

/** Source: linux-7.3; the rules behind each kind are in docs/model.md */
export function measureOverhead({ agent }: UpdateConfig, counts: UpdateCounts): readonly Overhead[] {
  const folioMetadata = counts.vms.map(({ memory, state }, vmIndex): Overhead => ({
    kind: "folio-metadata",
    vmIndex,
    overheadBytes: pagesToBytes(sumMemfdPages(memory) + sumMemfdPages(state)),
    detail: `memfd descriptors, ${memory.arrayPages} array and ${memory.chunkPages} chunk pages of its memory`,
  }));
  const blocks = counts.sessionBlockCount + counts.fileBlockCount;
  return [
    ...folioMetadata,
    {
      kind: "tracker",
      overheadBytes: pagesToBytes(sumPages(counts.radixPages)),
      detail: `radix tree: ${counts.radixPages.join(" + ")} pages, leaves first, for ${counts.keyCount} keys`,
    },
    {
      kind: "blocks",
      overheadBytes: pagesToBytes(blocks),
      detail: `${counts.sessionBlockCount} session and ${counts.fileBlockCount} file blocks`,
    },
    {
      kind: "fixed",
      overheadBytes: pagesToBytes(fixedPages),
      detail: "root FDT, kexec metadata, LUO blob, FLB array",
    },
    {
      kind: "scratch",
      overheadBytes: sumScratch(counts.scratch),
      detail: `lowmem, global and ${counts.scratch.nodeBytes.length} node areas; movable pages may use them`,
    },
    { kind: "kexec-image", overheadBytes: counts.image.imageBytes, detail: "loaded kernel, initrd and page lists" },
    {
      kind: "transient-peak",
      overheadBytes: transientPeakBytes(counts, agent.preserveWorkers),
      detail: "8 bytes a 4 KiB page of the files being preserved at once; freed before the blackout",
    },
  ];
}
