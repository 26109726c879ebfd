// Rows of a tiny run about guests, other moments and other ways: plausible, and few enough to be checked by hand.
import { gibBytes, mibBytes, msNs, secNs } from "../../src/base/index.ts";
import { codeOf, runSchema, type Table } from "../../src/trace/index.ts";

type Row = Readonly<Record<string, number | string | null>>;

interface Frame {
  readonly vmNames: readonly string[];
  readonly startNs: number;
  readonly endNs: number;
  readonly spanNs: number;
}

function code(table: Table, column: string, label: string): number {
  return codeOf(
    table.columns.find(({ name }) => name === column)!,
    label,
  );
}

function gapRows({ vmNames, startNs, endNs }: Frame): Row[] {
  const fate = (label: string) => code(runSchema.deviceGapTable, "fate", label);
  const shared = {
    // Of the copies that the trace's first VM drives, the one that stands still longest.
    vm_index: vmNames.length > 2 ? 2 : 0,
    stop_ns: startNs,
    resume_ns: endNs,
    ready_ns: endNs,
    reachable_ns: endNs,
    changed_pages: 0,
  };
  const silent = {
    last_packet_ns: null,
    arrived_count: 0,
    kept_count: 0,
    dropped_count: 0,
    tcp_dropped_count: 0,
    udp_dropped_count: 0,
    retransmission_count: 0,
    tcp_resume_ns: null,
  };
  return [
    {
      ...shared,
      ...silent,
      trace_device_index: 0,
      fate: fate("emulated"),
      reachable_ns: endNs + 200 * msNs,
      last_packet_ns: startNs - 3 * msNs,
      arrived_count: 400,
      dropped_count: 400,
      tcp_dropped_count: 310,
      udp_dropped_count: 80,
      retransmission_count: 4,
      tcp_resume_ns: startNs + 3 * secNs,
    },
    { ...shared, ...silent, trace_device_index: 1, fate: fate("stops"), ready_ns: endNs + 150 * msNs },
    { ...shared, ...silent, vm_index: 1, trace_device_index: 2, fate: fate("goes-on"), changed_pages: 1234 },
  ];
}

/** Ten a second from 5 s before the blackout to 5 s after it: 2 ms each, every tenth 20; those in it wait for its end. */
function requestRows({ startNs, endNs }: Frame): Row[] {
  const fate = (label: string) => code(runSchema.requestTable, "fate", label);
  const rows: Row[] = [];
  for (let index = 0; ; index++) {
    const submitNs = startNs - 5 * secNs + index * 100 * msNs + msNs;
    if (submitNs > endNs + 5 * secNs) break;
    const aloneNs = (index % 10 === 0 ? 20 : 2) * msNs;
    const waits = submitNs > startNs && submitNs < endNs;
    rows.push({
      vm_index: 0,
      trace_device_index: 1,
      submit_ns: submitNs,
      alone_ns: index === 3 ? null : aloneNs,
      latency_ns: index === 3 ? null : aloneNs + (waits ? endNs - submitNs : 0),
      fate: fate(index === 3 ? "open" : waits ? "waited" : "untouched"),
      bytes: 4096,
      direction: index % 2,
    });
  }
  return rows;
}

function brownoutRows({ endNs }: Frame): Row[] {
  return (["as-backed", "small-pages"] as const).flatMap((mapping, which) =>
    Array.from({ length: 40 }, (_, tick) => {
      const faults = Math.round((which === 0 ? 40 : 4000) * Math.exp(-tick / 8));
      return {
        vm_index: 0,
        mapping: code(runSchema.brownoutTickTable, "mapping", mapping),
        start_ns: endNs + tick * 50 * msNs,
        end_ns: endNs + (tick + 1) * 50 * msNs,
        fault_count: faults,
        lost_ns: faults * 1000,
      };
    }),
  );
}

function limitRows(): Row[] {
  const kind = (label: string) => code(runSchema.serviceLimitTable, "kind", label);
  return [
    { name: "request timeout", kind: kind("request"), limit_ns: 2 * secNs, source: "block layer", assumed: 0 },
    { name: "heartbeat", kind: kind("silence"), limit_ns: secNs, source: "assumed", assumed: 1 },
    { name: "keepalive", kind: kind("silence"), limit_ns: 75 * secNs, source: "TCP", assumed: 0 },
  ];
}

/** A start each 0.25 s; dear in the middle, and not shown whole at the end. */
function momentRows({ startNs, endNs, spanNs }: Frame): Row[] {
  const blackoutNs = endNs - startNs;
  return Array.from({ length: spanNs / (250 * msNs) }, (_, index) => {
    const atNs = index * 250 * msNs;
    const busy = Math.max(0, Math.sin((atNs / spanNs) * Math.PI * 3));
    return {
      trace_time_ns: atNs,
      stop_ns: atNs + 40 * msNs,
      blackout_ns: blackoutNs + index * msNs,
      low_ns: Math.floor(blackoutNs / 2),
      high_ns: blackoutNs * 2,
      complete: atNs + blackoutNs <= spanNs ? 1 : 0,
      in_flight_count: index % 3,
      waited_count: Math.round(30 * busy),
      stalled_ns: Math.round(40 * secNs * busy),
      worst_latency_ns: busy > 0 ? blackoutNs : 0,
      catch_up_ns: Math.round(50 * msNs * busy),
      dropped_count: Math.round(500 * busy ** 2),
      fault_count: 900 - index,
      lost_ns: (900 - index) * 1000,
      full_speed_ns: index * msNs,
    };
  });
}

const alternatives = [
  // name, possible, new kernel, vCPUs stop, degraded, whole, moved, extra, rounds
  ["live-update", "", 1, 2_480, 40, 4_900, 0, 40, null],
  ["pre-copy", "does not converge: given up at its limit of time", 1, 0, 0, 600_000, 900, 8192, 300],
  ["pre-copy-auto-converge", "", 1, 240, 90_000, 120_000, 70, 8192, 14],
  ["post-copy", "", 1, 6, 3_400, 3_400, 8, 8192, 2],
  ["stop-and-copy", "", 1, 31_000, 0, 31_000, 8, 8192, 3],
  ["vmm-swap", "", 0, 50, 0, 50, 0, 64, null],
  ["suspend-and-kexec", "", 1, 98_000, 0, 98_000, 16, 0, null],
  ["cold-reboot", "", 1, 128_000, 0, 128_000, 0, 0, null],
] as const;

function alternativeRows(): Row[] {
  return alternatives.map(([name, reason, isNew, stoppedMs, degradedMs, totalMs, movedGib, extraMib, rounds]) => ({
    name,
    vm_index: 0,
    vm_count: 2,
    feasible: reason === "" ? 1 : 0,
    reason,
    replaces_kernel: isNew,
    stopped_ns: stoppedMs * msNs,
    degraded_ns: degradedMs * msNs,
    total_ns: totalMs * msNs,
    host_ns: totalMs * 2 * msNs,
    moved_bytes: movedGib * gibBytes,
    extra_bytes: extraMib * mibBytes,
    round_count: rounds,
    lost_state: name === "cold-reboot" ? "what the guest has in memory" : "",
    detail: "made up",
  }));
}

function roundRows(): Row[] {
  return [0, 1, 2].map((round) => ({
    alternative_index: 2,
    round_index: round,
    start_ns: round * 10 * secNs,
    end_ns: (round + 1) * 10 * secNs,
    dirty_pages: 2_000_000 >> (2 * round),
    sent_bytes: (8 * gibBytes) / 4 ** round,
    throttle_ratio: round / 5,
  }));
}

/** The tables with their rows; those of devices and VMs need at least one VM. */
export function tinyServiceTables(frame: Frame): readonly (readonly [Table, readonly Row[]])[] {
  return [
    [runSchema.deviceGapTable, gapRows(frame).filter((row) => Number(row["vm_index"]) < frame.vmNames.length)],
    [runSchema.requestTable, requestRows(frame)],
    [runSchema.brownoutTickTable, brownoutRows(frame)],
    [runSchema.serviceLimitTable, limitRows()],
    [runSchema.momentTable, momentRows(frame)],
    [runSchema.alternativeTable, alternativeRows()],
    [runSchema.migrationRoundTable, roundRows()],
  ];
}
