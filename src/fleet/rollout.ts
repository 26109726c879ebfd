import { UsageError } from "../base/index.ts";
import type { Composition, CompositionPlan, Compositions } from "./compositions.ts";
import { drawRatio } from "./draw.ts";
import { Evacuation, type Move } from "./evacuation.ts";
import { chooseMovers, Moves } from "./moves.ts";
import type { Placement } from "./pack.ts";
import type { ResolvedFleet } from "./resolve.ts";
import type { Fleet, RolloutPlan } from "./schema.ts";
import { runTimeline, type Timeline } from "./timeline.ts";
import { VmOutcomes } from "./vm-outcomes.ts";

export type HostFate = "updated" | "failed" | "refused" | "not-reached";

/** What a host goes through. */
export interface HostOutcome {
  readonly packed: Composition;
  /** What it is made of when it is updated. */
  composition: Composition;
  fate: HostFate;
  batchIndex: number | undefined;
  migrationNs: number;
}

export interface BatchOutcome {
  readonly hosts: readonly number[];
  isReached: boolean;
  aborts: boolean;
}

/** A rollout from its first host to its last. */
export interface Rollout {
  readonly hosts: readonly HostOutcome[];
  readonly vms: VmOutcomes;
  readonly batches: readonly BatchOutcome[];
  readonly moves: readonly Move[];
  /** Host of each VM in the end, or -1. */
  readonly hostOf: Int32Array;
  readonly timelines: { readonly base: Timeline; readonly low: Timeline; readonly high: Timeline };
  /** Failed hosts with which the rollout ends; 0: it goes on. */
  readonly abortHostCount: number;
}

type CountOrShare = RolloutPlan["batch"];

/** A share of all, rounded up, so that none is nothing. */
export function countOf(value: CountOrShare, total: number): number {
  // 0.07 times 100 is more than 7 by a rounding error.
  return typeof value === "number" ? value : Math.max(1, Math.ceil(value.share * total - 1e-9));
}

/** Hosts in the order in which they are updated. */
export function orderHosts({ seed, rollout }: Fleet, hosts: readonly number[], usedBytes: Float64Array): number[] {
  if (rollout.order === "as-listed") return [...hosts];
  const keyOf = (host: number): number =>
    rollout.order === "emptiest-first" ? usedBytes[host]! : drawRatio(seed, "order", host);
  return hosts.toSorted((left, right) => keyOf(left) - keyOf(right) || left - right);
}

export interface RolloutInput {
  readonly fleet: Fleet;
  readonly resolved: ResolvedFleet;
  readonly placement: Placement;
  readonly compositions: Compositions;
}

function composeHost(
  { compositions, resolved }: RolloutInput,
  host: number,
  residents: readonly number[],
): Composition {
  const { classIndex } = resolved.vms;
  return compositions.of(
    resolved.hosts.kindIndex[host]!,
    Uint32Array.from(residents, (vm) => classIndex[vm]!),
  );
}

/** VMs by their host. */
function listResidents({ hostOf }: Placement, hostCount: number): number[][] {
  const residents = Array.from({ length: hostCount }, (): number[] => []);
  for (const [vm, host] of hostOf.entries()) if (host >= 0) residents[host]!.push(vm);
  return residents;
}

/**
 * Decides what becomes of each host and VM, batch by batch.
 *
 * Rules    decisions hang on no length of time but the predicted pauses at base, so that they are the same at both ends of
 *          the constants' ranges; failures are drawn for each host alone; the abort rule is looked at after each batch
 */
class Decisions {
  readonly hosts: HostOutcome[];
  readonly vms: VmOutcomes;
  readonly batches: BatchOutcome[];
  readonly abortHostCount: number;
  readonly evacuation: Evacuation | undefined;
  readonly #input: RolloutInput;
  readonly #residents: number[][];
  #failedCount = 0;

  constructor(input: RolloutInput, residents: number[][], packed: readonly Composition[]) {
    const { fleet, resolved, placement } = input;
    const { rollout } = fleet;
    this.#input = input;
    this.vms = new VmOutcomes(chooseMovers(fleet, resolved.vms));
    this.#residents = residents;
    this.hosts = packed.map((composition): HostOutcome => {
      const fate = composition.plan ? "not-reached" : "refused";
      return { packed: composition, composition, fate, batchIndex: undefined, migrationNs: 0 };
    });
    const open = [...this.hosts.keys()].filter((host) => this.hosts[host]!.packed.plan);
    const order = orderHosts(fleet, open, placement.usedBytes);
    const size = countOf(rollout.batch, order.length);
    this.batches = Array.from({ length: Math.ceil(order.length / size) }, (_, batch) => ({
      hosts: order.slice(batch * size, (batch + 1) * size),
      isReached: false,
      aborts: false,
    }));
    this.abortHostCount = rollout.abort ? countOf(rollout.abort.failed_hosts, open.length) : 0;
    this.evacuation = rollout.migrate
      ? new Evacuation({
          plan: rollout.migrate,
          moves: new Moves(rollout.migrate, resolved.vms.classes),
          policy: fleet.packing.policy,
          vms: resolved.vms,
          placement,
          residents: this.#residents,
          openHosts: open,
        })
      : undefined;
  }

  /** Pauses after each host, so that a long rollout can be watched and ended. */
  *run(): Generator<void, void> {
    for (const [index, batch] of this.batches.entries()) {
      batch.isReached = true;
      for (const host of batch.hosts) this.hosts[host]!.batchIndex = index;
      this.evacuation?.closeAll(batch.hosts);
      for (const host of batch.hosts) {
        this.#update(host);
        yield;
      }
      this.evacuation?.openUpdated(batch.hosts.filter((host) => this.hosts[host]!.fate !== "refused"));
      batch.aborts = this.abortHostCount > 0 && this.#failedCount >= this.abortHostCount;
      if (batch.aborts) break;
    }
    for (const [index, batch] of this.batches.entries()) {
      if (!batch.isReached) for (const host of batch.hosts) this.hosts[host]!.batchIndex = index;
    }
    this.#settleOthers();
  }

  /** VMs of a host by class, then as they are listed: the order of its composition. */
  #inOrder(host: number): number[] {
    const { classIndex } = this.#input.resolved.vms;
    return this.#residents[host]!.toSorted((left, right) => classIndex[left]! - classIndex[right]! || left - right);
  }

  #compose(host: number): Composition {
    return composeHost(this.#input, host, this.#residents[host]!);
  }

  /** VMs whose pause would be longer than the limit, with all others still there. */
  #markLongPauses(host: number, limitNs: number): void {
    const { plan } = this.#compose(host);
    if (!plan) return;
    for (const [position, vm] of this.#inOrder(host).entries()) {
      if (plan.vmPauses[position]!.baseNs > limitNs) this.vms.mayNotPause[vm] = 1;
    }
  }

  #update(host: number): void {
    const { fleet } = this.#input;
    const outcome = this.hosts[host]!;
    const limitNs = fleet.rollout.migrate?.pause_limit;
    if (limitNs !== undefined) this.#markLongPauses(host, limitNs);
    const left = this.evacuation?.leave(
      host,
      this.#residents[host]!.filter((vm) => this.vms.mayNotPause[vm] === 1),
    );
    outcome.composition = this.#compose(host);
    const { plan } = outcome.composition;
    if (!plan) {
      // What came from other hosts is too much for it: it keeps all, and nobody moved for nothing.
      if (left) this.evacuation?.undo(left);
      outcome.composition = this.#compose(host);
      outcome.fate = "refused";
      return;
    }
    outcome.migrationNs = left?.totalNs ?? 0;
    for (const { vm, downtimeNs } of left?.moves ?? []) this.vms.addMigration(vm, downtimeNs);
    for (const [vm, stay] of left?.stays ?? []) this.vms.stays[vm] = stay;
    this.#settle(host, outcome, plan);
  }

  #settle(host: number, outcome: HostOutcome, plan: CompositionPlan): void {
    const { seed, rollout } = this.#input.fleet;
    const fails = drawRatio(seed, "failure", host) < rollout.host_failure_ratio;
    outcome.fate = fails ? "failed" : "updated";
    if (fails) this.#failedCount++;
    for (const [position, vm] of this.#inOrder(host).entries()) {
      const pause = plan.vmPauses[position]!;
      if (fails) this.vms.setLoss(vm, pause, rollout.recovery);
      else this.vms.setPause(vm, pause);
    }
  }

  /** VMs of hosts that no update has reached. */
  #settleOthers(): void {
    for (const [host, { fate }] of this.hosts.entries()) {
      if (fate !== "refused" && fate !== "not-reached") continue;
      for (const vm of this.#residents[host]!) {
        if (this.vms.fates[vm] === "no-host") this.vms.fates[vm] = fate === "refused" ? "host-refused" : "not-reached";
      }
    }
  }
}

/** How long a host's turn takes: migrations, the update, recovery where it fails, and its health wait. */
function turnNsOf({ hosts }: Decisions, { rollout }: Fleet, level: "baseNs" | "lowNs" | "highNs") {
  return (host: number): number => {
    const { migrationNs, composition, fate } = hosts[host]!;
    const recoveryNs = fate === "failed" ? rollout.recovery : 0;
    return migrationNs + composition.plan!.update[level] + recoveryNs + rollout.health_wait.host;
  };
}

function checkLength(timeline: Timeline): void {
  const lastNs = timeline.batchEndNs.at(-1) ?? 0;
  if (Number.isSafeInteger(Math.round(lastNs))) return;
  throw new UsageError(`rollout: it would take ${Math.round(lastNs / 86_400e9)} days; at most 104 are counted`, {
    hint: "raise rollout.concurrency, or shorten recovery and health_wait",
  });
}

/**
 * Updates every host of a fleet, and says what becomes of each host and VM and when.
 *
 * Shape    pauses up to twice a host: when it is planned, and when it is updated
 */
export function* rollOut(input: RolloutInput): Generator<void, Rollout> {
  const { fleet, resolved, placement } = input;
  const residents = listResidents(placement, resolved.hosts.count);
  const packed: Composition[] = [];
  for (const [host, vms] of residents.entries()) {
    packed.push(composeHost(input, host, vms));
    yield;
  }
  const decisions = new Decisions(input, residents, packed);
  yield* decisions.run();
  const reached = decisions.batches
    .filter(({ isReached }) => isReached)
    .map(({ hosts }) => hosts.filter((host) => decisions.hosts[host]!.fate !== "refused"));
  const shape = {
    hostCount: resolved.hosts.count,
    batches: reached,
    concurrency: fleet.rollout.concurrency,
    batchWaitNs: fleet.rollout.health_wait.batch,
  };
  const timelines = {
    base: runTimeline(shape, turnNsOf(decisions, fleet, "baseNs")),
    low: runTimeline(shape, turnNsOf(decisions, fleet, "lowNs")),
    high: runTimeline(shape, turnNsOf(decisions, fleet, "highNs")),
  };
  checkLength(timelines.high);
  return {
    hosts: decisions.hosts,
    vms: decisions.vms,
    batches: decisions.batches,
    moves: decisions.evacuation?.done ?? [],
    hostOf: placement.hostOf,
    timelines,
    abortHostCount: decisions.abortHostCount,
  };
}
