import { type Costs, type PlannedStep, priceTerms } from "../model/index.ts";
import type { FirstTouches } from "./dirty-ticks.ts";
import type { ReplayResult } from "./engine.ts";
import type { ResolvedScenario } from "./scenario/resolve.ts";

/** Share of the first touches after which a guest counts as warm again. */
const warmRatio = 0.99;

/** First touches after resume: how long they last, and what their faults cost each VM. */
export interface Brownout {
  /** From the host's resume until the last VM is warm. */
  readonly durationNs: number;
  /** One step a VM; `endNs` counts from that VM's resume. */
  readonly steps: readonly PlannedStep[];
}

function warmNs({ timeNs, pages }: FirstTouches): number {
  const total = pages.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (const [index, count] of pages.entries()) {
    seen += count;
    if (seen >= warmRatio * total) return timeNs[index]!;
  }
  return 0;
}

/**
 * Measures the brownout on the trace itself: the guest's own order of first touches, no rate times time.
 *
 * Each first touch costs a fault, since the new VMM starts with empty page tables [VMM-01]. Pages of larger folios
 * are counted singly, which is an upper bound for them; docs/validity.md says more.
 */
export function measureBrownout(result: ReplayResult, scenario: ResolvedScenario, costs: Costs): Brownout {
  const steps: PlannedStep[] = [];
  let durationNs = 0;
  for (const [vmIndex, vm] of scenario.vms.entries()) {
    const touches = result.firstTouches[vm.traceVmIndex]!;
    const faults = touches.pages.reduce((sum, count) => sum + count, 0);
    if (faults === 0) continue;
    const endNs = warmNs(touches) - result.blackoutStartNs;
    const work = {
      name: "refault-memory",
      lifecycleRow: 37,
      phase: "brownout",
      vmIndex,
      detail: "first touch of each page after resume: EPT violation and host fault",
      terms: [{ cost: "refaultPageNs", count: faults }],
    } as const;
    steps.push({ work, startNs: 0, endNs, band: priceTerms(work, costs) });
    const lagNs = result.plan.vms[vmIndex]!.resumeNs - result.blackoutNs;
    durationNs = Math.max(durationNs, endNs + lagNs);
  }
  return { durationNs, steps };
}
