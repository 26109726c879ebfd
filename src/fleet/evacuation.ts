import type { Moves, Stay } from "./moves.ts";
import type { Placement } from "./pack.ts";
import type { FleetVms } from "./resolve.ts";
import { RoomTree } from "./room-tree.ts";
import type { MigratePlan, PackingPolicy } from "./schema.ts";

/** One live migration. */
export interface Move {
  readonly vm: number;
  readonly from: number;
  readonly to: number;
  /** That host was updated already. */
  readonly toUpdated: boolean;
  /** From the start of the host's turn. */
  readonly offsetNs: number;
  readonly totalNs: number;
  readonly downtimeNs: number;
  readonly movedBytes: number;
}

/** What left a host before its update, and what could not. */
export interface Leaving {
  readonly moves: readonly Move[];
  readonly stays: readonly (readonly [vm: number, stay: Stay])[];
  readonly totalNs: number;
}

export interface EvacuationInput {
  readonly plan: MigratePlan;
  readonly moves: Moves;
  readonly policy: PackingPolicy;
  readonly vms: FleetVms;
  readonly placement: Placement;
  /** VMs of each host; kept up to date. */
  readonly residents: number[][];
  /** Hosts that may take VMs. */
  readonly openHosts: readonly number[];
}

/**
 * Moves VMs that may not pause to hosts with room.
 *
 * Rules    hosts that were updated are taken before those that were not, from where a VM must move again; hosts of the
 *          running batch and refused ones take none; the largest VM chooses first
 */
export class Evacuation {
  readonly done: Move[] = [];
  readonly #input: EvacuationInput;
  readonly #updated: RoomTree;
  readonly #waiting: RoomTree;
  /** Which tree a host is in: 0 none, 1 waiting, 2 updated. */
  readonly #state: Uint8Array;

  constructor(input: EvacuationInput) {
    const hostCount = input.residents.length;
    this.#input = input;
    this.#updated = new RoomTree(hostCount);
    this.#waiting = new RoomTree(hostCount);
    this.#state = new Uint8Array(hostCount);
    for (const host of input.openHosts) this.#open(host, 1);
  }

  #open(host: number, state: 1 | 2): void {
    this.#state[host] = state;
    this.#refresh(host);
  }

  #refresh(host: number): void {
    const state = this.#state[host]!;
    if (state === 0) return;
    const { placement } = this.#input;
    const tree = state === 2 ? this.#updated : this.#waiting;
    tree.set(host, placement.freeBytes(host), placement.freeVcpus(host));
  }

  closeAll(hosts: readonly number[]): void {
    for (const host of hosts) {
      this.#state[host] = 0;
      this.#waiting.close(host);
    }
  }

  openUpdated(hosts: readonly number[]): void {
    for (const host of hosts) this.#open(host, 2);
  }

  #relocate(vm: number, to: number): void {
    const { placement, residents } = this.#input;
    const from = placement.hostOf[vm]!;
    residents[from] = residents[from]!.filter((other) => other !== vm);
    residents[to]!.push(vm);
    placement.take(vm);
    placement.put(vm, to);
    this.#refresh(from);
    this.#refresh(to);
  }

  /** Moves away what finds a place, over so many migrations at once. */
  leave(host: number, wanted: readonly number[]): Leaving {
    const { vms, moves: costs, plan } = this.#input;
    const moves: Move[] = [];
    const stays: [number, Stay][] = [];
    const slotEndNs = new Float64Array(plan.concurrency);
    const order = wanted.toSorted((left, right) => vms.guestBytes[right]! - vms.guestBytes[left]! || left - right);
    for (const vm of order) {
      const cost = costs.of(vms.classIndex[vm]!);
      if (typeof cost === "string") {
        stays.push([vm, cost]);
        continue;
      }
      const to = this.#findPlace(vm);
      if (to < 0) {
        stays.push([vm, "no-place"]);
        continue;
      }
      const slot = slotEndNs.indexOf(slotEndNs.reduce((least, end) => Math.min(least, end)));
      const offsetNs = slotEndNs[slot]!;
      slotEndNs[slot] = offsetNs + cost.totalNs;
      moves.push({ vm, from: host, to, toUpdated: this.#state[to] === 2, offsetNs, ...cost });
      this.#relocate(vm, to);
    }
    this.done.push(...moves);
    return { moves, stays, totalNs: slotEndNs.reduce((latest, end) => Math.max(latest, end), 0) };
  }

  #findPlace(vm: number): number {
    const { placement, policy } = this.#input;
    const host = placement.find(vm, this.#updated, policy);
    return host >= 0 ? host : placement.find(vm, this.#waiting, policy);
  }

  /** Takes back what `leave` did last. */
  undo({ moves }: Leaving): void {
    for (const { vm, from } of moves.toReversed()) this.#relocate(vm, from);
    this.done.splice(this.done.length - moves.length, moves.length);
  }
}
