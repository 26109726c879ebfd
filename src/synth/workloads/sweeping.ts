import { pageBytes } from "../../base/index.ts";
import type { Workload } from "../recipe/workload-schema.ts";
import type { TickRuns } from "../tick-runs.ts";
import { Pace, type WorkloadContext, type WorkloadRunner } from "./runner.ts";

/** Adds frames of a region from a place on, around its end. */
function addAround(runs: TickRuns, region: WorkloadContext, place: number, frames: number): void {
  const first = Math.min(frames, region.frames - place);
  runs.add(region.startGfn + place, first);
  if (frames > first) runs.add(region.startGfn, Math.min(frames - first, place));
}

/** One page after another, around the region's end. */
export function createStreaming(workload: Workload<"streaming">, context: WorkloadContext): WorkloadRunner {
  const pace = new Pace(workload.rate / pageBytes);
  let place = 0;
  return {
    write(_fromNs: number, toNs: number, runs: TickRuns): void {
      const frames = pace.take(toNs);
      addAround(runs, context, place, Math.min(frames, context.frames));
      place = (place + frames) % context.frames;
    },
  };
}

/** Mean length of the runs in which a booting guest takes memory; assumed: slabs and readahead of some pages. */
const bootRunPages = 8;

/** Unpacks a kernel and an initrd at once, then takes more and more memory, ever slower, and writes some of it again. */
export function createBoot(workload: Workload<"boot">, context: WorkloadContext): WorkloadRunner {
  const { random, startGfn, frames } = context;
  const footprint = Math.min(frames, Math.max(1, Math.ceil(workload.footprint / pageBytes)));
  const unpacked = Math.round(footprint * workload.unpack_ratio);
  const rewrites = new Pace(workload.rewrites_per_second);
  let taken = 0;
  const wantedAt = (ns: number): number => {
    if (ns <= workload.unpack_time) return Math.round((unpacked * ns) / workload.unpack_time);
    const grown = 1 - Math.exp(-(ns - workload.unpack_time) / workload.time_constant);
    return Math.round(unpacked + (footprint - unpacked) * grown);
  };
  return {
    write(_fromNs: number, toNs: number, runs: TickRuns): void {
      const wanted = wantedAt(toNs);
      if (wanted > taken) runs.add(startGfn + taken, wanted - taken);
      taken = Math.max(taken, wanted);
      for (let left = taken > 0 ? rewrites.take(toNs) : 0; left > 0;) {
        const length = Math.min(left, taken, random.geometric(bootRunPages));
        runs.add(startGfn + random.below(taken - length + 1), length);
        left -= length;
      }
    },
  };
}

/**
 * A guest whose balloon grows and shrinks: in the first half of each period it may write less and less of its memory, in
 * the second half more and more. What the balloon takes goes back to the host.
 */
export function createBallooning(workload: Workload<"ballooning">, context: WorkloadContext): WorkloadRunner {
  const { random, startGfn, frames } = context;
  const floor = Math.max(1, Math.round(frames * workload.floor_ratio));
  const pace = new Pace(workload.writes_per_second);
  let usable = frames;
  return {
    write(_fromNs: number, toNs: number, runs: TickRuns): void {
      const turn = (toNs % workload.every) / workload.every;
      const depth = 1 - Math.abs(2 * turn - 1);
      const next = Math.max(1, Math.round(frames - (frames - floor) * depth));
      if (next < usable) context.release(startGfn + next, usable - next);
      usable = next;
      for (let left = pace.take(toNs); left > 0; left--) runs.add(startGfn + random.below(usable), 1);
    },
  };
}
