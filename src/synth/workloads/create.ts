import type { LeafWorkload } from "../recipe/workload-schema.ts";
import { createFitted } from "../twin/fitted.ts";
import { createCheckpoint } from "./checkpoint.ts";
import type { WorkloadContext, WorkloadRunner } from "./runner.ts";
import { createHotCold, createIdle, createUniform, createZipf } from "./skewed.ts";
import { createBallooning, createBoot, createStreaming } from "./sweeping.ts";

/** A workload that draws its writes by itself; parts of traces are read and not drawn. */
export type DrawnWorkload = Exclude<LeafWorkload, { kind: "trace" }>;

export function createWorkload(workload: DrawnWorkload, context: WorkloadContext): WorkloadRunner {
  switch (workload.kind) {
    case "idle":
      return createIdle(workload, context);
    case "uniform":
      return createUniform(workload, context);
    case "zipf":
      return createZipf(workload, context);
    case "hot-cold":
      return createHotCold(workload, context);
    case "streaming":
      return createStreaming(workload, context);
    case "boot":
      return createBoot(workload, context);
    case "database-checkpoint":
      return createCheckpoint(workload, context);
    case "ballooning":
      return createBallooning(workload, context);
    case "fitted":
      return createFitted(workload, context);
  }
}
