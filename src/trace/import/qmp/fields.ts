import { mibBytes, msNs, pageBytes, usNs } from "../../../base/index.ts";

/** What a field of `query-migrate` counts, in the unit of the trace. */
export interface MeasuredField {
  readonly name: string;
  readonly unit: string;
  /** What one of QEMU's own units is of `unit`; 0 for pages whose size the reply says. */
  readonly scale: number;
}

const megabitBytes = 1e6 / 8;

/** Fields by the unit in which QEMU gives them (qapi/migration.json), names with underscores. */
const fieldsOf: readonly { readonly unit: string; readonly scale: number; readonly fields: string }[] = [
  { unit: "ns", scale: msNs, fields: "total_time setup_time downtime expected_downtime postcopy_blocktime" },
  { unit: "ns", scale: usNs, fields: "dirty_limit_throttle_time_per_round dirty_limit_ring_full_time" },
  { unit: "ns", scale: 1, fields: "postcopy_latency" },
  { unit: "percent", scale: 1, fields: "cpu_throttle_percentage" },
  {
    unit: "bytes",
    scale: 1,
    fields:
      "transferred remaining total normal_bytes precopy_bytes downtime_bytes postcopy_bytes multifd_bytes " +
      "xbzrle_cache.bytes xbzrle_cache.cache_size vfio.transferred disk.transferred disk.remaining disk.total",
  },
  { unit: "pages", scale: 1, fields: "normal duplicate skipped xbzrle_cache.pages" },
  { unit: "pages/s", scale: 1, fields: "pages_per_second" },
  {
    unit: "count",
    scale: 1,
    fields:
      "dirty_sync_count dirty_sync_missed_zero_copy postcopy_requests xbzrle_cache.cache_miss xbzrle_cache.overflow",
  },
  { unit: "ratio", scale: 1, fields: "xbzrle_cache.cache_miss_rate xbzrle_cache.encoding_rate" },
];

const spoken = (field: string) => `migration ${field === "total" ? "ram total" : field.replaceAll(/[._]/g, " ")}`;

export const migrationFields: ReadonlyMap<string, MeasuredField> = new Map([
  ...fieldsOf.flatMap(({ unit, scale, fields }) =>
    fields.split(" ").map((field): [string, MeasuredField] => [field, { name: spoken(field), unit, scale }]),
  ),
  ["dirty_pages_rate", { name: "migration dirty rate", unit: "bytes/s", scale: 0 }],
  // Megabits: 10^6 bits.
  ["mbps", { name: "migration throughput", unit: "bytes/s", scale: megabitBytes }],
]);

/** QEMU says MB/s and shifts by 20 (migration/dirtyrate.c). */
export const dirtyRateScale = mibBytes;
/** Pages of a guest whose reply does not say their size. */
export const usualPageBytes = pageBytes;

/** States of a migration (qapi/migration.json, MigrationStatus). */
export const migrationStates: ReadonlySet<string> = new Set(
  (
    "none setup cancelling cancelled active postcopy-device postcopy-active postcopy-paused postcopy-recover-setup " +
    "postcopy-recover completed failed failing colo pre-switchover device wait-unplug"
  ).split(" "),
);
