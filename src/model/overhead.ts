import { pagesToBytes } from "../base/index.ts";
import type { UpdateConfig } from "./config.ts";
import type { UpdateCounts } from "./counts.ts";
import { sumMemfdPages } from "./handlers/memfd.ts";
import { sumScratch } from "./kho/scratch.ts";
import { peakTransientBytes } from "./transient.ts";

export type OverheadKind =
  | "folio-metadata"
  | "tracker"
  | "blocks"
  | "fixed"
  | "scratch"
  | "kexec-image"
  | "transient-peak"
  | "device-metadata";

/** Host memory that the update costs; without a VM it is shared by all. */
export interface Overhead {
  readonly kind: OverheadKind;
  readonly vmIndex?: number;
  readonly overheadBytes: number;
  readonly detail: string;
}

/** Overhead by what it is for, all VMs together. */
export interface OverheadSums {
  /** What must stay allocated until the new kernel has taken over. */
  readonly metadataBytes: number;
  readonly scratchBytes: number;
  readonly kexecImageBytes: number;
  readonly transientPeakBytes: number;
}

const sumNames: Readonly<Record<OverheadKind, keyof OverheadSums>> = {
  "folio-metadata": "metadataBytes",
  tracker: "metadataBytes",
  blocks: "metadataBytes",
  fixed: "metadataBytes",
  "device-metadata": "metadataBytes",
  scratch: "scratchBytes",
  "kexec-image": "kexecImageBytes",
  "transient-peak": "transientPeakBytes",
};

export function sumOverhead(overhead: readonly Overhead[]): OverheadSums {
  const sums = { metadataBytes: 0, scratchBytes: 0, kexecImageBytes: 0, transientPeakBytes: 0 };
  for (const { kind, overheadBytes } of overhead) sums[sumNames[kind]] += overheadBytes;
  return sums;
}

/** Source: linux-7.3; the rules behind each kind are in docs/model.md */
export function measureOverhead({ agent, vms }: UpdateConfig, counts: UpdateCounts): readonly Overhead[] {
  const folioMetadata = counts.vms.map(({ memory, state }, vmIndex): Overhead => ({
    kind: "folio-metadata",
    vmIndex,
    overheadBytes: pagesToBytes(sumMemfdPages(memory) + sumMemfdPages(state)),
    detail: `memfd descriptors, ${memory.arrayPages} array and ${memory.chunkPages} chunk pages of its memory`,
  }));
  const deviceMetadata = counts.vms.flatMap(({ sideFiles }, vmIndex): Overhead[] => {
    const pages = sideFiles.statePages + sideFiles.pageTablePages;
    if (pages === 0) return [];
    const detail = `posted series: ${sideFiles.fileCount} files beside memory and state, ${sideFiles.pageTablePages} pages of I/O page tables`;
    return [{ kind: "device-metadata", vmIndex, overheadBytes: pagesToBytes(pages), detail }];
  });
  const { sharedBytes } = counts.sharedDevices;
  if (sharedBytes > 0) {
    const detail = "posted series: PCI core's block, IOMMU's lists and tables of units and devices";
    deviceMetadata.push({ kind: "device-metadata", overheadBytes: sharedBytes, detail });
  }
  return [
    ...folioMetadata,
    ...deviceMetadata,
    {
      kind: "tracker",
      overheadBytes: pagesToBytes(counts.tracker.pages),
      detail: `${counts.tracker.detail}, for ${counts.keyCount} keys`,
    },
    {
      kind: "blocks",
      overheadBytes: pagesToBytes(counts.sessionPages + counts.filePages),
      detail: `pages of entries: ${counts.sessionPages} for sessions, ${counts.filePages} for their files`,
    },
    {
      kind: "fixed",
      overheadBytes: pagesToBytes(counts.fixedPages),
      detail: `${counts.fixedPages} pages that are there whatever is preserved: FDT, LUO's and KHO's own`,
    },
    {
      kind: "scratch",
      overheadBytes: sumScratch(counts.scratch),
      detail: `lowmem, global and ${counts.scratch.nodeBytes.length} node areas; movable pages may use them`,
    },
    { kind: "kexec-image", overheadBytes: counts.image.imageBytes, detail: "loaded kernel, initrd and page lists" },
    {
      kind: "transient-peak",
      overheadBytes: peakTransientBytes(vms, { counts: counts.vms, workers: agent.preserveWorkers }),
      detail:
        "of the files preserved at once: 8 bytes a page, a batch of folios on the move; freed before the blackout",
    },
  ];
}
