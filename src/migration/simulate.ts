import { secNs } from "../base/index.ts";
import {
  dataPageBytes,
  iterationNs,
  leastMeasuredBytes,
  type MigrationConfig,
  ratePeriodNs,
  targetPageBytes,
  throttleTickNs,
  windowNs,
  zeroPageBytes,
} from "./config.ts";
import type { DirtyLog, SendLimit, TakenPages } from "./dirty-log.ts";
import type { MigrationEnd, MigrationOutcome, MigrationRound } from "./outcome.ts";
import { Throttle } from "./throttle.ts";

/** What the hosts can send unlimited: the link, or all channels together (MIG-11). */
function fastestBytesPerSec({ linkBytesPerSec, channels, channelBytesPerSec }: MigrationConfig): number {
  return Math.min(linkBytesPerSec, channels * channelBytesPerSec);
}

/** Bytes a window lets through: the limit is seen when the buffer is flushed, so whole flushes (MIG-02). */
function windowQuota({ maxBytesPerSec, flushPages }: MigrationConfig): number {
  if (maxBytesPerSec === 0) return Infinity;
  const limit = Math.floor((maxBytesPerSec * windowNs) / secNs);
  const flush = flushPages * dataPageBytes;
  return Math.max(1, Math.ceil(limit / flush)) * flush;
}

/** One migration as it goes on; each method is one step of QEMU's migration thread. */
class Migration {
  readonly #config: MigrationConfig;
  readonly #log: DirtyLog;
  readonly #throttle: Throttle;
  readonly #quota: number;
  readonly #limit: SendLimit;
  readonly #taken: TakenPages = { data: 0, zero: 0 };
  readonly #rounds: MigrationRound[] = [];

  #nowNs = 0;
  #guestRuns: boolean;
  #windowStartNs = 0;
  #windowBytes = 0;
  #dataPages = 0;
  #zeroPages = 0;
  #syncCount = 1;
  #thresholdBytes = 0;
  #expectedDowntimeNs: number;
  /** Since the last rate of dirty pages: when, pages, and bytes sent until then. */
  #rateNs = 0;
  #ratePages = 0;
  #rateBytes = 0;
  #rateKnown = false;
  #syncBytes = 0;
  #nextTickNs = throttleTickNs;
  #tickSyncCount = 0;
  #degradedNs = 0;
  #round = { startNs: 0, pending: 0, dirty: 0, data: 0, zero: 0 };

  constructor(log: DirtyLog, config: MigrationConfig) {
    this.#log = log;
    this.#config = config;
    this.#throttle = new Throttle(config);
    this.#quota = windowQuota(config);
    const dataNs = (dataPageBytes / fastestBytesPerSec(config)) * secNs;
    this.#limit = { bytes: 0, ns: 0, dataNs, zeroNs: config.zeroPageNs };
    this.#expectedDowntimeNs = config.downtimeLimitNs;
    // MIG-12: a stopped guest writes nothing, and its time does not pass.
    this.#guestRuns = config.mode !== "stop-copy";
    this.#round.pending = log.pendingPages;
  }

  run(): MigrationOutcome {
    this.#advance(this.#config.setupNs);
    this.#windowStartNs = this.#nowNs;
    this.#nextTickNs = this.#nowNs + throttleTickNs;
    this.#rateNs = this.#nowNs;
    for (;;) {
      const end = this.#mustEnd();
      if (end !== undefined) return this.#giveUp(end);
      this.#tick();
      if (this.#canSwitch()) return this.#complete();
      if (this.#config.mode === "postcopy" && this.#nowNs >= this.#config.postcopyAtNs) return this.#postcopy();
      this.#send();
      this.#limitRate();
    }
  }

  get #sentBytes(): number {
    return this.#dataPages * dataPageBytes + this.#zeroPages * zeroPageBytes;
  }

  #advance(ns: number): void {
    const fromNs = this.#nowNs;
    this.#nowNs += ns;
    if (!this.#guestRuns) return;
    this.#log.run(fromNs, this.#nowNs, this.#throttle.ratio);
    if (this.#throttle.ratio > 0) this.#degradedNs += ns;
  }

  #mustEnd(): MigrationEnd | undefined {
    if (this.#nowNs >= this.#config.cancelAtNs) return "cancelled";
    if (this.#nowNs >= this.#config.maxNs) return "time";
    return this.#syncCount >= this.#config.maxRounds ? "rounds" : undefined;
  }

  /** MIG-09: with auto-converge, a round of more than five seconds is looked into (never the first). */
  #tick(): void {
    if (!this.#config.autoConverge || this.#nowNs < this.#nextTickNs) return;
    if (this.#syncCount > 1 && this.#syncCount === this.#tickSyncCount) this.#sync();
    this.#tickSyncCount = this.#syncCount;
    this.#nextTickNs = this.#nowNs + throttleTickNs;
  }

  /** MIG-04: what waits by the estimate, then by a look at the dirty log, is less than fits the downtime limit. */
  #canSwitch(): boolean {
    if (this.#log.pendingPages * targetPageBytes < this.#thresholdBytes) this.#sync();
    const pending = this.#log.pendingPages * targetPageBytes;
    return pending === 0 || pending < this.#thresholdBytes;
  }

  #sync(): void {
    this.#endRound();
    const fresh = this.#log.sync();
    this.#syncCount++;
    this.#ratePages += fresh;
    this.#syncBytes = this.#log.pendingPages * targetPageBytes;
    this.#round = { startNs: this.#nowNs, pending: this.#log.pendingPages, dirty: fresh, data: 0, zero: 0 };
    // MIG-07: rates, and the decision to throttle, wait until a second has passed.
    if (this.#nowNs <= this.#rateNs + ratePeriodNs) return;
    const sent = this.#sentBytes;
    this.#throttle.period(this.#ratePages * targetPageBytes, sent - this.#rateBytes);
    this.#rateKnown = this.#ratePages > 0;
    this.#rateNs = this.#nowNs;
    this.#ratePages = 0;
    this.#rateBytes = sent;
  }

  #endRound(): void {
    const { startNs, pending, dirty, data, zero } = this.#round;
    this.#rounds.push({
      startNs,
      endNs: this.#nowNs,
      pendingPages: pending,
      dirtyPages: dirty,
      dataPages: data,
      zeroPages: zero,
      transferredBytes: data * dataPageBytes + zero * zeroPageBytes,
      expectedDowntimeNs: this.#expectedDowntimeNs,
      throttleRatio: this.#throttle.ratio,
    });
  }

  #take(bytes: number, ns: number): void {
    const taken = this.#taken;
    const limit = this.#limit;
    limit.bytes = bytes;
    limit.ns = ns;
    this.#log.take(limit, taken);
    this.#dataPages += taken.data;
    this.#zeroPages += taken.zero;
    this.#round.data += taken.data;
    this.#round.zero += taken.zero;
    this.#windowBytes += taken.data * dataPageBytes + taken.zero * zeroPageBytes;
    this.#advance(taken.data * limit.dataNs + taken.zero * limit.zeroNs);
  }

  /** MIG-03: pages leave until the window's bytes are used up, 50 ms have passed or none waits. */
  #send(): void {
    this.#take(this.#quota - this.#windowBytes, iterationNs);
  }

  /** MIG-02: a window that is used up is waited for; each full one measures the bandwidth. */
  #limitRate(): void {
    const usedUp = this.#windowBytes >= this.#quota;
    const restNs = this.#windowStartNs + windowNs - this.#nowNs;
    if (restNs > 0) {
      if (!usedUp) return;
      this.#advance(restNs);
    }
    this.#measure(this.#nowNs - this.#windowStartNs);
    this.#advance(this.#config.windowOverheadNs);
    this.#windowStartNs = this.#nowNs;
    this.#windowBytes = 0;
  }

  /** MIG-04: the threshold is what the measured bandwidth moves within the downtime limit. */
  #measure(spentNs: number): void {
    const bytesPerNs = this.#windowBytes / spentNs;
    this.#thresholdBytes = bytesPerNs * this.#config.downtimeLimitNs;
    // MIG-07: the estimate is of all that waited at the last look, and QEMU's limit until a rate is known.
    if (this.#rateKnown && this.#windowBytes > leastMeasuredBytes)
      this.#expectedDowntimeNs = this.#syncBytes / bytesPerNs;
  }

  /** MIG-10: the vCPUs stop, one last look, and what waits goes out unlimited. */
  #complete(): MigrationOutcome {
    const { pauseLeadNs, precopySwitchNs, startNs } = this.#config;
    const stoppedAtNs = this.#nowNs;
    const wasRunning = this.#guestRuns;
    this.#guestRuns = false;
    this.#sync();
    this.#take(Infinity, Infinity);
    this.#advance(precopySwitchNs);
    this.#endRound();
    const qemuDowntimeNs = this.#nowNs - stoppedAtNs;
    return wasRunning
      ? this.#outcome({ stoppedAtNs, qemuDowntimeNs, blackoutNs: qemuDowntimeNs + startNs })
      : this.#outcome({ stoppedAtNs: 0, qemuDowntimeNs, blackoutNs: pauseLeadNs + this.#nowNs + startNs });
  }

  /** MIG-17: the guest moves with its devices' state only; its pages follow, at link speed unless limited. */
  #postcopy(): MigrationOutcome {
    const { postcopySwitchNs, startNs, maxPostcopyBytesPerSec } = this.#config;
    const stoppedAtNs = this.#nowNs;
    this.#guestRuns = false;
    this.#sync();
    this.#advance(postcopySwitchNs);
    const resumedNs = this.#nowNs;
    const before = this.#sentBytes;
    this.#take(Infinity, Infinity);
    if (maxPostcopyBytesPerSec > 0) {
      const limitedNs = ((this.#sentBytes - before) / maxPostcopyBytesPerSec) * secNs;
      this.#advance(Math.max(0, limitedNs - (this.#nowNs - resumedNs)));
    }
    this.#endRound();
    this.#degradedNs += this.#nowNs - resumedNs;
    return this.#outcome({ stoppedAtNs, qemuDowntimeNs: postcopySwitchNs, blackoutNs: postcopySwitchNs + startNs });
  }

  #giveUp(reason: MigrationEnd): MigrationOutcome {
    this.#endRound();
    const stopped = this.#guestRuns ? Infinity : 0;
    const blackoutNs = this.#guestRuns ? 0 : this.#config.pauseLeadNs + this.#nowNs;
    return this.#outcome({ stoppedAtNs: stopped, qemuDowntimeNs: 0, blackoutNs }, reason);
  }

  #outcome(
    stop: Pick<MigrationOutcome, "stoppedAtNs" | "qemuDowntimeNs" | "blackoutNs">,
    reason: MigrationEnd = "completed",
  ): MigrationOutcome {
    return {
      mode: this.#config.mode,
      converged: reason === "completed",
      reason,
      roundCount: this.#syncCount,
      totalNs: this.#nowNs,
      ...stop,
      transferredBytes: this.#sentBytes + this.#config.fixedBytes,
      dataPages: this.#dataPages,
      zeroPages: this.#zeroPages,
      extraMemoryBytes: this.#log.populatedPages * targetPageBytes,
      degradedNs: this.#degradedNs,
      throttleMaxRatio: this.#throttle.mostRatio,
      traceRepeats: this.#log.repeats,
      rounds: this.#rounds,
    };
  }
}

/**
 * Moves a VM as QEMU does, over a log of what its guest writes.
 *
 * Cost     a sync looks at each word of a bitmap log; sending costs what is sent
 * Errors   UsageError for a configuration that no migration can have: see `makeMigration`
 */
export function simulateMigration(log: DirtyLog, config: MigrationConfig): MigrationOutcome {
  return new Migration(log, config).run();
}
