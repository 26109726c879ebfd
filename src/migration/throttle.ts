import type { MigrationConfig } from "./config.ts";

/** A ratio of whole percents, as QEMU counts: 0.2 + 0.1 is 0.3. */
function percents(ratio: number): number {
  return Math.round(ratio * 100) / 100;
}

/**
 * Auto-converge: slows the guest down when it writes faster than it is moved.
 *
 * Rules    MIG-08: a period in which more than the trigger's share of the bytes sent was dirtied counts; with the second
 *          one counted the guest is slowed, and counting starts again; a calm period takes nothing back
 * Source   QEMU migration/ram.c, migration_trigger_throttle and mig_throttle_guest_down
 */
export class Throttle {
  ratio = 0;
  mostRatio = 0;
  readonly #config: MigrationConfig;
  #highCount = 0;

  constructor(config: MigrationConfig) {
    this.#config = config;
  }

  /** A period of more than a second has ended, with these bytes dirtied and sent. */
  period(dirtyBytes: number, sentBytes: number): void {
    const { autoConverge, throttleTriggerRatio, throttleInitialRatio, throttleIncrementRatio } = this.#config;
    if (!autoConverge || dirtyBytes <= sentBytes * throttleTriggerRatio) return;
    this.#highCount++;
    if (this.#highCount < 2) return;
    this.#highCount = 0;
    const next = this.ratio === 0 ? throttleInitialRatio : this.ratio + throttleIncrementRatio;
    this.ratio = percents(Math.min(next, this.#config.throttleLimitRatio));
    this.mostRatio = Math.max(this.mostRatio, this.ratio);
  }
}
