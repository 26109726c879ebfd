import { firstAbove, type FirstTouchWalk, RequestGap, sumBrownout } from "../impact/index.ts";
import type { Costs } from "../model/index.ts";
import { type OpenFolder } from "../trace/index.ts";
import { type DeviceActivity, readActivity, wholeTrace } from "./activity.ts";
import type { DeviceFate } from "./device-events.ts";
import type { ResolvedScenario, ServiceScenario } from "./scenario/resolve.ts";
import { type CaseTiming, listGaps, measureDevices, serveRequests } from "./service.ts";
import type { TraceFacts } from "./trace-facts.ts";
import type { VmClass } from "./vm-classes.ts";

/** What the guests' devices did in the whole trace, for any number of updates. */
export interface GuestActivity {
  readonly facts: TraceFacts;
  readonly activity: readonly DeviceActivity[];
  readonly replays: readonly RequestGap[];
}

/** One update of many. */
export interface UpdateCase {
  readonly scenario: ResolvedScenario;
  readonly costs: Costs;
  /** One entry a device of the trace. */
  readonly fates: readonly DeviceFate[];
}

/** What requests and packets feel of one update, over all devices of the trace. */
export interface ServedTotals {
  readonly inFlightCount: number;
  readonly waitedCount: number;
  /** What the update adds to the latencies of all requests. */
  readonly stalledNs: number;
  readonly worstLatencyNs: number;
  /** From the moment at which the last device is ready to where no request waits any more. */
  readonly catchUpNs: number;
  readonly droppedCount: number;
}

/** What guests lose to first touches after one update, of the class of VMs that loses most. */
export interface BrownoutTotals {
  readonly faultCount: number;
  readonly lostNs: number;
  readonly fullSpeedNs: number;
}

/** Reads what all devices did; every request is held in memory. */
export function readGuestActivity(
  trace: OpenFolder<"trace">,
  facts: TraceFacts,
  { service_time: serviceTimeNs }: ServiceScenario,
): GuestActivity {
  const activity = readActivity(trace, facts, {
    ...wholeTrace,
    serviceTimeNs: serviceTimeNs ?? Number.POSITIVE_INFINITY,
  });
  return { facts, activity, replays: activity.map(({ requests }) => new RequestGap(requests)) };
}

/** Serves the requests around the gap of one update. */
export function serveAll(guests: GuestActivity, update: UpdateCase, timing: CaseTiming): ServedTotals {
  const { scenario } = update;
  const { service } = scenario;
  const served = { inFlightCount: 0, waitedCount: 0, stalledNs: 0, worstLatencyNs: 0, catchUpNs: 0, droppedCount: 0 };
  const gaps = listGaps(timing, scenario);
  for (const impact of measureDevices(gaps, { ...guests, ...update, service })) {
    served.droppedCount += impact.packets?.droppedCount ?? 0;
    const replay = guests.replays[impact.traceDeviceIndex]!;
    const { submitNs, completeNs } = replay.requests;
    serveRequests(impact, replay, service);
    served.inFlightCount += replay.inFlightCount;
    served.waitedCount += replay.waitedCount;
    served.catchUpNs = Math.max(served.catchUpNs, replay.caughtUpNs - impact.readyNs);
    for (let row = replay.from; row < replay.to; row++) {
      const withGapNs = replay.completeNs[row]!;
      if (withGapNs === Number.POSITIVE_INFINITY) continue;
      served.stalledNs += withGapNs - completeNs[row]!;
      served.worstLatencyNs = Math.max(served.worstLatencyNs, withGapNs - submitNs[row]!);
    }
  }
  return served;
}

/** Where each class of VMs touches what when, and when the trace's ticks end. */
export interface TouchedMemory {
  readonly classes: readonly VmClass[];
  /** One entry a class; they must not be beyond the stop. */
  readonly walks: readonly FirstTouchWalk[];
  readonly tickEndNs: Float64Array;
}

export function worstBrownout(
  { classes, walks, tickEndNs }: TouchedMemory,
  { scenario, costs }: UpdateCase,
  stopNs: number,
): BrownoutTotals {
  const worst = { faultCount: 0, lostNs: 0, fullSpeedNs: 0 };
  if (scenario.update.agent.prepopulate) return worst;
  const from = firstAbove(tickEndNs, tickEndNs.length, stopNs);
  const scaling = scenario.service.fault_scaling;
  for (const [index, { vcpuCount }] of classes.entries()) {
    const walk = walks[index]!;
    walk.advance(from);
    const host = { faultNs: costs.refaultPageNs.unitNs, vcpuCount, scaling };
    const sum = sumBrownout(tickEndNs, walk.faultCount, { from, stopNs }, host);
    worst.faultCount = Math.max(worst.faultCount, sum.faultCount);
    worst.lostNs = Math.max(worst.lostNs, sum.lostNs);
    worst.fullSpeedNs = Math.max(worst.fullSpeedNs, sum.fullSpeedNs);
  }
  return worst;
}

/** How long the requests of each VM of the trace take yet that are in flight at emulated devices. */
export function drainsAt(
  { facts, activity }: GuestActivity,
  { fates }: Pick<UpdateCase, "fates">,
  stopNs: number,
): Float64Array {
  const drains = new Float64Array(facts.vms.length);
  for (const [index, { vmIndex }] of facts.devices.entries()) {
    if (fates[index] !== "emulated") continue;
    const { requests } = activity[index]!;
    const before = firstAbove(requests.submitNs, requests.count, stopNs);
    if (before > 0) drains[vmIndex] = Math.max(drains[vmIndex]!, requests.latestNs[before - 1]! - stopNs);
  }
  return drains;
}
