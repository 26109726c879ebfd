import type { FleetHosts, FleetVms } from "./resolve.ts";
import { RoomTree } from "./room-tree.ts";
import type { Fleet, PackingPolicy } from "./schema.ts";

/** What of a host VMs may have. */
export interface Capacity {
  readonly bytes: Float64Array;
  readonly vcpus: Float64Array;
}

/** A host's memory but what is kept for itself, and its CPUs as often as they may be given away. */
export function capacityOf(hosts: FleetHosts, packing: Fleet["packing"]): Capacity {
  const bytes = new Float64Array(hosts.count);
  const vcpus = new Float64Array(hosts.count);
  for (let host = 0; host < hosts.count; host++) {
    const { ramBytes, cpuCount } = hosts.kinds[hosts.kindIndex[host]!]!.config;
    bytes[host] = Math.max(0, ramBytes - packing.reserve_ram);
    // Half a CPU is given to nobody; 0.1 times 30 is 3.
    vcpus[host] = Math.floor(cpuCount * packing.cpu_overcommit + 1e-9);
  }
  return { bytes, vcpus };
}

/**
 * Which VM stands on which host, and what is left there.
 *
 * Invariant  no host holds more than its capacity, nor two VMs of one anti-affinity group
 */
export class Placement {
  /** Host of each VM, or -1. */
  readonly hostOf: Int32Array;
  readonly usedBytes: Float64Array;
  readonly usedVcpus: Float64Array;
  readonly vmCounts: Uint32Array;
  readonly #vms: FleetVms;
  readonly #capacity: Capacity;
  /** Groups of each host, where it has VMs with any. */
  readonly #groups = new Map<number, Set<number>>();

  constructor(vms: FleetVms, capacity: Capacity) {
    const hostCount = capacity.bytes.length;
    this.#vms = vms;
    this.#capacity = capacity;
    this.hostOf = new Int32Array(vms.count).fill(-1);
    this.usedBytes = new Float64Array(hostCount);
    this.usedVcpus = new Float64Array(hostCount);
    this.vmCounts = new Uint32Array(hostCount);
  }

  freeBytes(host: number): number {
    return this.#capacity.bytes[host]! - this.usedBytes[host]!;
  }

  freeVcpus(host: number): number {
    return this.#capacity.vcpus[host]! - this.usedVcpus[host]!;
  }

  #isBarred(group: number, host: number): boolean {
    return group >= 0 && this.#groups.get(host)?.has(group) === true;
  }

  /** The host of a tree that a policy gives a VM, or -1. */
  find(vm: number, tree: RoomTree, policy: PackingPolicy): number {
    const group = this.#vms.groups[vm]!;
    const isBarred = (host: number): boolean => this.#isBarred(group, host);
    return tree.find({ bytes: this.#vms.guestBytes[vm]!, vcpus: this.#vms.vcpuCounts[vm]!, isBarred }, policy);
  }

  put(vm: number, host: number): void {
    this.#change(vm, host, 1);
    this.hostOf[vm] = host;
  }

  take(vm: number): void {
    this.#change(vm, this.hostOf[vm]!, -1);
    this.hostOf[vm] = -1;
  }

  #change(vm: number, host: number, sign: 1 | -1): void {
    const group = this.#vms.groups[vm]!;
    this.usedBytes[host] = this.usedBytes[host]! + sign * this.#vms.guestBytes[vm]!;
    this.usedVcpus[host] = this.usedVcpus[host]! + sign * this.#vms.vcpuCounts[vm]!;
    this.vmCounts[host] = this.vmCounts[host]! + sign;
    if (group < 0) return;
    const groups = this.#groups.get(host) ?? new Set<number>();
    this.#groups.set(host, groups);
    if (sign > 0) groups.add(group);
    else groups.delete(group);
  }
}

/** VMs by falling memory, then vCPUs, then as they are listed. */
function largestFirst({ count, guestBytes, vcpuCounts }: FleetVms): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, vm) => vm);
  return order.sort(
    (left, right) => guestBytes[right]! - guestBytes[left]! || vcpuCounts[right]! - vcpuCounts[left]! || left - right,
  );
}

/** Puts every VM that finds a place on a host, the largest first. */
export function packVms(vms: FleetVms, hosts: FleetHosts, packing: Fleet["packing"]): Placement {
  const placement = new Placement(vms, capacityOf(hosts, packing));
  const tree = new RoomTree(hosts.count);
  for (let host = 0; host < hosts.count; host++) tree.set(host, placement.freeBytes(host), placement.freeVcpus(host));
  for (const vm of largestFirst(vms)) {
    const host = placement.find(vm, tree, packing.policy);
    if (host < 0) continue;
    placement.put(vm, host);
    tree.set(host, placement.freeBytes(host), placement.freeVcpus(host));
  }
  return placement;
}
