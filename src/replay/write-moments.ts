import { type FolderWriter, runSchema } from "../trace/index.ts";
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
