import { secNs } from "../base/index.ts";
import { type InFlightFate, measurePacketGap, type PacketGap, RequestGap } from "../impact/index.ts";
import type { Costs } from "../model/index.ts";
import type { DeviceActivity, Window } from "./activity.ts";
import type { DeviceFate } from "./device-events.ts";
import type { ResolvedScenario, ServiceScenario } from "./scenario/resolve.ts";
import type { TraceFacts } from "./trace-facts.ts";

/** How much of the trace before and after is shown beside a gap, at least. */
const contextNs = 30 * secNs;

/** When the vCPUs of a VM of the trace stop and run again; of its copies, the one that stands still longest. */
export interface VmGap {
  readonly vmIndex: number;
  readonly traceVmIndex: number;
  readonly stopNs: number;
  readonly resumeNs: number;
}

/** What the gap does to one device of the trace. */
export interface DeviceImpact {
  readonly gap: VmGap;
  readonly traceDeviceIndex: number;
  readonly fate: DeviceFate;
  /** It answers the guest again. */
  readonly readyNs: number;
  /** The rest of the host's network knows the way again; the same, but for network cards. */
  readonly reachableNs: number;
  readonly inFlight: InFlightFate;
  readonly packets: PacketGap | undefined;
}

/** When the VMs of an update stand still. */
export interface CaseTiming {
  readonly blackoutStartNs: number;
  readonly plan: { readonly vms: readonly { readonly pauseNs: number; readonly resumeNs: number }[] };
}

/** One gap a VM of the trace that drives a VM of the scenario. */
export function listGaps({ blackoutStartNs, plan }: CaseTiming, { vms }: Pick<ResolvedScenario, "vms">): VmGap[] {
  const worst = new Map<number, VmGap>();
  for (const [vmIndex, { traceVmIndex }] of vms.entries()) {
    const { pauseNs, resumeNs } = plan.vms[vmIndex]!;
    const known = worst.get(traceVmIndex);
    if (known && known.resumeNs - known.stopNs >= resumeNs - pauseNs) continue;
    const [stopNs, endNs] = [blackoutStartNs + pauseNs, blackoutStartNs + resumeNs];
    worst.set(traceVmIndex, { vmIndex, traceVmIndex, stopNs, resumeNs: endNs });
  }
  return [...worst.values()].sort((left, right) => left.traceVmIndex - right.traceVmIndex);
}

/** What of the trace the gaps can touch, and as much before and after. */
export function windowOf(gaps: readonly VmGap[], { service_time: serviceTimeNs }: ServiceScenario): Window {
  const stopNs = Math.min(...gaps.map((gap) => gap.stopNs));
  const resumeNs = Math.max(...gaps.map((gap) => gap.resumeNs));
  return {
    fromNs: stopNs - contextNs,
    untilNs: resumeNs + Math.max(contextNs, 2 * (resumeNs - stopNs)),
    openAtNs: stopNs,
    serviceTimeNs: serviceTimeNs ?? Number.POSITIVE_INFINITY,
  };
}

/** The guest's driver starts a device anew that was shut down or reset, as a kernel does at its boot [SVC-03]. */
function restartNs(kind: string, costs: Costs): number {
  if (kind === "nvme") return costs.probeNvmeNs.unitNs;
  if (kind === "nic") return costs.probeNicNs.unitNs;
  if (kind === "gpu") return costs.probeGpuNs.unitNs;
  return costs.probeOtherNs.unitNs;
}

function inFlightFate(fate: DeviceFate, service: ServiceScenario): InFlightFate {
  if (fate === "goes-on") return "kept";
  return fate === "stops" ? "requeued" : service.in_flight;
}

export interface ServiceInput {
  readonly facts: TraceFacts;
  readonly service: ServiceScenario;
  readonly fates: readonly DeviceFate[];
  readonly costs: Costs;
  readonly activity: readonly DeviceActivity[];
}

/** What the gaps do to the devices of the VMs that they stop, in the trace's order of devices. */
export function measureDevices(gaps: readonly VmGap[], input: ServiceInput): DeviceImpact[] {
  const { facts, service, fates, costs, activity } = input;
  return facts.devices.flatMap(({ vmIndex, kind }, traceDeviceIndex): DeviceImpact[] => {
    const gap = gaps.find(({ traceVmIndex }) => traceVmIndex === vmIndex);
    if (!gap) return [];
    const fate = fates[traceDeviceIndex]!;
    const readyNs = gap.resumeNs + Math.round(fate === "stops" ? restartNs(kind, costs) : 0);
    const { packets } = activity[traceDeviceIndex]!;
    const reachableNs = readyNs + (packets.count > 0 ? service.switch_relearn : 0);
    const lossy = {
      stopNs: gap.stopNs,
      // Clients that wait for their answers send nothing meanwhile.
      readyNs: service.clients === "open" ? reachableNs : gap.stopNs,
      ringPackets: fate === "goes-on" ? service.rx_ring : 0,
      rtoNs: service.tcp_rto,
    };
    return [
      {
        gap,
        traceDeviceIndex,
        fate,
        readyNs,
        reachableNs,
        inFlight: inFlightFate(fate, service),
        packets: packets.count > 0 ? measurePacketGap(packets, lossy) : undefined,
      },
    ];
  });
}

/** Requests of a device, served with the gap. */
export function serveRequests(
  { gap, readyNs, inFlight }: DeviceImpact,
  replayed: RequestGap,
  { clients }: ServiceScenario,
): void {
  replayed.run({ stopNs: gap.stopNs, readyNs, inFlight, isClosed: clients === "closed" });
}
