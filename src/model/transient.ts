import { divCeil, orderPages, pagesToBytes } from "../base/index.ts";
import type { VmConfig } from "./config.ts";
import type { VmCounts } from "./counts.ts";

/**
 * Pages after which a batch of migrated folios is moved and their old places freed: NR_MAX_BATCHED_MIGRATION.
 *
 * Source   linux-7.3 mm/migrate.c migrate_pages(); assumed, since no recording shows a batch [MEMFD-04]
 */
const batchPages = 512;

/** Most pages that a batch has: folios are added until there are 512 pages, so the last may reach beyond. */
function largestBatchPages(orders: readonly number[]): number {
  const sizes = [...new Set(orders.map(orderPages))];
  const largest = sizes.reduce((most, size) => Math.max(most, size), 1);
  return sizes.length === 1 ? divCeil(batchPages, largest) * largest : batchPages - 1 + largest;
}

/**
 * Host memory that preserving one VM's memory takes and gives back: an array of pointers to its pages for the whole
 * call, and the copies of folios that are being moved out of scratch, a batch at a time.
 *
 * Source   linux-7.3 mm/memfd_luo.c memfd_luo_preserve_folios() [MEMFD-03]; mm/migrate.c [MEMFD-04]
 */
export function transientBytes(vm: VmConfig, counts: Pick<VmCounts, "memory" | "migratedPageCount">): number {
  const copyPages = Math.min(counts.migratedPageCount, largestBatchPages(vm.folios.map(({ order }) => order)));
  return counts.memory.transientBytes + pagesToBytes(copyPages);
}

/** The largest sum that `workers` preserves at once can hold of it. */
export function peakTransientBytes(
  vms: readonly VmConfig[],
  { counts, workers }: { counts: readonly Pick<VmCounts, "memory" | "migratedPageCount">[]; workers: number },
): number {
  const sizes = vms.map((vm, index) => transientBytes(vm, counts[index]!)).sort((left, right) => right - left);
  return sizes.slice(0, workers).reduce((sum, bytes) => sum + bytes, 0);
}
