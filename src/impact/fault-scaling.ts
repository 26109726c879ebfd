/** How faults of several vCPUs get in each other's way. */
export const faultScalings = ["mmap-lock", "parallel", "mmu-lock"] as const;
export type FaultScaling = (typeof faultScalings)[number];

/**
 * Pages a second of a shared mapping that vCPUs fault in together, in thousands, by their number: faults share the
 * process's locks and page cache.
 *
 * Source   published rows G4-*-exit (A. Moorthy, 2023: demand_paging_test, 4 KiB pages of shmem that are there)
 */
const sharedCurve: readonly (readonly [vcpuCount: number, kiloPagesPerSec: number])[] = [
  [1, 340],
  [2, 477],
  [4, 809],
  [8, 1239],
  [16, 1595],
  [32, 2299],
  [64, 3482],
  [128, 4134],
  [256, 4012],
];

/** One fault under a lock that all vCPUs queue for. Source: published row J2-legacy (x86; arm64, G5: 1.2 us) */
const lockedFaultNs = 1160;

function sharedSpeed(vcpuCount: number): number {
  const alone = sharedCurve[0]![1];
  const upper = sharedCurve.findIndex(([count]) => count >= vcpuCount);
  if (upper === 0) return 1;
  if (upper < 0) return sharedCurve.at(-1)![1] / alone;
  const [lowCount, lowRate] = sharedCurve[upper - 1]!;
  const [highCount, highRate] = sharedCurve[upper]!;
  // Straight between two points of a plot with two logarithmic scales.
  const share = Math.log(vcpuCount / lowCount) / Math.log(highCount / lowCount);
  return (lowRate * (highRate / lowRate) ** share) / alone;
}

/**
 * How many times as many faults a second `vcpuCount` vCPUs take as one does [SVC-09].
 *
 * `parallel`    each its own way: rows G2 of the TDP MMU, where each of 96 vCPUs takes 2.53 us a fault
 * `mmap-lock`   along the published curve G4, the nearest to what a VMM's shared mapping does after an update
 * `mmu-lock`    side by side until one lock is always taken: rows G5, and G2 of the older MMU
 */
export function faultSpeed(scaling: FaultScaling, vcpuCount: number, faultNs: number): number {
  switch (scaling) {
    case "parallel":
      return vcpuCount;
    case "mmap-lock":
      return sharedSpeed(vcpuCount);
    case "mmu-lock":
      return Math.max(1, Math.min(vcpuCount, faultNs / lockedFaultNs));
  }
}
