import { type FolderWriter, runSchema } from "../trace/index.ts";
import type { AlternativeRow } from "./alternatives.ts";
import type { Moment } from "./moments.ts";

/** Writes the update at other moments of the trace. */
export function writeMoments(out: FolderWriter<"run">, moments: readonly Moment[]): void {
  const table = out.table(runSchema.momentTable);
  for (const moment of moments) {
    table.push({
      trace_time_ns: moment.startNs,
      stop_ns: moment.blackoutStartNs,
      blackout_ns: moment.blackout.baseNs,
      low_ns: moment.blackout.lowNs,
      high_ns: moment.blackout.highNs,
      complete: moment.isComplete ? 1 : 0,
      in_flight_count: moment.inFlightCount,
      waited_count: moment.waitedCount,
      stalled_ns: moment.stalledNs,
      worst_latency_ns: moment.worstLatencyNs,
      catch_up_ns: moment.catchUpNs,
      dropped_count: moment.droppedCount,
      fault_count: moment.faultCount,
      lost_ns: moment.lostNs,
      full_speed_ns: moment.fullSpeedNs,
    });
  }
}

/** Writes what else one could do, and the rounds of what has some. */
export function writeAlternatives(out: FolderWriter<"run">, alternatives: readonly AlternativeRow[]): void {
  const table = out.table(runSchema.alternativeTable);
  const rounds = out.table(runSchema.migrationRoundTable);
  for (const [index, row] of alternatives.entries()) {
    table.push({
      name: row.name,
      vm_index: row.vmIndex,
      vm_count: row.vmCount,
      feasible: row.feasible ? 1 : 0,
      reason: row.reason,
      replaces_kernel: row.replacesKernel ? 1 : 0,
      stopped_ns: row.stoppedNs,
      qemu_downtime_ns: row.qemuDowntimeNs ?? null,
      degraded_ns: row.degradedNs,
      total_ns: row.totalNs,
      host_ns: row.hostNs,
      moved_bytes: row.movedBytes,
      extra_bytes: row.extraBytes,
      round_count: row.rounds?.length ?? null,
      lost_state: row.lostState,
      detail: row.detail,
    });
    for (const [round, { startNs, endNs, pendingPages, transferredBytes, throttleRatio }] of (
      row.rounds ?? []
    ).entries()) {
      rounds.push({
        alternative_index: index,
        round_index: round,
        start_ns: Math.round(startNs),
        end_ns: Math.round(endNs),
        dirty_pages: pendingPages,
        sent_bytes: transferredBytes,
        throttle_ratio: throttleRatio,
      });
    }
  }
}
