import { createPrng, gibBytes, mibBytes, msNs, secNs, usNs } from "../../src/base/index.ts";
import { codeOf, runSchema, type Table } from "../../src/trace/index.ts";

type Row = Readonly<Record<string, number | string | null>>;

/** What the tables about services are laid out along. */
export interface ServiceFrame {
  readonly vmCount: number;
  readonly stopNs: number;
  readonly resumeNs: number;
  /** Length of the trace. */
  readonly spanNs: number;
  /** Text from outside, in every place that takes one. */
  readonly outside?: string | undefined;
}

function code(table: Table, column: string, label: string): number {
  return codeOf(
    table.columns.find(({ name }) => name === column)!,
    label,
  );
}

/** The second VM of the trace, where the run has one, by its first copy. */
const second = ({ vmCount }: ServiceFrame) => Math.min(1, vmCount - 1);

/** The copy of a VM of the trace that stands still longest: copies take turns, and a later one resumes later. */
function longest({ vmCount }: ServiceFrame, traceVm: number): number {
  return vmCount - 1 - ((vmCount - 1 - traceVm) & 1);
}

const networkLateNs = 12 * msNs;

/** net0 loses packets, blk0 has none, gpu0 goes on by DMA, net1 is silent before the stop and keeps what comes. */
function gapRows(frame: ServiceFrame): Row[] {
  const { stopNs, resumeNs } = frame;
  const table = runSchema.deviceGapTable;
  const fate = (label: string) => code(table, "fate", label);
  const none = {
    stop_ns: stopNs,
    resume_ns: resumeNs,
    ready_ns: resumeNs,
    reachable_ns: resumeNs,
    changed_pages: 0,
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
      ...none,
      vm_index: longest(frame, 0),
      trace_device_index: 0,
      fate: fate("emulated"),
      reachable_ns: resumeNs + networkLateNs,
      last_packet_ns: stopNs - 800 * usNs,
      arrived_count: 1200,
      dropped_count: 1200,
      tcp_dropped_count: 900,
      udp_dropped_count: 290,
      // Lost 30 ms after the stop; sent again 200 ms later, then after twice as long each time: 0.2 + 0.4 + 0.8 + 1.6 s.
      retransmission_count: 4,
      tcp_resume_ns: stopNs + 3030 * msNs,
    },
    {
      ...none,
      vm_index: longest(frame, 0),
      trace_device_index: 1,
      fate: fate("emulated"),
      ready_ns: resumeNs + 5 * msNs,
    },
    {
      ...none,
      vm_index: longest(frame, 1),
      trace_device_index: 2,
      fate: fate("goes-on"),
      ready_ns: resumeNs + 120 * msNs,
      changed_pages: 4321,
    },
    {
      ...none,
      vm_index: longest(frame, 0),
      trace_device_index: 3,
      fate: fate("goes-on"),
      arrived_count: 300,
      kept_count: 256,
      dropped_count: 44,
      udp_dropped_count: 44,
    },
  ];
}

/** A request every 30 ms or so; those of the gap wait for its end, the next 20 stand behind them. */
function requestRows(frame: ServiceFrame): Row[] {
  const random = createPrng(23);
  const table = runSchema.requestTable;
  const readyNs = frame.resumeNs + 5 * msNs;
  const endNs = frame.spanNs + frame.resumeNs - frame.stopNs;
  const rows: Row[] = [];
  let queued = 0;
  for (let submitNs = 20 * msNs; submitNs < endNs; submitNs += 15 * msNs + (random() % (30 * msNs))) {
    const aloneNs = 80 * usNs + Math.round((150 * usNs) / ((1 + (random() % 1000)) / 1000));
    const doneNs = submitNs + aloneNs;
    const isDrained = submitNs <= frame.stopNs && doneNs > frame.stopNs;
    const isWaiting = submitNs > frame.stopNs && submitNs < readyNs;
    if (isWaiting) queued++;
    const lastNs = readyNs + queued * 4 * msNs;
    const isDelayed = submitNs >= readyNs && submitNs < lastNs;
    const isOpen = rows.length === 40;
    const fate = isOpen ? "open" : isDrained ? "drained" : isWaiting ? "waited" : isDelayed ? "delayed" : "untouched";
    const latencyNs = isWaiting || isDelayed ? lastNs + aloneNs - submitNs : aloneNs;
    rows.push({
      // Each 20th goes to the device of the second VM.
      vm_index: longest(frame, rows.length % 20 === 19 ? 1 : 0),
      trace_device_index: rows.length % 20 === 19 ? 2 : 1,
      submit_ns: submitNs,
      alone_ns: isOpen ? null : aloneNs,
      latency_ns: isOpen ? null : latencyNs,
      fate: code(table, "fate", fate),
      bytes: 4096 * (1 + (random() % 8)),
      direction: random() % 2,
    });
  }
  return rows;
}

/** Ticks of 50 ms; faults die away, the second VM's faster; small pages fault more often and pay less each. */
function brownoutRows(frame: ServiceFrame): Row[] {
  const table = runSchema.brownoutTickTable;
  const tickNs = 50 * msNs;
  const rows: Row[] = [];
  for (const vm of new Set([0, second(frame)])) {
    for (const [mapping, most, each] of [
      ["as-backed", 40, 180 * usNs],
      ["small-pages", 9000, 2 * usNs],
    ] as const) {
      let startNs = frame.resumeNs;
      for (let tick = 0; tick < 200; tick++) {
        const faults = Math.floor((most / (1 + vm)) * Math.exp(-tick / (24 - 10 * vm)));
        const lostNs = faults * each;
        rows.push({
          vm_index: vm,
          mapping: code(table, "mapping", mapping),
          start_ns: startNs,
          end_ns: startNs + tickNs + lostNs,
          fault_count: faults,
          lost_ns: lostNs,
        });
        startNs += tickNs + lostNs;
      }
    }
  }
  return rows;
}

function limitRows({ outside }: ServiceFrame): Row[] {
  const kind = (label: string) => code(runSchema.serviceLimitTable, "kind", label);
  const source = outside ?? "assumed: common settings";
  const limit = (name: string, label: string, ns: number, assumed: number) => ({
    name,
    kind: kind(label),
    limit_ns: ns,
    source,
    assumed,
  });
  return [
    limit(outside ?? "request timeout of the guest", "request", 30 * secNs, 0),
    limit("cluster heartbeat of 1 s", "silence", secNs, 1),
    limit("cluster heartbeat of 5 s", "silence", 5 * secNs, 1),
    limit("TCP keepalive probe", "silence", 75 * secNs, 0),
  ];
}

/** A start every 100 ms: cheap before 4 s, dear between 12 s and 14 s. */
function momentRows({ stopNs, resumeNs, spanNs }: ServiceFrame): Row[] {
  const blackoutNs = resumeNs - stopNs;
  const rows: Row[] = [];
  for (let index = 0; index * 100 * msNs < spanNs; index++) {
    const startNs = index * 100 * msNs;
    const busy = startNs < 4 * secNs ? 4 : startNs >= 12 * secNs && startNs < 14 * secNs ? 160 : 40;
    const waiting = busy + Math.round(busy * 0.5 * Math.sin(index / 9) ** 2);
    const ownNs = blackoutNs + Math.round(startNs / 1000);
    rows.push({
      trace_time_ns: startNs,
      stop_ns: startNs + 2 * secNs,
      blackout_ns: ownNs,
      low_ns: Math.round(ownNs * 0.7),
      high_ns: Math.round(ownNs * 1.6),
      complete: startNs + 2 * secNs + ownNs <= spanNs ? 1 : 0,
      in_flight_count: 1,
      waited_count: waiting,
      stalled_ns: waiting * Math.round(blackoutNs / 2),
      worst_latency_ns: ownNs + waiting * msNs,
      catch_up_ns: waiting * msNs,
      dropped_count: startNs < 4 * secNs ? 0 : waiting * 9,
      fault_count: 500 - 2 * index,
      lost_ns: (500 - 2 * index) * 180 * usNs,
      full_speed_ns: 2 * secNs,
    });
  }
  return rows;
}

type Alternative = readonly [
  name: string,
  stoppedNs: number,
  degradedNs: number,
  totalNs: number,
  moved: number,
  extra: number,
  rounds: number | null,
  replaces: boolean,
  lost: string,
  reason?: string,
];

const alternatives: readonly Alternative[] = [
  ["live-update", 2480 * msNs, 1450 * msNs, 5 * secNs, 0, 12 * mibBytes, null, true, ""],
  ["pre-copy", 0, 60 * secNs, 60 * secNs, 60 * gibBytes, 8 * mibBytes, 21, true, "gpu0", "writes outrun the link"],
  ["pre-copy-auto-converge", 290 * msNs, 31 * secNs, 31 * secNs, 30 * gibBytes, 8 * mibBytes, 9, true, "gpu0"],
  ["post-copy", 41 * msNs, 4200 * msNs, 4300 * msNs, 4 * gibBytes, 8 * mibBytes, 1, true, "gpu0"],
  ["stop-and-copy", 3600 * msNs, 0, 3600 * msNs, 4 * gibBytes, 0, 1, true, "gpu0"],
  ["vmm-swap", 190 * msNs, 0, 800 * msNs, 0, 90 * mibBytes, null, false, ""],
  ["suspend-and-kexec", 9100 * msNs, 600 * msNs, 11 * secNs, 4 * gibBytes, 0, null, true, ""],
  ["cold-reboot", 140 * secNs, 45 * secNs, 185 * secNs, 0, 0, null, true, "all guest memory"],
];

function alternativeRows(frame: ServiceFrame): Row[] {
  return [...new Set([0, second(frame)])].flatMap((vm) =>
    alternatives.map(([name, stoppedNs, degradedNs, totalNs, moved, extra, rounds, replaces, lost, reason]) => ({
      name,
      vm_index: vm,
      vm_count: 2,
      feasible: reason === undefined ? 1 : 0,
      reason: reason === undefined ? "" : (frame.outside ?? reason),
      replaces_kernel: replaces ? 1 : 0,
      stopped_ns: stoppedNs * (1 + vm),
      // Of a VM that is paused first, QEMU counts the last part only.
      qemu_downtime_ns: rounds === null ? null : name === "stop-and-copy" ? 9 * msNs : stoppedNs,
      degraded_ns: degradedNs * (1 + vm),
      total_ns: totalNs * (1 + vm),
      host_ns: totalNs * 2 * (1 + vm),
      moved_bytes: moved,
      extra_bytes: extra,
      round_count: rounds,
      lost_state: lost === "" ? "" : (frame.outside ?? lost),
      detail: frame.outside ?? "a link of 10 Gbit/s, assumed",
    })),
  );
}

/** Rounds of the two kinds of pre-copy of the first VM; the second one holds the vCPUs back more and more. */
function roundRows(): Row[] {
  return [1, 2].flatMap((alternative) =>
    Array.from({ length: alternatives[alternative]![6]! }, (_, round) => {
      const share = alternative === 1 ? 0.9 : 0.7 ** round;
      const pages = Math.round(1_048_576 * (round === 0 ? 1 : share));
      return {
        alternative_index: alternative,
        round_index: round,
        start_ns: round * 2900 * msNs,
        end_ns: (round + 1) * 2900 * msNs,
        dirty_pages: pages,
        sent_bytes: pages * 4096,
        throttle_ratio: alternative === 1 ? 0 : Math.min(0.9, round * 0.1),
      };
    }),
  );
}

/** Rows about what guests and their clients feel, and what else one could do. */
export function serviceTables(frame: ServiceFrame): readonly (readonly [Table, readonly Row[]])[] {
  return [
    [runSchema.deviceGapTable, gapRows(frame)],
    [runSchema.requestTable, requestRows(frame)],
    [runSchema.brownoutTickTable, brownoutRows(frame)],
    [runSchema.serviceLimitTable, limitRows(frame)],
    [runSchema.momentTable, momentRows(frame)],
    [runSchema.alternativeTable, alternativeRows(frame)],
    [runSchema.migrationRoundTable, roundRows()],
  ];
}
