import type { BlockEvent } from "./block-event.ts";

const firstSlots = 1024;
/** Requests of one hash; more are damage, or somebody's ill will. */
const maxChain = 64;
const maxOpen = 1024 * 1024;
const none = -1;

function hashKey(device: number, lane: number, sector: number): number {
  let hash = Math.imul(sector >>> 0, 0x9e37_79b1) ^ Math.imul(Math.floor(sector / 2 ** 32), 0x85eb_ca6b);
  hash ^= Math.imul(device * 16 + lane, 0xc2b2_ae35);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/**
 * Requests whose end has not been seen yet, to be found by where on the device they go on.
 *
 * Shape    a struct of arrays; a request is a row number as long as it is open
 * Cost     memory is bounded: of too many, and of too many of one place, the oldest is given up
 */
export class OpenRequests {
  readonly #giveUp: (row: number) => void;
  #capacity = firstSlots;
  submitNs = new Float64Array(firstSlots);
  device = new Uint32Array(firstSlots);
  lane = new Uint8Array(firstSlots);
  /** Where what is left to do begins. */
  sector = new Float64Array(firstSlots);
  /** Where the request began. */
  firstSector = new Float64Array(firstSlots);
  bytes = new Float64Array(firstSlots);
  leftBytes = new Float64Array(firstSlots);
  direction = new Uint8Array(firstSlots);
  /** 1: known from its queueing only. */
  isQueued = new Uint8Array(firstSlots);
  /** Chains of one hash, and the chain of all by age; free rows are chained by `#next`. */
  #next = new Int32Array(firstSlots);
  #older = new Int32Array(firstSlots);
  #newer = new Int32Array(firstSlots);
  #heads = new Int32Array(firstSlots).fill(none);
  #oldest = none;
  #newest = none;
  #free = none;
  #used = 0;
  size = 0;

  /** `giveUp` is told of a request that is let go without an end, before its row is used again. */
  constructor(giveUp: (row: number) => void) {
    this.#giveUp = giveUp;
  }

  get oldest(): number {
    return this.#oldest;
  }

  add(event: BlockEvent, isQueued: boolean): void {
    if (this.size === maxOpen) this.#giveUpRow(this.#oldest);
    const row = this.#takeRow();
    this.submitNs[row] = event.timeNs;
    this.device[row] = event.device;
    this.lane[row] = event.lane;
    this.sector[row] = this.firstSector[row] = event.sector;
    this.bytes[row] = this.leftBytes[row] = event.bytes;
    this.direction[row] = event.direction;
    this.isQueued[row] = isQueued ? 1 : 0;
    this.#chain(row);
    this.#older[row] = this.#newest;
    this.#newer[row] = none;
    if (this.#newest === none) this.#oldest = row;
    else this.#newer[this.#newest] = row;
    this.#newest = row;
    this.size++;
  }

  /** The request that an event ends: of several at its place the one of its size, else the oldest; -1 = none. */
  find({ device, lane, sector, bytes }: BlockEvent, isQueued: boolean): number {
    let found = none;
    for (let row = this.#heads[this.#slot(device, lane, sector)]!; row !== none; row = this.#next[row]!) {
      const isSame = this.sector[row] === sector && this.device[row] === device && this.lane[row] === lane;
      if (!isSame || this.isQueued[row] !== (isQueued ? 1 : 0)) continue;
      if (this.leftBytes[row] === bytes) return row;
      if (found === none) found = row;
    }
    return found;
  }

  remove(row: number): void {
    this.#unchain(row);
    const older = this.#older[row]!;
    const newer = this.#newer[row]!;
    if (older === none) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === none) this.#newest = older;
    else this.#older[newer] = older;
    this.#next[row] = this.#free;
    this.#free = row;
    this.size--;
  }

  /** Part of a request is done. */
  advance(row: number, bytes: number, sectors: number): void {
    this.#unchain(row);
    this.leftBytes[row]! -= bytes;
    this.sector[row]! += sectors;
    this.#chain(row);
  }

  /** Gives up all that are open, the oldest first. */
  giveUpAll(): void {
    while (this.#oldest !== none) this.#giveUpRow(this.#oldest);
  }

  #giveUpRow(row: number): void {
    this.#giveUp(row);
    this.remove(row);
  }

  #slot(device: number, lane: number, sector: number): number {
    return hashKey(device, lane, sector) & (this.#heads.length - 1);
  }

  /** Puts a row behind the others of its hash, so that the oldest of a place is found first. */
  #chain(row: number): void {
    const slot = this.#slot(this.device[row]!, this.lane[row]!, this.sector[row]!);
    this.#next[row] = none;
    const head = this.#heads[slot]!;
    if (head === none) {
      this.#heads[slot] = row;
      return;
    }
    let last = head;
    let count = 1;
    for (; this.#next[last] !== none; last = this.#next[last]!) count++;
    this.#next[last] = row;
    if (count >= maxChain) this.#giveUpRow(head);
  }

  #unchain(row: number): void {
    const slot = this.#slot(this.device[row]!, this.lane[row]!, this.sector[row]!);
    let before = none;
    let at = this.#heads[slot]!;
    while (at !== row) {
      before = at;
      at = this.#next[at]!;
    }
    if (before === none) this.#heads[slot] = this.#next[row]!;
    else this.#next[before] = this.#next[row]!;
  }

  #takeRow(): number {
    const row = this.#free;
    if (row !== none) {
      this.#free = this.#next[row]!;
      return row;
    }
    if (this.#used === this.#capacity) this.#grow();
    return this.#used++;
  }

  #grow(): void {
    this.#capacity *= 2;
    const grown = <Kind extends Float64Array | Uint32Array | Uint8Array | Int32Array>(old: Kind): Kind => {
      const larger = new (old.constructor as new (length: number) => Kind)(this.#capacity);
      larger.set(old);
      return larger;
    };
    this.submitNs = grown(this.submitNs);
    this.device = grown(this.device);
    this.lane = grown(this.lane);
    this.sector = grown(this.sector);
    this.firstSector = grown(this.firstSector);
    this.bytes = grown(this.bytes);
    this.leftBytes = grown(this.leftBytes);
    this.direction = grown(this.direction);
    this.isQueued = grown(this.isQueued);
    this.#next = grown(this.#next);
    this.#older = grown(this.#older);
    this.#newer = grown(this.#newer);
    this.#heads = new Int32Array(this.#capacity).fill(none);
    // No row is free here; by age, so that each chain keeps its order.
    for (let row = this.#oldest; row !== none; row = this.#newer[row]!) this.#chain(row);
  }
}
