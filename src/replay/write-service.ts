import { secNs } from "../base/index.ts";
import { requestFates, RequestGap } from "../impact/index.ts";
import { codeOf, type FolderWriter, runSchema, type TableWriter } from "../trace/index.ts";
import type { DeviceActivity, Window } from "./activity.ts";
import type { Brownout } from "./brownout.ts";
import type { ResolvedScenario, ServiceScenario } from "./scenario/resolve.ts";
import { type DeviceImpact, serveRequests } from "./service.ts";

/** What the rows about guests' services are written from. */
export interface ServiceContent {
  readonly devices: readonly DeviceImpact[];
  readonly activity: readonly DeviceActivity[];
  readonly window: Window;
  readonly changedPages: Float64Array;
  readonly scenario: ResolvedScenario;
}

const [, , fateColumn] = runSchema.deviceGapTable.columns;

function writeGap(out: TableWriter, impact: DeviceImpact, changedPages: number): void {
  const { gap, traceDeviceIndex, fate, readyNs, reachableNs, packets } = impact;
  out.push({
    vm_index: gap.vmIndex,
    trace_device_index: traceDeviceIndex,
    fate: codeOf(fateColumn, fate),
    stop_ns: gap.stopNs,
    resume_ns: gap.resumeNs,
    ready_ns: readyNs,
    reachable_ns: reachableNs,
    changed_pages: changedPages,
    last_packet_ns: packets?.lastBeforeNs ?? null,
    arrived_count: packets?.arrivedCount ?? 0,
    kept_count: packets?.keptCount ?? 0,
    dropped_count: packets?.droppedCount ?? 0,
    tcp_dropped_count: packets?.tcpDroppedCount ?? 0,
    udp_dropped_count: packets?.udpDroppedCount ?? 0,
    retransmission_count: packets?.retransmissionCount ?? 0,
    tcp_resume_ns: packets?.tcpResumeNs ?? null,
  });
}

/** Every request of the window: those that the gap does not touch are what the others are compared with. */
function writeRequests(out: TableWriter, impact: DeviceImpact, content: ServiceContent): void {
  const { requests, bytes, direction } = content.activity[impact.traceDeviceIndex]!;
  if (requests.count === 0) return;
  const { service } = content.scenario;
  const served = new RequestGap(requests);
  serveRequests(impact, served, service);
  // Clients that wait for their answers ask later by the gap.
  const shiftNs = service.clients === "closed" ? impact.readyNs - impact.gap.stopNs : 0;
  for (let row = 0; row < requests.count; row++) {
    const submitNs = requests.submitNs[row]!;
    const isServed = row >= served.from && row < served.to;
    const aloneNs = requests.completeNs[row]! - submitNs;
    const never = aloneNs === Number.POSITIVE_INFINITY;
    const fate = isServed ? served.fate[row]! : never ? requestFates.indexOf("open") : 0;
    out.push({
      vm_index: impact.gap.vmIndex,
      trace_device_index: impact.traceDeviceIndex,
      submit_ns: submitNs + (submitNs > impact.gap.stopNs ? shiftNs : 0),
      alone_ns: never ? null : aloneNs,
      latency_ns: never ? null : isServed ? served.completeNs[row]! - submitNs : aloneNs,
      fate,
      bytes: bytes[row]!,
      direction: direction[row]!,
    });
  }
}

function writeBrownout(out: TableWriter, { curves }: Brownout, resumeNs: (vmIndex: number) => number): void {
  const [, mappingColumn] = runSchema.brownoutTickTable.columns;
  for (const { vmIndex, mapping, ticks } of curves) {
    const originNs = resumeNs(vmIndex);
    for (const { startNs, endNs, faultCount, lostNs } of ticks) {
      out.push({
        vm_index: vmIndex,
        mapping: codeOf(mappingColumn, mapping),
        start_ns: originNs + startNs,
        end_ns: originNs + endNs,
        fault_count: faultCount,
        lost_ns: lostNs,
      });
    }
  }
}

type Limit = readonly [name: string, kind: "request" | "silence", limitNs: number, source: string, assumed: 0 | 1];

function listLimits({ request_timeout: requestNs, heartbeats, keepalive }: ServiceScenario): Limit[] {
  const block = "linux-7.3 block/blk-mq.c: 30 s; drivers/nvme/host/core.c nvme_io_timeout";
  const kept = "linux-7.3 include/net/tcp.h TCP_KEEPALIVE_INTVL: 75 s between probes";
  return [
    ["request timeout of the guest", "request", requestNs, block, 0],
    ...[...heartbeats]
      .sort((left, right) => left - right)
      .map((ns): Limit => [`cluster heartbeat of ${ns / secNs} s`, "silence", ns, "assumed: common settings", 1]),
    ["TCP keepalive probe", "silence", keepalive, kept, 0],
  ];
}

/** Writes what the guests and their clients feel: gaps of devices, requests, the way back to full speed, timeouts. */
export function writeServiceTables(
  out: FolderWriter<"run">,
  content: ServiceContent,
  brownout: { readonly measured: Brownout; readonly resumeNs: (vmIndex: number) => number },
): void {
  const gaps = out.table(runSchema.deviceGapTable);
  const requests = out.table(runSchema.requestTable);
  for (const impact of content.devices) {
    writeGap(gaps, impact, content.changedPages[impact.traceDeviceIndex]!);
    writeRequests(requests, impact, content);
  }
  writeBrownout(out.table(runSchema.brownoutTickTable), brownout.measured, brownout.resumeNs);
  const limits = out.table(runSchema.serviceLimitTable);
  const [, kind] = runSchema.serviceLimitTable.columns;
  for (const [name, label, limitNs, source, assumed] of listLimits(content.scenario.service)) {
    limits.push({ name, kind: codeOf(kind, label), limit_ns: limitNs, source, assumed });
  }
}
