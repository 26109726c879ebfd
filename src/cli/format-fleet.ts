import {
  type CatalogueRow,
  displayText,
  fleetSentence,
  formatBytes,
  formatCount,
  formatLongNs,
  formatNs,
  formatRatio,
  formatVmSeconds,
  plural,
} from "../analysis/index.ts";
import { formatTable } from "./table.ts";

export interface FleetAnswer {
  readonly headline: readonly CatalogueRow<"fleet-headline">[];
  readonly kinds: readonly CatalogueRow<"fleet-kinds">[];
  readonly slos: readonly CatalogueRow<"fleet-slos">[];
  readonly batches: readonly CatalogueRow<"fleet-batches">[];
  readonly refusals: readonly CatalogueRow<"fleet-refusals">[];
  readonly unplaced: readonly CatalogueRow<"fleet-unplaced">[];
  readonly stays: readonly CatalogueRow<"fleet-stays">[];
  readonly notes: readonly CatalogueRow<"fleet-notes">[];
}

type Headline = CatalogueRow<"fleet-headline">;

/** Longer lists are left to `luoscope query`. */
const mostRows = 12;

function shorten<Row>(rows: readonly Row[], question: string, print: (rows: readonly Row[]) => string): string[] {
  const more = rows.length - mostRows;
  return [print(rows.slice(0, mostRows)), ...(more > 0 ? [`… ${formatCount(more)} more: query ${question}`] : [])];
}

function formatHeadline(row: Headline): string {
  const line = (what: string, base: string, low = "", high = ""): string[] => [what, base, low, high];
  const rows = [
    line("rollout", formatLongNs(row.total_ns), formatLongNs(row.total_low_ns), formatLongNs(row.total_high_ns)),
    line(
      "VM-seconds in pauses",
      formatVmSeconds(row.pause_sum_ns),
      formatVmSeconds(row.pause_sum_low_ns),
      formatVmSeconds(row.pause_sum_high_ns),
    ),
    line(
      "VM-seconds on failed hosts",
      formatVmSeconds(row.loss_sum_ns),
      formatVmSeconds(row.loss_sum_low_ns),
      formatVmSeconds(row.loss_sum_high_ns),
    ),
    line("VM-seconds in migrations", formatVmSeconds(row.migration_sum_ns)),
    ...(row.worst_vm_name === null
      ? []
      : [
          line(
            `worst: ${displayText(row.worst_vm_name, 30)} on ${displayText(row.worst_host_name ?? "", 30)}`,
            formatNs(row.worst_ns ?? 0),
            formatNs(row.worst_low_ns ?? 0),
            formatNs(row.worst_high_ns ?? 0),
          ),
        ]),
  ];
  return formatTable(["", "base", "low", "high"], rows, [false, true, true, true]);
}

function hostWords(row: Headline): string {
  const parts = [
    `${formatCount(row.updated_host_count)} updated`,
    `${formatCount(row.failed_host_count)} failed`,
    `${formatCount(row.refused_host_count)} refused`,
    `${formatCount(row.unreached_host_count)} not reached`,
  ];
  return `${plural(row.host_count, "host")}: ${parts.join(", ")}; ${plural(row.composition_count, "different composition")}`;
}

function vmWords(row: Headline): string {
  const parts = [
    `${formatCount(row.paused_vm_count)} pause`,
    `${formatCount(row.migrated_vm_count)} migrated`,
    `${formatCount(row.lost_vm_count)} lost with their host`,
    `${formatCount(row.refused_vm_count + row.unreached_vm_count)} on hosts not updated`,
    `${formatCount(row.unplaced_vm_count)} found no place`,
  ];
  return `${plural(row.vm_count, "VM")} with ${formatBytes(row.guest_bytes)}: ${parts.join(", ")}`;
}

function memoryWords(row: Headline): string {
  return `memory: ${formatBytes(row.scratch_bytes)} of scratch on all hosts, metadata up to ${formatBytes(row.host_metadata_bytes)} a host and ${formatBytes(row.peak_metadata_bytes)} at once`;
}

function formatKinds(rows: FleetAnswer["kinds"]): string {
  return formatTable(
    ["hosts", "number", "VMs", "memory used", "vCPUs used", "blackout", "median", "longest"],
    rows.map((row) => [
      displayText(row.host_kind, 30),
      formatCount(row.host_count),
      formatCount(row.vm_count),
      formatRatio(row.used_ratio),
      formatRatio(row.used_vcpu_ratio),
      ...[row.least_blackout_ns, row.median_blackout_ns, row.most_blackout_ns].map((ns) =>
        ns === null ? "–" : formatNs(ns),
      ),
    ]),
    [false, true, true, true, true, true, true, true],
  );
}

/** A count at base, and at both ends where these differ. */
function countRange(base: number, low: number, high: number): string {
  if (low === base && high === base) return formatCount(base);
  return `${formatCount(base)} (${formatCount(low)} to ${formatCount(high)})`;
}

function formatSlos(rows: FleetAnswer["slos"]): string {
  return formatTable(
    ["SLO", "pause", "promised of", "VMs that break it", "hosts", "kept by", ""],
    rows.map((row) => [
      displayText(row.slo_name, 30),
      formatNs(row.pause_ns),
      formatRatio(row.vm_ratio),
      countRange(row.broken_vm_count, row.low_broken_vm_count, row.high_broken_vm_count),
      countRange(row.broken_host_count, row.low_broken_host_count, row.high_broken_host_count),
      formatRatio(row.kept_ratio),
      row.is_kept ? "kept" : "broken",
    ]),
    [false, true, true, true, true, true, false],
  );
}

function formatBatches(rows: FleetAnswer["batches"]): string {
  return formatTable(
    ["batch", "hosts", "failed", "from", "to", "VM-seconds lost", ""],
    rows.map((row) => [
      formatCount(row.batch_index + 1),
      formatCount(row.host_count),
      formatCount(row.failed_count),
      row.start_ns === null ? "–" : formatLongNs(row.start_ns),
      row.end_ns === null ? "–" : formatLongNs(row.end_ns),
      formatVmSeconds(row.lost_sum_ns),
      row.aborts ? "too many have failed: the rollout ends" : "",
    ]),
    [true, true, true, true, true, true, false],
  );
}

const stayWords: Readonly<Record<string, string>> = {
  "no-place": "no other host has room",
  passthrough: "a passthrough device blocks migration",
  "not-converging": "its migration would not end",
};

function formatStays(rows: FleetAnswer["stays"]): string[] {
  return rows.map(
    (row) =>
      `may not pause but stay: ${plural(row.vm_count, "VM")}, ${stayWords[row.stay_reason] ?? row.stay_reason}; longest ${formatNs(row.worst_ns)}`,
  );
}

/** What a rollout takes and costs, in one screen. */
export function formatFleet(answer: FleetAnswer): string {
  const row = answer.headline[0]!;
  const reached = answer.batches.filter((batch) => batch.is_reached);
  const unreached = row.batch_count - row.reached_batch_count;
  const refusals = answer.refusals.map(
    ({ refusal, host_count, first_host_name }) =>
      `refused: ${plural(host_count, "host")} (${displayText(first_host_name, 30)}): ${displayText(refusal, 400)}`,
  );
  const unplaced = answer.unplaced.map(
    ({ guest_bytes, vcpu_count, vm_count, first_vm_name }) =>
      `no place: ${plural(vm_count, "VM")} of ${formatBytes(guest_bytes)} and ${plural(vcpu_count, "vCPU")} (${displayText(first_vm_name, 30)})`,
  );
  return [
    `${fleetSentence(row)}.`,
    "",
    formatHeadline(row),
    "",
    hostWords(row),
    vmWords(row),
    memoryWords(row),
    "",
    ...shorten(answer.kinds, "fleet-kinds", formatKinds),
    "",
    ...(answer.slos.length === 0 ? [] : [formatSlos(answer.slos), ""]),
    ...shorten(reached, "fleet-batches", formatBatches),
    ...(unreached > 0 ? [`${plural(unreached, "batch", "batches")} not reached`] : []),
    "",
    ...formatStays(answer.stays),
    ...refusals.slice(0, mostRows),
    ...unplaced.slice(0, mostRows),
    ...answer.notes.map(({ note_code: code, detail }) => `note: ${displayText(code, 60)}: ${displayText(detail, 400)}`),
  ].join("\n");
}
