import { sumOverhead } from "../model/index.ts";
import type { FinishedRun } from "../replay/index.ts";
import { openFolder, readRows, runSchema } from "../trace/index.ts";

/** A run as the JSON that `replay --json` prints: blackout and overhead, of the host and of each VM. */
export function summarizeRun(path: string, { header, result }: FinishedRun) {
  const { plan } = result;
  const overheadOf = (vmIndex: number): number =>
    plan.overhead.filter((item) => item.vmIndex === vmIndex).reduce((sum, item) => sum + item.overheadBytes, 0);
  const sums = sumOverhead(plan.overhead);
  const { runVmTable } = runSchema;
  const names = readRows(runVmTable, openFolder("run", path).sources.get(runVmTable.name)!).map(({ name }) => name);
  return {
    run: path,
    sha256: header.sha256,
    inputs: { trace: header.trace, scenario: header.scenario, profile: header.profile, seed: header.seed },
    blackout_ns: result.blackoutNs,
    blackout_start_ns: result.blackoutStartNs,
    phases: plan.phases.map(({ phase, band }) => ({
      phase,
      duration_ns: band.baseNs,
      low_ns: band.lowNs,
      high_ns: band.highNs,
    })),
    overhead: {
      metadata_bytes: sums.metadataBytes,
      scratch_bytes: sums.scratchBytes,
      kexec_image_bytes: sums.kexecImageBytes,
      transient_peak_bytes: sums.transientPeakBytes,
    },
    vms: plan.vms.map(({ blackout }, vmIndex) => ({
      name: names[vmIndex],
      blackout_ns: blackout.baseNs,
      low_ns: blackout.lowNs,
      high_ns: blackout.highNs,
      folio_count: plan.counts.vms[vmIndex]!.folioCount,
      hole_pages: plan.counts.vms[vmIndex]!.holePageCount,
      migrated_pages: plan.counts.vms[vmIndex]!.migratedPageCount,
      overhead_bytes: overheadOf(vmIndex),
    })),
  };
}
