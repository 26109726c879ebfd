/** How a run ended: `refused` is the kernel's or the scenario's no, `failed` anything else. */
export type RunStatus = "done" | "refused" | "failed";

/** What one run comes to, as a line of JSON on its way into a part; its names are those of the columns. */
export interface RunRow {
  readonly run_id: string;
  readonly status: RunStatus;
  readonly reason: string | null;
  readonly preserve_ns?: number;
  readonly freeze_ns?: number;
  readonly serialize_ns?: number;
  readonly kexec_ns?: number;
  readonly restore_ns?: number;
  readonly finish_ns?: number;
  readonly blackout_ns?: number;
  /** Lengths for which VMs stand still, shortest first, and how many VMs each. */
  readonly pause_ns?: readonly number[];
  readonly pause_vm_count?: readonly number[];
  readonly metadata_bytes?: number;
  readonly scratch_bytes?: number;
  readonly kexec_image_bytes?: number;
  readonly transient_peak_bytes?: number;
  readonly in_flight_count?: number;
  readonly waited_count?: number;
  readonly stalled_ns?: number;
  readonly worst_latency_ns?: number;
  readonly catch_up_ns?: number;
  readonly dropped_count?: number;
  readonly fault_count?: number;
  readonly lost_ns?: number;
  readonly full_speed_ns?: number;
  /** Of runs with all inputs at their medians: what the phases are made of. */
  readonly step_phase?: readonly string[];
  readonly step?: readonly string[];
  readonly step_ns?: readonly number[];
}

/** Types of a part's columns, in their order. */
export const runColumns: Readonly<Record<keyof RunRow, string>> = {
  run_id: "VARCHAR",
  status: "VARCHAR",
  reason: "VARCHAR",
  preserve_ns: "BIGINT",
  freeze_ns: "BIGINT",
  serialize_ns: "BIGINT",
  kexec_ns: "BIGINT",
  restore_ns: "BIGINT",
  finish_ns: "BIGINT",
  blackout_ns: "BIGINT",
  pause_ns: "BIGINT[]",
  pause_vm_count: "UINTEGER[]",
  metadata_bytes: "BIGINT",
  scratch_bytes: "BIGINT",
  kexec_image_bytes: "BIGINT",
  transient_peak_bytes: "BIGINT",
  in_flight_count: "BIGINT",
  waited_count: "BIGINT",
  stalled_ns: "BIGINT",
  worst_latency_ns: "BIGINT",
  catch_up_ns: "BIGINT",
  dropped_count: "BIGINT",
  fault_count: "BIGINT",
  lost_ns: "BIGINT",
  full_speed_ns: "BIGINT",
  step_phase: "VARCHAR[]",
  step: "VARCHAR[]",
  step_ns: "BIGINT[]",
};

/** Columns that the index adds when parts are put together. */
export const indexColumns = {
  run_index: "UINTEGER",
  run_id: "VARCHAR",
  kind: "VARCHAR",
  configuration_index: "INTEGER",
  draw_index: "UINTEGER",
} as const;
