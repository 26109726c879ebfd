// Files of QEMU are named as they were read at these commits: migration.c at
// 0058078 (about 9.0), ram.c and options.c at 58deb35 (after 8.2), qemu-file.c at c7a7db4 (7.x), cpu-throttle.c at 575c2c5
// (9.2 in the making). docs/migration.md says what was not read in later ones.
import { mibBytes, msNs, secNs, UsageError, usNs } from "../base/index.ts";

/** Address and flags before each page in the stream (MIG-01; QEMU migration/ram.c save_page_header). */
const pageHeaderBytes = 8;

/** A page with data: its header and 4096 bytes (MIG-01; QEMU migration/ram.c save_normal_page). */
export const dataPageBytes: number = pageHeaderBytes + 4096;

/** A page of zeros: its header and one byte (MIG-01; QEMU migration/ram.c save_zero_page). */
export const zeroPageBytes: number = pageHeaderBytes + 1;

/** The page that counts of remaining bytes are made of (QEMU migration/ram.c ram_bytes_remaining). */
export const targetPageBytes = 4096;

/** The bandwidth limit holds a window of this length (MIG-02; QEMU migration/migration.c BUFFER_DELAY). */
export const windowNs: number = 100 * msNs;

/** One call to send pages ends after this long, whatever was sent (MIG-03; QEMU migration/ram.c MAX_WAIT). */
export const iterationNs: number = 50 * msNs;

/** A rate of dirty pages is taken when more than this passed (MIG-07; QEMU migration/ram.c migration_bitmap_sync). */
export const ratePeriodNs: number = secNs;

/** Auto-converge looks this often (MIG-09; QEMU migration/cpu-throttle.c CPU_THROTTLE_DIRTY_SYNC_TIMESLICE_MS). */
export const throttleTickNs: number = 5 * secNs;

/** Expected downtime is not worked out anew from less (QEMU migration/migration.c migration_update_counters). */
export const leastMeasuredBytes = 10_000;

export type MigrationMode = "precopy" | "postcopy" | "stop-copy";

/** What a migration is asked to do, and what its hosts can; all times in ns, all rates in bytes a second. */
export interface MigrationConfig {
  readonly mode: MigrationMode;
  /** Limit while the guest runs; 0 is none. */
  readonly maxBytesPerSec: number;
  readonly downtimeLimitNs: number;
  /** What the wire and both ends do unlimited, in all channels. */
  readonly linkBytesPerSec: number;
  /** Channels of multifd; 1 is none. They raise what the hosts can send up to the link, and change no byte here. */
  readonly channels: number;
  /** What one channel can send. */
  readonly channelBytesPerSec: number;
  /** Time to find that a page is zero and to place it. */
  readonly zeroPageNs: number;
  readonly autoConverge: boolean;
  readonly throttleInitialRatio: number;
  readonly throttleIncrementRatio: number;
  readonly throttleLimitRatio: number;
  /** Dirtied by transferred bytes, beyond which a period counts as one of too many writes. */
  readonly throttleTriggerRatio: number;
  /** From this moment on the migration goes over to post-copy; only in mode postcopy. */
  readonly postcopyAtNs: number;
  /** Limit of post-copy; 0 is none. */
  readonly maxPostcopyBytesPerSec: number;
  readonly setupNs: number;
  /** Device state, stopping the vCPUs and the last look at the dirty log. */
  readonly precopySwitchNs: number;
  readonly postcopySwitchNs: number;
  /** From the source's last byte until the destination's vCPUs run; QEMU's own downtime leaves it out. */
  readonly startNs: number;
  /** Everything in the stream but pages. */
  readonly fixedBytes: number;
  /** Pages that leave the buffer at once: the limit is seen only then. */
  readonly flushPages: number;
  /** What each window takes beyond its length. */
  readonly windowOverheadNs: number;
  /** Pause of the guest before a stop-and-copy begins. */
  readonly pauseLeadNs: number;
  /** Rounds and time after which a pre-copy is given up. */
  readonly maxRounds: number;
  readonly maxNs: number;
  /** Somebody ends it at this moment. */
  readonly cancelAtNs: number;
}

/** Two QEMUs on one host over a Unix socket (MIG-13): 1.53 µs a page. *Recorded*: Wicked 2026, 20 post-copy runs. */
const recordedLinkBytesPerSec: number = Math.round((dataPageBytes / (1.53 * usNs)) * secNs);

/**
 * Defaults of QEMU (migration/options.c, migration_properties), and of hosts as they were recorded.
 *
 * Source   MIG-02, MIG-04, MIG-08: options.c; MIG-13, MIG-14: Wicked 2026, migration_samples.csv.gz
 */
export const defaultMigration: MigrationConfig = {
  mode: "precopy",
  maxBytesPerSec: 128 * mibBytes,
  downtimeLimitNs: 300 * msNs,
  linkBytesPerSec: recordedLinkBytesPerSec,
  channels: 1,
  channelBytesPerSec: recordedLinkBytesPerSec,
  // MIG-14, recorded: 0.53 µs in post-copy of 20 runs; I12 of the published rows gives 0.46 µs.
  zeroPageNs: 0.53 * usNs,
  autoConverge: false,
  throttleInitialRatio: 0.2,
  throttleIncrementRatio: 0.1,
  throttleLimitRatio: 0.99,
  throttleTriggerRatio: 0.5,
  postcopyAtNs: 0,
  maxPostcopyBytesPerSec: 0,
  // MIG-15, recorded: 1 to 3 ms in 30 runs.
  setupNs: msNs,
  // MIG-15, recorded: 10 runs, downtime less bytes at link speed.
  precopySwitchNs: msNs,
  // MIG-15, recorded: median of 20 runs, 2 to 20 ms.
  postcopySwitchNs: 4 * msNs,
  // MIG-16, assumed: no recording has the destination's clock.
  startNs: 2 * msNs,
  // MIG-15, recorded: bytes transferred less pages, 10 runs.
  fixedBytes: 420_000,
  // MIG-02, QEMU migration/qemu-file.c MAX_IOV_SIZE 64: a header and a page take an entry each.
  flushPages: 32,
  // MIG-02, recorded: 126 windows took 12,656 ms.
  windowOverheadNs: 440 * usNs,
  pauseLeadNs: 0,
  maxRounds: 10_000,
  maxNs: 3600 * secNs,
  cancelAtNs: Infinity,
};

const positive = ["linkBytesPerSec", "channelBytesPerSec", "channels", "flushPages", "maxRounds", "maxNs"] as const;
const ratios = ["throttleInitialRatio", "throttleIncrementRatio", "throttleTriggerRatio"] as const;
const notNegative = [
  "maxBytesPerSec",
  "downtimeLimitNs",
  "zeroPageNs",
  "postcopyAtNs",
  "maxPostcopyBytesPerSec",
  "setupNs",
  "precopySwitchNs",
  "postcopySwitchNs",
  "startNs",
  "fixedBytes",
  "windowOverheadNs",
  "pauseLeadNs",
  "cancelAtNs",
] as const;

function refuse(name: string, value: number, expected: string): never {
  throw new UsageError(`migration: ${name} is ${value}`, { hint: `give ${expected}` });
}

/**
 * A whole configuration: what is given, and the defaults for the rest.
 *
 * Errors   UsageError for a value that no migration can have
 */
export function makeMigration(given: Partial<MigrationConfig>): MigrationConfig {
  const config: MigrationConfig = { ...defaultMigration, ...given };
  for (const name of positive) if (!(config[name] > 0)) refuse(name, config[name], "a number above 0");
  for (const name of notNegative) if (!(config[name] >= 0)) refuse(name, config[name], "a number not below 0");
  for (const name of ratios) if (!(config[name] >= 0 && config[name] <= 1)) refuse(name, config[name], "0 to 1");
  const { throttleLimitRatio } = config;
  // QEMU migration/cpu-throttle.c CPU_THROTTLE_PCT_MAX.
  if (!(throttleLimitRatio >= 0 && throttleLimitRatio <= 0.99)) {
    refuse("throttleLimitRatio", throttleLimitRatio, "0 to 0.99");
  }
  return config;
}
