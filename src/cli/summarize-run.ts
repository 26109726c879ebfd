import type { FinishedRun } from "../replay/index.ts";

const metadataKinds: readonly string[] = ["folio-metadata", "tracker", "blocks", "fixed", "device-metadata"];

/** A run as the JSON that `replay --json` prints: blackout and overhead, of the host and of each VM. */
export function summarizeRun(path: string, { header, result }: FinishedRun) {
  const { plan } = result;
  const overheadOf = (vmIndex: number): number =>
    plan.overhead.filter((item) => item.vmIndex === vmIndex).reduce((sum, item) => sum + item.overheadBytes, 0);
  const sumOf = (kinds: readonly string[]): number =>
    plan.overhead.filter(({ kind }) => kinds.includes(kind)).reduce((sum, item) => sum + item.overheadBytes, 0);
  const config = JSON.parse(header.scenario_json) as { vms: { name: string; count: number }[] };
  const names = config.vms.flatMap(({ name, count }) =>
    Array.from({ length: count }, (_, copy) => (count === 1 ? name : `${name}-${copy + 1}`)),
  );
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
      metadata_bytes: sumOf(metadataKinds),
      scratch_bytes: sumOf(["scratch"]),
      kexec_image_bytes: sumOf(["kexec-image"]),
      transient_peak_bytes: sumOf(["transient-peak"]),
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
