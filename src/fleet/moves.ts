import { bytesToPagesCeil, pageBytes, secNs } from "../base/index.ts";
import { makeMigration, SampledLog, simulateMigration } from "../migration/index.ts";
import { drawRatio } from "./draw.ts";
import type { FleetVms, VmClass } from "./resolve.ts";
import type { Fleet, MigratePlan } from "./schema.ts";

/** What migrating a VM of one class takes; undefined where it cannot be. */
export interface MoveCost {
  readonly totalNs: number;
  readonly downtimeNs: number;
  readonly movedBytes: number;
}

export type Stay = "no-place" | "passthrough" | "not-converging";

/** `*` stands for any characters; linear in the text, whatever the pattern. */
export function matchesPattern(text: string, pattern: string): boolean {
  let [at, star, resume] = [0, -1, 0];
  for (let index = 0; index < text.length;) {
    if (pattern[at] === "*") {
      star = at++;
      resume = index;
    } else if (at < pattern.length && pattern[at] === text[index]) {
      at++;
      index++;
    } else if (star >= 0) {
      at = star + 1;
      index = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}

/** VMs that may not pause, by name or by draw; those of `pause_limit` are found when their host is looked at. */
export function chooseMovers({ seed, rollout }: Fleet, vms: FleetVms): Uint8Array {
  const { migrate } = rollout;
  const chosen = new Uint8Array(vms.count);
  if (!migrate) return chosen;
  for (let vm = 0; vm < vms.count; vm++) {
    const isNamed = migrate.vms.some((pattern) => matchesPattern(vms.names[vm]!, pattern));
    if (isNamed || drawRatio(seed, "share", vm) < migrate.share) chosen[vm] = 1;
  }
  return chosen;
}

/** A migration that has not ended by then is given up: assumed, as in scenarios (migration.max_time). */
const longestMoveNs = 600 * secNs;

/**
 * What a pre-copy of a VM takes by the rules of docs/migration.md (MIG-01 to MIG-18): all of its memory is data, and it
 * dirties pages at a steady rate. Migrations that run at once share the host's bandwidth.
 */
function simulateMove(guestBytes: number, plan: MigratePlan): MoveCost | undefined {
  const bandwidth = plan.bandwidth / plan.concurrency;
  const log = new SampledLog({
    dataPages: bytesToPagesCeil(guestBytes),
    zeroPages: 0,
    rates: {
      endNs: Float64Array.of(secNs),
      pagesPerSec: Float64Array.of(plan.dirty_rate / pageBytes),
      throttleRatio: Float64Array.of(0),
    },
  });
  const outcome = simulateMigration(
    log,
    makeMigration({
      maxBytesPerSec: 0,
      linkBytesPerSec: bandwidth,
      channelBytesPerSec: bandwidth,
      downtimeLimitNs: plan.downtime_limit,
      maxNs: longestMoveNs + (guestBytes / bandwidth) * secNs,
    }),
  );
  if (!outcome.converged) return undefined;
  return {
    totalNs: Math.round(outcome.totalNs),
    downtimeNs: Math.round(outcome.blackoutNs),
    movedBytes: Math.round(outcome.transferredBytes),
  };
}

/** Migrations by class of VM, each simulated once. */
export class Moves {
  readonly #plan: MigratePlan;
  readonly #classes: readonly VmClass[];
  readonly #known = new Map<number, MoveCost | Stay>();

  constructor(plan: MigratePlan, classes: readonly VmClass[]) {
    this.#plan = plan;
    this.#classes = classes;
  }

  of(classIndex: number): MoveCost | Stay {
    const found = this.#known.get(classIndex);
    if (found !== undefined) return found;
    const { config } = this.#classes[classIndex]!;
    const isPassthrough = config.devices.some(({ treatment }) => treatment !== "emulated");
    const made =
      isPassthrough && !this.#plan.migratable_devices
        ? "passthrough"
        : (simulateMove(config.guestBytes, this.#plan) ?? "not-converging");
    this.#known.set(classIndex, made);
    return made;
  }
}
