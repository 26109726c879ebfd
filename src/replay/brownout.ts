import { type BrownoutTick, layBrownout } from "../impact/index.ts";
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
  /** Tick by tick, one VM for all of its class; times count from that VM's resume. */
  readonly curves: readonly BrownoutCurve[];
}

export interface BrownoutCurve {
  readonly vmIndex: number;
  /** As the VM's folios are mapped, or as if each page were mapped alone: what large folios spare. */
  readonly mapping: "as-backed" | "small-pages";
  readonly ticks: readonly BrownoutTick[];
}

function countFaults({ faultCount }: FirstTouches): number {
  return faultCount.reduce((sum, count) => sum + count, 0);
}

function warmNs(touches: FirstTouches): number {
  const total = countFaults(touches);
  let seen = 0;
  for (const [index, count] of touches.faultCount.entries()) {
    seen += count;
    if (seen >= warmRatio * total) return touches.timeNs[index]!;
  }
  return 0;
}

function refault(vmIndex: number, faults: number, costs: Costs): Omit<PlannedStep, "startNs" | "endNs"> {
  const work = {
    name: "refault-memory",
    lifecycleRow: 37,
    phase: "brownout",
    vmIndex,
    detail: "first touch of each page after resume: EPT violation and host fault",
    terms: [{ cost: "refaultPageNs", count: faults }],
  } as const;
  return { work, band: priceTerms(work, costs) };
}

/**
 * Measures the brownout on the trace itself: the guest's own order of first touches, no rate times time.
 *
 * Each first touch costs a fault, since the new VMM starts with empty page tables [VMM-01]; a fault maps a page of
 * 4 KiB, 2 MiB or 1 GiB, as the VM's folios allow. Where the VMM fills them before the vCPUs run there is none
 * [VMM-02]. The trace knows writes only: what is read first faults too, and is not in it.
 */
export function measureBrownout(result: ReplayResult, scenario: ResolvedScenario, costs: Costs): Brownout {
  const steps: PlannedStep[] = [];
  const curves: BrownoutCurve[] = [];
  let durationNs = 0;
  if (scenario.update.agent.prepopulate) return { durationNs, steps, curves };
  for (const [index, { vmIndexes, vcpuCount, layout }] of result.classes.entries()) {
    const touches = result.firstTouches[index]!;
    const faults = countFaults(touches);
    if (faults === 0) continue;
    const endNs = warmNs(touches) - result.blackoutStartNs;
    for (const vmIndex of vmIndexes) {
      steps.push({ ...refault(vmIndex, faults, costs), startNs: 0, endNs });
      const lagNs = result.plan.vms[vmIndex]!.resumeNs - result.blackoutNs;
      durationNs = Math.max(durationNs, endNs + lagNs);
    }
    const endsNs = touches.timeNs.map((ns) => ns - result.blackoutStartNs);
    const config = { faultNs: costs.refaultPageNs.unitNs, vcpuCount, scaling: scenario.service.fault_scaling };
    const vmIndex = vmIndexes[0]!;
    const { faultCount, pageCount } = touches;
    curves.push({ vmIndex, mapping: "as-backed", ticks: layBrownout({ endNs: endsNs, faultCount }, config) });
    if (layout.order.every((order) => order === 0)) continue;
    curves.push({
      vmIndex,
      mapping: "small-pages",
      ticks: layBrownout({ endNs: endsNs, faultCount: pageCount }, config),
    });
  }
  steps.sort((left, right) => left.work.vmIndex! - right.work.vmIndex!);
  return { durationNs, steps, curves };
}
