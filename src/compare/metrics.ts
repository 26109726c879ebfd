import type { Metric, MetricUnit, Polarity } from "./metric.ts";

interface Definition {
  readonly unit: MetricUnit;
  readonly doc: string;
  readonly polarity?: Polarity;
  /** Left out: whatever has a shorter or smaller value is better, and no difference is too small. */
  readonly floor?: number;
  readonly floorRatio?: number;
  readonly absent?: number;
}

/** Of a replayed run or a sweep: the same inputs give the same value. */
const modelled = {
  blackout_ns: { unit: "ns", doc: "The host's blackout; of a sweep one value a draw." },
  phase_ns: { unit: "ns", doc: "Length of a phase of the update." },
  step_ns: { unit: "ns", doc: "What a phase waits for in a step; all steps together are the phase.", absent: 0 },
  vm_blackout_ns: { unit: "ns", doc: "A VM's blackout: from its first vCPU's pause to where its vCPUs run." },
  guest_visible_ns: { unit: "ns", doc: "A VM's downtime as its guest sees it: until the last of its devices answers." },
  service_visible_ns: { unit: "ns", doc: "A VM's downtime as its clients see it: until its network reaches it again." },
  full_speed_ns: { unit: "ns", doc: "From a VM's resume until it runs at 99 % of its speed." },
  brownout_lost_ns: { unit: "ns", doc: "What a VM loses to faults after its resume." },
  request_p50_ns: { unit: "ns", doc: "Median latency of the requests to a device around the update." },
  request_p99_ns: { unit: "ns", doc: "99th percentile of these latencies." },
  request_stalled_ns: { unit: "ns", doc: "What the update adds to these latencies, all together." },
  dropped_packet_count: { unit: "count", doc: "Packets from outside that a network card does not take." },
  lost_event_count: { unit: "count", doc: "DMA, interrupts and packets that nobody takes." },
  overhead_bytes: { unit: "bytes", doc: "Memory that the update holds: metadata, scratch and kexec image." },
  overhead_kind_bytes: { unit: "bytes", doc: "Memory that the update takes, by what it is for.", absent: 0 },
  slo_quantile_ns: { unit: "ns", doc: "Of a sweep: the shortest pause that the SLO's share of the VMs keeps to." },
  worst_pause_ns: { unit: "ns", doc: "Of a sweep: the longest pause of a VM over all draws." },
  attained_ratio: { unit: "ratio", polarity: "higher", doc: "Of a sweep: share of the VMs that keep to the SLO." },
  held_ratio: { unit: "ratio", polarity: "higher", doc: "Of a sweep: share of the draws in which the SLO holds." },
  feasible_flag: {
    unit: "flag",
    polarity: "higher",
    doc: "Of a sweep: 1 where a configuration keeps SLO and memory limit.",
  },
} as const satisfies Readonly<Record<string, Definition>>;

/**
 * Of a recording: measured. Steps shorter than 0.5 ms vary by what happens to be in a cache (docs/validity.md); the share
 * of 1 % is assumed.
 */
const measured = { floor: 500_000, floorRatio: 0.01 } as const;

const recorded = {
  recorded_blackout_ns: {
    unit: "ns",
    doc: "Reboot to userspace, and opening, retrieving sessions and files.",
    ...measured,
  },
  reboot_to_userspace_ns: {
    unit: "ns",
    doc: "From the reboot call to the new userspace's first instruction.",
    ...measured,
  },
  preserve_files_ns: { unit: "ns", doc: "All PRESERVE_FD calls.", ...measured },
  retrieve_files_ns: { unit: "ns", doc: "All RETRIEVE_FD calls.", ...measured },
  recorded_phase_ns: { unit: "ns", doc: "All recorded steps of a phase.", ...measured },
  recorded_step_ns: { unit: "ns", doc: "A stretch of an update that a recording times.", ...measured },
} as const satisfies Readonly<Record<string, Definition>>;

export type ModelledMetric = keyof typeof modelled;
export type RecordedMetric = keyof typeof recorded;

function toMetric(id: string, definition: Definition, exact: boolean): Metric {
  const { unit, doc, polarity, floor, floorRatio, absent } = definition;
  return {
    ...(absent === undefined ? {} : { absent }),
    id,
    unit,
    polarity: polarity ?? "lower",
    exact,
    floor: floor ?? 0,
    floorRatio: floorRatio ?? 0,
    doc,
  };
}

/** Every metric that luoscope itself takes, by id. */
export const knownMetrics: ReadonlyMap<string, Metric> = new Map([
  ...Object.entries(modelled).map(([id, definition]) => [id, toMetric(id, definition, true)] as const),
  ...Object.entries(recorded).map(([id, definition]) => [id, toMetric(id, definition, false)] as const),
]);

export function knownMetric(id: ModelledMetric | RecordedMetric): Metric {
  return knownMetrics.get(id)!;
}

/** Metrics of lengths that are made of steps: those of a whole first. */
export const explainedMetrics: readonly string[] = [
  "blackout_ns",
  "recorded_blackout_ns",
  "reboot_to_userspace_ns",
  "phase_ns",
  "recorded_phase_ns",
] satisfies (ModelledMetric | RecordedMetric)[];

const unitWords: Readonly<Record<string, MetricUnit>> = {
  ns: "ns",
  bytes: "bytes",
  pages: "pages",
  count: "count",
  ratio: "ratio",
  flag: "flag",
};

/** The unit that a metric's name ends with; `1` where it ends with none. */
export function unitOf(id: string): MetricUnit {
  if (id.endsWith("_per_sec")) return "per_sec";
  return unitWords[id.slice(id.lastIndexOf("_") + 1)] ?? "1";
}

/** Time and memory are better when there is less of them, rates when there is more; of all else nobody knows. */
export function usualPolarity(unit: MetricUnit): Polarity {
  if (unit === "ns" || unit === "bytes" || unit === "pages") return "lower";
  return unit === "per_sec" || unit === "flag" ? "higher" : "neutral";
}

/** A metric of somebody else's: measured, with a floor of 1 % (assumed) unless it says otherwise. */
export function foreignMetric(id: string, said: Partial<Omit<Metric, "id">> = {}): Metric {
  const unit = said.unit ?? unitOf(id);
  const exact = said.exact ?? false;
  return {
    id,
    unit,
    exact,
    polarity: said.polarity ?? usualPolarity(unit),
    floor: said.floor ?? 0,
    floorRatio: said.floorRatio ?? (exact ? 0 : measured.floorRatio),
    ...(said.absent === undefined ? {} : { absent: said.absent }),
    doc: said.doc ?? "",
  };
}
