import { Scatter } from "../scatter.ts";
import type { TickRuns } from "../tick-runs.ts";
import { Zipf } from "../zipf.ts";
import type { Workload } from "../recipe/workload-schema.ts";
import { Pace, type WorkloadContext, type WorkloadRunner } from "./runner.ts";

/** Every place equally likely. */
export function createUniform(workload: Workload<"uniform">, context: WorkloadContext): WorkloadRunner {
  const { random, startGfn, frames } = context;
  const runFrames = Math.min(workload.run_pages, frames);
  const pace = new Pace(workload.writes_per_second);
  return {
    write(_fromNs: number, toNs: number, runs: TickRuns): void {
      for (let left = pace.take(toNs); left > 0; left--) {
        runs.add(startGfn + random.below(frames - runFrames + 1), runFrames);
      }
    },
  };
}

export function createZipf(workload: Workload<"zipf">, context: WorkloadContext): WorkloadRunner {
  const { random, startGfn, frames, seed } = context;
  const zipf = new Zipf(frames, workload.skew);
  const scatter = workload.placement === "scattered" ? new Scatter(frames, seed) : undefined;
  const pace = new Pace(workload.writes_per_second);
  return {
    write(_fromNs: number, toNs: number, runs: TickRuns): void {
      for (let left = pace.take(toNs); left > 0; left--) {
        const rank = zipf.draw(random);
        runs.add(startGfn + (scatter ? scatter.place(rank) : rank), 1);
      }
    },
  };
}

/** A part of the region, at its begin, that takes most of the writes. */
export function createHotCold(workload: Workload<"hot-cold">, context: WorkloadContext): WorkloadRunner {
  const { random, startGfn, frames } = context;
  const hotFrames = Math.min(frames, Math.max(1, Math.round(frames * workload.hot_ratio)));
  const coldFrames = frames - hotFrames;
  const hotWriteRatio = coldFrames === 0 ? 1 : workload.hot_write_ratio;
  const pace = new Pace(workload.writes_per_second);
  return {
    write(_fromNs: number, toNs: number, runs: TickRuns): void {
      for (let left = pace.take(toNs); left > 0; left--) {
        const isHot = random.unit() < hotWriteRatio;
        runs.add(startGfn + (isHot ? random.below(hotFrames) : hotFrames + random.below(coldFrames)), 1);
      }
    },
  };
}

/** Some pages that are written in every tick, and a few more now and then. */
export function createIdle(workload: Workload<"idle">, context: WorkloadContext): WorkloadRunner {
  const { random, startGfn, frames, seed } = context;
  const scatter = new Scatter(frames, seed);
  const hotPages = Math.min(frames, workload.hot_pages);
  const strayPages = Math.min(frames - hotPages, workload.stray_pages);
  const pace = new Pace(workload.stray_writes_per_second);
  return {
    write(_fromNs: number, toNs: number, runs: TickRuns): void {
      for (let page = 0; page < hotPages; page++) runs.add(startGfn + scatter.place(page), 1);
      if (strayPages === 0) return;
      for (let left = pace.take(toNs); left > 0; left--) {
        runs.add(startGfn + scatter.place(hotPages + random.below(strayPages)), 1);
      }
    },
  };
}
