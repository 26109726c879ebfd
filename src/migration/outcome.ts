import type { MigrationMode } from "./config.ts";

/** From one look at the dirty log to the next. */
export interface MigrationRound {
  readonly startNs: number;
  readonly endNs: number;
  /** Pages that waited at its start, and those of them that were newly dirty. */
  readonly pendingPages: number;
  readonly dirtyPages: number;
  readonly dataPages: number;
  readonly zeroPages: number;
  readonly transferredBytes: number;
  /** QEMU's estimate while the round went on; its own default is the limit. */
  readonly expectedDowntimeNs: number;
  readonly throttleRatio: number;
}

/** Why a migration ended: all moved, or a cap on rounds or time, or somebody ended it. */
export type MigrationEnd = "completed" | "rounds" | "time" | "cancelled";

/**
 * What a migration does, from its start. Times are ns, whole runs of the simulator without any of the clock.
 *
 * A migration that did not converge has times and bytes until it was given up, and no blackout.
 */
export interface MigrationOutcome {
  readonly mode: MigrationMode;
  readonly converged: boolean;
  readonly reason: MigrationEnd;
  /** QEMU's dirty_sync_count: looks at the dirty log, the first and the last included. */
  readonly roundCount: number;
  readonly totalNs: number;
  /** How long the vCPUs stood still. */
  readonly blackoutNs: number;
  /** What QEMU calls downtime: of a guest that was paused before, only the last part. */
  readonly qemuDowntimeNs: number;
  /** When the vCPUs stopped, from the start of the migration; infinite where they did not. */
  readonly stoppedAtNs: number;
  readonly transferredBytes: number;
  readonly dataPages: number;
  readonly zeroPages: number;
  /** What the destination takes while the source is still there. */
  readonly extraMemoryBytes: number;
  /** Time in which the guest ran slower: throttled, or with part of its memory away. */
  readonly degradedNs: number;
  readonly throttleMaxRatio: number;
  /** How often the trace had to start again. */
  readonly traceRepeats: number;
  readonly rounds: readonly MigrationRound[];
}
