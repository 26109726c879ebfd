import type { PackingPolicy } from "./schema.ts";

/** What a VM asks of a host. */
export interface Need {
  readonly bytes: number;
  readonly vcpus: number;
  /** Hosts that it may not stand on, whatever room they have. */
  readonly isBarred: (host: number) => boolean;
}

/** A stretch of hosts. */
interface Part {
  readonly node: number;
  readonly firstHost: number;
  readonly width: number;
}

/** Below 0: a host that takes nothing. */
const closed = -1;

/**
 * Free memory and CPUs of every host in a tree of their extremes, so that the host that a policy asks for is found without
 * looking at all of them.
 *
 * Rules    first-fit takes the first host with room, best-fit the one with the least free memory, worst-fit the one with the
 *          most; of equals the first
 * Cost     a search skips each part of the fleet that has no host with room, or none better than what was found
 */
export class RoomTree {
  readonly #size: number;
  readonly #mostBytes: Float64Array;
  readonly #leastBytes: Float64Array;
  readonly #mostVcpus: Float64Array;
  #best = -1;
  #bestBytes = 0;

  constructor(hostCount: number) {
    this.#size = 2 ** Math.ceil(Math.log2(Math.max(1, hostCount)));
    this.#mostBytes = new Float64Array(2 * this.#size).fill(closed);
    // A closed host is nobody's least.
    this.#leastBytes = new Float64Array(2 * this.#size).fill(Number.POSITIVE_INFINITY);
    this.#mostVcpus = new Float64Array(2 * this.#size).fill(closed);
  }

  set(host: number, freeBytes: number, freeVcpus: number): void {
    let node = this.#size + host;
    this.#mostBytes[node] = freeBytes;
    this.#leastBytes[node] = freeBytes;
    this.#mostVcpus[node] = freeVcpus;
    this.#pullUp(node);
  }

  close(host: number): void {
    const node = this.#size + host;
    this.#mostBytes[node] = closed;
    this.#leastBytes[node] = Number.POSITIVE_INFINITY;
    this.#mostVcpus[node] = closed;
    this.#pullUp(node);
  }

  #pullUp(leaf: number): void {
    for (let node = leaf >> 1; node >= 1; node >>= 1) {
      const [left, right] = [2 * node, 2 * node + 1];
      this.#mostBytes[node] = Math.max(this.#mostBytes[left]!, this.#mostBytes[right]!);
      this.#leastBytes[node] = Math.min(this.#leastBytes[left]!, this.#leastBytes[right]!);
      this.#mostVcpus[node] = Math.max(this.#mostVcpus[left]!, this.#mostVcpus[right]!);
    }
  }

  /** The host that the policy takes, or -1. */
  find(need: Need, policy: PackingPolicy): number {
    this.#best = -1;
    if (policy === "first-fit-decreasing") this.#first(1, need);
    else if (policy === "best-fit") this.#tightest(1, need);
    else this.#roomiest({ node: 1, firstHost: 0, width: this.#size }, need);
    return this.#best;
  }

  #hasRoom(node: number, need: Need): boolean {
    return this.#mostBytes[node]! >= need.bytes && this.#mostVcpus[node]! >= need.vcpus;
  }

  #first(node: number, need: Need): boolean {
    if (!this.#hasRoom(node, need)) return false;
    if (node < this.#size) return this.#first(2 * node, need) || this.#first(2 * node + 1, need);
    const host = node - this.#size;
    if (need.isBarred(host)) return false;
    this.#best = host;
    return true;
  }

  #tightest(node: number, need: Need): void {
    if (!this.#hasRoom(node, need)) return;
    if (this.#best >= 0 && this.#leastBytes[node]! >= this.#bestBytes) return;
    if (node < this.#size) {
      this.#tightest(2 * node, need);
      this.#tightest(2 * node + 1, need);
      return;
    }
    this.#take(node, need);
  }

  #roomiest({ node, firstHost, width }: Part, need: Need): void {
    if (!this.#hasRoom(node, need)) return;
    const mostBytes = this.#mostBytes[node]!;
    // Of equals the first: a part that begins behind what was found has no better.
    if (this.#best >= 0 && (mostBytes < this.#bestBytes || (mostBytes === this.#bestBytes && firstHost > this.#best)))
      return;
    if (node >= this.#size) {
      this.#take(node, need);
      return;
    }
    const half = width / 2;
    const left = { node: 2 * node, firstHost, width: half };
    const right = { node: 2 * node + 1, firstHost: firstHost + half, width: half };
    const isRightFirst = this.#mostBytes[right.node]! > this.#mostBytes[left.node]!;
    this.#roomiest(isRightFirst ? right : left, need);
    this.#roomiest(isRightFirst ? left : right, need);
  }

  #take(leaf: number, need: Need): void {
    const host = leaf - this.#size;
    if (need.isBarred(host)) return;
    this.#best = host;
    this.#bestBytes = this.#mostBytes[leaf]!;
  }
}
